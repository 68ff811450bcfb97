//! A socket whose other end has to take what is written to it: nothing taken for so long ends it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::seats::Seat;

/// How long nothing of an answer may be taken.
const DEAF: Duration = Duration::from_secs(30);

/// The socket. Its seat is free when it is closed, and not before.
pub(super) struct Watched {
    socket: TcpStream,
    /// Runs while the other end takes nothing.
    deaf: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    seat: Seat,
}

impl Watched {
    pub(super) fn new(socket: TcpStream, seat: Seat) -> Self {
        Self {
            socket,
            deaf: None,
            seat,
        }
    }

    /// Passes on how a write went; one that waits too long has failed.
    fn watch<T>(&mut self, context: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            if self.deaf.take().is_some() {
                self.seat.is_stuck(false);
            }
            return written;
        }
        let deaf = self.deaf.get_or_insert_with(|| {
            self.seat.is_stuck(true);
            Box::pin(async {
                let _ = tokio::time::timeout(DEAF, std::future::pending::<()>()).await;
            })
        });
        ready!(deaf.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_read(context, buffer)
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write(context, bytes);
        self.watch(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write_vectored(context, pieces);
        self.watch(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(context)
    }
}
