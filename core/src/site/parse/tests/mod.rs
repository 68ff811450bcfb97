//! What is wrong in a site.toml, and where, as it is told.

mod duty;
mod possible;

use super::*;

const KINDS: &[ChannelKind] = &[
    ChannelKind {
        name: "email",
        to_people: true,
    },
    ChannelKind {
        name: "webhook",
        to_people: false,
    },
];
const HEAD: &str = "[site]\nid = \"zaandam\"\nname = \"Zaandam\"\nzone = \"Europe/Amsterdam\"\n\
                    [[room]]\nid = \"room-a\"\nname = \"Room A\"\n\
                    [[sensor]]\nagent = \"pi-a1\"\nid = \"inlet-a1\"\nname = \"Inlet A1\"\nroom = \"room-a\"\nplace = \"inlet\"\n";

/// Parses the head and `text`; `expected` is what comes of it, one line each.
fn check(text: &str, expected: &str) {
    let whole = format!("{HEAD}{text}");
    let found = match parse("site.toml", &whole, KINDS) {
        Ok(parsed) => parsed.warnings,
        Err(errors) => errors,
    };
    let lines: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(lines.join("\n"), expected);
}

#[test]
fn a_site_without_mistakes_passes() {
    check("", "");
}

#[test]
fn unknown_names_are_found_with_a_suggestion() {
    check(
        "[[rack]]\nid = \"a1\"\nname = \"A1\"\nroom = \"rom-a\"\nx_m = 0\ny_m = 0\nwidth_m = 1\ndepth_m = 1\n",
        "site.toml:17:8: there is no room `rom-a`; did you mean `room-a`?",
    );
    check(
        "[[room]]\nid = \"room-a\"\nname = \"B\"\n",
        "site.toml:15:6: room `room-a` is there twice; give each its own id",
    );
    check(
        "[[channel]]\nid = \"mail\"\nkind = \"email\"\npeople = [\"anna\"]\n",
        "site.toml:17:11: there is no person `anna`; write a [[person]] with this id",
    );
    check(
        "[[channel]]\nid = \"ops\"\nkind = \"webhok\"\n[[channel]]\nid = \"mail\"\nkind = \"email\"\n",
        "site.toml:16:8: `webhok` is not a kind of channel; did you mean `webhook`?\n\
         site.toml:19:8: a channel of kind `email` needs people; write people = [\"...\"]",
    );
    check(
        "[[sensor]]\nagent = \"pi-a1\"\nid = \"x\"\nname = \"X\"\nroom = \"room-a\"\nplase = \"inlet\"\n",
        "site.toml:19:1: unknown field `plase`, expected one of `agent`, `id`, `name`, `room`, `rack`, \
         `place`, `position`, `x_m`, `y_m`; did you mean `place`?",
    );
    check(
        "[[person]]\nid = \"Anna\"\nname = \"Anna\"\n",
        "site.toml:15:6: `Anna` is not a valid identifier: use 1 to 63 small letters, digits and hyphens, beginning with a letter or digit",
    );
}

const RULE: &str = "[[rule]]\nid = \"warm\"\nname = \"Warm\"\npriority = \"high\"\n";

#[test]
fn rules_must_fit_their_quantities() {
    let rule = |rest: &str| format!("{RULE}{rest}");
    check(
        &rule("select = { quantities = [\"temprature\"] }\nwhen = { above = { limit = 27 } }\n"),
        "site.toml:18:25: `temprature` is not a valid quantity; did you mean `temperature`?",
    );
    check(
        &rule("select = { quantities = [\"temperature\"] }\nwhen = { above = { limit = \"27 V\" } }\n"),
        "site.toml:19:28: `27 V`: temperature has no unit `V`; write it in Cel",
    );
    check(
        &rule(
            "select = { quantities = [\"temperature\"] }\nwhen = { above = { limit = \"27 Cel\", deadband = -1 } }\n",
        ),
        "site.toml:19:49: a deadband is at least 0; it is where the alarm clears, inside the limit",
    );
    check(
        &rule("select = { quantities = [\"load\"] }\nwhen = { above = { limit = 80, deadband = 5 } }\n"),
        "site.toml:19:28: load is never above 3 /: this rule can never hold; write a share with its unit, as \"80 %\"",
    );
    check(
        &rule("select = { quantities = [\"smoke\"] }\nwhen = { above = { limit = 1 } }\n"),
        "site.toml:19:8: smoke is a state, not a number; write when = { is = { state = true } }",
    );
    check(
        &rule("select = { quantities = [\"temperature\"] }\nwhen = { is = { state = true } }\n"),
        "site.toml:19:8: temperature is a number, not a state; write when = { above = { limit = ... } } or below",
    );
    check(
        &rule("select = { places = [\"supply\"] }\nwhen = { above = { limit = 27 } }\n"),
        "site.toml:18:10: rule `warm` selects no sensor of this site; look at its rooms, places, agents and sensors",
    );
    check(
        &rule("select = { sensors = [\"inlet-a2\"] }\nwhen = { stale = {} }\n"),
        "site.toml:18:23: there is no sensor `inlet-a2`; did you mean `inlet-a1`?",
    );
}

#[test]
fn what_supplies_is_there_and_said_once() {
    check(
        "[[supply]]\nfrom = \"pi-a1/inlet-a1\"\nrooms = [\"room-a\"]\n",
        "",
    );
    check(
        "[[supply]]\nfrom = \"pi-a1/inlet-a2\"\nrooms = [\"rom-a\"]\nagents = [\"pi-a2\"]\n",
        "site.toml:15:8: there is no sensor `pi-a1/inlet-a2`; did you mean `pi-a1/inlet-a1`?\n\
         site.toml:16:10: there is no room `rom-a`; did you mean `room-a`?",
    );
    check(
        "[[supply]]\nfrom = \"pi-a1/inlet-a1\"\n[[supply]]\nfrom = \"pi-a1/inlet-a1\"\nrooms = [\"room-a\"]\n",
        "site.toml:17:8: what `pi-a1/inlet-a1` supplies is said twice; write its rooms and agents into one [[supply]]",
    );
    check(
        "[[supply]]\nfrom = \"pi-a1/inlet-a1\"\nagents = [\"pi-a2\"]\n[[sensor]]\nagent = \"pi-a1\"\nid = \"b\"\nname = \"B\"\nroom = \"room-a\"\nplace = \"inlet\"\n[[supply]]\nfrom = \"pi-a1/b\"\n",
        "site.toml:16:11: no sensor of an agent `pi-a2` is placed; did you mean `pi-a1`?\n\
         site.toml:24:8: `pi-a1/b` supplies nothing; name its rooms or agents, or leave it out",
    );
}

#[test]
fn a_zone_has_rooms() {
    let rule = |rest: &str| format!("{RULE}{rest}");
    check(
        &rule(
            "only_while = { quantity = \"cooling-fault\", within = \"zone\" }\nwhen = { above = { limit = 27 } }\n",
        ),
        "site.toml:18:53: no room of this site names a zone; write zone = \"...\" in the [[room]]s that belong together, or within = \"room\"",
    );
    check(
        &rule(
            "when = { any = [{ above = { limit = 27 } }, { quantity = \"load\", within = \"zone\", above = { limit = 1 } }] }\n",
        ),
        "site.toml:18:75: no room of this site names a zone; write zone = \"...\" in the [[room]]s that belong together, or within = \"room\"",
    );
    check(
        "[[room]]\nid = \"b\"\nname = \"B\"\nzone = \"plant-1\"\n[[room]]\nid = \"c\"\nname = \"C\"\nzone = \"plant-2\"\n",
        "site.toml:17:8: room `b` is alone in zone `plant-1`; did you mean `plant-2`?\n\
         site.toml:21:8: room `c` is alone in zone `plant-2`; did you mean `plant-1`?",
    );
}

#[test]
fn guards_are_checked() {
    let rule = |rest: &str| format!("{RULE}{rest}");
    check(
        &rule("only_while = { quantity = \"load\", is = true }\nwhen = { stale = {} }\n"),
        "site.toml:18:27: load is a number, not a state; write above = ... or below = ..., or take a quantity as ups-on-battery",
    );
    check(
        &rule("only_while = { quantity = \"smoke\", above = 1 }\nwhen = { stale = {} }\n"),
        "site.toml:18:27: smoke is a state, not a number; write is = true",
    );
    check(
        &rule("only_while = { quantity = \"load\", above = 80 }\nwhen = { stale = {} }\n"),
        "site.toml:18:14: load never is so: this rule can never hold; its plausible range is 0 to 3 /",
    );
    check(
        &rule("only_while = { quantity = \"load\", above = \"80 %\", below = 1 }\nwhen = { stale = {} }\n"),
        "site.toml:18:14: a guard needs one of `is`, `above` and `below`, not several",
    );
    check(
        &rule(
            "only_while = { quantity = \"smoke\", within = \"room\", sensor = \"pi-a1/inlet-a1\" }\nwhen = { stale = {} }\n",
        ),
        "site.toml:18:14: `within` and `sensor` both say where to look; write one of them",
    );
    check(
        &rule("only_while = { quantity = \"smoke\", sensor = \"pi-a1/inlet-a2\" }\nwhen = { stale = {} }\n"),
        "site.toml:18:45: there is no sensor `pi-a1/inlet-a2`; did you mean `pi-a1/inlet-a1`?",
    );
    let guard = "{ quantity = \"ups-on-battery\", is = true }";
    check(
        &rule(&format!(
            "not_while = [{guard}, {{ quantity = \"load\", is = true }}]\nwhen = {{ stale = {{}} }}\n"
        )),
        "site.toml:18:71: load is a number, not a state; write above = ... or below = ..., or take a quantity as ups-on-battery",
    );
    check(
        &rule(&format!(
            "only_while = {guard}\nnot_while = [{guard}]\nwhen = {{ stale = {{}} }}\n"
        )),
        "site.toml:19:13: rule `warm` never counts: `only_while` and `not_while` say the same; take one of the two away",
    );
    check(
        &rule("two_readings = true\nwhen = { stale = {} }\n"),
        "site.toml:18:16: rule `warm` waits for nothing: it has no `on_delay`; write on_delay = \"10s\", or take `two_readings` away",
    );
}

#[test]
fn rules_about_the_past_and_what_is_ahead_must_be_possible() {
    let rule = |rest: &str| format!("{RULE}select = {{ quantities = [\"temperature\"] }}\n{rest}\n");
    check(
        &rule("when = { rises = { by = \"3 K\", within = \"5 min\" } }"),
        "",
    );
    check(
        &rule("when = { rises = { by = \"3 V\", within = \"5 min\" } }"),
        "site.toml:19:25: `3 V`: temperature has no unit `V`; write it in Cel",
    );
    check(
        &rule("when = { falls = { by = 0, within = \"30 days\" } }"),
        "site.toml:19:37: `30 days` is not a valid duration: write a whole number with a unit, as in 500ms, 10s, 5min, 8h or 30d",
    );
    check(
        &rule("when = { falls = { by = 0, within = \"48 h\", deadband = 0 } }"),
        "site.toml:19:25: a difference is above 0; write how far it moves either way\n\
         site.toml:19:37: a movement is watched over a minute to a day; for what is slower write when = { drifts = { by = ..., weeks = 4 } }",
    );
    check(
        &rule("when = { drifts = { by = 4000, weeks = 52 } }"),
        "site.toml:19:26: temperature never moves so far: this rule can never hold; its plausible range is -60 to 150 Cel\n\
         site.toml:19:40: days are remembered for 8 weeks; write 1 to 8",
    );
    check(
        &rule("when = { forecast = { limit = \"32 V\", within = \"2 h\" } }"),
        "site.toml:19:31: `32 V`: temperature has no unit `V`; write it in Cel\n\
         site.toml:19:48: nothing is forecast for less than a minute or more than an hour ahead; write \"15 min\"",
    );
    check(
        &rule("when = { cycles = { starts = 1, within = \"10s\" } }"),
        "site.toml:19:8: temperature is a number, which does not start; select a state, as cooling-running\n\
         site.toml:19:30: starts are counted from 2 to 64; take a shorter time and fewer starts\n\
         site.toml:19:42: starts are counted over a minute to a day; write \"1 h\"",
    );
}

#[test]
fn what_cannot_mean_down_is_refused() {
    let service = |down: &str| {
        format!(
            "[[service]]\nid = \"hosting\"\nname = \"Hosting\"\nobjective = 0.999\nzone = \"Europe/Amsterdam\"\n\
             since = \"2026-01-01T00:00\"\ndown = {{ rule = {{ {down} }} }}\n"
        )
    };
    check(
        &service("rule = \"no-data\""),
        "site.toml:20:26: rule `no-data` is about missing data, which is unknown and never down; name a rule about a value or a state",
    );
    check(
        &service("rule = \"agent-offline\""),
        "site.toml:20:26: rule `agent-offline` is about missing data, which is unknown and never down; name a rule about a value or a state",
    );
    check(
        &service("rule = \"dead-letters\""),
        "site.toml:20:26: rule `dead-letters` is about the monitor itself, not about the service; name a rule about a value or a state",
    );
    check(
        &service("rule = \"inlet-very-high\", at_least = 3"),
        "site.toml:20:56: at least 3 of 1 that rule `inlet-very-high` watches there can never be true; look at the rule's select, and at the room and place of each [[sensor]]",
    );
    let second = "[[sensor]]\nagent = \"pi-a1\"\nid = \"inlet-a2\"\nname = \"Inlet A2\"\nroom = \"room-a\"\nplace = \"inlet\"\n";
    let of_two = |least: u32| {
        let down = format!("rule = \"inlet-very-high\", at_least = {least}");
        format!("{second}{}", service(&down))
    };
    check(&of_two(2), "");
    check(
        &of_two(3),
        "site.toml:26:56: at least 3 of 2 that rule `inlet-very-high` watches there can never be true; look at the rule's select, and at the room and place of each [[sensor]]",
    );
    check(
        &service("rule = \"inlet-very-high\", at_least = 0"),
        "site.toml:20:56: at least 0 is always true; write 1 or more",
    );
    let off = format!(
        "{RULE}enabled = false\nselect = {{ quantities = [\"temperature\"] }}\nwhen = {{ above = {{ limit = 27 }} }}\n"
    );
    check(
        &(off + &service("rule = \"warm\"")),
        "site.toml:27:26: rule `warm` is switched off: this can never be true; switch it on, or name another rule",
    );
    let foreseen = format!(
        "{RULE}select = {{ quantities = [\"temperature\"] }}\nwhen = {{ forecast = {{ limit = 32, within = \"15 min\" }} }}\n"
    );
    check(
        &(foreseen + &service("rule = \"warm\"")),
        "site.toml:26:26: rule `warm` is about days or about what is ahead: nothing is down by it yet; name a rule about a value or a state",
    );
    let there = "[[room]]\nid = \"room-b\"\nname = \"Room B\"\n";
    check(
        &(there.to_owned() + &service("rule = \"smoke\", room = \"room-b\"")),
        "site.toml:23:26: rule `smoke` watches no sensor there: this can never be true; look at the rule's select, and at the room and place of each [[sensor]]",
    );
}

#[test]
fn what_is_put_together_is_checked() {
    let rule = |rest: &str| format!("{RULE}select = {{ quantities = [\"temperature\"] }}\n{rest}");
    check(
        &rule(
            "when = { all = [{ above = { limit = 27 } }, { quantity = \"smoke\", within = \"room\", is = { state = true } }] }\n",
        ),
        "",
    );
    check(
        &rule("when = { not = { stale = {} } }\n"),
        "site.toml:19:16: silence is known at every instant and stands alone; write a rule with when = { stale = {} }, with \
         `only_while` if it is to count only then",
    );
    check(
        &rule(
            "when = { any = [{ rises = { by = \"3 V\", within = \"5 min\" } }, { forecast = { limit = 400, within = \"5 min\" } }] }\n",
        ),
        "site.toml:19:34: `3 V`: temperature has no unit `V`; write it in Cel\n\
         site.toml:19:86: temperature is never above 150 Cel: this rule can never hold; its plausible range is -60 to 150 Cel",
    );
    check(
        &rule(
            "when = { any = [{ rises = { by = 3, within = \"5 min\", above = \"24 V\" } }, { falls = { by = 3, within = \"5 min\", below = \"24 V\" } }] }\n",
        ),
        "site.toml:19:63: `24 V`: temperature has no unit `V`; write it in Cel\n\
         site.toml:19:121: `24 V`: temperature has no unit `V`; write it in Cel",
    );
    check(
        &rule("when = { any = [] }\n"),
        "site.toml:19:8: nothing of this is about the series that the rule selects; write one part without a quantity, or \
         select that quantity instead\n\
         site.toml:19:16: a list of conditions needs at least one; write one, or a rule without a list",
    );
    check(
        &rule(
            "when = { any = [{ above = { limit = 27 } }, { quantity = \"smoke\", above = { limit = 1 } }] }\n",
        ),
        "site.toml:19:75: smoke is a state, not a number; write is = { state = true }",
    );
    check(
        &rule("when = { any = [{ is = { state = true } }] }\n"),
        "site.toml:19:24: temperature is a number, not a state; write above = { limit = ... } or below",
    );
    check(
        &rule("when = { all = [{ above = { limit = \"27 V\" } }] }\n"),
        "site.toml:19:37: `27 V`: temperature has no unit `V`; write it in Cel",
    );
    check(
        &rule("when = { not = { above = { limit = 20 }, below = { limit = 9 } } }\n"),
        "site.toml:19:16: a part needs one of `above`, `below`, `is`, `rises`, `falls`, `forecast`, `any`, `all` and `not`",
    );
    check(
        &rule("when = { not = { within = \"room\", below = { limit = 9 } } }\n"),
        "site.toml:19:16: `within` and `sensor` say where a `quantity` is looked for; write which",
    );
    check(
        &rule("when = { not = { not = { not = { not = { not = { above = { limit = 27 } } } } } } }\n"),
        "site.toml:19:8: conditions stand within each other at most 4 deep; make two rules of it",
    );
}

#[test]
fn what_looks_around_is_checked() {
    let rule = |select: &str, when: &str| {
        format!("{RULE}select = {{ quantities = [\"{select}\"] }}\nwhen = {{ {when} }}\n")
    };
    let second = "[[sensor]]\nagent = \"pi-a1\"\nid = \"inlet-a2\"\nname = \"Inlet A2\"\nroom = \"room-a\"\nplace = \"inlet\"\n";
    let vote = |count: usize| {
        rule(
            "temperature",
            &format!("vote = {{ at_least = {count}, above = {{ limit = 32 }} }}"),
        ) + second
    };
    check(&vote(2), "");
    check(
        &vote(3),
        "site.toml:19:30: a vote of 3 over 2 sensors can never hold; write at_least = 2, or select more sensors",
    );
    check(
        &vote(0),
        "site.toml:19:30: at least 0 is always true; write 2 or more",
    );
    check(
        &rule("smoke", "vote = { at_least = 2, above = { limit = 1 } }"),
        "site.toml:19:30: a vote of 2 over 1 sensors can never hold; select more sensors\n\
         site.toml:19:41: smoke is a state, not a number; write is = { state = true }",
    );
    check(
        &rule("smoke", "deviation = { limit = 3 }"),
        "site.toml:19:8: smoke is a state, not a number; write is = { state = true }",
    );
    check(
        &rule("temperature", "deviation = { limit = 3, deadband = 3 }"),
        "site.toml:19:46: a deadband is at least 0 and less than the limit: else it could never clear; take a smaller one",
    );
    check(
        &rule("temperature", "dew-point = { margin = 2, deadband = 1 }"),
        "",
    );
    check(
        &rule("temperature", "dew-point = { above = \"17 Cel\", below = 3 }"),
        "site.toml:19:22: a dew point needs one of `above`, `below` and `margin`",
    );
    check(
        &rule("humidity", "dew-point = { above = 17 }"),
        "site.toml:19:8: humidity is not temperature: the dew point is computed from it; write select = { quantities = [\"temperature\"] }",
    );
    check(
        &rule("temperature", "dew-point = { above = 170 }"),
        "site.toml:19:32: dew-point is never above 100 Cel: this rule can never hold; its plausible range is -80 to 100 Cel",
    );
    check(&rule("temperature", "ashrae = { class = \"A1\" }"), "");
    check(
        &rule("temperature", "ashrae = { class = \"A5\" }"),
        "site.toml:19:29: unknown variant `A5`, expected one of `recommended`, `A1`, `A2`, `A3`, `A4`, `H1`; did you mean `A1`?",
    );
}

#[test]
fn amounts_that_are_written_as_elsewhere_are_told_what_to_write() {
    let rule = |limit: &str| {
        format!(
            "[[rule]]\nid = \"hot\"\nname = \"Hot\"\nwhen = {{ above = {{ limit = \"{limit}\" }} }}\npriority = \"low\"\n"
        )
    };
    let told = |limit: &str, words: &str| {
        let error = parse("site.toml", &format!("{HEAD}{}", rule(limit)), KINDS).unwrap_err();
        let message = error[0].to_string();
        assert!(message.contains(words), "{message}");
    };
    told(
        "80 F",
        "`80 F` is in Fahrenheit: write \"26.7 Cel\", or \"44.4 K\" if it is a difference",
    );
    told("80\u{b0}F", "\"26.7 Cel\"");
    told("27,5 Cel", "`27,5 Cel` has a decimal comma: write \"27.5 Cel\"");
    told("27,5", "write \"27.5\"");
}

#[test]
fn services_are_checked() {
    let service = |rest: &str| {
        format!(
            "[[service]]\nid = \"hosting\"\nname = \"Hosting\"\nobjective = 0.999\nzone = \"Europe/Amsterdam\"\n\
             since = \"2026-01-01T00:00\"\n{rest}"
        )
    };
    let down = "down = { rule = { rule = \"inlet-very-high\" } }\n";
    check(&service(down), "");
    check(
        &service(down).replace("0.999", "99.9"),
        "site.toml:17:13: an objective is a ratio above 0 and at most 1; write 0.999 for 99.9 %",
    );
    check(
        &service(down).replace("Europe/Amsterdam", "Europe/Amsterdan"),
        "site.toml:18:8: `Europe/Amsterdan` is not a valid time zone; did you mean `Europe/Amsterdam`?",
    );
    check(
        &service(down).replace("2026-01-01T00:00", "2026-13-01"),
        "site.toml:19:9: `2026-13-01` is not a valid local date and time; write it as 2026-01-01T00:00",
    );
    check(
        &service("down = { any = [ { rule = { rule = \"inlet-very-hig\" } } ] }\n"),
        "site.toml:20:36: there is no rule `inlet-very-hig`; did you mean `inlet-very-high`?",
    );
    check(
        &service(&format!(
            "{down}[[service.maintenance]]\ndays = [\"sat\"]\nstart = \"25:00\"\nlength = \"4h\"\n"
        )),
        "site.toml:23:9: `25:00` is not a valid time of day; write it as 02:00",
    );
    check(
        &service(&format!(
            "{down}[[service.maintenance]]\ndays = []\nstart = \"02:00\"\nlength = \"0s\"\n"
        )),
        "site.toml:22:8: a window needs at least one day; write days = [\"sat\", \"sun\"]\n\
         site.toml:24:10: a window is longer than nothing and at most a week; write it as \"4h\"",
    );
    let window = |rest: &str| {
        let begun = "[[service.maintenance]]\ndays = [\"sat\"]\nstart = \"22:00\"\n";
        service(&format!("{down}{begun}{rest}"))
    };
    check(&window("end = \"06:00\"\n"), "");
    check(
        &window(""),
        "site.toml:21:1: a window needs a length or an end; write length = \"4h\" or end = \"06:00\"",
    );
    check(
        &window("length = \"8h\"\nend = \"06:00\"\n"),
        "site.toml:25:7: a window has a length or an end, not both; write length = \"4h\" or end = \"06:00\"",
    );
    check(
        &window("end = \"22:00\"\n"),
        "site.toml:24:7: a window that ends at the time of its start is a day long or nothing; write length = \"24h\" for a day",
    );
}
