//! What people read when something happens, in both languages: the running collector's own words, held against tests/messages. With PLENUM_WRITE=1 the
//! files are written anew.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod drills;
mod house;
mod upkeep;

use std::path::Path;

use house::{House, Says, Told, is};
use plenum_protocol::{Channel, Quantity};

const SITE: &str = r#"
[site]
id = "zaandam"
name = "Zaandam"
zone = "Europe/Amsterdam"
[[room]]
id = "room-a"
name = "Room A"
floor = "Ground floor"
[[sensor]]
agent = "pi-a1"
id = "inlet-a3"
name = "Inlet A3"
room = "room-a"
place = "inlet"
position = "rack A3, front, top"
[[sensor]]
agent = "pi-a1"
id = "inlet-a4"
name = "Inlet A4"
room = "room-a"
place = "inlet"
[[sensor]]
agent = "pi-a1"
id = "smoke"
name = "Smoke detector"
room = "room-a"
place = "room"
[[sensor]]
agent = "pi-a1"
id = "leak-left"
name = "Leak left"
room = "room-a"
place = "room"
[[sensor]]
agent = "pi-a1"
id = "ups"
name = "UPS 1"
room = "room-a"
place = "ups"
[[person]]
id = "anna"
name = "Anna"
[[person]]
id = "sanne"
name = "Sanne"
language = "nl"
[[channel]]
id = "mail"
kind = "email"
people = ["anna", "sanne"]"#;

/// A room in which all is well, for a minute.
async fn calm() -> House {
    calm_at(SITE).await
}

async fn calm_at(site: &str) -> House {
    let mut house = House::open(site).await;
    for (channel, value) in [
        ("inlet-a3/temperature", 22.0),
        ("inlet-a4/temperature", 21.5),
        ("inlet-a4/dew-point", 11.2),
        ("smoke/smoke", 0.0),
        ("leak-left/water", 0.0),
        ("ups/ups-on-line", 1.0),
        ("ups/ups-on-battery", 0.0),
        ("ups/battery-runtime", 2_400.0),
        ("ups/battery-charge", 100.0),
    ] {
        house.says(channel, Says::Value(value));
    }
    house.agent(true).await;
    house.read_until(60, nothing).await;
    house
}

fn nothing(_: &Channel, _: i64) -> Option<f64> {
    None
}

/// What a text message holds: letters of GSM 03.38's basic set that cost one place each, two parts with what asks for an answer.
fn is_a_text_message(short: &str) -> bool {
    let is_basic = |letter: char| letter.is_ascii_alphanumeric() || " .,:;!?+-/()%&'=<>#*\"".contains(letter);
    short.len() + " Reply OK 1 to take it.".len() <= 2 * 153 && short.chars().all(is_basic)
}

/// Holds the messages of a rule and reason against their files. The text message is each one's last line.
fn check(name: &str, told: &[Told], rule: &str, reason: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/messages");
    for (recipient, language) in [("anna", "en"), ("sanne", "nl")] {
        let found = told
            .iter()
            .rfind(|told| told.rule == rule && told.reason == reason && told.recipient == recipient);
        let words = &found.unwrap_or_else(|| panic!("{name}: {told:#?}")).words;
        let short = words.lines().last().unwrap();
        assert!(is_a_text_message(short), "{short}");
        let file = folder.join(format!("{name}.{language}.txt"));
        if std::env::var_os("PLENUM_WRITE").is_some() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&file, words).unwrap();
        }
        let expected = std::fs::read_to_string(&file).unwrap_or_default();
        assert_eq!(*words, expected, "{}", file.display());
    }
}

/// The rules for cooling would tell before a limit is passed.
fn without_cooling_rules() -> String {
    let off = ["cooling-failed", "cooling-failing"].map(|id| {
        format!("\n[[rule]]\nid = \"{id}\"\nname = \"{id}\"\nenabled = false\npriority = \"high\"\nwhen = {{ above = {{ limit = 32 }} }}\n")
    });
    off.concat()
}

#[tokio::test]
async fn a_limit_that_is_passed() {
    let mut house = calm_at(&(SITE.to_owned() + &without_cooling_rules())).await;
    // 0.6 degrees a minute, from a little below the limit on.
    house.says("inlet-a3/temperature", Says::Value(26.5));
    let warming = |channel: &Channel, second: i64| {
        is(channel, "inlet-a3", Quantity::Temperature).then_some(26.5 + 0.01 * (second - 60) as f64)
    };
    house.read_until(420, warming).await;
    check("limit", &house.told(2).await, "inlet-high", "first");
    house.close().await;
}

#[tokio::test]
async fn smoke_in_the_room() {
    let mut house = calm().await;
    house.says("smoke/smoke", Says::Value(1.0));
    house.read_until(70, nothing).await;
    check("smoke", &house.told(2).await, "smoke", "first");
    house.close().await;
}

#[tokio::test]
async fn a_leak_detector_that_is_dead_is_not_dry() {
    let mut house = calm().await;
    house.says("leak-left/water", Says::Nothing);
    house.read_until(140, nothing).await;
    let told = house.told(2).await;
    check("silent-detector", &told, "no-data-protection", "first");
    for told in &told {
        let words = told.words.replace("last: dry", "").replace("laatst: droog", "");
        assert!(
            !words.contains("dry") && !words.contains("droog"),
            "{}",
            told.words
        );
    }
    house.close().await;
}

#[tokio::test]
async fn an_agent_that_is_dark() {
    let mut house = calm().await;
    house.agent(false).await;
    house.silence_until(150).await;
    check("agent-dark", &house.told(2).await, "agent-offline", "first");
    house.close().await;
}

#[tokio::test]
async fn a_ups_on_battery_and_then_dark() {
    let mut house = calm().await;
    house.says("ups/ups-on-line", Says::Value(0.0));
    house.says("ups/ups-on-battery", Says::Value(1.0));
    house.says("ups/battery-runtime", Says::Value(1_500.0));
    house.read_until(80, nothing).await;
    check("ups-on-battery", &house.told(2).await, "ups-on-battery", "first");
    house.arrived().await;
    for channel in [
        "ups/ups-on-line",
        "ups/ups-on-battery",
        "ups/battery-runtime",
        "ups/battery-charge",
    ] {
        house.says(channel, Says::Nothing);
    }
    house.read_until(160, nothing).await;
    let told = house.told_of("no-data-ups-on-battery").await;
    check("ups-dark-on-battery", &told, "no-data-ups-on-battery", "first");
    house.close().await;
}

#[tokio::test]
async fn a_return_while_something_else_stands_and_one_that_was_over_before_it_could_be_told() {
    for (name, in_time) in [("returned-with-others", true), ("over-already", false)] {
        let mut house = calm().await;
        house.says("ups/ups-on-line", Says::Value(0.0));
        house.says("ups/ups-on-battery", Says::Value(1.0));
        house.read_until(80, nothing).await;
        house.says("leak-left/water", Says::Value(1.0));
        house.read_until(110, nothing).await;
        if in_time {
            house.told(4).await;
            house.arrived().await;
        }
        house.says("leak-left/water", Says::Value(0.0));
        house.read_until(140, nothing).await;
        check(name, &house.told(6).await, "water", "resolved");
        house.close().await;
    }
}

#[tokio::test]
async fn that_somebody_has_it() {
    let mut house = calm().await;
    house.says("smoke/smoke", Says::Value(1.0));
    house.read_until(70, nothing).await;
    house.told(2).await;
    house.arrived().await;
    house.read_until(80, nothing).await;
    house.acknowledge("smoke", "a colleague").await;
    check("taken", &house.told(4).await, "smoke", "taken");
    house.close().await;
}

#[tokio::test]
async fn a_channel_that_does_not_deliver() {
    let second = r#"
priorities = ["critical"]
[[channel]]
id = "second"
kind = "email"
people = ["anna", "sanne"]
priorities = ["high"]
"#;
    let mut house = calm_at(&(SITE.to_owned() + second)).await;
    house.says("smoke/smoke", Says::Value(1.0));
    // By then the second way failed too, and whatever it tells was tried again since.
    house.read_until(140, nothing).await;
    check(
        "delivery-failed",
        &house.told(4).await,
        "delivery-failed",
        "first",
    );
    house.close().await;
}

#[tokio::test]
async fn a_shelving_that_ends() {
    let (mut reminders, mut told) = (Vec::new(), Vec::new());
    for person in ["Anna", "Sanne"] {
        let mut house = calm().await;
        house.says("ups/ups-on-line", Says::Value(0.0));
        house.says("ups/ups-on-battery", Says::Value(1.0));
        house.says("ups/battery-runtime", Says::Value(1_500.0));
        house.read_until(80, nothing).await;
        house.told(2).await;
        house.arrived().await;
        house.shelve("ups-on-battery", person, 1_200).await;
        house.read_until(390, nothing).await;
        let mut reminded = house.told(3).await;
        reminded.retain(|told| told.reason == "shelving-ends");
        assert_eq!(reminded.len(), 1, "whoever shelved it, and nobody else");
        reminders.append(&mut reminded);
        house.arrived().await;
        house.read_until(1_300, nothing).await;
        told = house.told(5).await;
        house.close().await;
    }
    check("shelving-ends", &reminders, "ups-on-battery", "shelving-ends");
    check("shelving-ended", &told, "ups-on-battery", "stands-again");
}

#[tokio::test]
async fn a_message_that_is_late() {
    let mut house = calm().await;
    house.says("smoke/smoke", Says::Value(1.0));
    house.read_until(70, nothing).await;
    house.told(2).await;
    house.read_until(180, nothing).await;
    let told = house.told(2).await;
    check("late", &told, "smoke", "first");
    house.close().await;
}

#[tokio::test]
async fn a_return_while_inlets_are_beyond_a_limit_that_is_no_alarm_yet() {
    let mains = "\n[[sensor]]\nagent = \"pi-a1\"\nid = \"mains\"\nname = \"Mains A\"\nroom = \"room-a\"\nplace = \"mains\"\n";
    let mut house = House::open(&(SITE.to_owned() + mains + &without_cooling_rules())).await;
    house.says("mains/mains-present", Says::Value(1.0));
    house.says("inlet-a3/temperature", Says::Value(22.0));
    house.says("smoke/smoke", Says::Value(0.0));
    house.agent(true).await;
    house.read_until(60, nothing).await;
    house.says("mains/mains-present", Says::Value(0.0));
    let warming = |channel: &Channel, second: i64| {
        is(channel, "inlet-a3", Quantity::Temperature).then_some(22.0 + 0.07 * (second - 60) as f64)
    };
    house.read_until(200, warming).await;
    house.told(2).await;
    house.arrived().await;
    house.says("mains/mains-present", Says::Value(1.0));
    house.read_until(220, warming).await;
    let told = house.told(4).await;
    check("returned-while-hot", &told, "mains-lost", "resolved");
    house.close().await;
}

#[tokio::test]
async fn an_agent_of_two_rooms_that_is_dark() {
    let second = "\n[[room]]\nid = \"room-b\"\nname = \"Room B\"\n[[sensor]]\nagent = \"pi-a1\"\nid = \"smoke-b\"\nname = \"Smoke detector B\"\nroom = \"room-b\"\nplace = \"room\"\n";
    let mut house = House::open(&(SITE.to_owned() + second)).await;
    house.says("smoke/smoke", Says::Value(0.0));
    house.says("smoke-b/smoke", Says::Value(0.0));
    house.agent(true).await;
    house.read_until(60, nothing).await;
    house.agent(false).await;
    house.silence_until(150).await;
    check(
        "agent-of-two-rooms-dark",
        &house.told(2).await,
        "agent-offline",
        "first",
    );
    house.close().await;
}

/// The room's own rule for its inlets.
fn inlet_rule(limit: u32, priority: &str) -> String {
    format!(
        "\n[[rule]]\nid = \"inlet-high\"\nname = \"Inlet too warm\"\nselect = {{ quantities = [\"temperature\"] }}\n\
         when = {{ above = {{ limit = {limit}, deadband = 1 }} }}\non_delay = \"30s\"\npriority = \"{priority}\"\n\
         response = [\"Look at the cooling units.\"]\n"
    )
}

/// An inlet that is too warm by the room's own rule, as everybody was told.
async fn too_warm() -> House {
    let site = SITE.to_owned() + &without_cooling_rules() + &inlet_rule(27, "medium");
    let mut house = calm_at(&site).await;
    house.says("inlet-a3/temperature", Says::Value(29.1));
    house.read_until(120, nothing).await;
    house.told(2).await;
    house.arrived().await;
    house
}

#[tokio::test]
async fn a_revision_that_changes_what_stands() {
    let mut house = too_warm().await;
    let site = SITE.to_owned() + &without_cooling_rules() + &inlet_rule(28, "high");
    house.revise(&site).await;
    house.read_until(130, nothing).await;
    check("changed", &house.told(4).await, "inlet-high", "changed");
    house.close().await;
}

#[tokio::test]
async fn a_revision_that_takes_away_what_stands() {
    let mut house = too_warm().await;
    let begin = SITE.find("[[sensor]]").unwrap();
    let end = begin + 1 + SITE[begin + 1..].find("[[sensor]]").unwrap();
    let without = SITE[..begin].to_owned() + &SITE[end..];
    // Where it is selected by its place, it is not any more.
    let rule = inlet_rule(27, "medium").replace("quantities = [", "places = [\"inlet\"], quantities = [");
    let site = without + &without_cooling_rules() + &rule;
    house.revise(&site).await;
    house.read_until(130, nothing).await;
    check("withdrawn", &house.told(4).await, "inlet-high", "withdrawn");
    house.close().await;
}

#[tokio::test]
async fn a_revision_that_changes_an_alarm_of_the_monitor_itself() {
    let never = "\n[[sensor]]\nagent = \"pi-a1\"\nid = \"leak-right\"\nname = \"Leak right\"\nroom = \"room-a\"\nplace = \"room\"\n";
    let site = SITE.to_owned() + never;
    let mut house = calm_at(&site).await;
    house.read_until(990, nothing).await;
    house.told(2).await;
    house.arrived().await;
    let rule = "\n[[rule]]\nid = \"never-heard\"\nname = \"Sensor never heard\"\nwhen = { system = { kind = \"never-heard\" } }\non_delay = \"15min\"\npriority = \"high\"\n";
    house.revise(&(site + rule)).await;
    house.read_until(1_000, nothing).await;
    let told = house.told(4).await;
    check("changed-of-the-monitor", &told, "never-heard", "changed");
    house.close().await;
}

/// The room with a cooling unit and perhaps a second one; the first trips after a minute, and the inlets warm by 1.2 degrees a minute.
/// Gives what is told of its fault, and when the room nears its limit.
async fn cooling_trips(second: Option<Says>) -> [Vec<Told>; 2] {
    let unit = |id: &str, name: &str| {
        format!(
            "\n[[sensor]]\nagent = \"pi-a1\"\nid = \"{id}\"\nname = \"{name}\"\nroom = \"room-a\"\nplace = \"cooling\"\n"
        )
    };
    let mut site = SITE.to_owned() + &unit("ac-1", "AC 1");
    if second.is_some() {
        site += &unit("ac-2", "AC 2");
    }
    let mut house = House::open(&site).await;
    let normal = |channel: &str| match channel {
        "inlet-a3/temperature" => 22.4,
        "inlet-a4/temperature" => 21.5,
        "inlet-a4/dew-point" => 11.2,
        "ac-1/cooling-running" => 1.0,
        "ups/battery-runtime" => 2_400.0,
        "ups/ups-on-line" => 1.0,
        _ => 0.0,
    };
    let mut channels = vec![
        "inlet-a3/temperature",
        "inlet-a4/temperature",
        "inlet-a4/dew-point",
        "smoke/smoke",
        "leak-left/water",
        "ups/ups-on-line",
        "ups/battery-runtime",
        "ac-1/cooling-fault",
        "ac-1/cooling-running",
    ];
    if second.is_some() {
        channels.extend(["ac-2/cooling-fault", "ac-2/cooling-running"]);
    }
    for channel in channels {
        house.says(channel, Says::Value(normal(channel)));
    }
    house.agent(true).await;
    house.read_until(60, nothing).await;
    if second == Some(Says::Nothing) {
        house.says("ac-2/cooling-fault", Says::Nothing);
        house.says("ac-2/cooling-running", Says::Nothing);
    }
    house.says("ac-1/cooling-fault", Says::Value(1.0));
    house.says("ac-1/cooling-running", Says::Value(0.0));
    let warming = |channel: &Channel, second: i64| {
        let by = |speed: f64| speed * (second - 60) as f64;
        match (channel.sensor.as_str(), channel.quantity) {
            ("inlet-a3", Quantity::Temperature) => Some(22.4 + by(0.02)),
            ("inlet-a4", Quantity::Temperature) => Some(21.5 + by(0.012)),
            _ => None,
        }
    };
    house.read_until(80, warming).await;
    let of_fault = house.told(2).await;
    house.arrived().await;
    house.read_until(410, warming).await;
    let told = house.told(6).await;
    house.close().await;
    [of_fault, told]
}

#[tokio::test]
async fn cooling_that_fails_beside_a_unit_that_stands_still() {
    let [of_fault, told] = cooling_trips(Some(Says::Value(0.0))).await;
    check("cooling-fault-second-unit", &of_fault, "cooling-fault", "first");
    check("cooling-second-unit", &told, "cooling-failed", "first");
    let words = |rule: &str| told.iter().filter(|told| told.rule == rule).count();
    assert_eq!(
        [
            words("cooling-failing"),
            words("cooling-failed"),
            words("inlet-high")
        ],
        [2, 2, 0]
    );
    for told in &told {
        let short = told.words.trim_end().lines().last().unwrap();
        assert!(short.len() <= 160, "{short}");
    }
}

#[tokio::test]
async fn cooling_that_fails_without_a_second_unit() {
    let [_, told] = cooling_trips(None).await;
    check("cooling-no-second-unit", &told, "cooling-failed", "first");
    assert!(told.iter().all(|told| !told.words.contains("AC 2")), "{told:#?}");
}

#[tokio::test]
async fn cooling_that_fails_beside_a_unit_of_which_nothing_is_known() {
    let [_, told] = cooling_trips(Some(Says::Nothing)).await;
    check("cooling-second-unknown", &told, "cooling-failed", "first");
}
