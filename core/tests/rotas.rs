//! Rotas over twenty years and five zones, and as random plans: nobody is missing, nobody is there twice, hand-overs are at their time by the clock, and
//! `tests/reference/rota.py`, which was written from the documentation, comes to the same to the millisecond.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use jiff::civil::Time;
use plenum_core::alarms::forecast::trial::Random;
use plenum_core::authority::Actor;
use plenum_core::duty::{Override, Plan, Shift, Source, ical};
use plenum_core::site::{Site, TimeOfDay};
use plenum_core::text::Language;
use plenum_protocol::{Timestamp, config_error};
use serde_json::{Value, json};

/// Two where the clock jumps by half an hour or at midnight, one without a change, and the two of most readers.
const ZONES: [&str; 5] = [
    "Europe/Amsterdam",
    "America/Chicago",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "Asia/Kathmandu",
];
const PEOPLE: [&str; 4] = ["anna", "bert", "carla", "dirk"];

/// A plan and the time over which it is looked at.
struct Task {
    text: String,
    overrides: Vec<Override>,
    from: Timestamp,
    to: Timestamp,
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn head(zone: &str) -> String {
    let mut text = format!("[site]\nid = \"s\"\nname = \"S\"\nzone = \"{zone}\"\n");
    for person in PEOPLE {
        write!(text, "[[person]]\nid = \"{person}\"\nname = \"{person}\"\n").unwrap();
    }
    text + "[[team]]\nid = \"t\"\nname = \"T\"\nmembers = [\"anna\", \"bert\", \"carla\", \"dirk\"]\n\
            [[rota]]\nid = \"r\"\nname = \"R\"\nteam = \"t\"\n"
}

/// What the program says, in the words of the second one.
fn shifts(task: &Task) -> Value {
    let site: Site =
        config_error::parse("site.toml", &task.text).unwrap_or_else(|error| panic!("{error}\n{}", task.text));
    let plan = Plan::new(&site, &task.overrides);
    let schedule = plan.schedule(&"r".parse().unwrap()).unwrap();
    let said = |shift: &Shift<'_>| {
        let source = match shift.source {
            Source::Layer { layer, turn } => format!("layer {layer} turn {turn}"),
            Source::Override { place } => format!("override {place}"),
        };
        json!([
            shift.person.id,
            shift.from.milliseconds(),
            shift.to.milliseconds(),
            source
        ])
    };
    schedule.shifts(task.from, task.to).iter().map(said).collect()
}

fn compare(tasks: &[Task]) {
    let asked = tasks.iter().map(|task| {
        let overrides = task.overrides.iter().map(|own| {
            json!({
                "rota": own.rota,
                "person": own.person,
                "from": own.from.milliseconds(),
                "to": own.to.milliseconds(),
            })
        });
        json!({
            "site": task.text,
            "overrides": overrides.collect::<Value>(),
            "rota": "r",
            "from": task.from.milliseconds(),
            "to": task.to.milliseconds(),
        })
    });
    let answer = ask("rota.py", asked.collect::<Value>().to_string());
    let answers: Vec<Value> = serde_json::from_str(&answer).unwrap();
    assert_eq!(answers.len(), tasks.len());
    for (task, answer) in tasks.iter().zip(answers) {
        let (own, others) = (shifts(task), answer);
        let (own, others) = (own.as_array().unwrap(), others.as_array().unwrap());
        let differ = own.iter().zip(others).find(|(own, other)| own != other);
        assert!(
            differ.is_none() && own.len() == others.len(),
            "{} and {} shifts; they differ first in {differ:?}\n{}\n{:?}",
            own.len(),
            others.len(),
            task.text,
            task.overrides
        );
    }
}

/// What a program of `tests/reference` answers.
fn ask(program: &str, question: String) -> String {
    let python = std::env::var("PLENUM_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let program = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/reference")
        .join(program);
    let mut child = Command::new(&python)
        .arg(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{python}: {error}; install it with: apt-get install python3 tzdata"));
    let mut input = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || input.write_all(question.as_bytes()));
    let output = child.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "the second program failed: what it said stands above"
    );
    writer.join().unwrap().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

const BEGIN: &str = "2008-01-01T12:00:00Z";
const END: &str = "2028-01-01T12:00:00Z";

/// Layers that cover the week together, with hand-overs where clocks change.
const PLANS: [&str; 4] = [
    "[[rota.layer]]\npeople = [\"anna\", \"bert\", \"carla\"]\nevery = \"week\"\nhand_over = \"sun 02:15\"\nstart = \"2007-12-30\"\n",
    "[[rota.layer]]\npeople = [\"anna\", \"bert\"]\nevery = \"day\"\nhand_over = \"00:00\"\nstart = \"2007-12-30\"\n",
    // Three that meet, and none below.
    "[[rota.layer]]\npeople = [\"anna\", \"bert\"]\nevery = \"week\"\nhand_over = \"mon 08:00\"\nstart = \"2007-12-24\"\nhours = [\"mon-fri 08:00-18:00\"]\n\
     [[rota.layer]]\npeople = [\"bert\", \"carla\"]\nevery = \"2 weeks\"\nhand_over = \"mon 08:00\"\nstart = \"2007-12-24\"\nhours = [\"mon-thu 18:00-08:00\"]\n\
     [[rota.layer]]\npeople = [\"dirk\", \"carla\", \"anna\"]\nevery = \"week\"\nhand_over = \"mon 08:00\"\nstart = \"2007-12-24\"\nhours = [\"fri 18:00-mon 08:00\"]\n",
    // Nights that end where an hour may be missing or double, over a week of turns.
    "[[rota.layer]]\npeople = [\"anna\", \"bert\"]\nevery = \"week\"\nhand_over = \"sun 02:30\"\nstart = \"2007-12-30\"\n\
     [[rota.layer]]\npeople = [\"carla\", \"dirk\"]\nevery = \"3 days\"\nhand_over = \"23:30\"\nstart = \"2007-12-28\"\nhours = [\"sat-sun 23:30-02:30\"]\n",
];

#[test]
fn over_twenty_years_somebody_is_on_duty_at_each_instant_and_only_one() {
    let mut tasks = Vec::new();
    for zone in ZONES {
        for plan in PLANS {
            let task = Task {
                text: head(zone) + plan,
                overrides: Vec::new(),
                from: at(BEGIN),
                to: at(END),
            };
            let shifts = shifts(&task);
            let shifts = shifts.as_array().unwrap();
            let instant = |shift: &Value, end: usize| shift[end].as_i64().unwrap();
            assert_eq!(instant(&shifts[0], 1), task.from.milliseconds(), "{zone}");
            assert_eq!(
                instant(shifts.last().unwrap(), 2),
                task.to.milliseconds(),
                "{zone}"
            );
            for pair in shifts.windows(2) {
                assert_eq!(instant(&pair[0], 2), instant(&pair[1], 1), "{zone}: {pair:?}");
            }
            tasks.push(task);
        }
    }
    compare(&tasks);
}

#[test]
fn over_twenty_years_each_hand_over_is_at_its_time_by_the_clock() {
    let (mut changed, mut moved) = (0, 0);
    for zone in ZONES {
        for time in ["09:00", "02:15", "01:45", "00:00", "23:30"] {
            let layer = PLANS[0].replace("02:15", time);
            let text = head(zone) + &layer;
            let site: Site = config_error::parse("site.toml", &text).unwrap();
            let plan = Plan::new(&site, &[]);
            let shifts = plan.schedules()[0].shifts(at(BEGIN), at(END));
            let wanted: TimeOfDay = time.parse().unwrap();
            let instants: Vec<_> = shifts[1..].iter().map(|shift| shift.from.to_jiff()).collect();
            assert_eq!(instants.len(), 1043, "{zone}");
            for pair in instants.windows(2) {
                let [before, after] = [0, 1].map(|place| pair[place].to_zoned((*site.site.zone).clone()));
                let elapsed = after.timestamp().as_millisecond() - before.timestamp().as_millisecond();
                let week = 7 * 24 * 3_600_000;
                changed += usize::from(elapsed != week);
                let is_at = after.time() == wanted.0;
                if !is_at {
                    moved += 1;
                    assert!(is_missing(&after, wanted.0), "{zone} {time}: {after}");
                }
            }
        }
    }
    // Twice a year where the clock changes, but where the time is missing or double.
    assert!(changed > 500, "{changed}");
    assert!(moved > 20, "{moved}");
}

/// Whether a time of day was jumped over on that date, so that it is later by the jump.
fn is_missing(after: &jiff::Zoned, wanted: Time) -> bool {
    let local = after.date().to_datetime(wanted);
    let ambiguous = after.time_zone().to_ambiguous_timestamp(local);
    matches!(ambiguous.offset(), jiff::tz::AmbiguousOffset::Gap { before, .. }
        if before.to_timestamp(local).unwrap() == after.timestamp())
}

#[test]
fn random_plans_come_to_what_the_second_program_says() {
    let mut random = Dice(Random::new(20_261_127));
    let tasks: Vec<Task> = (0..300).map(|_| random.task()).collect();
    let overrides: usize = tasks.iter().map(|task| task.overrides.len()).sum();
    assert!(overrides > 300, "{overrides}");
    compare(&tasks);
}

#[test]
fn a_calendar_of_duties_is_read_by_others_as_it_was_meant() {
    let rest = "[[override]]\nrota = \"r\"\nperson = \"anna\"\nfrom = \"2026-03-31T12:00\"\nto = \"2026-03-31T20:00\"\n";
    let text = head("Europe/Amsterdam").replace(
        "\"R\"",
        "\"Räume; Kälte, Strom \\\\ und alles, was sonst nachts um drei Uhr ausfällt 😀\"",
    ) + &PLANS[0].replace("sun 02:15", "sun 02:30")
        + rest;
    let site: Site = config_error::parse("site.toml", &text).unwrap();
    let plan = Plan::new(&site, &[]);
    let anna = "anna".parse().unwrap();
    let calendar = |from: &str| {
        let duties = plan.duties(&anna, at(from), at("2027-03-20T00:00:00Z"));
        let written = ical::written(
            &site,
            site.person_by_id(&anna).unwrap(),
            &duties,
            Language::Dutch,
            at(from),
        );
        let read: Value = serde_json::from_str(&ask("duties.py", written)).unwrap();
        read
    };
    // In the midst of a shift: it is there whole. On the night of its end 02:30 is 03:30 by the clock.
    let read = calendar("2026-03-24T00:00:00Z");
    assert_eq!(read["name"], "Piket van S: anna");
    let events = read["events"].as_array().unwrap();
    let summary = "Piket: Räume; Kälte, Strom \\ und alles, was sonst nachts um drei Uhr ausfällt 😀";
    let event = |uid: &str, from: &str, to: &str, summary: &str| {
        json!([
            uid,
            format!("{from}+00:00"),
            format!("{to}+00:00"),
            summary,
            "2026-03-24T00:00:00+00:00"
        ])
    };
    let stands_in = format!("{summary} (als vervanger)");
    let expected = [
        event(
            "r-1774143000000-anna@s",
            "2026-03-22T01:30:00",
            "2026-03-29T01:30:00",
            summary,
        ),
        event(
            "r-1774951200000-anna@s",
            "2026-03-31T10:00:00",
            "2026-03-31T18:00:00",
            &stands_in,
        ),
    ];
    assert_eq!(events.len(), 19, "{events:#?}");
    assert_eq!(events[..2], expected);
    // What was told before has the same identity when it is told again.
    assert_eq!(calendar("2026-03-26T00:00:00Z")["events"][0][0], events[0][0]);
    assert_eq!(calendar("2026-03-30T00:00:00Z")["events"][0][0], events[1][0]);
}

struct Dice(Random);

impl Dice {
    fn below(&mut self, count: i64) -> i64 {
        (self.0.within(0.0, 1.0) * count as f64) as i64
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as i64) as usize]
    }

    fn task(&mut self) -> Task {
        let mut text = head(self.of(&ZONES));
        if self.below(3) == 0 {
            writeln!(text, "zone = \"{}\"", self.of(&ZONES)).unwrap();
        }
        for _ in 0..=self.below(4) {
            text += &self.layer();
        }
        let start = at("2009-01-01T00:00:00Z").milliseconds() + self.below(15 * 365 * 24 * 60) * 60_000;
        let (from, to) = (
            start,
            start + (1 + self.below(500)) * 24 * 3_600_000 + self.below(90_000_000),
        );
        for day in 0..self.below(6) {
            let date = Timestamp::from_milliseconds(from + (self.below(20) + 20 * day) * 24 * 3_600_000);
            writeln!(text, "[[holiday]]\ndate = \"{}\"", &date.to_string()[..10]).unwrap();
        }
        let overrides = (0..self.below(5)).map(|_| {
            let begin = from + self.below(to - from);
            Override {
                rota: "r".parse().unwrap(),
                person: self
                    .of(&["anna", "bert", "carla", "dirk", "gone"])
                    .parse()
                    .unwrap(),
                from: Timestamp::from_milliseconds(begin),
                to: Timestamp::from_milliseconds(begin + self.below(400_000_000)),
                asked_by: Some(Actor::Person(1)),
                why: String::new(),
            }
        });
        let overrides = overrides.collect();
        if self.below(2) == 0 {
            let day = self.below(300);
            let [begin, end] = [day, day + self.below(5)]
                .map(|day| Timestamp::from_milliseconds(from + day * 24 * 3_600_000));
            write!(
                text,
                "[[override]]\nrota = \"r\"\nperson = \"dirk\"\nfrom = \"{}T02:30\"\nto = \"{}T12:00\"\n",
                &begin.to_string()[..10],
                &end.to_string()[..10]
            )
            .unwrap();
        }
        Task {
            text,
            overrides,
            from: Timestamp::from_milliseconds(from),
            to: Timestamp::from_milliseconds(to),
        }
    }

    fn layer(&mut self) -> String {
        let people: Vec<String> = (0..=self.below(4))
            .map(|_| format!("\"{}\"", self.of(&PEOPLE)))
            .collect();
        let every = self.of(&["day", "week", "2 weeks", "3 days", "10 days", "31 days"]);
        let time = self.of(&[
            "09:00", "02:30", "02:15", "01:30", "00:00", "00:30", "23:30", "17:45",
        ]);
        let start = Timestamp::from_milliseconds(
            at("2008-01-01T00:00:00Z").milliseconds() + self.below(4_000) * 24 * 3_600_000,
        );
        let start: jiff::civil::Date = start.to_string()[..10].parse().unwrap();
        let day = match every.ends_with('s') && !every.ends_with("weeks") || every == "day" {
            true => String::new(),
            false => format!("{} ", plenum_core::site::Weekday::of(start)),
        };
        let mut text = format!(
            "[[rota.layer]]\npeople = [{}]\nevery = \"{every}\"\nhand_over = \"{day}{time}\"\nstart = \"{start}\"\n",
            people.join(", ")
        );
        if self.below(5) == 0 {
            let until = start.saturating_add(jiff::Span::new().days(1 + self.below(3_000)));
            writeln!(text, "until = \"{until}\"").unwrap();
        }
        if self.below(3) != 0 {
            let hours: Vec<String> = (0..=self.below(2))
                .map(|_| format!("\"{}\"", self.hours()))
                .collect();
            writeln!(text, "hours = [{}]", hours.join(", ")).unwrap();
        }
        writeln!(
            text,
            "holidays = \"{}\"",
            self.of(&["as-usual", "as-sunday", "off"])
        )
        .unwrap();
        text
    }

    fn hours(&mut self) -> &'static str {
        self.of(&[
            "mon-fri 08:00-18:00",
            "mon-sun 22:00-07:00",
            "sat,sun 00:00-24:00",
            "fri 18:00-mon 08:00",
            "mon 08:00-mon 08:00",
            "sun 01:45-02:15",
            "sat-sun 02:30-03:30",
            "sun 23:30-00:30",
            "fri-mon 12:00-02:30",
            "wed 20:00-24:00",
        ])
    }
}
