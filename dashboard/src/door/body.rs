//! Bodies on their way: a request's has a last moment and says when it is whole, an answer's says when it is out.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Error;
use axum::body::{Body, Bytes};
use hyper::body::{Body as _, Frame, Incoming, SizeHint};

use super::seats::{Doing, Seat};

/// How long a request's body may take as a whole.
const WHOLE: Duration = Duration::from_secs(60);

/// What a client sends.
pub(super) struct Inward {
    body: Incoming,
    late: Pin<Box<dyn Future<Output = ()> + Send>>,
    seat: Seat,
}

impl Inward {
    pub(super) fn watch(body: Incoming, seat: Seat) -> Body {
        if body.is_end_stream() {
            seat.is(Doing::Answered);
            return Body::empty();
        }
        let late = Box::pin(async {
            let _ = tokio::time::timeout(WHOLE, std::future::pending::<()>()).await;
        });
        Body::new(Self { body, late, seat })
    }
}

impl hyper::body::Body for Inward {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if self.late.as_mut().poll(context).is_ready() {
            let late = io::Error::new(io::ErrorKind::TimedOut, "the body took too long");
            return Poll::Ready(Some(Err(Error::new(late))));
        }
        let frame = Pin::new(&mut self.body).poll_frame(context);
        let whole = match &frame {
            Poll::Ready(None) => true,
            Poll::Ready(Some(Ok(_))) => self.body.is_end_stream(),
            _ => false,
        };
        if whole {
            self.seat.is(Doing::Answered);
        }
        frame.map(|frame| frame.map(|frame| frame.map_err(Error::new)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// What a client is sent.
pub(super) struct Outward {
    body: Body,
    seat: Seat,
}

impl Outward {
    pub(super) fn watch(body: Body, seat: Seat) -> Body {
        Body::new(Self { body, seat })
    }
}

impl hyper::body::Body for Outward {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Outward {
    fn drop(&mut self) {
        self.seat.is(Doing::Resting);
    }
}
