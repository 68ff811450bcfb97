//! What is wrong with who is on duty and who is called, and what to do.

use super::*;

const PEOPLE: &str = "[[person]]\nid = \"anna\"\nname = \"Anna\"\n[[person]]\nid = \"bert\"\nname = \"Bert\"\n\
    [[channel]]\nid = \"mail\"\nkind = \"email\"\npeople = [\"anna\", \"bert\"]\n\
    [[team]]\nid = \"ops\"\nname = \"Operations\"\nmembers = [\"anna\", \"bert\"]\n";
const ROTA: &str = "[[rota]]\nid = \"r\"\nname = \"R\"\nteam = \"ops\"\n";
const LAYER: &str = "[[rota.layer]]\npeople = [\"anna\", \"bert\"]\nevery = \"week\"\nhand_over = \"mon 09:00\"\nstart = \"2026-01-05\"\n";
const LADDER: &str = "[[ladder]]\nid = \"l\"\nfallback = \"bert\"\n";
/// What is said of a rota that no ladder calls.
const UNCALLED: &str = "no step of a ladder calls rota `r`: nobody is told of an alarm by it; \
    write [[ladder]] with a step whom = { rota = \"r\" }";

/// The findings without their places, but for the line within `text`; that no ladder calls a rota is left out.
fn check(parts: &[&str], expected: &[&str]) {
    let text = parts.concat();
    let ahead = HEAD.lines().count() + PEOPLE.lines().count();
    let found = match parse("site.toml", &format!("{HEAD}{PEOPLE}{text}"), KINDS) {
        Ok(parsed) => parsed.warnings,
        Err(errors) => errors,
    };
    let said = found
        .into_iter()
        .filter(|found| !found.to_string().ends_with(UNCALLED));
    let said: Vec<String> = said
        .map(|found| {
            let line = found.line.unwrap_or_default() as i64 - ahead as i64;
            let suggestion = found
                .suggestion
                .map_or_else(String::new, |suggestion| format!("; {suggestion}"));
            format!("{line}: {}{suggestion}", found.message)
        })
        .collect();
    assert_eq!(said, expected, "{text}");
}

#[test]
fn a_rota_and_a_ladder_that_hold_together_pass_and_a_rota_that_nobody_calls_is_told() {
    let hours = "[[rota.layer]]\npeople = [\"bert\"]\nevery = \"day\"\nhand_over = \"09:00\"\nstart = \"2026-01-05\"\n\
                 hours = [\"mon-fri 08:00-18:00\"]\nholidays = \"as-sunday\"\n[[holiday]]\ndate = \"2026-12-25\"\n";
    let steps = "[[ladder.step]]\nwhom = { rota = \"r\" }\n[[ladder.step]]\nwhom = { person = \"bert\" }\nchannels = [\"mail\"]\nafter = \"5min\"\n\
                 [[ladder.step]]\nwhom = { team = \"ops\" }\nafter = \"5min\"\n[[ladder.step]]\nwhom = \"everybody\"\nafter = \"5min\"\n";
    check(&[ROTA, LAYER, hours, LADDER, steps], &[]);
    let quiet = "[[team.quiet]]\nhours = [\"fri 18:00-mon 08:00\"]\npriorities = [\"low\"]\n";
    let whole = [HEAD, PEOPLE, quiet, ROTA, LAYER, hours, LADDER, steps].concat();
    let parsed = parse("site.toml", &whole, KINDS).unwrap();
    let said: Vec<String> = parsed.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(said, [""; 0]);
    let without = [HEAD, PEOPLE, ROTA, LAYER].concat();
    let said = parse("site.toml", &without, KINDS).unwrap().warnings;
    assert!(
        said.len() == 1 && said[0].to_string().ends_with(UNCALLED),
        "{said:?}"
    );
    let written = toml::to_string(&parsed.site).unwrap();
    assert_eq!(
        parse("written back", &written, KINDS).unwrap().site,
        parsed.site,
        "{written}"
    );
    assert_eq!(
        parse("site.toml", &[HEAD, PEOPLE].concat(), KINDS)
            .unwrap()
            .warnings,
        []
    );
}

#[test]
fn a_rota_that_covers_nobody_is_refused() {
    check(
        &[ROTA],
        &["1: rota `r` covers nobody: it has no layer; write a [[rota.layer]]"],
    );
    check(
        &[ROTA, &LAYER.replace("\"anna\", \"bert\"", "")],
        &["6: a layer of rota `r` covers nobody: it has no people; write people = [\"...\"]"],
    );
    check(
        &[ROTA, &LAYER.replace("\"anna\", \"bert\"", "\"ana\"")],
        &["6: there is no person `ana`; did you mean `anna`?"],
    );
    check(
        &["[[team]]\nid = \"x\"\nname = \"X\"\nmembers = []\n"],
        &["4: team `x` has no people; write members = [\"...\"]"],
    );
}

#[test]
fn a_rota_that_ends_or_leaves_hours_out_is_told() {
    check(
        &[ROTA, LAYER, "until = \"2026-06-01\"\n"],
        &[
            "1: rota `r` ends on 2026-06-01: from then on nobody is on duty; `anna` is called then; leave `until` out of one of its layers",
        ],
    );
    check(
        &[ROTA, LAYER, "hours = [\"mon-fri 08:00-18:00\"]\n"],
        &[
            "1: rota `r` has somebody on duty, but not from fri 18:00 to mon 08:00; `anna` is called then; write a layer without `hours` before the others",
        ],
    );
    check(
        &[
            ROTA,
            LAYER,
            "holidays = \"off\"\n[[holiday]]\ndate = \"2026-12-25\"\n",
        ],
        &[
            "1: rota `r` leaves a part of holiday 2026-12-25 out; `anna` is called then; write a layer without `hours` before the others",
        ],
    );
    check(
        &[ROTA, LAYER, "until = \"2026-01-05\"\n"],
        &["10: this layer ends before it begins; write a date after 2026-01-05"],
    );
}

#[test]
fn a_hand_over_is_on_a_day_that_there_is() {
    check(
        &[ROTA, &LAYER.replace("2026-01-05", "2026-01-01")],
        &["9: 2026-01-01 is not a hand-over: it is a thu; write start = \"2026-01-05\""],
    );
    check(
        &[ROTA, &LAYER.replace("mon 09:00", "09:00")],
        &["8: turns of whole weeks are handed over on a day of the week; write hand_over = \"mon 09:00\""],
    );
    check(
        &[ROTA, &LAYER.replace("week", "3 days")],
        &["8: every 3 days the hand-over is on another day of the week; write hand_over = \"09:00\""],
    );
    check(
        &[ROTA, &LAYER.replace("week", "month")],
        &[
            "7: `month` is not a valid length of a turn; write \"day\", \"week\", \"2 weeks\" or \"3 days\", a year at most",
        ],
    );
}

#[test]
fn layers_that_are_alike_or_never_count_are_told() {
    check(
        &[ROTA, LAYER, LAYER],
        &["10: layer 2 of rota `r` is the same as layer 1; take one of the two away"],
    );
    check(
        &[ROTA, LAYER, "hours = [\"sat-sun 00:00-24:00\"]\n", LAYER],
        &[
            "5: layer 1 of rota `r` never counts: later layers cover all its hours; write the layer that covers more before the one that covers less",
        ],
    );
    check(
        &[
            ROTA,
            &LAYER.replace("\"anna\", \"bert\"", "\"anna\", \"bert\", \"anna\""),
        ],
        &[
            "6: `anna` hands over to themselves; write each once, in the order of their turns, and a longer `every`",
        ],
    );
}

#[test]
fn overrides_and_holidays_do_not_contradict_each_other() {
    let own = |person: &str, from: &str, to: &str| {
        format!(
            "[[override]]\nrota = \"r\"\nperson = \"{person}\"\nfrom = \"2026-02-{from}T09:00\"\nto = \"2026-02-{to}T09:00\"\n"
        )
    };
    check(
        &[ROTA, LAYER, &own("bert", "02", "04"), &own("anna", "04", "05")],
        &[],
    );
    check(
        &[ROTA, LAYER, &own("bert", "02", "04"), &own("anna", "03", "05")],
        &[
            "18: this override overlaps the one of `bert` from 2026-02-02T09:00 to 2026-02-04T09:00; let one end where the other begins",
        ],
    );
    check(
        &[ROTA, LAYER, &own("bert", "04", "04")],
        &["14: this override ends before it begins; write a time after 2026-02-04T09:00"],
    );
    check(
        &["[[holiday]]\ndate = \"2026-12-25\"\n[[holiday]]\ndate = \"2026-12-25\"\n"],
        &["4: holiday 2026-12-25 is there twice; write both names into one"],
    );
    check(
        &[ROTA, LAYER, "holidays = \"as-sunday\"\n"],
        &["10: a layer without `hours` covers a Sunday like any day; take it away, or write `hours`"],
    );
}

#[test]
fn a_ladder_leads_to_somebody_else() {
    check(&[LADDER], &["1: ladder `l` has no step; write a [[ladder.step]]"]);
    check(
        &[LADDER, "[[ladder.step]]\nwhom = { person = \"bert\" }\n"],
        &[
            "1: ladder `l` leads from `bert` to themselves: when they do not answer nobody else is called; write another `fallback`, or a step to a rota, a team or \"everybody\"",
        ],
    );
    let anna = "[[ladder.step]]\nwhom = { person = \"anna\" }\n";
    check(
        &[LADDER, anna, anna],
        &["6: step 2 of ladder `l` is step 1 again; take it away: a ladder goes round by itself (`rounds`)"],
    );
    check(
        &[LADDER, "again = \"30s\"\n", anna],
        &["4: ladder `l` comes round after 30s: nobody can answer so fast; write again = \"10min\""],
    );
    check(
        &[LADDER, anna, &LADDER.replace("\"l\"", "\"m\""), anna],
        &[
            "6: ladder `m` is never used: ladder `l` takes all that it would; write it before that one, or give that one `priorities` or `rooms`",
        ],
    );
    check(
        &[
            LADDER,
            "[[ladder.step]]\nwhom = { rota = \"x\" }\nchannels = [\"male\"]\n",
        ],
        &[
            "5: there is no rota `x`; write a [[rota]] with this id",
            "6: there is no channel `male`; did you mean `mail`?",
        ],
    );
}

#[test]
fn quiet_hours_end_and_are_never_for_what_is_critical() {
    let quiet = |rest: &str| format!("[[team.quiet]]\n{rest}\n");
    check(
        &[&quiet(
            "hours = [\"mon-sun 22:00-07:00\"]\npriorities = [\"critical\", \"low\"]",
        )],
        &["3: what is critical never waits for quiet hours to end; take `critical` away"],
    );
    check(
        &[&quiet(
            "hours = [\"mon-sun 00:00-24:00\"]\npriorities = [\"low\"]",
        )],
        &[
            "2: quiet hours of team `ops` never end: what waits for that is never told; leave some hours of the week out",
        ],
    );
}

#[test]
fn whoever_is_on_duty_is_on_a_channel() {
    let carla = "[[person]]\nid = \"carla\"\nname = \"Carla\"\n";
    check(&[carla], &[]);
    check(
        &[
            carla,
            "[[team]]\nid = \"x\"\nname = \"X\"\nmembers = [\"anna\", \"carla\"]\n",
        ],
        &[
            "2: no channel reaches `carla`, who is called with team `x`; write \"carla\" among the `people` of a [[channel]]",
        ],
    );
}
