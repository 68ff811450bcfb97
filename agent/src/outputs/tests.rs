//! An output on its thread, over a bulb.

use std::time::Duration as Span;

use plenum_protocol::clock::SimulatedClock;
use plenum_protocol::{Fault, Timestamp};

use super::*;
use crate::drivers::switch::{Bulb, Switch};

const SHORT: Span = Span::from_millis(1);
const TICK: Timestamp = Timestamp::from_milliseconds(0);

fn name(text: &str) -> Identifier {
    text.parse().unwrap()
}

fn lit(bulb: &Bulb, id: &str, what: What, rules: Vec<Rule>) -> OutputConfig {
    let bulb = bulb.clone();
    OutputConfig::given(name(id), what, rules, move || {
        Ok(Box::new(bulb.clone()) as Box<dyn Switch>)
    })
}

struct Rig {
    clock: SimulatedClock,
    outputs: Outputs,
    opened: Vec<OpenedSensor>,
}

impl Rig {
    fn new(configs: &[OutputConfig]) -> Self {
        let clock = SimulatedClock::new(Timestamp::from_milliseconds(0));
        let outputs = Outputs::new(Arc::new(clock.clone()));
        let opened = outputs.open(configs);
        Self {
            clock,
            outputs,
            opened,
        }
    }

    /// What the first output's thread tells when it looks.
    fn look(&mut self) -> Vec<Outcome> {
        let edges = self.opened[0].driver.wait(SHORT).unwrap();
        edges.into_iter().map(|edge| edge.outcome).collect()
    }

    fn switch(&self, on: bool) -> oneshot::Receiver<Switched> {
        self.outputs.switch(&name("siren"), on, Some(30)).unwrap()
    }
}

#[test]
fn it_is_off_at_first_and_answers_when_the_line_was_set() {
    let bulb = Bulb::default();
    let mut rig = Rig::new(&[lit(&bulb, "siren", What::Relay, Vec::new())]);
    assert_eq!(rig.opened[0].listed().driver, "relay");
    assert_eq!(rig.look(), [Ok(0.0)]);
    let mut answer = rig.switch(true);
    assert!(!bulb.shines() && answer.try_recv().is_err());
    assert_eq!(rig.look(), [Ok(1.0)]);
    assert!(bulb.shines());
    assert_eq!(answer.try_recv(), Ok(Ok(())));
    assert_eq!(rig.opened[0].driver.read(TICK), [(Quantity::SwitchedOn, Ok(1.0))]);
    rig.clock.advance(Duration::from_seconds(30));
    assert_eq!(rig.look(), [Ok(0.0)]);
    assert!(!bulb.shines());
    let error = rig.outputs.switch(&name("horn"), true, None).unwrap_err();
    assert_eq!(error, "this agent has no output `horn`; it has: siren");
}

#[test]
fn a_line_that_fails_is_a_fault_with_advice_and_an_answer_and_is_tried_again() {
    let bulb = Bulb::default();
    let mut rig = Rig::new(&[lit(&bulb, "siren", What::Relay, Vec::new())]);
    rig.look();
    bulb.break_it();
    let mut answer = rig.switch(true);
    assert_eq!(rig.look(), [Err(Fault::DeviceError)]);
    assert_eq!(answer.try_recv(), Ok(Err("the bulb is broken".to_owned())));
    assert_eq!(
        rig.opened[0].listed().words.as_deref(),
        Some("the bulb is broken")
    );
    assert_eq!(rig.look(), []);
    bulb.mend();
    assert_eq!(rig.look(), [Ok(1.0)]);
    assert!(bulb.shines());
    assert_eq!(rig.opened[0].listed().words, None);
}

#[test]
fn it_is_left_off_at_the_end_and_rests_as_it_is_told() {
    for rests_on in [false, true] {
        let bulb = Bulb::default();
        let siren = OutputConfig {
            rests_on,
            ..lit(&bulb, "siren", What::Relay, Vec::new())
        };
        let mut rig = Rig::new(&[siren]);
        rig.look();
        assert_eq!(bulb.shines(), rests_on);
        drop(rig.switch(true));
        assert_eq!(rig.look(), [Ok(1.0)]);
        assert_eq!(bulb.shines(), !rests_on);
        rig.opened.clear();
        assert_eq!(bulb.shines(), rests_on);
    }
}

#[test]
fn lamps_show_the_host_and_buzzers_where_there_is_no_lamp() {
    let (siren, lamp) = (Bulb::default(), Bulb::default());
    let configs = [
        lit(&siren, "siren", What::Buzzer, Vec::new()),
        lit(&lamp, "lamp", What::Lamp, Vec::new()),
    ];
    let rig = Rig::new(&configs);
    assert_eq!(rig.outputs.identify(), [name("lamp")]);
    let mut rig = Rig::new(&configs[..1]);
    assert_eq!(rig.outputs.identify(), [name("siren")]);
    assert_eq!(rig.look(), [Ok(1.0)]);
    for _ in 0..200 {
        rig.clock.advance(Duration::from_milliseconds(100));
        rig.look();
    }
    assert_eq!(siren.times(), 10);
    assert!(Rig::new(&[]).outputs.identify().is_empty());
}

#[test]
fn what_the_buses_read_and_when_the_collector_was_heard_outlive_a_reload() {
    let bulb = Bulb::default();
    let rule = Rule {
        silent: Duration::from_minutes(2),
        inputs: vec![Input {
            sensor: name("smoke-a"),
            quantity: Quantity::Smoke,
            state: AlarmState::Is(true),
        }],
        button: None,
        blinks: false,
    };
    let configs = [lit(&bulb, "siren", What::Relay, vec![rule])];
    let mut rig = Rig::new(&configs);
    rig.look();
    let smoke = |rig: &Rig| {
        let seen = [(Quantity::Smoke, Ok(1.0)), (Quantity::Water, Ok(1.0))];
        rig.outputs.seen(&name("smoke-a"), seen.into_iter());
    };
    smoke(&rig);
    assert_eq!(rig.look(), []);
    rig.clock.advance(Duration::from_seconds(39));
    assert!(!rig.outputs.asks());
    rig.clock.advance(Duration::from_seconds(1));
    assert!(rig.outputs.asks() && !rig.outputs.asks());
    rig.clock.advance(Duration::from_seconds(80));
    assert_eq!(rig.look(), [Ok(1.0)]);
    rig.opened = rig.outputs.open(&configs);
    assert_eq!(rig.look(), [Ok(0.0)]);
    smoke(&rig);
    assert_eq!(rig.look(), [Ok(1.0)]);
    rig.outputs.heard();
    assert_eq!(rig.look(), []);
}

#[test]
fn what_was_wanted_last_counts_though_its_line_hangs_for_all_who_ask() {
    let bulb = Bulb::default();
    let mut rig = Rig::new(&[lit(&bulb, "siren", What::Relay, Vec::new())]);
    rig.look();
    for _ in 0..100 {
        // Whoever asked has stopped waiting.
        drop(rig.switch(true));
    }
    let _asked: Vec<_> = (0..16).map(|_| rig.switch(true)).collect();
    let refused = rig.outputs.switch(&name("siren"), false, None).unwrap_err();
    assert_eq!(refused, "the line of output `siren` does not answer");
    rig.look();
    assert_eq!((bulb.shines(), bulb.times()), (false, 0));
}

/// A line that takes a second, and fails.
struct Slow(SimulatedClock);

impl Switch for Slow {
    fn set(&mut self, _: bool) -> Result<(), crate::driver::Problem> {
        self.0.advance(Duration::from_seconds(1));
        Err(Fault::Timeout.into())
    }
}

#[test]
fn an_end_that_comes_while_the_line_is_set_is_not_slept_through() {
    let clock = SimulatedClock::new(Timestamp::from_milliseconds(0));
    let outputs = Outputs::new(Arc::new(clock.clone()));
    let slow = clock.clone();
    let config = OutputConfig::given(name("siren"), What::Relay, Vec::new(), move || {
        Ok(Box::new(Slow(slow.clone())) as Box<dyn Switch>)
    });
    let mut opened = outputs.open(&[config]);
    let driver = &mut opened[0].driver;
    driver.read(TICK);
    // What the reading found is told first.
    driver.wait(SHORT);
    let _asked = outputs.switch(&name("siren"), true, Some(3)).unwrap();
    driver.wait(SHORT);
    let watch = plenum_link::Stopwatch::start();
    // Two seconds are gone; it ends while its line is asked once more.
    clock.advance(Duration::from_milliseconds(700));
    driver.wait(Span::from_secs(20));
    assert!(watch.seconds() < 10.0, "{} s", watch.seconds());
}
