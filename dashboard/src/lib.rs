//! Plenum's HTTP API and web application, over a collector's parts.

mod auth;
mod door;
mod extract;
mod holes;
mod judge;
mod language;
mod live;
mod metrics;
mod openapi;
pub mod problem;
mod readiness;
mod routes;
mod sight;
mod state;
pub mod view;
mod web;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use plenum_collector::config;
use plenum_link::{Shutdown, Stopwatch};
use tokio::net::TcpListener;
use tower_http::compression::{CompressionLayer, CompressionLevel};
use tower_http::timeout::RequestBodyTimeoutLayer;

use problem::Problem;
pub use state::{Dashboard, Mail, Mailbox};

/// Bodies are names, passwords and comments.
const LARGEST_BODY: usize = 64 << 10;
/// A body may not pause for longer.
const SLOWEST_BODY: std::time::Duration = std::time::Duration::from_secs(10);

/// Why the dashboard does not answer.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address can be reached from other machines.
    #[error(
        "http address {0}: {why}; {instead}",
        why = config::LOOPBACK_ALONE.0,
        instead = config::LOOPBACK_ALONE.1
    )]
    BeyondLoopback(SocketAddr),
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

/// Begins to answer on `address` (port 0 takes a free one) and returns the address it got. It goes on until `shutdown`.
pub async fn serve(
    address: SocketAddr,
    dashboard: Arc<Dashboard>,
    shutdown: &Shutdown,
) -> Result<SocketAddr, ServeError> {
    if !address.ip().is_loopback() {
        return Err(ServeError::BeyondLoopback(address));
    }
    let bind = |source| ServeError::Bind { address, source };
    let listener = TcpListener::bind(address).await.map_err(bind)?;
    let bound = listener.local_addr().map_err(bind)?;
    let app = app(dashboard.clone(), shutdown.token());
    let answering = dashboard.clone();
    let feed = live::pump(dashboard, shutdown.token());
    shutdown.spawn_essential("live feed", async {
        feed.await;
        Ok::<_, std::convert::Infallible>(())
    });
    let stop = shutdown.token();
    shutdown.spawn_essential("http", async move {
        answering.door.serve(listener, app, stop).await;
        Ok::<_, std::convert::Infallible>(())
    });
    tracing::info!(address = %bound, "answering over HTTP");
    Ok(bound)
}

/// Everything that is answered, in its layers.
fn app(dashboard: Arc<Dashboard>, stop: tokio_util::sync::CancellationToken) -> Router {
    routes::table()
        .router
        .fallback(fallback)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(axum::Extension(live::Stop(stop)))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(RequestBodyTimeoutLayer::new(SLOWEST_BODY))
        .layer(middleware::from_fn_with_state(dashboard.clone(), auth::require))
        // Server-sent events are left alone by its default predicate.
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest))
        .layer(middleware::from_fn_with_state(dashboard.clone(), auth::own_host))
        .layer(middleware::from_fn(auth::harden))
        .layer(middleware::from_fn_with_state(dashboard.clone(), count))
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
