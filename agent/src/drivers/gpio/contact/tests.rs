//! Edges and polls of a contact, over scripted lines and a wire.

use std::collections::VecDeque;

use super::debounce::Debounce;
use super::gpio::interrupted;
use super::*;

const TICK: Timestamp = Timestamp::from_milliseconds(0);

fn at(milliseconds: i64) -> Timestamp {
    Timestamp::from_milliseconds(milliseconds)
}

/// Raw edges (instant, state) in; settled ones out. Afterwards the line is quiet for the period.
fn check_debounce(period: i64, edges: &[(i64, bool)], expected: &[(i64, bool)]) {
    let mut debounce = Debounce::new(Duration::from_milliseconds(period), false);
    let change = |(instant, active): (i64, bool)| Change {
        at: Some(at(instant)),
        active,
    };
    let mut settled: Vec<Change> = edges
        .iter()
        .filter_map(|edge| debounce.change(change(*edge)))
        .collect();
    settled.extend(debounce.quiet(Span::from_millis(period as u64)));
    let expected: Vec<Change> = expected.iter().copied().map(change).collect();
    assert_eq!(settled, expected, "{edges:?}");
}

#[test]
fn bounces_become_one_edge_at_the_first_of_them() {
    check_debounce(20, &[(100, true)], &[(100, true)]);
    check_debounce(20, &[(100, true), (105, false), (107, true)], &[(107, true)]);
    check_debounce(20, &[(100, true), (105, false)], &[]);
    check_debounce(20, &[(100, true), (120, false)], &[(100, true), (120, false)]);
    check_debounce(20, &[(100, true), (119, false)], &[]);
    check_debounce(20, &[(100, true), (110, true)], &[(100, true)]);
    check_debounce(
        0,
        &[(100, true), (101, false), (102, true)],
        &[(100, true), (101, false), (102, true)],
    );
}

#[test]
fn quiet_time_adds_up_over_waits() {
    let mut debounce = Debounce::new(Duration::from_milliseconds(20), false);
    let raw = Change {
        at: Some(at(5)),
        active: true,
    };
    assert_eq!(debounce.settles_in(), None);
    assert_eq!(debounce.change(raw), None);
    assert_eq!(debounce.quiet(Span::from_millis(15)), None);
    assert_eq!(debounce.settles_in(), Some(Span::from_millis(5)));
    assert_eq!(debounce.quiet(Span::from_millis(5)), Some(raw));
    assert_eq!(debounce.quiet(Span::from_millis(50)), None);
}

/// What a line does at each call.
enum Does {
    Waits(Vec<Change>),
    Shows(bool),
    Fails,
}

struct Scripted(VecDeque<Does>);

impl Line for Scripted {
    fn is_active(&mut self) -> Result<bool, Problem> {
        match self.0.pop_front() {
            Some(Does::Shows(active)) => Ok(active),
            Some(Does::Fails) => Err(Fault::NotPresent.into()),
            _ => panic!("the line was not to be asked for its state"),
        }
    }

    fn wait(&mut self, _: Span) -> Result<Vec<Change>, Problem> {
        match self.0.pop_front() {
            Some(Does::Waits(changes)) => Ok(changes),
            Some(Does::Fails) => Err(Fault::NotPresent.into()),
            _ => panic!("the line was not to be waited for"),
        }
    }
}

fn contact(period: i64, lines: Vec<Vec<Does>>) -> Contact {
    let mut lines = VecDeque::from(lines);
    let connect = move || match lines.pop_front() {
        Some(script) => Ok(Box::new(Scripted(script.into())) as Box<dyn Line>),
        None => Err(Problem::new(Fault::NotPresent, "no such line")),
    };
    Contact::new(
        &"smoke-1",
        Quantity::Smoke,
        Duration::from_milliseconds(period),
        connect,
    )
}

fn edge(instant: Option<i64>, outcome: Outcome) -> Edge {
    Edge {
        at: instant.map(at),
        quantity: Quantity::Smoke,
        outcome,
    }
}

const LONG: Span = Span::from_millis(1_000);

#[test]
fn the_state_at_opening_is_news_and_edges_carry_their_instants() {
    let raised = Change {
        at: Some(at(70)),
        active: true,
    };
    let mut contact = contact(
        20,
        vec![vec![
            Does::Shows(false),
            Does::Waits(vec![]),
            Does::Shows(false),
            Does::Waits(vec![raised]),
            Does::Waits(vec![]),
        ]],
    );
    assert_eq!(contact.read(TICK), [(Quantity::Smoke, Ok(0.0))]);
    assert_eq!(contact.wait(LONG), Some(vec![edge(None, Ok(0.0))]));
    assert_eq!(contact.wait(LONG), Some(vec![]));
    assert_eq!(contact.wait(LONG), Some(vec![edge(Some(70), Ok(1.0))]));
}

#[test]
fn a_lost_edge_is_made_up_for_by_a_poll() {
    let mut contact = contact(
        0,
        vec![vec![Does::Shows(false), Does::Waits(vec![]), Does::Shows(true)]],
    );
    assert_eq!(contact.read(TICK), [(Quantity::Smoke, Ok(1.0))]);
    assert_eq!(
        contact.wait(LONG),
        Some(vec![edge(None, Ok(0.0)), edge(None, Ok(1.0))])
    );
}

#[test]
fn a_vanished_line_is_told_once_and_its_return_too() {
    let mut contact = contact(
        0,
        vec![
            vec![Does::Shows(false), Does::Fails],
            vec![Does::Fails],
            vec![Does::Shows(false), Does::Waits(vec![])],
        ],
    );
    assert_eq!(
        contact.wait(LONG),
        Some(vec![edge(None, Ok(0.0)), edge(None, Err(Fault::NotPresent))])
    );
    assert_eq!(contact.wait(Span::from_millis(1)), Some(vec![]));
    assert_eq!(contact.wait(LONG), Some(vec![edge(None, Ok(0.0))]));
    let mut none = self::contact(0, vec![]);
    assert_eq!(none.read(TICK), [(Quantity::Smoke, Err(Fault::NotPresent))]);
    assert_eq!(none.advice(Fault::NotPresent), "no such line");
    assert_eq!(none.wait(LONG), Some(vec![edge(None, Err(Fault::NotPresent))]));
}

#[test]
fn a_chattering_line_does_not_hold_the_thread() {
    let chatter = |number: i64| Change {
        at: Some(at(number)),
        active: number % 2 == 0,
    };
    let script = std::iter::once(Does::Shows(false))
        .chain((0..200).map(|number| Does::Waits(vec![chatter(number)])))
        .collect();
    let mut contact = contact(20, vec![script]);
    assert_eq!(contact.wait(LONG), Some(vec![edge(None, Ok(0.0))]));
    assert_eq!(contact.wait(LONG), Some(vec![]));
}

#[test]
fn a_wire_carries_edges_until_it_is_cut() {
    let wire = Wire::new(false);
    let opened = wire.contact(Quantity::Water, Duration::from_milliseconds(5), "wire");
    let mut driver = opened.unwrap().driver;
    assert_eq!(driver.wait(LONG).unwrap()[0].outcome, Ok(0.0));
    wire.set(true, at(1_000));
    wire.set(false, at(1_001));
    wire.set(true, at(1_002));
    assert_eq!(driver.wait(LONG), Some(vec![]));
    let edges = driver.wait(LONG).unwrap();
    assert_eq!((edges[0].at, edges[0].outcome), (Some(at(1_002)), Ok(1.0)));
    assert_eq!(driver.read(TICK), [(Quantity::Water, Ok(1.0))]);
    wire.cut();
    assert_eq!(driver.wait(LONG).unwrap()[0].outcome, Err(Fault::NotPresent));
    assert_eq!(driver.read(TICK), [(Quantity::Water, Err(Fault::NotPresent))]);
    assert_eq!(driver.advice(Fault::NotPresent), "the wire is cut");
    wire.mend();
    assert_eq!(driver.wait(LONG).unwrap()[0].outcome, Ok(1.0));
}

#[test]
fn an_interrupted_wait_is_told_from_a_failed_one() {
    let error = |errno: i32| gpiocdev::Error::from(std::io::Error::from_raw_os_error(errno));
    assert!(interrupted(&error(4)));
    assert!(!interrupted(&error(19)) && !interrupted(&error(40)));
}

#[test]
fn keys_and_missing_chips_are_said_in_words() {
    let open = |keys: &str| open(&"door".parse().unwrap(), keys.parse().unwrap());
    for (keys, words) in [
        ("line = 17", "missing field `quantity`"),
        ("quantity = 'temperature'\nline = 17", "not temperature"),
        (
            "quantity = 'smok'\nline = 17",
            "`smok` is not a valid quantity; did you mean `smoke`?",
        ),
        (
            "quantity = 'smoke'\nline = 17\nbias = 'up'",
            "unknown variant `up`",
        ),
        ("quantity = 'smoke'\nline = 17\ndebounce = '1min'", "0ms to 10s"),
        (
            "quantity = 'smoke'\nline = 17\nactive-low = true",
            "unknown field `active-low`",
        ),
    ] {
        let message = open(keys).err().expect("a bad key").to_string();
        assert!(message.contains(words), "{keys}: {message}");
    }
    let bus = |keys: &str| open(&format!("quantity = 'smoke'\n{keys}")).unwrap().bus;
    assert_eq!(bus("line = 17"), "/dev/gpiochip0/17");
    assert_eq!(bus("chip = 'gpiochip2'\nline = 'DOOR'"), "/dev/gpiochip2/DOOR");
    assert_eq!(bus("line = 'GPIO17'"), "gpio/GPIO17");
    let mut driver = open("quantity = 'smoke'\nchip = 'gpiochip250'\nline = 17")
        .unwrap()
        .driver;
    assert_eq!(driver.read(TICK), [(Quantity::Smoke, Err(Fault::NotPresent))]);
    assert!(driver.advice(Fault::NotPresent).contains("gpioinfo"));
}
