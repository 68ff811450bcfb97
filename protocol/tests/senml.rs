//! The SenML codec: RFC 8428's examples, readings there and back, what is refused and why, and bytes at random.

#![expect(clippy::unwrap_used, reason = "in a test whatever is missing is a failure")]

use plenum_protocol::senml::resolve::{Record, Value, resolve};
use plenum_protocol::senml::{MessageError, Pack, Times, decode, encode, encode::size_bound};
use plenum_protocol::{Channel, Fault, Identifier, Outcome, Quantity, Reading, Timestamp};
use proptest::prelude::*;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

const NOW: Timestamp = Timestamp::from_milliseconds(1_781_748_725_250);

fn site() -> Identifier {
    "zaandam".parse().unwrap()
}

fn agent() -> Identifier {
    "pi-a1".parse().unwrap()
}

fn read(text: &str) -> Result<Pack, MessageError> {
    decode(&site(), &agent(), text.as_bytes(), NOW)
}

/// Resolves a pack into one line a record: name, unit, value, instant.
fn resolved(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let line = |record: Record<'_>| {
        let value = match record.value {
            Some(Value::Number(number)) => number.to_string(),
            Some(Value::Text(text)) => format!("{text:?}"),
            Some(Value::Boolean(state)) => state.to_string(),
            Some(Value::Data(data)) => format!("data {data}"),
            None => format!("sum {:?}", record.sum),
        };
        let unit = record.unit.or(record.base_unit).unwrap_or("-");
        format!(
            "{}{} {unit} {value} {}",
            record.base_name,
            record.name,
            record.at.milliseconds() - NOW.milliseconds()
        )
    };
    resolve(text.as_bytes(), NOW, |_, record| {
        lines.push(record.map_or_else(|why| why, line))
    })
    .unwrap();
    lines
}

fn check_resolved(text: &str, expected: &[&str]) {
    assert_eq!(resolved(text), expected, "{text}");
}

#[test]
fn the_examples_of_rfc_8428_resolve() {
    check_resolved(
        r#"[{"n":"urn:dev:ow:10e2073a01080063","u":"Cel","v":23.1}]"#,
        &["urn:dev:ow:10e2073a01080063 Cel 23.1 0"],
    );
    check_resolved(
        r#"[{"bn":"urn:dev:ow:10e2073a01080063:","n":"voltage","u":"V","v":120.1},{"n":"current","u":"A","v":1.2}]"#,
        &[
            "urn:dev:ow:10e2073a01080063:voltage V 120.1 0",
            "urn:dev:ow:10e2073a01080063:current A 1.2 0",
        ],
    );
    let base = |seconds: f64| (seconds * 1_000.0) as i64 - NOW.milliseconds();
    let at = base(1_276_020_076.001);
    check_resolved(
        r#"[{"bn":"urn:dev:ow:10e2073a0108006:","bt":1.276020076001e+09,"bu":"A","bver":5,"n":"voltage","u":"V","v":120.1},
            {"n":"current","t":-5,"v":1.2},{"n":"current","t":-4,"v":1.3},{"n":"current","v":1.7}]"#,
        &[
            &format!("urn:dev:ow:10e2073a0108006:voltage V 120.1 {at}"),
            &format!("urn:dev:ow:10e2073a0108006:current A 1.2 {}", at - 5_000),
            &format!("urn:dev:ow:10e2073a0108006:current A 1.3 {}", at - 4_000),
            &format!("urn:dev:ow:10e2073a0108006:current A 1.7 {at}"),
        ],
    );
    let at = base(1_320_067_464.0);
    check_resolved(
        r#"[{"bn":"urn:dev:ow:10e2073a01080063","bt":1.320067464e+09,"bu":"%RH","v":20},{"u":"lon","v":24.30621},
            {"t":60,"v":20.3},{"u":"lat","t":60,"v":60.07965}]"#,
        &[
            &format!("urn:dev:ow:10e2073a01080063 %RH 20 {at}"),
            &format!("urn:dev:ow:10e2073a01080063 lon 24.30621 {at}"),
            &format!("urn:dev:ow:10e2073a01080063 %RH 20.3 {}", at + 60_000),
            &format!("urn:dev:ow:10e2073a01080063 lat 60.07965 {}", at + 60_000),
        ],
    );
    check_resolved(
        r#"[{"bn":"urn:dev:ow:10e2073a01080063:","n":"temp","u":"Cel","v":23.1},{"n":"label","vs":"Machine Room"},
            {"n":"open","vb":false},{"n":"nfc-reader","vd":"aGkgCg"}]"#,
        &[
            "urn:dev:ow:10e2073a01080063:temp Cel 23.1 0",
            "urn:dev:ow:10e2073a01080063:label - \"Machine Room\" 0",
            "urn:dev:ow:10e2073a01080063:open - false 0",
            "urn:dev:ow:10e2073a01080063:nfc-reader - data aGkgCg 0",
        ],
    );
    let at = base(1_320_078_429.0);
    check_resolved(
        r#"[{"bn":"2001:db8::2/","bt":1.320078429e+09,"n":"temperature","u":"Cel","v":25.2},{"n":"humidity","u":"%RH","v":30},
            {"bn":"2001:db8::1/","n":"temperature","u":"Cel","v":12.3},{"n":"humidity","u":"%RH","v":67}]"#,
        &[
            &format!("2001:db8::2/temperature Cel 25.2 {at}"),
            &format!("2001:db8::2/humidity %RH 30 {at}"),
            &format!("2001:db8::1/temperature Cel 12.3 {at}"),
            &format!("2001:db8::1/humidity %RH 67 {at}"),
        ],
    );
}

#[test]
fn base_values_sums_and_relative_times_resolve() {
    check_resolved(
        r#"[{"bn":"a","bv":20,"bs":5},{"n":"1","v":1.5},{"n":"2","s":3,"v":0},{"n":"3"},{"n":"4","t":-2.5,"v":-20}]"#,
        &["a1 - 21.5 0", "a2 - 20 0", "a3 - 20 0", "a4 - 0 -2500"],
    );
    check_resolved(r#"[{"n":"a","s":7}]"#, &["a - sum Some(7.0) 0"]);
    check_resolved(r#"[{"n":"a","t":268435455.999,"v":1}]"#, &["a - 1 268435455999"]);
    let at = 268_435_456_000 - NOW.milliseconds();
    check_resolved(r#"[{"n":"a","t":268435456,"v":1}]"#, &[&format!("a - 1 {at}")]);
    // Floating seconds come back as the millisecond that was meant.
    let at = 1_781_748_725_999 - NOW.milliseconds();
    check_resolved(
        r#"[{"bt":1781748725.998,"n":"a","t":0.001,"v":1}]"#,
        &[&format!("a - 1 {at}")],
    );
}

/// Records below `bn` of our agent: each is a reading or refused for a reason that contains the text.
fn check_record(record: &str, expected: Result<Outcome, &str>) {
    let good = r#"{"bn":"zaandam/pi-a1/","n":"good/temperature","u":"Cel","v":21.5}"#;
    let text = format!("[{good},{record},{}]", good.replace("good", "better"));
    let pack = read(&text).unwrap();
    match expected {
        Ok(outcome) => {
            assert_eq!(pack.bad, vec![], "{record}");
            assert_eq!(pack.readings[1].outcome, outcome, "{record}");
        }
        Err(reason) => {
            assert_eq!(pack.bad.len(), 1, "{record}: {pack:?}");
            assert!(
                pack.bad[0].reason.contains(reason),
                "{record}: {}",
                pack.bad[0].reason
            );
            assert_eq!(pack.bad[0].text, record);
            assert_eq!(pack.readings.len(), 2, "the rest is kept");
        }
    }
}

#[test]
fn a_record_gives_its_value_or_its_fault() {
    check_record(r#"{"n":"a/temperature","u":"Cel","v":-12.5}"#, Ok(Ok(-12.5)));
    check_record(r#"{"n":"a/smoke","vb":true}"#, Ok(Ok(1.0)));
    check_record(r#"{"n":"a/temperature","vs":"timeout"}"#, Ok(Err(Fault::Timeout)));
    check_record(r#"{"n":"a/smoke","vs":"molten"}"#, Ok(Err(Fault::Unrecognised)));
    check_record(
        r#"{"n":"a/temperature","u":"Cel","v":1,"colour":{"x":[1,"]}"]}}"#,
        Ok(Ok(1.0)),
    );
    check_record(
        r#"{"n":"a\/temperature","u":"Cel","v":1e1,"ut":60,"s":5}"#,
        Ok(Ok(10.0)),
    );
}

#[test]
fn a_record_that_is_wrong_is_refused_alone_and_with_its_reason() {
    check_record(
        r#"{"n":"a/temperature","u":"K","v":290}"#,
        Err("the unit of `temperature` is `Cel`, not `K`"),
    );
    check_record(
        r#"{"n":"a/co2","u":"ppm","v":400}"#,
        Err("the unit of `co2` is `/`, not `ppm`"),
    );
    check_record(r#"{"n":"a/temperature","v":20}"#, Err("has no unit"));
    check_record(
        r#"{"n":"a/temperature","u":"Cel","vs":"timeout"}"#,
        Err("faults, which have no unit"),
    );
    check_record(
        r#"{"n":"a/temperature","u":"Cel","v":851}"#,
        Err("not a possible temperature"),
    );
    check_record(
        r#"{"n":"a/temperature","u":"Cel","v":1e999}"#,
        Err("`v` is not finite"),
    );
    check_record(
        r#"{"n":"a/temperature","u":"Cel","v":"20"}"#,
        Err("`v` is not a number"),
    );
    check_record(
        r#"{"n":"a/temperature","u":"Cel","v":null}"#,
        Err("`v` is not a number"),
    );
    check_record(r#"{"n":"a/temperature","u":"Cel"}"#, Err("no value"));
    check_record(
        r#"{"n":"a/temperature","u":"Cel","v":1,"vs":"stuck"}"#,
        Err("more than one of"),
    );
    check_record(
        r#"{"n":"a/temperature","u":"Cel","v":1,"v":2}"#,
        Err("`v` stands there twice"),
    );
    check_record(r#"{"n":"a/temperature","vb":true}"#, Err("write `v`"));
    check_record(r#"{"n":"a/smoke","v":1}"#, Err("write `vb`"));
    check_record(r#"{"n":"a/smoke","vb":1}"#, Err("neither true nor false"));
    check_record(r#"{"n":"a/smoke","vd":"aGkgCg"}"#, Err("`vd` is not a reading"));
    check_record(r#"{"n":"a/temperature","vd":"*"}"#, Err("base64"));
    check_record(r#"{"n":"a/temperature","u":"Cel","s":1}"#, Err("a sum"));
    check_record(r#"{"n":"a/warmth","u":"Cel","v":1}"#, Err("not a valid quantity"));
    check_record(
        r#"{"n":"A/temperature","u":"Cel","v":1}"#,
        Err("not a valid identifier"),
    );
    check_record(r#"{"n":"a b","v":1}"#, Err("not a valid SenML name"));
    check_record(r#"{"n":"a","v":1}"#, Err("1 parts instead of 2"));
    check_record(
        r#"{"n":"a/temperature","u":"Cel","v":1,"t":1e300}"#,
        Err("outside the years"),
    );
    check_record(
        r#"{"n":"a/temperature","u":"Cel","v":1,"t":-1e10}"#,
        Err("outside the years"),
    );
    check_record(
        r#"{"n":"good/temperature","u":"Cel","v":1}"#,
        Err("a second reading"),
    );
    check_record("17", Err("a record is an object"));
    check_record(r#"["n"]"#, Err("a record is an object"));
}

#[test]
fn names_of_others_are_refused() {
    for name in ["zaandam/pi-a2/a/temperature", "a/temperature", "zaandam/pi-a1"] {
        let pack = read(&format!(r#"[{{"n":"{name}","u":"Cel","v":1}}]"#)).unwrap();
        assert!(
            pack.bad[0].reason.contains("under which it was published"),
            "{name}: {pack:?}"
        );
    }
    // However the name is split between `bn` and `n`.
    let pack = read(r#"[{"bn":"zaandam/pi","n":"-a1/a/temperature","u":"Cel","v":1}]"#).unwrap();
    assert_eq!(pack.readings[0].channel.to_string(), "a/temperature");
}

#[test]
fn some_errors_are_the_whole_messages() {
    let check = |text: &str, reason: &str| {
        let error = read(text).unwrap_err().to_string();
        assert!(error.contains(reason), "{text}: {error}");
    };
    check("", "an array of records");
    check("{}", "an array of records");
    check(r#"[{"n":"a"}"#, "at byte 10 `,` or `]`");
    check(r#"[{"n":"a"}] x"#, "the end of the message");
    check(r#"[{"n":"a","v":NaN}]"#, "a value");
    check(r#"[{"n":"a","v":01}]"#, "`,` or `}`");
    check(r#"[{"bver":11,"n":"a","v":1}]"#, "SenML version 11");
    check(r#"[{"bver":"10","n":"a","v":1}]"#, "`bver` is not a number");
    check(
        r#"[{"n":"a","v":1},{"bver":5,"n":"b","v":1}]"#,
        "`bver` changes from 10 to 5",
    );
    check(r#"[{"n":"a","v":1,"lock_":true}]"#, "`lock_` must be understood");
    check(r#"[{"bt":"noon","n":"a","v":1}]"#, "`bt` is not a number");
    check(r#"[{"bt":1e999,"n":"a","v":1}]"#, "`bt` is not finite");
    check(r#"[{"bn":"a","bn":"b","v":1}]"#, "`bn` stands there twice");
    assert_eq!(read(&" ".repeat(262_145)), Err(MessageError::TooLong(262_145)));
    assert_eq!(
        decode(&site(), &agent(), b"[\xff]", NOW),
        Err(MessageError::NotText(1))
    );
    assert_eq!(read("[]"), Ok(Pack::default()));
    assert_eq!(
        read(r#"[{"bver":26,"bn":"zaandam/pi-a1/"}]"#),
        Ok(Pack::default())
    );
}

fn any_reading() -> impl Strategy<Value = Reading> {
    let quantity = prop::sample::select(Quantity::ALL.to_vec());
    let fault = prop::sample::select(Fault::ALL.to_vec());
    let place = 0.0..=1.0;
    (
        "[a-z0-9][a-z0-9-]{0,20}",
        quantity,
        place,
        prop::option::weighted(0.2, fault),
        1_000_000_000_000_i64..1_900_000_000_000,
    )
        .prop_map(|(sensor, quantity, place, fault, at)| {
            let (low, high) = quantity.plausible();
            let value = match quantity.unit() {
                "" => f64::from(u8::from(place > 0.5)),
                _ => low + (high - low) * place,
            };
            let channel = Channel {
                sensor: sensor.parse().unwrap(),
                quantity,
            };
            Reading::new(
                channel,
                Timestamp::from_milliseconds(at),
                fault.map_or(Ok(value), Err),
            )
        })
}

proptest! {
    #[test]
    fn readings_come_back_bit_for_bit(readings in prop::collection::vec(any_reading(), 0..40), delay in 0..100_000_i64) {
        for times in [Times::Absolute, Times::RelativeTo(NOW)] {
            let mut bytes = Vec::new();
            encode(&site(), &agent(), &readings, times, &mut bytes);
            let bound: usize = readings.iter().map(size_bound).sum();
            prop_assert!(bytes.len() <= bound + 160);
            // With relative times the collector's clock counts, and the way there.
            let (received, late) = match times {
                Times::Absolute => (NOW, 0),
                Times::RelativeTo(_) => (Timestamp::from_milliseconds(NOW.milliseconds() + delay), delay),
            };
            let pack = decode(&site(), &agent(), &bytes, received).unwrap();
            prop_assert_eq!(&pack.bad, &vec![]);
            let moved: Vec<Reading> = readings
                .iter()
                .map(|reading| Reading { at: Timestamp::from_milliseconds(reading.at.milliseconds() + late), ..reading.clone() })
                .collect();
            prop_assert_eq!(pack.readings, moved);
        }
    }
}

#[test]
fn a_pack_is_written_as_agreed() {
    let reading = |name: &str, at: i64, outcome| {
        Reading::new(name.parse().unwrap(), Timestamp::from_milliseconds(at), outcome)
    };
    let readings = [
        reading("inlet/temperature", 1_781_748_720_000, Ok(21.5)),
        reading("inlet/humidity", 1_781_748_720_000, Err(Fault::Corrupt)),
        reading("door/door-open", 1_781_748_725_001, Ok(1.0)),
        reading("ups/load", 1_781_748_720_000, Ok(1e-7)),
        reading("ups/voltage", 1_781_748_720_000, Ok(f64::NAN)),
    ];
    let mut bytes = Vec::new();
    encode(&site(), &agent(), &readings, Times::Absolute, &mut bytes);
    assert_eq!(
        String::from_utf8(bytes).unwrap(),
        concat!(
            r#"[{"bn":"zaandam/pi-a1/","bt":1781748720,"n":"inlet/temperature","u":"Cel","v":21.5},"#,
            r#"{"n":"inlet/humidity","vs":"corrupt"},{"n":"door/door-open","t":5.001,"vb":true},"#,
            r#"{"n":"ups/load","u":"/","v":1e-7},{"n":"ups/voltage","vs":"out-of-range"}]"#
        )
    );
    let mut bytes = Vec::new();
    encode(
        &site(),
        &agent(),
        &readings[..1],
        Times::RelativeTo(NOW),
        &mut bytes,
    );
    assert_eq!(
        String::from_utf8(bytes).unwrap(),
        r#"[{"bn":"zaandam/pi-a1/","bt":-5.250,"n":"inlet/temperature","u":"Cel","v":21.5}]"#
    );
}

/// A small fuzzer for every run of the tests; `fuzz/` has the big one.
#[test]
fn bytes_at_random_never_panic() {
    let mut random = SmallRng::seed_from_u64(8428);
    let seeds: [&[u8]; 3] = [
        br#"[{"bn":"zaandam/pi-a1/","bt":1781748720,"bver":10,"n":"inlet/temperature","u":"Cel","v":21.5,"ut":60},{"n":"a/smoke","t":-5.001,"vb":true}]"#,
        br#"[{"bn":"zaandam/pi-a1/","bu":"Cel","bv":1e2,"bs":0,"n":"a\u00e9\ud83d\ude00\n","vs":"timeout","x":[{"y":[null,true,-0.5E-7]}]}]"#,
        br#"{"state":"online","connection":3,"streams":{"aa":{"first":1,"last":9}},"sensors":[{"id":"a","interval_s":0.5}]}"#,
    ];
    let (mut messages, mut records) = (0, 0);
    for round in 0..60_000 {
        let mut bytes = seeds[round % seeds.len()].to_vec();
        for _ in 0..random.random_range(1..6) {
            let at = random
                .random_range(0..bytes.len().max(1))
                .min(bytes.len().saturating_sub(1));
            match random.random_range(0..5) {
                _ if bytes.is_empty() => bytes.push(b'['),
                0 => bytes[at] = random.random(),
                1 => bytes[at] = b"[]{}\":,\\-+.0e9tfnu_b"[random.random_range(0..20)],
                2 => drop(bytes.remove(at)),
                3 => bytes.truncate(at),
                _ => {
                    let piece = bytes[at..(at + 9).min(bytes.len())].to_vec();
                    bytes.splice(at..at, piece);
                }
            }
        }
        if let Ok(pack) = decode(&site(), &agent(), &bytes, NOW) {
            messages += 1;
            records += pack.bad.len();
            assert!(
                pack.readings
                    .iter()
                    .all(|reading| reading.outcome.is_ok_and(f64::is_finite) || reading.outcome.is_err())
            );
        }
        let _ = plenum_protocol::payload::Status::from_json(&bytes);
        if let Ok(text) = std::str::from_utf8(&bytes) {
            let _ = text.parse::<plenum_protocol::Topic>();
        }
    }
    assert!(
        messages > 500 && records > 100,
        "the mutations reach the inside: {messages} messages, {records} bad records"
    );
}
