//! What the screens know of quantities is written from protocol's table.

use std::fmt::Write;

use plenum_protocol::Quantity;
use plenum_protocol::quantity::{Kind, Language};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/web/src/words/quantities.ts");

const HEAD: &str = "\
// Every quantity: its name, and how its number is shown or what its states are called. Written by `.ci/write` from
// protocol/src/quantity/table.rs: do not edit it.

export type Language = 'en' | 'nl';

export interface Called {
  name: Record<Language, string>;
  /** The factor from the SenML unit, and the decimals. */
  number?: { unit: string; factor: number; decimals: number };
  /** False, true. */
  states?: Record<Language, [string, string]>;
}

export const QUANTITIES: Record<string, Called> = {
";

/// A text as TypeScript writes it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// A value for each language, by its code.
fn by_language(of: impl Fn(Language) -> String) -> String {
    let each = Language::ALL.map(|language| format!("{}: {}", language.code(), of(language)));
    format!("{{ {} }}", each.join(", "))
}

fn written() -> String {
    let mut text = HEAD.to_owned();
    for quantity in Quantity::ALL {
        let name = by_language(|language| quoted(quantity.name(language)));
        let (key, value) = match quantity.kind() {
            Kind::Number => {
                let shown = quantity.shown();
                let (unit, factor, decimals) = (quoted(shown.unit), shown.factor, shown.decimals);
                let value = format!("{{ unit: {unit}, factor: {factor}, decimals: {decimals} }}");
                ("number", value)
            }
            Kind::Boolean => {
                let state = |language, holds| quoted(quantity.state(language, holds));
                let pair = |language| format!("[{}, {}]", state(language, false), state(language, true));
                ("states", by_language(pair))
            }
        };
        let property = match quantity.as_str() {
            plain if !plain.contains('-') => plain.to_owned(),
            hyphened => quoted(hyphened),
        };
        writeln!(text, "  {property}: {{ name: {name}, {key}: {value} }},").unwrap();
    }
    text + "};\n"
}

#[test]
fn the_quantities_are_the_ones_that_the_screens_were_generated_from() {
    let written = written();
    if std::env::var_os("PLENUM_WRITE").is_some() {
        std::fs::write(FILE, &written).unwrap();
    }
    let found = std::fs::read_to_string(FILE).unwrap_or_default();
    assert!(
        found == written,
        "{FILE} differs from the table of quantities; write it anew with .ci/write"
    );
}
