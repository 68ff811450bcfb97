//! What a text names: paths of the tree, commands to type, modules, words.

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

/// The modules of the own crate that a line names.
pub(crate) fn imported(line: &str) -> impl Iterator<Item = &str> {
    let rests = line.match_indices("crate::").filter(|(at, _)| {
        !line[..*at].ends_with(|one: char| one.is_alphanumeric() || one == '_' || one == '$')
    });
    let names = rests
        .map(|(at, path)| line[at + path.len()..].split(|one: char| !one.is_alphanumeric() && one != '_'));
    names.filter_map(|mut words| words.next())
}

/// Whether the word stands in the line and is not a part of a longer one.
pub(crate) fn has_word(line: &str, word: &str) -> bool {
    let part = |character: char| character.is_alphanumeric() || character == '_';
    line.match_indices(word).any(|(at, _)| {
        let (before, after) = (&line[..at], &line[at + word.len()..]);
        let ends_open = word.ends_with("::");
        (!word.starts_with(part) || !before.ends_with(part)) && (ends_open || !after.starts_with(part))
    })
}
