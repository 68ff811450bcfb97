//! What becomes of a spool that is another's.

use std::os::unix::fs::MetadataExt;

use plenum_protocol::streams::{Class, StreamId};
use plenum_protocol::{Duration, Reading, Size};

use super::*;
use crate::config::SpoolConfig;
use crate::moment::Moment;
use crate::spool::{Batch, Spool, SpoolReader};

fn moment(seconds: i64) -> Moment {
    Moment {
        wall: Timestamp::from_milliseconds(1_700_000_000_000 + seconds * 1_000),
        boot: Duration::from_seconds(seconds),
        synchronised: true,
    }
}

fn name(text: &str) -> AgentName {
    text.parse().unwrap()
}

fn open(folder: &tempfile::TempDir, owner: &str) -> Result<Spool, SpoolError> {
    let config = SpoolConfig {
        path: folder.path().join("spool.db"),
        maximum: Size(1 << 20),
    };
    Spool::open_as(&name(owner), &config, "boot", moment(9))
}

/// Ten batches of a single reading each, of which three are acknowledged.
fn filled(folder: &tempfile::TempDir) -> StreamId {
    let mut spool = open(folder, "zaandam/pi-a1").unwrap();
    assert_eq!(spool.next_start().unwrap(), 1);
    spool.pin(&"d-1".parse().unwrap()).unwrap();
    spool.tell().unwrap();
    for number in 0..10 {
        let channel = "inlet-a3/temperature".parse().unwrap();
        let readings = vec![Reading::new(channel, moment(number).wall, Ok(number as f64))];
        let class = Class::Routine;
        spool
            .commit(&[Batch { class, readings }], moment(number))
            .unwrap();
    }
    let stream = spool.heads().borrow()[1].id.clone();
    spool.notes().acknowledge(&stream, 3);
    spool.commit(&[], moment(10)).unwrap();
    stream
}

fn refused(folder: &tempfile::TempDir) -> SpoolAtRest {
    let error = open(folder, "zaandam/pi-b2").map(drop).unwrap_err().to_string();
    let told = [
        "zaandam/pi-a1's",
        "zaandam/pi-b2",
        "plenum-agent adopt --discard",
        "--keep",
    ];
    assert!(told.iter().all(|word| error.contains(word)), "{error}");
    SpoolAtRest::open(&folder.path().join("spool.db"))
        .unwrap()
        .unwrap()
}

#[test]
fn it_says_what_it_holds() {
    let folder = tempfile::tempdir().unwrap();
    filled(&folder);
    let holding = refused(&folder).holding().unwrap();
    let expected = Holding {
        owner: Some(name("zaandam/pi-a1")),
        follows: Some("d-1".parse().unwrap()),
        batches: 10,
        readings: 10,
        unsent_batches: 7,
        unsent_readings: 7,
        from: Some(moment(0).wall),
        to: Some(moment(9).wall),
    };
    assert_eq!(holding, expected);
    drop(open(&folder, "zaandam/pi-a1").unwrap());
}

#[test]
fn a_renamed_host_sends_what_is_not_delivered_under_a_name_that_nobody_knows() {
    let folder = tempfile::tempdir().unwrap();
    let stream = filled(&folder);
    refused(&folder).keep(&name("zaandam/pi-b2")).unwrap();
    assert!(matches!(
        open(&folder, "zaandam/pi-a1"),
        Err(SpoolError::Owner { .. })
    ));
    let mut spool = open(&folder, "zaandam/pi-b2").unwrap();
    assert_eq!(spool.next_start().unwrap(), 2);
    let heads = spool.heads().borrow().clone();
    let held = &heads[0];
    assert_eq!((held.first, held.last, held.through, held.told), (1, 7, 0, false));
    assert_ne!(held.id, stream);
    let reader = SpoolReader::open(spool.path(), "boot").unwrap();
    for seq in 1..=7 {
        let readings = reader.row(&held.id, seq).unwrap().unwrap().readings;
        assert_eq!(readings[0].outcome, Ok((seq + 2) as f64));
    }
    assert_eq!(reader.held().unwrap().len(), 7);
}

#[test]
fn a_copied_card_begins_anew() {
    let folder = tempfile::tempdir().unwrap();
    filled(&folder);
    let file = || std::fs::metadata(folder.path().join("spool.db")).unwrap().ino();
    let before = file();
    refused(&folder).discard(&name("zaandam/pi-b2")).unwrap();
    assert_eq!(file(), before, "the file stays the same user's");
    let mut spool = open(&folder, "zaandam/pi-b2").unwrap();
    assert_eq!((spool.next_start().unwrap(), spool.pinned().unwrap()), (2, None));
    assert!(spool.heads().borrow().iter().all(|head| head.last == 0));
}
