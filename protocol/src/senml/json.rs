//! A reader of JSON that keeps numbers as they were written and knows where each record begins and ends. Values must come
//! back bit for bit and bad records go to the dead letters as they came, which a general reader does not offer.

use std::borrow::Cow;

/// How deep arrays and objects may be nested in fields that are skipped.
const DEPTH: usize = 32;

/// Where and why a text is not JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SyntaxError {
    pub(super) at: usize,
    pub(super) expected: &'static str,
}

/// A value of a record's field.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value<'a> {
    Null,
    Boolean(bool),
    /// As written.
    Number(&'a str),
    Text(Cow<'a, str>),
    /// An array or object, skipped.
    Nested,
}

pub(super) struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
}

type Read<T> = Result<T, SyntaxError>;

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            bytes: text.as_bytes(),
            at: 0,
        }
    }

    pub(super) fn error<T>(&self, expected: &'static str) -> Read<T> {
        Err(SyntaxError {
            at: self.at,
            expected,
        })
    }

    pub(super) fn position(&self) -> usize {
        self.at
    }

    pub(super) fn text_from(&self, start: usize) -> &'a str {
        &self.text[start..self.at]
    }

    /// The next byte that is not white space.
    pub(super) fn peek(&mut self) -> Option<u8> {
        while let Some(byte) = self.bytes.get(self.at) {
            if !matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
                return Some(*byte);
            }
            self.at += 1;
        }
        None
    }

    /// Takes `byte` if it comes next.
    pub(super) fn take(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    pub(super) fn expect(&mut self, byte: u8, name: &'static str) -> Read<()> {
        if self.take(byte) { Ok(()) } else { self.error(name) }
    }

    pub(super) fn value(&mut self) -> Read<Value<'a>> {
        match self.peek() {
            Some(b'"') => self.string().map(Value::Text),
            Some(b'-' | b'0'..=b'9') => self.number().map(Value::Number),
            Some(b't') => self.word("true").map(|()| Value::Boolean(true)),
            Some(b'f') => self.word("false").map(|()| Value::Boolean(false)),
            Some(b'n') => self.word("null").map(|()| Value::Null),
            Some(b'[' | b'{') => self.skip_nested(0).map(|()| Value::Nested),
            _ => self.error("a value"),
        }
    }

    fn word(&mut self, word: &'static str) -> Read<()> {
        if self.bytes[self.at..].starts_with(word.as_bytes()) {
            self.at += word.len();
            Ok(())
        } else {
            self.error(word)
        }
    }

    fn digits(&mut self) -> Read<()> {
        let start = self.at;
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        if self.at == start {
            self.error("a digit")
        } else {
            Ok(())
        }
    }

    fn number(&mut self) -> Read<&'a str> {
        let start = self.at;
        self.at += usize::from(self.bytes[self.at] == b'-');
        if self.bytes.get(self.at) == Some(&b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.bytes.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.bytes.get(self.at), Some(b'e' | b'E')) {
            self.at += 1;
            self.at += usize::from(matches!(self.bytes.get(self.at), Some(b'+' | b'-')));
            self.digits()?;
        }
        Ok(&self.text[start..self.at])
    }

    pub(super) fn string(&mut self) -> Read<Cow<'a, str>> {
        self.expect(b'"', "a string")?;
        let start = self.at;
        loop {
            match self.bytes.get(self.at) {
                Some(b'"') => {
                    let text = &self.text[start..self.at];
                    self.at += 1;
                    return Ok(Cow::Borrowed(text));
                }
                Some(b'\\') => return self.escaped(start).map(Cow::Owned),
                Some(0..=0x1f) => return self.error("an escaped control character"),
                Some(_) => self.at += 1,
                None => return self.error("the end of a string"),
            }
        }
    }

    fn escaped(&mut self, start: usize) -> Read<String> {
        let mut text = self.text[start..self.at].to_owned();
        let mut plain = self.at;
        loop {
            match self.bytes.get(self.at) {
                Some(b'"') => {
                    text.push_str(&self.text[plain..self.at]);
                    self.at += 1;
                    return Ok(text);
                }
                Some(b'\\') => {
                    text.push_str(&self.text[plain..self.at]);
                    self.at += 1;
                    text.push(self.escape()?);
                    plain = self.at;
                }
                Some(0..=0x1f) => return self.error("an escaped control character"),
                Some(_) => self.at += 1,
                None => return self.error("the end of a string"),
            }
        }
    }

    fn escape(&mut self) -> Read<char> {
        let Some(byte) = self.bytes.get(self.at) else {
            return self.error("an escape");
        };
        let character = match byte {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                self.at += 1;
                return self.unicode();
            }
            _ => return self.error("an escape"),
        };
        self.at += 1;
        Ok(character)
    }

    fn unicode(&mut self) -> Read<char> {
        let high = self.four_digits()?;
        let code = if (0xd800..0xdc00).contains(&high) {
            if !self.bytes[self.at..].starts_with(b"\\u") {
                return self.error("the second half of a surrogate pair");
            }
            self.at += 2;
            let low = self.four_digits()?;
            if !(0xdc00..0xe000).contains(&low) {
                return self.error("the second half of a surrogate pair");
            }
            0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00)
        } else {
            high
        };
        match char::from_u32(code) {
            Some(character) => Ok(character),
            None => self.error("the first half of a surrogate pair"),
        }
    }

    fn four_digits(&mut self) -> Read<u32> {
        let mut code = 0;
        for _ in 0..4 {
            let digit = self
                .bytes
                .get(self.at)
                .and_then(|byte| char::from(*byte).to_digit(16));
            let Some(digit) = digit else {
                return self.error("four hexadecimal digits");
            };
            code = code * 16 + digit;
            self.at += 1;
        }
        Ok(code)
    }

    fn skip_nested(&mut self, depth: usize) -> Read<()> {
        if depth == DEPTH {
            return self.error("less deep nesting");
        }
        let object = self.bytes[self.at] == b'{';
        self.at += 1;
        let close = if object { b'}' } else { b']' };
        if self.take(close) {
            return Ok(());
        }
        loop {
            if object {
                self.peek();
                self.string()?;
                self.expect(b':', "`:`")?;
            }
            match self.peek() {
                Some(b'[' | b'{') => self.skip_nested(depth + 1)?,
                _ => drop(self.value()?),
            }
            if self.take(close) {
                return Ok(());
            }
            self.expect(b',', "`,` or the end")?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) {
        let mut reader = Reader::new(text);
        let read = reader.value();
        let ours = read.is_ok() && reader.peek().is_none();
        let theirs = serde_json::from_str::<serde_json::Value>(text);
        // serde_json refuses numbers that overflow; here that is the record's matter.
        if !text.contains("e99") {
            assert_eq!(ours, theirs.is_ok(), "{text}");
        }
        if let (Ok(Value::Text(ours)), Ok(theirs)) = (&read, &theirs) {
            assert_eq!(Some(ours.as_ref()), theirs.as_str());
        }
    }

    #[test]
    fn it_agrees_with_a_general_reader() {
        for text in [
            "1",
            "-1",
            "-",
            "01",
            "1.",
            "1.5",
            ".5",
            "1e5",
            "1e",
            "1E+05",
            "1e999",
            "true",
            "tru",
            "null",
            "nul",
            "\"a\"",
            "\"a",
            "\"\\n\\u0041\\\"\"",
            "\"\\ud83d\\ude00\"",
            "\"\\ud83d\"",
            "\"\\ude00\"",
            "\"\\x\"",
            "\"\u{1}\"",
            "\"é\"",
            "[]",
            "[1,2]",
            "[1,]",
            "[1 2]",
            "{}",
            "{\"a\":1}",
            "{\"a\" : [ {} , [] ] }",
            "{a:1}",
            "{\"a\":1,}",
            "{\"a\"}",
            "",
            " ",
            "NaN",
            "Infinity",
            "[[[[1]]]]",
            "\"\\u00e\"",
            "[1}",
        ] {
            check(text);
        }
        assert!(Reader::new(&"[".repeat(100_000)).value().is_err());
    }
}
