//! SQL within the tree: the strings of Rust files, and which word of a statement is in upper case.

/// The strings of a Rust file, each with the line on which it begins.
pub(crate) fn strings(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let (mut at, mut line) = (0, 1);
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let is_part = text[..at].ends_with(|one: char| one.is_alphanumeric() || one == '_');
        let length = match first {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '\'' => character(rest),
            '"' => string(rest),
            'r' if !is_part || text[..at].ends_with('b') => raw_string(rest).unwrap_or(1),
            other => other.len_utf8(),
        };
        let token = &rest[..length];
        if token.len() > 1 && token.ends_with(['"', '#']) && !token.starts_with(['/', '\'']) {
            found.push((line, token));
        }
        line += token.matches('\n').count();
        at += length;
    }
    found
}

/// How long `'x'` is; a lifetime's quote stands alone.
fn character(rest: &str) -> usize {
    let mut inside = rest.char_indices().skip(1);
    let escaped = inside.next().is_some_and(|(_, one)| one == '\\');
    let closes = if escaped {
        // What is escaped may be a quote.
        inside.skip(1).find(|(_, one)| *one == '\'')
    } else {
        inside.next().filter(|(_, one)| *one == '\'')
    };
    closes.map_or(1, |(at, _)| at + 1)
}

fn string(rest: &str) -> usize {
    let mut escaped = false;
    for (at, one) in rest.char_indices().skip(1) {
        if one == '"' && !escaped {
            return at + 1;
        }
        escaped = one == '\\' && !escaped;
    }
    rest.len()
}

fn raw_string(rest: &str) -> Option<usize> {
    let opening = &rest[..=rest.find('"')?];
    let hashes = opening.strip_prefix('r')?.strip_suffix('"')?;
    let closing = format!("\"{hashes}");
    let is_one = hashes.chars().all(|one| one == '#');
    let ends = rest[opening.len()..].find(&closing)?;
    is_one.then_some(opening.len() + ends + closing.len())
}

/// How a string begins that is a statement. A part of one has placeholders.
const OPENINGS: &[&str] = &[
    "select ",
    "insert ",
    "update ",
    "delete from ",
    "create ",
    "drop ",
    "alter ",
    "pragma ",
    "begin immediate",
    "savepoint ",
    "release ",
    "vacuum",
    "attach ",
    "with ",
    "where ",
];

/// The words that SQL itself brings.
const KEYWORDS: &str = "select insert into update delete from where values set create table index unique drop alter \
    rename add column pragma begin immediate commit rollback savepoint release order by group having limit join left on \
    and or not null in is exists if as primary key references default check strict without rowid conflict do nothing \
    replace returning distinct case when then else end union all asc desc integer text real blob any trigger view vacuum \
    attach detach like between";

/// The first keyword in upper case, if the string is a statement or a part of one.
pub(crate) fn shouted(string: &str) -> Option<&str> {
    let opening = string.trim_start_matches(|one: char| "r#\"\\".contains(one) || one.is_whitespace());
    let opening = opening.to_ascii_lowercase();
    let is_statement = OPENINGS.iter().any(|one| opening.starts_with(one)) || string.contains("?1");
    is_statement.then(|| shouted_keyword(string))?
}

/// The first keyword in upper case; what stands in `{}` is a name of the program's.
pub(crate) fn shouted_keyword(text: &str) -> Option<&str> {
    let words = text.split(|one: char| !(one.is_alphanumeric() || "_{".contains(one)));
    let mut shouted = words.filter(|word| word.chars().all(|one| one.is_ascii_uppercase()));
    shouted.find(|word| {
        let word = word.to_ascii_lowercase();
        KEYWORDS.split_whitespace().any(|keyword| keyword == word)
    })
}

#[test]
fn a_keyword_in_upper_case_is_found_wherever_a_statement_can_stand() {
    let loud = "Delete From token".to_uppercase();
    let found = |code: &str| {
        let strings = strings(code).into_iter();
        let lines = strings.filter_map(|(line, string)| shouted(string).map(|_| line));
        lines.collect::<Vec<_>>()
    };
    let check = |code: &str, expected: &[usize]| assert_eq!(found(code), expected, "{code}");
    check(&format!("run('\"', \"\\\"\",\n\"{loud}\")"), &[2]);
    check(&format!("run(r#\"\n    {loud}\"#)"), &[1]);
    check(&format!("fn run<'a>() {{}}\n\n\"\\\n  {loud}\""), &[3]);
    check(&format!("\" {} id = ?1\"", "where".to_uppercase()), &[1]);
    check(&format!("// \"{loud}\"\nlet r = 1;"), &[]);
    check("\"{SELECT} where id = ?1\"", &[]);
    check("\"BEGIN LIST VAR rack\"", &[]);
}
