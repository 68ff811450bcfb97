//! Who is around whom, as short stories.

mod past;
pub(crate) mod world;

use super::*;

const SITE: &str = r#"
[site]
id = "s"
name = "S"
zone = "UTC"
[[room]]
id = "a"
name = "A"
[[room]]
id = "b"
name = "B"
zone = "hall"
[[room]]
id = "c"
name = "C"
zone = "hall"
[[sensor]]
agent = "x"
id = "mains"
name = "Mains"
room = "a"
place = "mains"
[[sensor]]
agent = "x"
id = "ups"
name = "UPS"
room = "a"
place = "ups"
[[sensor]]
agent = "y"
id = "generator"
name = "Generator"
room = "b"
place = "generator"
[[sensor]]
agent = "y"
id = "tank"
name = "Tank"
room = "c"
place = "other"
[[rule]]
id = "watched"
name = "Watched"
when = { is = { state = false } }
only_while = { quantity = "mains-present", is = false, within = "nearest" }
priority = "low"
"#;

/// What these last said of mains, and which of them each looks at: `sensor value ...`, an asterisk where it is the whole site.
fn check(heard: &[(&str, f64)], from: &str, reach: Reach, expected: &str) {
    let site: Site = toml::from_str(SITE).unwrap();
    let mut around = Surroundings::new(&site.rules, &site);
    let all: Vec<Series> = heard
        .iter()
        .map(|(sensor, _)| format!("s/{sensor}/mains-present").parse().unwrap())
        .collect();
    for (number, (series, (_, value))) in all.iter().zip(heard).enumerate() {
        around.note(number, series);
        around.read(number, Timestamp::MIN, Ok(*value), Timestamp::MAX);
    }
    let series = format!("s/{from}/generator-carrying").parse().unwrap();
    let (found, of_the_site) = around
        .view(&series, Timestamp::MIN)
        .find(Quantity::MainsPresent, &reach);
    let told = found
        .iter()
        .map(|one| format!("{} {}", one.series.sensor(), one.last_seen.unwrap()));
    let told: Vec<String> = told.chain(of_the_site.then(|| "*".to_owned())).collect();
    assert_eq!(told.join(" "), expected, "{from} {reach:?}");
}

#[test]
fn each_reach_ends_where_it_says() {
    let both = [("x/mains", 1.0), ("x/ups", 0.0)];
    check(&both, "x/mains", Reach::Sensor, "mains 1");
    check(&both, "x/mains", Reach::Near, "mains 1");
    check(&both, "x/mains", Reach::Room, "mains 1 ups 0");
    check(&[("x/ups", 0.0)], "x/mains", Reach::Near, "ups 0");
    check(&both, "y/generator", Reach::Near, "");
    check(&both, "y/generator", Reach::Site, "mains 1 ups 0");
    check(&both, "y/generator", Reach::Nearest, "mains 1 ups 0 *");
    check(&both, "x/ups", Reach::Nearest, "ups 0");
    check(
        &both,
        "y/generator",
        Reach::Named("x/ups".parse().unwrap()),
        "ups 0",
    );
    let three = [("x/mains", 1.0), ("y/generator", 0.0), ("y/tank", 1.0)];
    check(&three, "y/generator", Reach::Zone, "generator 0 tank 1");
    check(&three, "x/ups", Reach::Zone, "mains 1");
    check(&three, "z/stray", Reach::Zone, "");
    // A sensor that the site does not place is in no room.
    check(&both, "z/stray", Reach::Room, "");
    check(&[("z/stray", 1.0)], "z/other", Reach::Room, "");
}

#[test]
fn what_was_taken_away_counts_no_more() {
    let site: Site = toml::from_str(SITE).unwrap();
    let mut around = Surroundings::new(&site.rules, &site);
    let series: Series = "s/x/mains/mains-present".parse().unwrap();
    let at = Timestamp::from_milliseconds(5);
    around.note(3, &series);
    assert_eq!(around.foresee(0, at, Ok(1.0)), None);
    let first = around.foresee(3, at, Ok(1.0)).unwrap();
    assert_eq!((first.values, first.known), ((None, Some(1.0)), (false, true)));
    around.read(3, at, Ok(1.0), at);
    let later = Timestamp::from_milliseconds(6);
    let lost = around
        .foresee(3, later, Err(plenum_protocol::Fault::Timeout))
        .unwrap();
    assert_eq!(
        (lost.values, lost.known),
        ((Some(1.0), Some(1.0)), (false, false))
    );
    let count = |around: &Surroundings| {
        around
            .view(&series, Timestamp::MIN)
            .find(Quantity::MainsPresent, &Reach::Site)
            .0
            .len()
    };
    assert_eq!(count(&around), 1);
    around.forget(3);
    assert_eq!(count(&around), 0);
    around.note(3, &series);
    assert_eq!(count(&around), 1);
}

#[test]
fn a_rule_that_counts_sees_the_others_that_it_selects() {
    let text = format!(
        "{SITE}[[rule]]\nid = \"fire\"\nname = \"Fire\"\nselect = {{ quantities = [\"smoke\"] }}\n\
         when = {{ vote = {{ at_least = 2, within = \"site\", is = {{ state = true }} }} }}\npriority = \"high\"\n"
    );
    let site: Site = toml::from_str(&text).unwrap();
    let mut around = Surroundings::new(&site.rules, &site);
    let one: Series = "s/x/mains/smoke".parse().unwrap();
    let other: Series = "s/y/generator/smoke".parse().unwrap();
    let until = Timestamp::from_milliseconds(5);
    for (number, series) in [&one, &other].into_iter().enumerate() {
        around.note(number, series);
        around.read(number, until, Ok(1.0), until);
    }
    let rule = &site.rules[1].id;
    let (found, unheard) = around.view(&one, until).selected(rule, false);
    // The tank might tell of smoke, and was never heard.
    assert_eq!((found.len(), unheard), (1, 1));
    assert_eq!(*found[0].series, other);
    assert_eq!(around.view(&one, until).selected(rule, true).0.len(), 0);
    let learned = site.rules[1].elsewhere(&around.view(&one, until));
    assert_eq!(learned.get(0).truth(until, false), crate::truth::Truth::True);
    assert_eq!(learned.get(1).number(until), Some(1.0));
}
