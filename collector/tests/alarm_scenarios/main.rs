//! Plays tests/scenarios/alarms/*.toml against the alarm core on simulated time. How such a file is written stands in
//! tests/scenarios/alarms/README.md.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod words;

use std::path::Path;
use std::sync::Arc;

use plenum_core::alarms::{Alarm, Cover, Event};
use plenum_core::alarms::{Effect, Engine};
use plenum_core::authority::Actor;
use plenum_core::fact::{
    Action, ActionKind, Batch, Entry, Expectation, ExpectationChange, Gap, Item, Presence, Report,
    StoredReading, SystemCondition, Words,
};
use plenum_core::site::Site;
use plenum_core::text::{self, Form};
use plenum_core::work::{Plan, Said, WorkSaid};
use plenum_protocol::AgentName;
use plenum_protocol::{Channel, Duration, Timestamp};
use words::{event_words, expected, moved, offset, standing, subject_words, word};

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Scenario {
    about: String,
    /// Only the site's own rules apply, unless this is true.
    #[serde(default)]
    built_in: bool,
    site: String,
    /// The site after the step `revise`.
    site_after: Option<String>,
    steps: Vec<String>,
    end: String,
    events: Vec<String>,
    /// How alarms stand at the end.
    #[serde(default)]
    alarms: Vec<String>,
    #[serde(default)]
    messages: Vec<String>,
}

struct Play {
    engine: Engine,
    start: Timestamp,
    number: u64,
    agent: AgentName,
    agent_online: bool,
    sites: Vec<Arc<Site>>,
    /// With when the story began by the clock of then.
    events: Vec<(Alarm, Event, Timestamp)>,
    refusals: usize,
}

fn site(text: &str, built_in: bool) -> Arc<Site> {
    let mut site: Site = toml::from_str(text).unwrap_or_else(|error| panic!("the scenario's site: {error}"));
    if !built_in {
        for rule in plenum_core::site::defaults::built_in() {
            if !site.rules.iter().any(|own| own.id == rule.id) {
                let mut off = rule.clone();
                off.enabled = false;
                site.rules.push(off);
            }
        }
    }
    Arc::new(site)
}

impl Play {
    fn new(scenario: &Scenario) -> Self {
        let start: Timestamp = "2026-06-18T00:00:00Z".parse().unwrap();
        let mut sites = vec![site(&scenario.site, scenario.built_in)];
        if let Some(after) = &scenario.site_after {
            sites.push(site(after, scenario.built_in));
        }
        let mut play = Self {
            engine: Engine::new(sites[0].clone()),
            start,
            number: 0,
            agent: AgentName {
                site: sites[0].site.id.clone(),
                agent: "pi-a1".parse().unwrap(),
            },
            agent_online: false,
            sites,
            events: Vec::new(),
            refusals: 0,
        };
        play.engine.prepare(1, play.sites[0].clone());
        play.journal(start, Item::Revision(1));
        play.engine.reached_end(start);
        play
    }

    fn note(&mut self) {
        while let Some(effect) = self.engine.poll_effect() {
            match effect {
                Effect::Transition { alarm, event } => self.events.push((alarm, event, self.start)),
                Effect::Updated(_) | Effect::Work(_) => {}
                Effect::Heard { outcome, .. } => self.refusals += usize::from(outcome.is_err()),
                Effect::Answer { outcome, .. } => self.refusals += usize::from(outcome.is_err()),
            }
        }
    }

    /// Lets the wall clock run to `now`, stopping wherever the engine wants to be called.
    fn run_to(&mut self, now: Timestamp) {
        let mut last = Timestamp::MIN;
        while let Some(wakeup) = self.engine.next_wakeup().filter(|wakeup| *wakeup <= now) {
            let at = wakeup.max(last + Duration::from_milliseconds(1));
            if at > now {
                break;
            }
            last = at;
            self.engine.advance(at);
            self.note();
        }
        self.engine.advance(now);
        self.note();
    }

    fn journal(&mut self, received: Timestamp, item: Item) {
        self.number += 1;
        let entry = Entry {
            number: self.number,
            received,
            items: vec![item],
        };
        self.engine.apply(&entry);
        self.note();
    }

    fn step(&mut self, line: &str) {
        let mut words = line.split_whitespace();
        let when = words.next().expect("a step begins with its time");
        let rest: Vec<&str> = words.collect();
        match when.split_once("..") {
            None => self.act(self.start + offset(when), &rest, line),
            Some((from, to)) => {
                assert_eq!(rest[0], "every", "{line}");
                let every: Duration = rest[1].parse().unwrap();
                let (first, last) = (self.start + offset(from), self.start + offset(to));
                let mut at = first;
                while at <= last {
                    for one in rest[2..].split(|word| *word == "&") {
                        match moved(one, at.since(first), last.since(first)) {
                            Some((channel, value)) => self.act(at, &[channel, &value], line),
                            None => self.act(at, one, line),
                        }
                    }
                    at = at + every;
                }
            }
        }
    }

    fn act(&mut self, now: Timestamp, words: &[&str], line: &str) {
        self.run_to(now);
        match words {
            [
                "agent",
                state @ ("online" | "offline" | "clock-free"),
                sensors @ ..,
            ] => {
                self.agent_online = *state != "offline";
                let presence = Presence {
                    agent: self.agent.clone(),
                    online: *state != "offline",
                    clock_synchronised: *state != "clock-free",
                    sensors: sensors.iter().map(|text| expected(text)).collect(),
                };
                self.journal(now, Item::Presence(presence));
            }
            ["gap", from, to, why @ ..] => {
                let gap = Gap {
                    agent: self.agent.clone(),
                    stream: "r1".to_owned(),
                    sequence: (1, 2),
                    from: self.start + offset(from),
                    to: self.start + offset(to),
                    why: why.join(" "),
                };
                self.journal(now, Item::Gap(gap));
            }
            ["system", kind, subject, state, message @ ..] => {
                let condition = SystemCondition {
                    kind: kind.parse().unwrap_or_else(|error| panic!("{line}: {error}")),
                    subject: (*subject).to_owned(),
                    active: *state == "begins",
                    at: now,
                    report: Report::Sentence(message.join(" ")),
                };
                self.journal(now, Item::System(condition));
            }
            ["learned", channel, interval] => {
                let change = ExpectationChange::Learned {
                    channel: channel.parse().unwrap(),
                    interval: interval.parse().unwrap(),
                    at: now,
                };
                let agent = self.agent.clone();
                self.journal(now, Item::Expectation(Expectation { agent, change }));
            }
            ["words", sensor, words @ ..] => {
                let words = Words {
                    agent: self.agent.clone(),
                    sensor: sensor.parse().unwrap(),
                    words: words.join(" "),
                };
                self.journal(now, Item::Words(words));
            }
            ["work", place, kinds, span, actor, reason @ ..] => {
                let (from, until) = span.split_once("..").expect("write FROM..UNTIL");
                let plan = Plan {
                    room: (*place != "site").then(|| place.parse().unwrap()),
                    kinds: words::kinds(kinds).collect(),
                    from: self.start + offset(from),
                    until: self.start + offset(until),
                    reason: reason.join(" "),
                };
                self.says_of_work(now, Said::Begins(plan), actor, reason == ["(refused)"], line);
            }
            ["end-work", number, actor, rest @ ..] => {
                let said = Said::Ends(number.parse().unwrap());
                self.says_of_work(now, said, actor, rest == ["(refused)"], line);
            }
            ["restart"] => {
                let text = serde_json::to_string(&self.engine.snapshot()).unwrap();
                let snapshot = serde_json::from_str(&text).unwrap();
                self.engine = Engine::restore(snapshot, self.engine.site().clone());
                self.engine.reached_end(now);
            }
            ["revise"] => {
                self.engine.prepare(2, self.sites[1].clone());
                self.journal(now, Item::Revision(2));
            }
            ["clock", by] => {
                let by = match by.strip_prefix('-') {
                    Some(back) => Duration::ZERO - offset(back),
                    None => offset(by),
                };
                self.start = self.start + by;
                self.engine.clock_was_set(by, now + by);
                self.engine.advance(now + by);
                self.note();
            }
            [
                what @ ("shelve" | "out-of-service" | "acknowledge-until"),
                rule,
                subject,
                until,
                actor,
                comment @ ..,
            ] => {
                let until = self.start + offset(until);
                let kind = match *what {
                    "shelve" => ActionKind::Shelve { until },
                    "acknowledge-until" => ActionKind::AcknowledgeUntil { until },
                    _ => ActionKind::OutOfService { review: until },
                };
                self.person(now, kind, (rule, subject), actor, comment, line);
            }
            [
                what @ ("acknowledge" | "give-back" | "reset" | "unshelve" | "return-to-service"),
                rule,
                subject,
                actor,
                comment @ ..,
            ] => {
                let kind = match *what {
                    "acknowledge" => ActionKind::Acknowledge,
                    "give-back" => ActionKind::GiveBack,
                    "reset" => ActionKind::Reset,
                    "unshelve" => ActionKind::Unshelve,
                    _ => ActionKind::ReturnToService,
                };
                self.person(now, kind, (rule, subject), actor, comment, line);
            }
            ["unsent", channel, outcome] => self.reading(now, now, channel, outcome, false),
            ["late", at, channel, outcome] => {
                self.reading(now, self.start + offset(at), channel, outcome, true);
            }
            [channel, outcome] => self.reading(now, now, channel, outcome, true),
            _ => panic!("{line}: no step that is known"),
        }
    }

    fn person(
        &mut self,
        now: Timestamp,
        kind: ActionKind,
        (rule, subject): (&str, &str),
        actor: &str,
        comment: &[&str],
        line: &str,
    ) {
        let found = self
            .engine
            .alarms()
            .find(|alarm| alarm.rule.as_str() == rule && subject_words(&alarm.subject) == subject);
        let action = Action {
            alarm: found.unwrap_or_else(|| panic!("{line}: no such alarm")).id,
            kind,
            actor: Actor::named(actor),
            occurrence: None,
            comment: comment.join(" "),
            at: now,
        };
        let before = self.refusals;
        let expects_refusal = action.comment == "(refused)";
        self.journal(now, Item::Action(action));
        assert_eq!(self.refusals > before, expects_refusal, "{line}");
    }

    fn says_of_work(&mut self, at: Timestamp, said: Said, actor: &str, is_refused: bool, line: &str) {
        let (by, before) = (Actor::named(actor), self.refusals);
        self.journal(at, Item::Work(WorkSaid { at, by, said }));
        assert_eq!(self.refusals > before, is_refused, "{line}");
    }

    fn reading(&mut self, received: Timestamp, at: Timestamp, channel: &str, outcome: &str, newest: bool) {
        let channel: Channel = channel.parse().unwrap_or_else(|error| panic!("{error}"));
        let outcome = match outcome {
            "true" => Ok(1.0),
            "false" => Ok(0.0),
            other => other.parse::<f64>().map_err(|_| {
                let fault: plenum_protocol::Fault = other.parse().unwrap();
                assert_eq!(fault.as_str(), other, "neither a number nor a fault");
                fault
            }),
        };
        let batch = Batch {
            agent: self.agent.clone(),
            position: Some(("r1".to_owned(), self.number)),
            newest,
            readings: vec![StoredReading {
                channel,
                at,
                outcome,
                claimed: None,
            }],
        };
        self.journal(received, Item::Batch(batch));
    }
}

fn play(path: &Path) {
    let text = std::fs::read_to_string(path).unwrap();
    let scenario: Scenario =
        toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut play = Play::new(&scenario);
    for line in &scenario.steps {
        play.step(line);
    }
    play.run_to(play.start + offset(&scenario.end));
    let place = format!("{}: {}", path.display(), scenario.about);
    let events: Vec<String> = play.events.iter().map(event_words).collect();
    assert_eq!(events, scenario.events, "{place}");
    if !scenario.messages.is_empty() {
        let site = play.engine.site();
        let sentence = |(alarm, event, _): &(Alarm, Event, Timestamp)| {
            let form = Form::of(site, site.site.language, event.at);
            text::alarm::sentence(site, alarm, &form)
        };
        let messages: Vec<String> = play.events.iter().map(sentence).collect();
        assert_eq!(messages, scenario.messages, "{place}");
    }
    let alarms: Vec<String> = play
        .engine
        .alarms()
        .map(|alarm| {
            let state = standing(alarm.state, alarm.cover.as_ref().map(Cover::kind));
            let first = if alarm.first_out { " first-out" } else { "" };
            format!(
                "{} {} {state} {}{first}",
                alarm.rule,
                subject_words(&alarm.subject),
                word(&alarm.input)
            )
        })
        .collect();
    if !scenario.alarms.is_empty() {
        assert_eq!(alarms, scenario.alarms, "{place}");
    }
}

#[test]
fn every_alarm_scenario_goes_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/scenarios/alarms");
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    files.sort();
    assert!(
        files.len() >= 12,
        "only {} scenarios in {}",
        files.len(),
        folder.display()
    );
    let failed: Vec<String> = files
        .iter()
        .filter_map(|file| {
            std::panic::catch_unwind(|| play(file))
                .err()
                .map(|_| file.display().to_string())
        })
        .collect();
    assert!(failed.is_empty(), "these went otherwise: {}", failed.join(", "));
}

/// diagram.txt has how what is shown of an alarm may change, and why; core's test of what happens at random holds to the same file.
#[test]
fn every_arc_of_the_diagram_is_in_a_scenario_and_no_scenario_leaves_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/scenarios/alarms");
    let mut shown = std::collections::BTreeSet::new();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let scenario: Scenario = toml::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        for event in &scenario.events {
            let (before, after) = event.split_once(" -> ").unwrap();
            let from = before.rsplit(' ').next().unwrap();
            let mut after = after.split([' ', ':']);
            let (to, cause) = (after.next().unwrap(), after.next().unwrap());
            shown.insert(format!("{from} -> {to} {cause}"));
        }
    }
    let diagram = std::fs::read_to_string(folder.join("diagram.txt")).unwrap();
    let shown: Vec<&str> = shown.iter().map(String::as_str).collect();
    assert_eq!(shown, diagram.lines().collect::<Vec<_>>());
}
