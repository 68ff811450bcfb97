//! What the process's log says of whoever tries to log in.

use std::fmt::Debug;
use std::sync::Mutex;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use super::*;

/// Hears what this thread logs, a line an event.
#[derive(Clone, Default)]
struct Ear(Arc<Mutex<Vec<String>>>);

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0 += &format!("{}={value:?} ", field.name());
    }
}

impl Subscriber for Ear {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        let mut line = Line(String::new());
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[tokio::test]
async fn a_password_that_was_typed_as_a_name_is_not_logged() {
    let fixture = Fixture::with_anna().await;
    let ear = Ear::default();
    let guard = tracing::subscriber::set_default(ear.clone());
    for name in [PASSWORD, "anna"] {
        assert!(fixture.log_in(name, "cold racks hum softly").await.is_err());
    }
    drop(guard);
    let heard = ear.0.lock().unwrap().join("\n");
    assert_eq!(heard.matches("a log-in failed").count(), 2, "{heard}");
    assert!(heard.contains("anna") && !heard.contains("racks"), "{heard}");
}
