//! An output through commands, silence, alarms and buttons, line by line and at random.

use plenum_protocol::Fault;
use proptest::prelude::*;

use super::*;
use crate::outputs::rule::{AlarmState, Input, State, TAKES_OVER};

fn at(seconds: i64) -> Steady {
    Steady::from_milliseconds(seconds * 1_000)
}

fn name(text: &str) -> Identifier {
    text.parse().unwrap()
}

fn input(sensor: &str, quantity: Quantity, state: AlarmState) -> Input {
    Input {
        sensor: name(sensor),
        quantity,
        state,
    }
}

/// Two minutes of silence, and smoke or more than 40 degrees.
fn rule() -> Rule {
    Rule {
        silent: Duration::from_minutes(2),
        inputs: vec![
            input("smoke-a", Quantity::Smoke, AlarmState::Is(true)),
            input("inlet-a", Quantity::Temperature, AlarmState::Above(40.0)),
        ],
        button: Some(name("button-a")),
        blinks: false,
    }
}

/// What may happen in a story.
#[derive(Debug, Clone, Copy)]
enum Does {
    Smoke(bool),
    Inlet(f64),
    Broken,
    Button,
    Heard,
    On(i64),
    Off,
    Identify,
    Nothing,
}

fn step(machine: &mut Machine, does: Does, now: Steady) {
    let mut seen = |sensor: &str, quantity, outcome| {
        let sensor = name(sensor);
        let event = Event::Seen {
            sensor: &sensor,
            quantity,
            outcome,
        };
        machine.step(event, now);
    };
    match does {
        Does::Smoke(is) => seen("smoke-a", Quantity::Smoke, Ok(f64::from(u8::from(is)))),
        Does::Inlet(value) => seen("inlet-a", Quantity::Temperature, Ok(value)),
        Does::Broken => seen("smoke-a", Quantity::Smoke, Err(Fault::NotPresent)),
        Does::Button => seen("button-a", Quantity::ButtonPressed, Ok(1.0)),
        Does::Heard => machine.step(Event::Heard, now),
        Does::On(seconds) => machine.step(Event::On(Duration::from_seconds(seconds)), now),
        Does::Off => machine.step(Event::Off, now),
        Does::Identify => machine.step(Event::Identify, now),
        Does::Nothing => machine.step(Event::Tick, now),
    }
}

/// Plays a story from the second 0, at which the collector was heard: (second, what happens, whether it is on afterwards).
fn check(rules: &[Rule], story: &[(i64, Does, bool)]) {
    let mut machine = Machine::new(rules, at(0));
    for (second, does, on) in story {
        step(&mut machine, *does, at(*second));
        assert_eq!(machine.is_on(), *on, "after {does:?} at {second} s: {machine:?}");
    }
}

#[test]
fn a_command_has_an_end_of_its_own() {
    use Does::{Nothing, Off, On};
    check(
        &[],
        &[
            (10, On(30), true),
            (39, Nothing, true),
            (40, Nothing, false),
            (50, On(30), true),
            (70, On(30), true),
            (99, Nothing, true),
            (100, Nothing, false),
            (200, On(30), true),
            (205, Off, false),
        ],
    );
}

#[test]
fn it_sounds_by_itself_where_nobody_answers_and_an_input_is_in_alarm() {
    use Does::{Broken, Button, Heard, Inlet, Nothing, Smoke};
    check(
        &[rule()],
        &[
            (10, Smoke(true), false),
            (119, Nothing, false),
            (120, Nothing, true),
        ],
    );
    check(
        &[rule()],
        &[
            (120, Nothing, false),
            (130, Smoke(true), true),
            (140, Smoke(false), false),
        ],
    );
    check(
        &[rule()],
        &[
            (130, Inlet(40.0), false),
            (140, Inlet(40.1), true),
            (150, Inlet(39.0), false),
        ],
    );
    check(
        &[rule()],
        &[
            (130, Smoke(true), true),
            (140, Broken, true),
            (150, Smoke(false), false),
        ],
    );
    check(&[rule()], &[(130, Broken, false), (1_000, Nothing, false)]);
    check(
        &[rule()],
        &[
            (100, Heard, false),
            (130, Smoke(true), false),
            (219, Nothing, false),
            (220, Nothing, true),
        ],
    );
    check(
        &[rule()],
        &[
            (130, Button, false),
            (140, Smoke(true), true),
            (150, Button, false),
            (160, Smoke(true), false),
            (170, Inlet(50.0), true),
            (180, Button, false),
            (190, Smoke(false), false),
            (200, Inlet(20.0), false),
            (210, Smoke(true), true),
        ],
    );
}

#[test]
fn a_collector_that_is_back_takes_over_without_a_gap() {
    use Does::{Button, Heard, Nothing, Off, On, Smoke};
    let begun = [(10, Smoke(true), false), (120, Nothing, true), (130, Heard, true)];
    let then = |rest: &[(i64, Does, bool)]| check(&[rule()], &[&begun, rest].concat());
    // It takes it over, and somebody acknowledges.
    then(&[
        (133, On(30), true),
        (143, On(30), true),
        (150, Off, false),
        (269, Nothing, false),
    ]);
    // It is not concerned with this output.
    then(&[(189, Heard, true), (190, Heard, false), (300, Heard, false)]);
    // It was there for a moment only.
    then(&[
        (200, Nothing, true),
        (251, Nothing, true),
        (252, Heard, true),
        (255, Off, false),
    ]);
    then(&[(140, Smoke(false), false), (141, Smoke(true), false)]);
    then(&[(140, Button, false), (150, Nothing, false), (252, Nothing, false)]);
}

#[test]
fn what_the_collector_let_end_without_a_word_goes_on_by_itself() {
    use Does::{Heard, Nothing, Off, On, Smoke};
    check(
        &[rule()],
        &[
            (5, Smoke(true), false),
            (6, On(30), true),
            (9, Heard, true),
            (36, Nothing, true),
            (400, Heard, true),
        ],
    );
    check(
        &[rule()],
        &[
            (5, Smoke(true), false),
            (6, On(30), true),
            (30, Heard, true),
            (36, Nothing, false),
        ],
    );
    check(
        &[rule()],
        &[
            (5, Smoke(true), false),
            (6, On(30), true),
            (30, Off, false),
            (36, Nothing, false),
        ],
    );
    check(&[rule()], &[(6, On(30), true), (36, Nothing, false)]);
}

#[test]
fn silence_alone_blinks_a_lamp() {
    use Does::{Heard, Identify, Nothing};
    let lamp = Rule {
        inputs: Vec::new(),
        button: None,
        blinks: true,
        ..rule()
    };
    check(
        std::slice::from_ref(&lamp),
        &[(119, Nothing, false), (120, Nothing, true), (121, Heard, false)],
    );
    let mut machine = Machine::new(&[lamp], at(0));
    let half = |halves: i64| Steady::from_milliseconds(halves * 500);
    let mut levels = |from: i64, to: i64| {
        let mut line = String::new();
        for halves in from..to {
            machine.step(Event::Tick, half(halves));
            line.push(if machine.level(half(halves)) { '#' } else { '.' });
            let next = machine.next_wakeup(half(halves));
            assert!(next.is_none_or(|next| next > half(halves)));
        }
        line
    };
    assert_eq!(levels(238, 258), "..##......##......##");
    let mut shown = Machine::new(&[], at(0));
    step(&mut shown, Identify, at(1));
    let line: Vec<bool> = (2..24)
        .map(|halves| {
            shown.step(Event::Tick, half(halves));
            shown.level(half(halves))
        })
        .collect();
    assert_eq!(line[..4], [true, false, true, false]);
    assert_eq!(line[20..], [false, false]);
}

fn anything() -> impl Strategy<Value = Does> {
    prop_oneof![
        any::<bool>().prop_map(Does::Smoke),
        (20.0..60.0).prop_map(Does::Inlet),
        Just(Does::Broken),
        Just(Does::Button),
        Just(Does::Heard),
        (1_i64..90).prop_map(Does::On),
        Just(Does::Off),
        Just(Does::Identify),
        Just(Does::Nothing),
        Just(Does::Nothing),
    ]
}

/// What an observer knows, who looks at what happens alone.
#[derive(Default)]
struct Observer {
    heard: i64,
    smoke: bool,
    hot: bool,
    held: i64,
    identifies: i64,
    /// The button was pressed while it was on, and nothing has changed since.
    pressed: bool,
}

impl Observer {
    fn see(&mut self, does: Does, now: i64, was_on: bool) {
        match does {
            Does::Smoke(is) => {
                self.pressed &= self.smoke || !is;
                self.smoke = is;
            }
            Does::Inlet(value) => {
                self.pressed &= self.hot || value <= 40.0;
                self.hot = value > 40.0;
            }
            Does::Button => self.pressed |= was_on,
            Does::Heard | Does::On(_) | Does::Off => {
                (self.heard, self.pressed) = (now, false);
                match does {
                    Does::On(lasts) => self.held = now + lasts,
                    Does::Off => self.held = now,
                    _ => {}
                }
            }
            Does::Identify => self.identifies = now + 10,
            Does::Broken | Does::Nothing => {}
        }
    }

    fn alarms(&self) -> bool {
        self.smoke || self.hot
    }
}

proptest! {
    /// It is never on without a reason that somebody can name, and never off where both hold.
    #[test]
    fn it_is_on_for_a_reason_and_off_without_one(
        story in prop::collection::vec((0_i64..70, anything()), 1..120),
    ) {
        let mut machine = Machine::new(&[rule()], at(0));
        let (mut observer, mut now) = (Observer::default(), 0);
        for (wait, does) in story {
            now += wait;
            machine.step(Event::Tick, at(now));
            let was_on = machine.watches[0].is_on();
            step(&mut machine, does, at(now));
            observer.see(does, now, was_on);
            let silent = now - observer.heard >= 120;
            if observer.alarms() && silent && !observer.pressed {
                prop_assert!(machine.is_on(), "both hold at {now}: {machine:?}");
            }
            if machine.is_on() {
                let commanded = now < observer.held || now < observer.identifies;
                prop_assert!(commanded || observer.alarms(), "on at {now} without a reason: {machine:?}");
            }
            // Whoever goes on being heard and says nothing of it ends it, too.
            if let State::HandingOver(since) = machine.watches[0].state
                && matches!(does, Does::Heard)
            {
                prop_assert!(at(now).since(since) < TAKES_OVER);
            }
            let next = machine.next_wakeup(at(now));
            prop_assert!(next.is_none_or(|next| next > at(now)));
        }
    }

    /// Looked at only when it asks for it, it is as if looked at each second.
    #[test]
    fn it_asks_to_be_looked_at_when_something_changes(
        story in prop::collection::vec((1_i64..200, anything()), 1..20),
    ) {
        let (mut machine, mut looked) = (Machine::new(&[rule()], at(0)), Machine::new(&[rule()], at(0)));
        let mut now = 0;
        for (wait, does) in story {
            let until = now + wait;
            let mut wakeup = machine.next_wakeup(at(now));
            while now < until {
                now += 1;
                looked.step(Event::Tick, at(now));
                if wakeup.is_some_and(|wakeup| at(now) >= wakeup) {
                    machine.step(Event::Tick, at(now));
                    wakeup = machine.next_wakeup(at(now));
                }
                prop_assert_eq!(machine.is_on(), looked.is_on(), "at {}", now);
            }
            step(&mut machine, does, at(now));
            step(&mut looked, does, at(now));
        }
    }
}
