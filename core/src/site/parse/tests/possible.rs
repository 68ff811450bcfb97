//! What can never be so, or always is, and what takes a built-in rule's place.

use super::*;

/// What is said of a rule `x` with this text, without its place; nothing where it passes.
fn said(quantity: &str, rest: &str) -> String {
    let rule = format!(
        "[[rule]]\nid = \"x\"\nname = \"X\"\npriority = \"high\"\nselect = {{ quantities = [\"{quantity}\"] }}\n{rest}\n"
    );
    let found = match parse("site.toml", &format!("{HEAD}{rule}"), KINDS) {
        Ok(parsed) => parsed.warnings,
        Err(errors) => errors,
    };
    let lines: Vec<String> = found
        .iter()
        .map(|error| format!("{} {}", error.line.unwrap() - 13, error.message))
        .collect();
    lines.join("\n")
}

#[test]
fn what_no_value_can_be_is_refused() {
    let never = "6 rule `x` can never hold: no value is all of this at once";
    for when in [
        "all = [{ above = { limit = 30 } }, { below = { limit = 20 } }]",
        "all = [{ above = { limit = 30 } }, { below = { limit = 30 } }]",
        "all = [{ above = { limit = 30 } }, { not = { above = { limit = 25 } } }]",
        "all = [{ above = { limit = 30 } }, { not = { any = [{ above = { limit = 25 } }, { below = { limit = 5 } }] } }]",
        "any = [{ all = [{ above = { limit = 9 } }, { below = { limit = 8 } }] }, { all = [{ above = { limit = 3 } }, { below = { limit = 2 } }] }]",
        "all = [{ above = { limit = 30 } }, { quantity = \"humidity\", within = \"sensor\", above = { limit = 80 } }, { quantity = \"humidity\", within = \"sensor\", below = { limit = 20 } }]",
        "all = [{ above = { limit = 30 } }, { quantity = \"temperature\", above = { limit = 25 } }]",
    ] {
        assert_eq!(
            said("temperature", &format!("when = {{ {when} }}")),
            never,
            "{when}"
        );
    }
    let both = "when = { all = [{ is = { state = true } }, { not = { is = { state = true } } }] }";
    assert_eq!(said("smoke", both), never);
    let guard = "rule `x` can never hold: its guard is about the series itself, and no value is both";
    let above = "when = { above = { limit = 27 } }\n";
    for (line, rest) in [
        (
            7,
            "only_while = { quantity = \"temperature\", below = 20, within = \"sensor\" }",
        ),
        (7, "only_while = { quantity = \"temperature\", below = 27 }"),
        (
            7,
            "not_while = [{ quantity = \"temperature\", above = 20, within = \"sensor\" }]",
        ),
    ] {
        assert_eq!(
            said("temperature", &format!("{above}{rest}")),
            format!("{line} {guard}"),
            "{rest}"
        );
    }
}

#[test]
fn what_every_value_is_is_refused() {
    for when in [
        "any = [{ above = { limit = 20 } }, { below = { limit = 25 } }]",
        "not = { all = [{ above = { limit = 25 } }, { below = { limit = 20 } }] }",
    ] {
        let said = said("temperature", &format!("when = {{ {when} }}"));
        assert_eq!(
            said, "6 rule `x` always holds: every value is one of this",
            "{when}"
        );
    }
    assert_eq!(
        said("temperature", "when = { dew-point = { margin = 500 } }"),
        "6 a surface is always so near to a dew point: this rule always holds"
    );
}

#[test]
fn what_can_be_passes() {
    for rest in [
        "when = { all = [{ above = { limit = 20 } }, { below = { limit = 25 } }] }",
        "when = { any = [{ above = { limit = 25 } }, { below = { limit = 20 } }] }",
        // One value alone is the limit of both.
        "when = { not = { any = [{ above = { limit = 25 } }, { below = { limit = 25 } }] } }",
        // Of several sensors one may be warm and another cold.
        "when = { all = [{ above = { limit = 1 } }, { quantity = \"humidity\", within = \"room\", above = { limit = 80 } }, { quantity = \"humidity\", within = \"room\", below = { limit = 20 } }] }",
        "when = { all = [{ above = { limit = 30 } }, { quantity = \"temperature\", within = \"room\", below = { limit = 20 } }] }",
        "when = { above = { limit = 27 } }\nonly_while = { quantity = \"temperature\", below = 20, within = \"room\" }",
        "when = { above = { limit = 27 } }\nonly_while = { quantity = \"temperature\", above = 30, within = \"sensor\" }",
        "when = { above = { limit = 27 } }\nonly_while = { quantity = \"humidity\", below = 20, within = \"sensor\" }",
        "when = { all = [{ above = { limit = 30 } }, { falls = { by = 3, within = \"5min\" } }] }",
    ] {
        assert_eq!(said("temperature", rest), "", "{rest}");
    }
}

#[test]
fn a_deviation_has_siblings() {
    let rule = format!(
        "{RULE}select = {{ quantities = [\"temperature\"] }}\nwhen = {{ deviation = {{ limit = 4 }} }}\n"
    );
    check(
        &rule,
        "site.toml:19:22: a deviation is from two siblings or more: no three sensors are at the same place of one room; look at the rule's select, and at the room and place of each [[sensor]]",
    );
    let sensor = |id: &str| {
        format!(
            "[[sensor]]\nagent = \"pi-a1\"\nid = \"{id}\"\nname = \"I\"\nroom = \"room-a\"\nplace = \"inlet\"\n"
        )
    };
    check(&format!("{}{}{rule}", sensor("b"), sensor("c")), "");
}

#[test]
fn what_the_monitor_reports_has_one_rule() {
    let rule = |id: &str| {
        format!(
            "[[rule]]\nid = \"{id}\"\nname = \"G\"\npriority = \"critical\"\nwhen = {{ system = {{ kind = \"gap\" }} }}\n"
        )
    };
    check(
        &rule("mygap"),
        "site.toml:15:6: rule `mygap` can never hold: what the monitor reports has one rule, `gap`; write id = \"gap\"",
    );
    check(&rule("gap"), "");
}

#[test]
fn a_rule_about_something_else_under_a_built_in_id_is_doubtful() {
    let rule = |id: &str, select: &str, when: &str| {
        format!(
            "[[rule]]\nid = \"{id}\"\nname = \"X\"\npriority = \"low\"\nselect = {{ {select} }}\nwhen = {{ {when} }}\n"
        )
    };
    let warm = rule(
        "smoke",
        "quantities = [\"temperature\"]",
        "above = { limit = 60 }",
    );
    check(
        &warm,
        "site.toml:15:6: rule `smoke` takes the place of the built-in rule about smoke: nothing watches that any more; give it an id of its own",
    );
    let smoke = rule(
        "fire",
        "quantities = [\"smoke\"]",
        "is = { state = true, latched = true }",
    );
    check(
        &format!("{warm}{smoke}"),
        "site.toml:15:6: rule `smoke` takes the place of a built-in rule about smoke, and is not about that; give it an id of its own",
    );
    check(&smoke.replace("fire", "smoke"), "");
    check(&warm.replace("name", "enabled = false\nname"), "");
}

#[test]
fn when_is_a_table_with_one_condition() {
    let rule = |when: &str| format!("{RULE}when = {when}\n");
    check(
        &rule("{ above = { limit = 27 }, below = { limit = 18 } }"),
        "site.toml:18:8: `when` has one condition, and `below` is another; write any = [{ ... }, { ... }], or all = [...] where both must hold",
    );
    let wanted = "expected a table with one condition, as { above = { limit = 27 } }";
    check(
        &rule("\"above\""),
        &format!("site.toml:18:8: invalid type: string \"above\", {wanted}"),
    );
    check(
        &rule("[{ above = { limit = 3 } }]"),
        &format!("site.toml:18:8: invalid type: sequence, {wanted}"),
    );
    check(
        &rule("{ stale = { after = \"0s\" } }"),
        "site.toml:18:28: a silence of less than a second is there after each reading; write how long it may be silent, as \"5min\", or leave it out for three intervals",
    );
    let none = format!("{}{}", HEAD, rule("{}"));
    assert!(parse("site.toml", &none, KINDS).is_err());
    let misspelt = parse(
        "site.toml",
        &format!("{HEAD}{}", rule("{ abov = { limit = 27 } }")),
        KINDS,
    );
    let suggestion = misspelt.unwrap_err().remove(0).suggestion;
    assert_eq!(suggestion.as_deref(), Some("did you mean `above`?"));
}
