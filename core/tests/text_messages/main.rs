//! Two libraries of PyPI, which know nothing of this code, read what it writes; what one of them writes is read here: 10,000 random texts.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]
#![expect(clippy::print_stdout, reason = "the figures are what a long run is for")]

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use plenum_core::modem::pdu::{self, Address, Parts, Received};
use plenum_protocol::Steady;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

const TEXTS: usize = 10_000;
const BASIC: &str =
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCXYZÄÖÑÜ§¿abcxyzäöñüà";
const EXTENDED: &str = "^{}\\[~]|€";
const WIDE: &str = "жçë漢🔥👩‍🚒ﷺ";

/// Of the basic alphabet, of it with escapes, or of anything; most short, some of many parts.
fn text(random: &mut StdRng) -> String {
    let (basic, extended, wide): (Vec<char>, Vec<char>, Vec<char>) = (
        BASIC.chars().collect(),
        EXTENDED.chars().collect(),
        WIDE.chars().collect(),
    );
    let kind = random.random_range(0..3);
    let length = match random.random_range(0..4) {
        0 => random.random_range(0..12),
        1 => random.random_range(60..80),
        2 => random.random_range(145..165),
        _ => random.random_range(0..500),
    };
    let one = |random: &mut StdRng| match (kind, random.random_range(0..10)) {
        (1 | 2, 0) => extended[random.random_range(0..extended.len())],
        (2, 1) => wide[random.random_range(0..wide.len())],
        _ => basic[random.random_range(0..basic.len())],
    };
    (0..length).map(|_| one(random)).collect()
}

/// A number of any length that there is.
fn number(random: &mut StdRng) -> String {
    let digits = random.random_range(8..=15);
    let digit = |_| char::from(b'0' + random.random_range(1..10) as u8);
    format!("+{}", (0..digits).map(digit).collect::<String>())
}

fn ask(questions: &str) -> Vec<Value> {
    let python = std::env::var("PLENUM_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/tests/text_messages/compare.py");
    let mut child = Command::new(&python)
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{python}: {error}; install it with: apt-get install python3"));
    let mut stdin = child.stdin.take().unwrap();
    let questions = questions.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(questions.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(
        output.status.success(),
        "compare.py failed; its libraries: pip install python-gsmmodem-new smspdudecoder (tests/run does)"
    );
    let lines = String::from_utf8(output.stdout).unwrap();
    lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn ten_thousand_random_texts_mean_the_same_to_both() {
    let mut random = StdRng::seed_from_u64(4_711);
    let texts: Vec<(String, String)> = (0..TEXTS)
        .map(|_| (number(&mut random), text(&mut random)))
        .collect();
    let mut questions = String::new();
    for (reference, (number, text)) in texts.iter().enumerate() {
        let sent = pdu::split(&Address::of_number(number), text, reference as u8);
        let lengths: Vec<usize> = sent.iter().map(|submit| submit.length).collect();
        let pdus: Vec<&str> = sent.iter().map(|submit| submit.pdu.as_str()).collect();
        questions += &json!({"number": number, "text": text, "pdus": pdus, "lengths": lengths}).to_string();
        questions += "\n";
    }
    let answers = ask(&questions);
    assert_eq!(answers.len(), TEXTS);
    let (mut parts, mut several, mut unwritten) = (Parts::default(), 0, 0);
    for ((number, text), answer) in texts.iter().zip(answers) {
        assert_eq!(answer["wrong"], Value::Null, "{text:?}");
        if answer["pdus"].is_null() {
            unwritten += 1;
            continue;
        }
        let theirs: Vec<&str> = answer["pdus"]
            .as_array()
            .unwrap()
            .iter()
            .map(|pdu| pdu.as_str().unwrap())
            .collect();
        several += usize::from(theirs.len() > 1);
        let mut read = None;
        for theirs in theirs {
            let Ok(Received::Deliver(message)) = pdu::read(theirs) else {
                panic!("{theirs} of {text:?} is not read");
            };
            assert_eq!(message.from.as_str(), number);
            read = match &message.part {
                Some(part) => parts.take(&message.from, part, message.text, Steady::from_milliseconds(0)),
                None => Some(message.text),
            };
        }
        assert_eq!(read.as_ref(), Some(text));
    }
    assert!(several > TEXTS / 5, "{several} have several parts");
    assert!(unwritten < TEXTS / 3, "{unwritten} were not written by theirs");
    println!("{TEXTS} texts, {several} of several parts; {unwritten} beyond what theirs can write");
}
