//! What is answered for is written down: before it is done where it changes something, and with its status when it is answered.
//!
//! What changes something goes on when whoever asked goes away, so that its line says how it ended. Of open operations nothing is written before: strangers would cost a
//! commit each; what they give out leaves after its line.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{FromRequestParts, RawPathParams, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use plenum_collector::audit::{Audit, Begun};
use plenum_core::authority::{Actor, Permission};
use plenum_core::fact::{Audited, Deed};
use plenum_core::text::foreign;
use plenum_protocol::Clock;
use tokio::sync::watch;

use crate::auth::Caller;
use crate::peer;
use crate::problem::Problem;
use crate::state::Dashboard;

/// Characters of what a deed is on: numbers and identifiers are shorter, and who asks writes the address.
const LONGEST: usize = 200;

/// Where lines go; each request carries it.
#[derive(Clone)]
pub(crate) struct Book {
    audit: Audit,
    clock: Arc<dyn Clock>,
    /// Told of each deed by which somebody may have less to see.
    rights: watch::Sender<()>,
}

impl Book {
    pub(crate) fn of(dashboard: &Dashboard) -> Self {
        Self {
            audit: dashboard.collector.audit.clone(),
            clock: dashboard.clock.clone(),
            rights: dashboard.feed.rights.clone(),
        }
    }
}

/// What a handler says of who it was, or on what, where the request does not: part of its answer.
#[derive(Debug, Clone, Default)]
pub(crate) struct About {
    by: Option<Actor>,
    on: Option<String>,
}

impl About {
    /// Who it was, and on what, as far as either is known.
    pub(crate) fn of(by: Option<Actor>, on: Option<&str>) -> Self {
        Self {
            by,
            on: on.map(str::to_owned),
        }
    }

    /// Who it was.
    pub(crate) fn by(actor: Actor) -> Self {
        Self {
            by: Some(actor),
            on: None,
        }
    }

    /// And on what.
    pub(crate) fn and_on(self, what: impl ToString) -> Self {
        Self {
            on: Some(what.to_string()),
            ..self
        }
    }

    /// On what.
    pub(crate) fn on(what: impl ToString) -> Self {
        Self {
            by: None,
            on: Some(what.to_string()),
        }
    }
}

/// Lets through whoever has the permission, if one is needed, and writes down what came of it.
pub(crate) async fn audited(
    deed: Deed,
    permission: Option<Permission>,
    request: Request,
    next: Next,
) -> Response {
    let Some(book) = request.extensions().get::<Book>().cloned() else {
        return Problem::internal(&"a request without the audit log").into_response();
    };
    let (mut parts, body) = request.into_parts();
    let asked = asked(&book, deed, permission, &mut parts).await;
    let refused = permission.and_then(|permission| match parts.extensions.get::<Caller>() {
        None => Some(Problem::unauthorized()),
        Some(caller) if caller.identity.may(permission) => None,
        Some(caller) => Some(Problem::may_not(&caller.identity, permission)),
    });
    if let Some(problem) = refused {
        return book.end(asked, None, problem.into_response()).await;
    }
    let begun = match permission.is_some() && !deed.is_counted() {
        true => match book.audit.begin(&asked).await {
            Ok(begun) => Some(begun),
            Err(error) if deed.is_about_alarms() => {
                tracing::error!(%error, %deed, "it is done although it cannot be written down");
                None
            }
            Err(error) => return Problem::from(error).into_response(),
        },
        false => None,
    };
    let request = Request::from_parts(parts, body);
    if deed.only_reads() {
        let response = next.run(request).await;
        return book.end(asked, None, response).await;
    }
    let done = tokio::spawn(async move {
        let response = next.run(request).await;
        book.end(asked, begun, response).await
    });
    done.await
        .unwrap_or_else(|error| Problem::internal(&error).into_response())
}

/// What is asked for, before anything came of it.
async fn asked(book: &Book, deed: Deed, permission: Option<Permission>, parts: &mut Parts) -> Audited {
    let by = parts.extensions.get::<Caller>();
    let by = by.map_or(Actor::Nobody, |caller| caller.identity.actor());
    let mut on = String::new();
    // What stands in the address of an open operation is a secret.
    if permission.is_some()
        && let Ok(named) = RawPathParams::from_request_parts(parts, &()).await
    {
        let named: Vec<&str> = named.iter().map(|(_, value)| value).collect();
        // What somebody writes into an address makes no line of its own in the log.
        on = foreign::on_one_line(&named.join("/"))
            .chars()
            .take(LONGEST)
            .collect();
    }
    Audited {
        at: book.clock.now(),
        by,
        from: Some(peer::of(&parts.extensions).address),
        deed,
        on,
        status: 0,
        times: 1,
    }
}

/// At what somebody was refused who got no further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stopped {
    /// A session that is not known, or not any more.
    Session,
    /// A token that is not known, or not any more.
    Token,
    /// A change by cookie that no page of ours asked for.
    Page,
    /// Another host's name.
    Host,
}

impl Stopped {
    /// All of it.
    #[cfg(test)]
    pub(crate) const ALL: [Self; 4] = [Self::Session, Self::Token, Self::Page, Self::Host];

    /// What stands in the line.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Token => "token",
            Self::Page => "page",
            Self::Host => "host",
        }
    }
}

impl Book {
    /// Tells of somebody who was stopped before any route.
    pub(crate) async fn stopped(&self, by: Actor, from: IpAddr, at: Stopped, status: StatusCode) {
        self.refused(by, from, Deed::Enter, at.as_str(), status).await;
    }

    /// Tells of a look that was refused, at a route as the table writes it.
    pub(crate) async fn not_shown(&self, by: Actor, from: IpAddr, route: &str) {
        self.refused(by, from, Deed::Look, route, StatusCode::FORBIDDEN)
            .await;
    }

    async fn refused(&self, by: Actor, from: IpAddr, deed: Deed, on: &str, status: StatusCode) {
        let told = self.audit.tell(Audited {
            at: self.clock.now(),
            by,
            from: Some(from),
            deed,
            on: on.to_owned(),
            status: status.as_u16(),
            times: 1,
        });
        if let Err(error) = told.await {
            tracing::error!(%error, %deed, "that somebody was refused cannot be written down");
        }
    }

    /// Writes down how it was answered, and gives the answer; where what an open operation gives out cannot be written down, it is kept back.
    async fn end(&self, asked: Audited, begun: Option<Begun>, response: Response) -> Response {
        let about = response.extensions().get::<About>().cloned().unwrap_or_default();
        let audited = Audited {
            by: about.by.unwrap_or(asked.by),
            on: about.on.unwrap_or(asked.on),
            status: response.status().as_u16(),
            ..asked
        };
        let deed = audited.deed;
        let is_begun = begun.is_some();
        if takes_rights(deed, response.status()) {
            self.rights.send_replace(());
        }
        let written = match response.status() {
            status if status.is_client_error() || deed.is_counted() => {
                self.audit.end_refused(begun, audited).await
            }
            _ => self.audit.end(begun, audited).await,
        };
        match written {
            Ok(()) => response,
            Err(error) => {
                tracing::error!(%error, %deed, "what came of it cannot be written down");
                let gives = !is_begun && !deed.only_reads() && !deed.is_about_alarms();
                match gives && response.status() < StatusCode::BAD_REQUEST {
                    true => Problem::from(error).into_response(),
                    false => response,
                }
            }
        }
    }
}

/// Whether a session or token may have ended by it, or have less to see: whoever listens is looked at again. By any change but those of alarms, so that nothing has to be
/// remembered here; of single sign-on by a refusal too, which ends the sessions of whoever has no group any more.
fn takes_rights(deed: Deed, status: StatusCode) -> bool {
    let is_done = status < StatusCode::BAD_REQUEST || deed == Deed::SignOn;
    is_done && !deed.is_counted() && !deed.is_about_alarms()
}
