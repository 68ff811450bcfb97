//! Which commands the program has: asked of the program itself, as a person would, with `--help`.

use std::collections::BTreeMap;
use std::process::Command;

/// The program's answers, each asked for once.
#[derive(Default)]
pub(crate) struct Commands {
    asked: BTreeMap<Vec<String>, Option<String>>,
}

impl Commands {
    /// Whether a line as `plenum site diff 3 4 --json` begins with a command and options that exist; says what does not.
    pub(crate) fn check(&mut self, line: &str) -> Result<(), String> {
        let mut words = line.split_whitespace();
        let mut path = match words.next() {
            Some("plenum") => Vec::new(),
            // The small program is the same command line.
            Some("plenum-agent") => vec!["agent".to_owned()],
            other => return Err(format!("{other:?} is not a program of ours")),
        };
        let mut help = self.help(&path).ok_or("the program does not start")?;
        for word in words {
            if let Some((option, _)) = word
                .starts_with('-')
                .then(|| word.split_once('=').unwrap_or((word, "")))
            {
                if !help.contains(option) {
                    return Err(format!("`plenum {}` has no option `{option}`", path.join(" ")));
                }
            } else if help.contains("<COMMAND>") {
                // `run|check|read` names three.
                for one in word.split('|') {
                    let mut longer = path.clone();
                    longer.push(one.trim_matches([',', '.', ':']).to_owned());
                    let missing = || format!("there is no command `plenum {}`", longer.join(" "));
                    help = self.help(&longer).ok_or_else(missing)?;
                    if !word.contains('|') {
                        path = longer;
                    }
                }
            }
        }
        Ok(())
    }

    fn help(&mut self, path: &[String]) -> Option<String> {
        let known = self.asked.entry(path.to_owned()).or_insert_with(|| {
            let mut program = Command::new(env!("CARGO_BIN_EXE_plenum"));
            let output = program
                .args(path)
                .arg("--help")
                .output()
                .expect("the program was built");
            let help = String::from_utf8(output.stdout).expect("its help is text");
            output.status.success().then_some(help)
        });
        known.clone()
    }
}
