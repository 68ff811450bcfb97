//! Drills of the whole alarm chain with a real collector, broker, agent and mail server: one that somebody answers comes through, each leg with its instant; one that nobody answers, one
//! whose mail server is gone and one whose agent is older fail at the leg where they broke off, and tell the others once; none is lost by a kill.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use std::time::Duration as Wait;

use plenum_collector::database::{Database, PLENUM};
use plenum_collector::revisions::{Draft, apply};
use plenum_core::alarms::Alarm;
use plenum_core::authority::Actor;
use plenum_core::drill::{Flaw, Run, Stage};
use plenum_link::SystemClock;
use plenum_link::testing::Mosquitto;
use plenum_protocol::{Clock, Duration, Timestamp};
use serde_json::{Value, json};
use support::fleet::Agent;
use support::house::House;
use support::mail::MailSink;
use support::mqtt::Client;
use support::older::older;
use support::process::eventually;
use support::server::{Server, Settings};

const SITE: &str = r#"
[site]
id = "hall"
name = "The Hall"
zone = "UTC"
[[room]]
id = "room-a"
name = "Room A"
[[person]]
id = "sanne"
name = "Sanne"
[[person]]
id = "joris"
name = "Joris"
language = "nl"
[[channel]]
id = "mail"
kind = "email"
people = ["sanne", "joris"]
[[ladder]]
id = "operations"
fallback = "joris"
again = "10min"
[[ladder.step]]
whom = { person = "sanne" }
[[ladder.step]]
whom = { person = "joris" }
after = "2min"
[[sensor]]
agent = "pi"
id = "leak"
name = "Leak"
room = "room-a"
place = "room"
"#;

fn site(drill: &str) -> String {
    format!("{SITE}[[drill]]\nid = \"monthly\"\nagent = \"pi\"\n{drill}")
}

/// A house whose agent reads a leak detector that stays dry, unless it is told otherwise.
async fn house(factor: i64, drill: &str, events: &str) -> House {
    let house = House::begin(factor, site(drill), &["sanne", "joris"], "").await;
    let water = format!("quantities.water = {{ base = false, events = [{events}] }}\n");
    let leak = house.sensor("leak", "5s", &water);
    house.agent("pi", &house.broker, &leak).await;
    house
}

/// The drill, once this is so of it.
async fn until(house: &House, what: &str, is_so: impl Fn(&Run) -> bool) -> Run {
    for _ in 0..4_000 {
        let (_, runs) = house.collector.drills.list().await.unwrap();
        if let Some((_, run)) = runs.into_iter().find(|(_, run)| is_so(run)) {
            return run;
        }
        house.clock.sleep(Duration::from_milliseconds(500)).await;
    }
    panic!("{what}: {:?}", house.collector.drills.list().await.unwrap().1);
}

/// Waits until the agent is heard, and begins the drill.
async fn begin(house: &House) {
    for _ in 0..600 {
        let name = "hall/pi".parse().unwrap();
        if house
            .collector
            .agents
            .get(&name)
            .is_some_and(|agent| agent.online)
        {
            house
                .collector
                .drills
                .begin("monthly", Actor::named("test"))
                .await
                .unwrap();
            return;
        }
        house.clock.sleep(Duration::from_milliseconds(500)).await;
    }
    panic!("the agent was not heard");
}

/// Why it does not begin now.
async fn refused(house: &House) -> String {
    let drills = &house.collector.drills;
    let begun = drills.begin("monthly", Actor::named("test")).await;
    begun.unwrap_err().to_string()
}

/// Those that are about what the test does: under a hurried clock a loaded machine's disk seems to be silent.
fn open_alarms(house: &House) -> Vec<Alarm> {
    let mut open = house.collector.alarms.alarms(false);
    open.retain(|alarm| !["agent-disk", "agent-offline"].contains(&alarm.rule.as_str()));
    open
}

fn open_rules(house: &House) -> Vec<String> {
    let mut rules: Vec<String> = open_alarms(house)
        .iter()
        .map(|alarm| alarm.rule.to_string())
        .collect();
    rules.sort();
    rules
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_somebody_answers_comes_through_beside_a_leak_that_goes_first() {
    let wet = "{ at = \"40s\", effect = { level = true } }";
    let house = house(10, "", wet).await;
    begin(&house).await;
    let told = until(&house, "it is told", |run| run.stage == Stage::Told).await;
    // What is wrong is told beside it, and is another incident.
    house.wait_until(Duration::from_seconds(80)).await;
    let drill = told.alarm.unwrap();
    let again = refused(&house).await;
    assert_eq!(again, "drill `monthly` goes on: there is one at a time");
    let (alarms, sanne) = (&house.collector.alarms, Actor::named("Sanne"));
    alarms.acknowledge(drill, None, sanne, "").await.unwrap();
    let over = until(&house, "it is over", Run::has_passed).await;
    let again = refused(&house).await;
    let words = "drill `monthly` was held less than 5min ago and came through: wait ";
    assert!(again.starts_with(words), "{again}");
    house.clock.sleep(Duration::from_seconds(20)).await;
    each_leg_has_its_instant(&over);
    it_is_told_apart(&house);
    nothing_of_it_is_left(&house).await;
    house.end().await;
}

fn each_leg_has_its_instant(over: &Run) {
    let legs = &over.legs;
    let done = [
        legs.answered,
        legs.committed,
        legs.raised,
        legs.told[0].taken,
        legs.ended,
    ];
    let done = done.map(|at| at.expect("each leg has its instant"));
    assert!(
        legs.read.is_some() && done.is_sorted() && legs.commanded <= done[0],
        "{legs:?}"
    );
    assert_eq!(legs.confirmed.as_ref().unwrap().by, Actor::named("Sanne"));
    assert_eq!((legs.told.len(), legs.told[0].recipient.as_str()), (1, "sanne"));
}

fn it_is_told_apart(house: &House) {
    let subjects = house.subjects("sanne");
    let of_drill = subjects.iter().filter(|subject| subject.starts_with("DRILL "));
    assert_eq!(of_drill.count(), 2, "it came and went: {subjects:#?}");
    assert!(
        subjects
            .iter()
            .any(|subject| subject.starts_with("DRILL CRITICAL")),
        "{subjects:#?}"
    );
    let leak = subjects.iter().find(|subject| subject.starts_with("CRITICAL"));
    assert!(
        leak.is_some_and(|subject| subject.contains("water")),
        "{subjects:#?}"
    );
    let joris = house.subjects("joris");
    assert!(
        joris.iter().all(|subject| !subject.starts_with("DRILL")),
        "the first step alone: {joris:#?}"
    );
    for mail in house.told("sanne") {
        let (subject, text) = (mail["subject"].as_str().unwrap(), mail["text"].as_str().unwrap());
        assert!(subject.starts_with("DRILL") || !text.contains("rill"), "{text}");
    }
}

async fn nothing_of_it_is_left(house: &House) {
    assert_eq!(open_rules(house), ["water"], "nothing of the drill is left");
    let (alarms, of) = (&house.collector.alarms, |rule: &str| {
        house
            .collector
            .alarms
            .alarms(true)
            .into_iter()
            .find(|alarm| alarm.rule.as_str() == rule)
            .unwrap()
            .id
    });
    assert_ne!(alarms.incident_of(of("drill")), alarms.incident_of(of("water")));
    let period = (house.begun, house.clock.now());
    let figures = alarms
        .figures(period, alarms.site().borrow().clone())
        .await
        .unwrap();
    let counted = |rule| figures.frequent.iter().any(|one| one.alarm == of(rule));
    assert!(counted("water") && !counted("drill"), "{figures:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_nobody_answers_fails_tells_that_and_the_next_that_passes_ends_it() {
    let house = house(15, "within = \"1min\"\npriority = \"high\"\n", "").await;
    begin(&house).await;
    let failed = until(&house, "nobody answered", |run| !run.is_open()).await;
    let within = Duration::from_minutes(1);
    assert_eq!(failed.flaw, Some(Flaw::NotConfirmed { within }));
    assert!(failed.legs.ended.is_some(), "its agent ended it: {failed:?}");
    house.clock.sleep(Duration::from_seconds(40)).await;
    assert_eq!(open_rules(&house), ["drill-failed"]);
    let told = house.subjects("sanne");
    assert!(
        told.iter().any(|subject| subject.starts_with("DRILL HIGH")),
        "{told:#?}"
    );
    let said = told
        .iter()
        .filter(|subject| subject.contains("drill of the alarm chain failed"));
    assert_eq!(said.count(), 1, "{told:#?}");
    begin(&house).await;
    let again = until(&house, "it is told", |run| run.stage == Stage::Told).await;
    house
        .collector
        .alarms
        .acknowledge(again.alarm.unwrap(), None, Actor::named("Sanne"), "")
        .await
        .unwrap();
    until(&house, "it passed", Run::has_passed).await;
    house.clock.sleep(Duration::from_seconds(30)).await;
    let open = open_alarms(&house);
    assert!(open.iter().all(|alarm| !alarm.state.is_active()), "{open:#?}");
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_in_that_the_mail_server_refuses_is_one_incident_with_the_drill_that_finds_it() {
    let folder = tempfile::tempdir().unwrap();
    let password = folder.path().join("password");
    std::fs::write(&password, "a password\n").unwrap();
    let smtp = format!(
        "user = \"plenum\"\npassword_file = {:?}",
        password.display().to_string()
    );
    let house = House::begin(15, site("confirm = false\n"), &["sanne", "joris"], &smtp).await;
    let leak = house.sensor("leak", "5s", "quantities.water = { base = false }\n");
    house.agent("pi", &house.broker, &leak).await;
    house.mail.refuses(true);
    begin(&house).await;
    let failed = until(&house, "no way took it", |run| !run.is_open()).await;
    let Some(Flaw::NotTaken { ways }) = &failed.flaw else {
        panic!("{failed:?}")
    };
    assert!(
        ways.iter().any(|way| way.channel == "mail" && way.why.is_some()),
        "{ways:?}"
    );
    house.clock.sleep(Duration::from_seconds(60)).await;
    assert_eq!(open_rules(&house), ["delivery-failed", "drill-failed"]);
    let open = open_alarms(&house);
    let incidents: Vec<_> = open
        .iter()
        .map(|alarm| house.collector.alarms.incident_of(alarm.id))
        .collect();
    assert_eq!(incidents[0], incidents[1], "one thing is wrong: {open:#?}");
    house.mail.refuses(false);
    house.clock.sleep(Duration::from_minutes(7)).await;
    let told = house.subjects("sanne");
    assert!(
        !told.iter().any(|subject| subject.starts_with("DRILL CRITICAL")),
        "it was over by then: {told:#?}"
    );
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_due_is_held_by_itself_and_a_reading_that_nobody_asked_for_calls_nobody() {
    let site = site("within = \"1min\"\n");
    let house = House::begin(15, site.clone(), &["sanne", "joris"], "").await;
    let leak = house.sensor("leak", "5s", "quantities.water = { base = false }\n");
    house.agent("pi", &house.broker, &leak).await;
    // As an agent that was cut off sends it, long after the drill was over.
    let (mut stranger, _) = Client::log_in(&house.broker, "other", "", "");
    let pack = r#"[{"bn":"hall/other/","n":"monthly/drill","t":0,"vb":true}]"#;
    stranger.publish("plenum/1/hall/other/readings", 1, pack.as_bytes());
    house.clock.sleep(Duration::from_seconds(60)).await;
    assert_eq!(open_rules(&house), ["drill"]);
    let told = house.subjects("sanne");
    assert!(
        !told.iter().any(|subject| subject.starts_with("DRILL")),
        "{told:#?}"
    );
    // Two minutes from now, each week.
    let soon = house.clock.now() + Duration::from_minutes(2);
    let minute = soon.milliseconds() / 60_000;
    let (day, hour, minute) = (weekday(soon), minute / 60 % 24, minute % 60);
    let when = format!("{site}when = \"{day} {hour:02}:{minute:02}\"\n");
    let draft = Draft {
        text: when,
        base: 1,
        author: Actor::named("test"),
        comment: "a plan".to_owned(),
        at: house.clock.now(),
    };
    apply(&house.collector.journal, draft).await.unwrap();
    let run = until(&house, "it is held by itself", |run| run.stage == Stage::Told).await;
    assert_eq!((run.by, run.planned.is_some()), (Actor::Monitor, true));
    until(&house, "it is over", |run| !run.is_open()).await;
    house.clock.sleep(Duration::from_minutes(2)).await;
    assert_eq!(house.collector.drills.list().await.unwrap().1.len(), 1, "once");
    // Nobody is there to end what the stranger left: it does not stand for ever, nor keep the next drill from being held.
    house.wait_until(Duration::from_minutes(9)).await;
    let rules = open_rules(&house);
    assert!(!rules.contains(&"drill".to_owned()), "{rules:?}");
    house.end().await;
}

/// As a site writes it, in UTC.
fn weekday(at: Timestamp) -> &'static str {
    let days = (at.milliseconds() / 86_400_000 + 3) % 7;
    ["mon", "tue", "wed", "thu", "fri", "sat", "sun"][days as usize]
}

/// Changes one row of the database of a server that does not run.
fn change(server: &Server, statement: &'static str, to: String) {
    let database = Database::open(&server.data().join("plenum.db"), &PLENUM).unwrap();
    let changed = database.write_blocking(move |connection| connection.execute(statement, [to]));
    assert_eq!(changed.unwrap(), 1, "{statement}");
}

fn settings(broker: &Mosquitto, mail: &MailSink) -> Settings {
    let old = "[[drill]]\nid = \"old\"\nagent = \"old\"\n";
    let weekly = format!(
        "[[drill]]\nid = \"weekly\"\nagent = \"pi\"\nwhen = \"{} 00:00\"\n",
        weekday(SystemClock.now() - Duration::from_hours(72))
    );
    Settings {
        site: site("confirm = true\n") + old + &weekly,
        broker: format!("url = \"{}\"\n", broker.address()),
        tables: format!(
            "[smtp]\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"none\"\nfrom = \"Plenum <plenum@hall.example>\"\n\
             [[address]]\nperson = \"sanne\"\nemail = \"sanne@hall.example\"\n[[address]]\nperson = \"joris\"\nemail = \"joris@hall.example\"\n",
            mail.port()
        ),
        ..Settings::default()
    }
}

fn run_of(server: &Server, drill: &str) -> Option<Value> {
    let drills = server.items("drills");
    let found = drills.into_iter().find(|found| found["id"] == drill)?;
    found["runs"].as_array()?.first().cloned()
}

#[test]
fn none_is_lost_by_a_kill_in_the_middle_and_an_older_agent_fails_it_in_its_own_words() {
    let (folder, mail) = (tempfile::tempdir().unwrap(), MailSink::start());
    let broker = Mosquitto::start().unwrap();
    let mut server = Server::start(folder.path(), &settings(&broker, &mail));
    let url = broker.address().to_string();
    let sensors = "[[sensor]]\nid = \"leak\"\ndriver = \"simulated\"\ninterval = \"1s\"\nquantities.water = { base = false }\n";
    let mut agent = Agent::new(folder.path(), "hall", "pi", &url, "", sensors);
    agent.launch();
    older(&broker);
    eventually("agent online", Wait::from_secs(60), || {
        let agents = server.items("agents");
        agents
            .iter()
            .any(|agent| agent["agent"] == "pi" && agent["online"] == true)
            .then_some(())
    });
    it_goes_on_after_a_kill(&mut server, &mail);
    nobody_could_answer(&mut server);
    in_its_own_words(&server);
}

/// Who was away for longer than anybody had to answer tells nobody that the chain is broken.
fn nobody_could_answer(server: &mut Server) {
    let patience = Wait::from_secs(60);
    server.post("drills/weekly/start", &json!(null)).unwrap();
    let state =
        |server: &Server| run_of(server, "weekly").map(|run| (run["state"].clone(), run["legs"].to_string()));
    eventually("message that was taken", patience, || {
        state(server).filter(|(_, legs)| legs.contains("taken"))
    });
    server.kill();
    // As if it had come so far twenty minutes ago.
    let since = SystemClock.now() - Duration::from_minutes(20);
    change(
        server,
        "update drill_run set run = json_set(run, '$.since', ?1) where is_over = 0",
        since.to_string(),
    );
    server.launch();
    server.wait_until_up();
    let run = eventually("end of the drill", patience, || {
        run_of(server, "weekly").filter(|run| run["legs"].to_string().contains("ended"))
    });
    assert_eq!(run["state"], "failed");
    let said = run["said"].as_str().unwrap();
    assert!(
        said.starts_with("the collector stopped while it went on"),
        "{said}"
    );
    assert_eq!(server.alarm("drill-failed"), None);
}

fn it_goes_on_after_a_kill(server: &mut Server, mail: &MailSink) {
    let patience = Wait::from_secs(60);
    let begun = server.post("drills/monthly/start", &json!(null)).unwrap();
    assert_eq!(
        (&begun["state"], &begun["legs"][0]["leg"]),
        (&json!("running"), &json!("commanded"))
    );
    let first = mail.wait_for(&["DRILL CRITICAL"], patience);
    assert_eq!(first["to"], json!(["sanne@hall.example"]));
    server.kill();
    // As if it had last run eight days ago.
    let days = (8 * 86_400_000).to_string();
    change(server, "update drill set settled = settled - ?1", days);
    server.launch();
    server.wait_until_up();
    let missed = eventually("drill that was missed", patience, || run_of(server, "weekly"));
    assert_eq!(
        (&missed["state"], &missed["legs"]),
        (&json!("missed"), &json!([]))
    );
    let run = eventually("drill after a kill", patience, || run_of(server, "monthly"));
    assert_eq!(
        (&run["state"], &run["number"]),
        (&json!("running"), &begun["number"])
    );
    let alarm = eventually("alarm of the drill", patience, || server.alarm("drill"));
    assert_eq!(
        (&alarm["drill"], &alarm["state"]),
        (&json!(true), &json!("active-unacknowledged"))
    );
    server
        .post(
            &format!("alarms/{}/acknowledge", alarm["id"]),
            &json!({"comment": "here"}),
        )
        .unwrap();
    let run = eventually("end of the drill", patience, || {
        run_of(server, "monthly").filter(|run| run["state"] == "passed")
    });
    let legs: Vec<&str> = run["legs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|leg| leg["leg"].as_str().unwrap())
        .collect();
    for leg in "commanded committed raised sent taken confirmed ended".split(' ') {
        assert!(legs.contains(&leg), "{leg}: {run:#}");
    }
    mail.wait_for(&["DRILL RETURNED"], patience);
}

/// An older agent's answer stands in the list.
fn in_its_own_words(server: &Server) {
    server.post("drills/old/start", &json!(null)).unwrap();
    let failed = eventually("drill that failed", Wait::from_secs(60), || {
        run_of(server, "old").filter(|run| run["state"] == "failed")
    });
    let said = failed["said"].as_str().unwrap();
    assert!(
        said.contains("its agent said no: \"this version does not know the command\""),
        "{said}"
    );
    let unknown = server.post("drills/monthy/start", &json!(null)).unwrap_err();
    assert!(
        unknown.contains("the site has no [[drill]] `monthy`"),
        "{unknown}"
    );
}
