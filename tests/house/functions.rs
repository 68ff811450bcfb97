//! How long a function is. rustfmt gives each its closing brace at its own indentation, so counting lines is enough.

/// A function of a file.
pub(crate) struct Function<'a> {
    /// As it is declared, without what it is a method of.
    pub(crate) name: &'a str,
    /// Its lines, signature and braces included, without its longest `match`: a table of cases may be as long as the cases are.
    pub(crate) lines: usize,
}

/// The functions of a file, those within others included.
pub(crate) fn functions(text: &str) -> Vec<Function<'_>> {
    let lines: Vec<&str> = text.lines().collect();
    let begins = lines
        .iter()
        .enumerate()
        .filter_map(|(at, line)| Some((at, name(line)?)));
    begins
        .filter_map(|(at, name)| {
            let body = &lines[at..=at + end(&lines[at..])?];
            Some(Function {
                name,
                lines: body.len() - longest_match(body),
            })
        })
        .collect()
}

fn name(line: &str) -> Option<&str> {
    let mut rest = line.trim_start();
    for word in ["pub", "(crate)", "(super)", "const", "async", "unsafe"] {
        rest = rest.strip_prefix(word).unwrap_or(rest).trim_start();
    }
    let rest = rest.strip_prefix("fn ")?;
    rest.split(['(', '<']).next()
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// Where what begins at the first line ends; nothing for a declaration without a body.
fn end(lines: &[&str]) -> Option<usize> {
    let opens = lines.iter().position(|line| line.ends_with(['{', ';', '}']))?;
    if lines[opens].ends_with(';') {
        return None;
    }
    if lines[opens].ends_with('}') {
        return Some(opens);
    }
    let depth = indentation(lines[0]);
    let closes = lines[opens + 1..]
        .iter()
        .position(|line| line.trim_start().starts_with('}') && indentation(line) == depth)?;
    Some(opens + 1 + closes)
}

fn longest_match(body: &[&str]) -> usize {
    let begins = (1..body.len()).filter(|at| body[*at].contains("match ") && body[*at].ends_with('{'));
    begins.filter_map(|at| end(&body[at..])).max().unwrap_or(0)
}
