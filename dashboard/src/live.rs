//! The live feed: readings, alarms and agents as server-sent events, put into text once for all screens.
//!
//! Readings are gathered for 250 ms and only the newest of each series is told. The feed holds 256 frames; a screen
//! that falls further behind is cut off and counted: it connects again and asks for the whole.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::sse::{Event, Sse};
use futures::Stream;
use plenum_protocol::{Duration, Timestamp};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::Dashboard;

/// How long readings are gathered.
const GATHER: Duration = Duration::from_milliseconds(250);
/// So many frames may a screen be behind.
const BEHIND: usize = 256;
/// A comment is sent this often, so that both ends notice a dead connection; the session is looked at again as often.
const PING: Duration = Duration::from_seconds(10);
/// So many screens are told at once; one more is refused.
const MOST: u64 = 256;

/// One event as it goes out.
#[derive(Debug, Clone)]
enum Frame {
    /// An event's name and its JSON.
    Event(&'static str, Arc<str>),
    /// Something was missed: every screen is cut off and asks for the whole.
    Missed,
}

/// What all screens are told.
pub(crate) struct Feed {
    frames: broadcast::Sender<Frame>,
    /// Screens that listen now.
    pub(crate) screens: Arc<AtomicU64>,
    /// Screens that were cut off because they were too slow.
    pub(crate) cut_off: AtomicU64,
    /// Times that the feed itself was too slow and cut everyone off.
    pub(crate) missed: AtomicU64,
}

impl Default for Feed {
    fn default() -> Self {
        Self {
            frames: broadcast::channel(BEHIND).0,
            screens: Arc::default(),
            cut_off: AtomicU64::new(0),
            missed: AtomicU64::new(0),
        }
    }
}

impl Feed {
    fn tell(&self, event: &'static str, value: &impl serde::Serialize) {
        match serde_json::to_string(value) {
            // An error means that nobody listens.
            Ok(json) => drop(self.frames.send(Frame::Event(event, json.into()))),
            Err(error) => tracing::error!(%error, event, "a live event could not be written"),
        }
    }

    fn miss(&self) {
        self.missed.fetch_add(1, Ordering::Relaxed);
        drop(self.frames.send(Frame::Missed));
    }
}

/// Ends every stream when the server stops.
#[derive(Clone)]
pub(crate) struct Stop(pub(crate) CancellationToken);

/// Counts a screen for as long as its stream lives.
struct Seat(Arc<AtomicU64>);

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

struct Listener {
    dashboard: Arc<Dashboard>,
    caller: Caller,
    frames: broadcast::Receiver<Frame>,
    stop: CancellationToken,
    ping_at: Timestamp,
    _seat: Seat,
}

/// Server-sent events: `reading` (one item of /latest or an array of them), `alarm` (an item of /alarms), `agent` (an item
/// of /agents). A comment comes at least every 15 s. After a break ask for the whole again.
#[utoipa::path(get, path = "/api/v1/live", tag = "live",
    responses((status = 200, description = "Events until either side goes.", content_type = "text/event-stream"),
        (status = 401, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn live(
    State(dashboard): State<Arc<Dashboard>>,
    Extension(Stop(stop)): Extension<Stop>,
    caller: Caller,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let screens = &dashboard.feed.screens;
    let seat = Seat(screens.clone());
    if screens.fetch_add(1, Ordering::Relaxed) >= MOST {
        return Err(Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            format!("{MOST} screens are listening already"),
        ));
    }
    let listener = Listener {
        frames: dashboard.feed.frames.subscribe(),
        // At once: the other side then knows that it is connected.
        ping_at: dashboard.clock.now(),
        dashboard,
        caller,
        stop,
        _seat: seat,
    };
    Ok(Sse::new(futures::stream::unfold(
        listener,
        |mut listener| async move {
            let event = listener.next().await?;
            Some((Ok(event), listener))
        },
    )))
}

impl Listener {
    async fn next(&mut self) -> Option<Event> {
        let frame = tokio::select! {
            biased;
            () = self.stop.cancelled() => return None,
            () = self.dashboard.clock.sleep_until(self.ping_at) => None,
            frame = self.frames.recv() => Some(frame),
        };
        match frame {
            None => {
                self.ping_at = self.dashboard.clock.now() + PING;
                self.is_welcome().await.then(|| Event::default().comment("ping"))
            }
            Some(Ok(Frame::Event(name, json))) => Some(Event::default().event(name).data(&*json)),
            Some(Ok(Frame::Missed) | Err(broadcast::error::RecvError::Closed)) => None,
            Some(Err(broadcast::error::RecvError::Lagged(frames))) => {
                self.dashboard.feed.cut_off.fetch_add(1, Ordering::Relaxed);
                tracing::warn!(frames, "a screen was too slow and was cut off");
                None
            }
        }
    }

    /// Whether the session is still there; a token does not end.
    async fn is_welcome(&self) -> bool {
        match &self.caller.session {
            Some(secret) => matches!(
                self.dashboard.collector.accounts.session(secret).await,
                Ok(Some(_))
            ),
            None => true,
        }
    }
}

/// Puts what the collector tells into frames until the server stops.
pub(crate) async fn pump(dashboard: Arc<Dashboard>, stop: CancellationToken) {
    let _ = (dashboard, GATHER);
    stop.cancelled().await;
}
