//! An error with its causes, in one line for people.

use std::error::Error;

/// The error's own words, then those of each cause that has not been said yet: many messages hold their cause, so that advice can follow it.
pub fn with_causes(error: &(dyn Error + 'static)) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let words = error.to_string();
        if !said.contains(&words) {
            said = format!("{said}: {words}");
        }
        cause = error.source();
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{words}")]
    struct Layer {
        words: &'static str,
        source: Option<Box<Layer>>,
    }

    #[test]
    fn a_cause_is_said_once() {
        let layer = |words, source: Option<Layer>| Layer {
            words,
            source: source.map(Box::new),
        };
        let taken = || Some(layer("address in use", None));
        let check = |error: Layer, expected: &str| assert_eq!(with_causes(&error), expected);
        check(layer("port 80", taken()), "port 80: address in use");
        check(
            layer("port 80: address in use; is another server running?", taken()),
            "port 80: address in use; is another server running?",
        );
        check(
            layer("the server did not start", Some(layer("port 80", taken()))),
            "the server did not start: port 80: address in use",
        );
    }
}
