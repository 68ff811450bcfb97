//! Plenum's HTTP API and web application, over a collector's parts.

mod audit;
mod auth;
mod door;
mod extract;
#[cfg(fuzzing)]
pub mod fuzzing;
mod holes;
mod in_clear;
mod judge;
mod language;
mod live;
mod metrics;
mod openapi;
mod peer;
pub mod problem;
mod readiness;
mod routes;
mod sight;
mod state;
pub mod view;
mod web;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use plenum_collector::config::EntranceError;
use plenum_link::{Shutdown, Stopwatch};
use tokio::net::TcpListener;
use tower_http::compression::{CompressionLayer, CompressionLevel};
use tower_http::timeout::RequestBodyTimeoutLayer;

use door::Entrance;
use problem::Problem;
pub use state::{Dashboard, Mail, Mailbox, Phone, PhoneText, Receivers, Telephones, Unwritten};

/// Bodies are names, passwords and comments.
const LARGEST_BODY: usize = 64 << 10;
/// A body may not pause for longer.
const SLOWEST_BODY: std::time::Duration = std::time::Duration::from_secs(10);

/// Why the dashboard does not answer.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address can be reached from other machines, in clear.
    #[error(transparent)]
    InClear(EntranceError),
    /// The address is taken or not ours.
    #[error(
        "http address {address}: {source}; is another collector running, or another program on that port? Choose another address \
         with `--http` or `[http] listen`"
    )]
    Bind {
        /// Which.
        address: SocketAddr,
        /// What the operating system says.
        source: std::io::Error,
    },
}

/// Where it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answering {
    /// The address for people.
    pub address: SocketAddr,
    /// They speak HTTPS there.
    pub https: bool,
    /// Where programs on this host ask, over HTTP: the same, or a port of loopback beside it.
    pub local: SocketAddr,
}

/// Begins to answer on `address` (port 0 takes a free one). It goes on until `shutdown`.
///
/// # Errors
/// The address is not to be had, or it would be reached in clear from other machines.
pub async fn serve(
    address: SocketAddr,
    dashboard: Arc<Dashboard>,
    shutdown: &Shutdown,
) -> Result<Answering, ServeError> {
    let certificate = dashboard.certificate.as_ref();
    let entrance = Entrance::of(address, certificate, &dashboard.proxies)
        .ok_or(ServeError::InClear(EntranceError::InClear(address)))?;
    let (listener, bound) = bind(address).await?;
    let mut answering = Answering {
        address: bound,
        https: certificate.is_some(),
        local: bound,
    };
    tracing::info!(address = %bound, "answering over {}", entrance.describe());
    let app = app(dashboard.clone(), shutdown.token());
    if !entrance.is_for_this_host() {
        let (listener, bound) = bind((Ipv4Addr::LOCALHOST, 0).into()).await?;
        answering.local = bound;
        tracing::info!(address = %bound, "answering over HTTP for the command line on this host");
        answer(
            "http of this host",
            listener,
            Entrance::in_clear(),
            &app,
            &dashboard,
            shutdown,
        );
    }
    answer("http", listener, entrance, &app, &dashboard, shutdown);
    let feed = live::pump(dashboard, shutdown.token());
    shutdown.spawn_essential("live feed", async {
        feed.await;
        Ok::<_, std::convert::Infallible>(())
    });
    Ok(answering)
}

async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), ServeError> {
    let failed = |source| ServeError::Bind { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

/// Answers on a listener, in a task of its own.
fn answer(
    name: &'static str,
    listener: TcpListener,
    entrance: Entrance,
    app: &Router,
    dashboard: &Arc<Dashboard>,
    shutdown: &Shutdown,
) {
    let (app, dashboard, stop) = (app.clone(), dashboard.clone(), shutdown.token());
    shutdown.spawn_essential(name, async move {
        dashboard.door.serve(listener, entrance, app, stop).await;
        Ok::<_, std::convert::Infallible>(())
    });
}

/// Everything that is answered, in its layers.
fn app(dashboard: Arc<Dashboard>, stop: tokio_util::sync::CancellationToken) -> Router {
    routes::table()
        .router
        .fallback(fallback)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(axum::Extension(live::Stop(stop)))
        .layer(axum::Extension(audit::Book::of(&dashboard)))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(RequestBodyTimeoutLayer::new(SLOWEST_BODY))
        .layer(middleware::from_fn_with_state(dashboard.clone(), auth::require))
        // Server-sent events are left alone by its default predicate.
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest))
        .layer(middleware::from_fn_with_state(dashboard.clone(), auth::own_host))
        .layer(middleware::from_fn_with_state(
            dashboard.clone(),
            in_clear::refuse,
        ))
        .layer(middleware::from_fn(auth::harden))
        .layer(middleware::from_fn_with_state(dashboard.clone(), count))
        .layer(middleware::from_fn_with_state(dashboard.clone(), peer::find))
        .with_state(dashboard)
}

async fn fallback(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if uri.path() == "/api" || uri.path().starts_with("/api/") {
        return Problem::not_found(format!("there is no {}", uri.path())).into_response();
    }
    if !matches!(method, Method::GET | Method::HEAD) {
        let allow = [(header::ALLOW, "GET, HEAD")];
        return (allow, method_not_allowed(method, uri).await).into_response();
    }
    web::serve(uri, headers).await
}

/// Axum adds `Allow` where it knows the path.
async fn method_not_allowed(method: Method, uri: Uri) -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        format!("{} does not answer {method}", uri.path()),
    )
}

async fn count(State(dashboard): State<Arc<Dashboard>>, request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let watch = Stopwatch::start();
    let response = next.run(request).await;
    let route = route.as_ref().map(MatchedPath::as_str);
    let took = watch.elapsed();
    dashboard
        .requests
        .observe(&method, route, response.status(), took);
    response
}

#[cfg(test)]
mod tests;
