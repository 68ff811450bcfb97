//! What a text names: paths of the tree, and commands to type.

/// Everything with a slash in it that does not begin with one, or with a dot, a variable or an address.
pub(crate) fn paths(text: &str) -> impl Iterator<Item = &str> {
    let inside = |character: char| character.is_ascii_alphanumeric() || "/._-:$}{@~".contains(character);
    let words = text.split(move |character| !inside(character));
    let words = words.map(|word| word.trim_end_matches(['.', ':', '/']));
    words.filter(|word| word.contains('/') && !word.contains(['$', '{', '}', ':', '@', '~']))
}

/// What a reader would type: `plenum` or `plenum-agent` with what follows, up to the end of the line or the quotation.
pub(crate) fn command_lines(text: &str) -> Vec<String> {
    // A string in Rust goes on behind its backslash.
    let lines: Vec<&str> = text.split("\\\n").map(str::trim_start).collect();
    let text = lines.concat().replace("/usr/bin/plenum", "plenum");
    let mut found = Vec::new();
    for (at, _) in text.match_indices("plenum") {
        let (before, from) = text.split_at(at);
        let rest = from
            .strip_prefix("plenum-agent")
            .unwrap_or(&from["plenum".len()..]);
        let is_part = before.ends_with(|one: char| one.is_ascii_alphanumeric() || "/.-_\"".contains(one));
        // `cargo test -p plenum-agent lm75` names a package.
        let follows = rest
            .strip_prefix(' ')
            .is_some_and(|rest| rest.starts_with(|one: char| one.is_ascii_lowercase()));
        if is_part || before.ends_with("-p ") || !follows {
            continue;
        }
        let line = from
            .split(['`', '\n', '"', '#', '(', ')', ';', '>', '\\'])
            .next()
            .unwrap_or_default();
        found.push(line.split("  ").next().unwrap_or_default().to_owned());
    }
    found
}
