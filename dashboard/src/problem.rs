//! Errors as RFC 9457 problem details: one shape for everything that is not an answer.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use plenum_collector::alarms::{ActionError, WorkError};
use plenum_collector::availability::ServicesError;
use plenum_collector::collector::TestPageError;
use plenum_collector::collector::enrolment::{EnrolmentError, GiveError};
use plenum_collector::database::DatabaseError;
use plenum_collector::database::keys::{KeyError, SealingError};
use plenum_collector::history::HistoryError;
use plenum_collector::notify::duty::DutyError;
use plenum_collector::people::{Identity, PeopleError, PersonNumber, SecondFactor, SignOnError};
use plenum_collector::revisions::RevisionError;
use plenum_collector::{NotingError, RetireError};
use plenum_core::alarms::Refusal;
use plenum_core::authority::{Actor, Permission};
use plenum_core::work::WorkRefusal;
use plenum_protocol::Duration;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::audit::About;
use crate::view::SignOnReason;

/// What went wrong, for a program and for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// Always `about:blank`: the status says what kind it is.
    #[serde(rename = "type")]
    kind: String,
    /// The status in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong with this very request, and what to do.
    pub detail: String,
    /// Why single sign-on did not let somebody in; null for everything else.
    #[serde(default)]
    pub reason: Option<SignOnReason>,
    #[serde(skip)]
    retry_after_s: Option<i64>,
    /// Who it was who was refused, where the request does not say.
    #[serde(skip)]
    by: Option<Actor>,
}

impl Problem {
    /// A problem with its status and what to say about it.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            kind: "about:blank".to_owned(),
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
            reason: None,
            retry_after_s: None,
            by: None,
        }
    }

    /// The same, refused to this person.
    #[must_use]
    pub fn to(self, person: Option<PersonNumber>) -> Self {
        Self {
            by: person.map(|number| Actor::Person(number.0)),
            ..self
        }
    }

    /// 400: the query or the path cannot be read.
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// 404: there is no such thing.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    /// 409: it is not in a state in which that can be done.
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, detail)
    }

    /// 422: the body can be read and says what cannot be.
    pub fn unprocessable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
    }

    /// 503: it can be done soon.
    pub fn busy(detail: impl Into<String>) -> Self {
        Self {
            retry_after_s: Some(5),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, detail)
        }
    }

    /// 429: it can be asked again after so long.
    pub fn too_soon(detail: impl Into<String>, after: Duration) -> Self {
        Self {
            retry_after_s: Some(after.milliseconds().div_euclid(1_000) + 1),
            ..Self::new(StatusCode::TOO_MANY_REQUESTS, detail)
        }
    }

    /// 401: no session and no token.
    pub fn unauthorized() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "log in, or send a token as `Authorization: Bearer ...`",
        )
    }

    /// 401: a token that opens nothing here.
    pub fn unknown_token() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "this token is not known: it was taken back, or is of another data folder or of an earlier start; \
             cli.json holds the one of the server that runs now",
        )
    }

    /// 403: who asks is known and may not.
    pub fn may_not(identity: &Identity, permission: Permission) -> Self {
        let (name, role, says) = (&identity.name, identity.role, permission.says());
        if identity.second_factor == SecondFactor::Missing {
            let detail = format!("{name} is {role}, which needs a second factor: set it up first");
            return Self::new(StatusCode::FORBIDDEN, detail);
        }
        let detail = match role.may(permission) {
            true => format!("{name} is limited to rooms and cannot {says}; ask an administrator"),
            false => format!("{name} is {role} and cannot {says}; ask an administrator"),
        };
        Self::new(StatusCode::FORBIDDEN, detail)
    }

    /// 403: it is there to be seen, and others decide about it.
    pub fn not_theirs(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, detail)
    }

    /// Whether it has this status.
    pub fn is(&self, status: StatusCode) -> bool {
        self.status == status.as_u16()
    }

    /// 500: a fault of ours. The cause goes to the log and not to the caller.
    pub fn internal(cause: &dyn std::fmt::Display) -> Self {
        tracing::error!(%cause, "a request failed");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "the server could not do it; its log says why",
        )
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response =
            (status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response();
        let reason = self.reason.map(SignOnReason::as_str);
        response.extensions_mut().insert(About::of(self.by, reason));
        let headers = response.headers_mut();
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<DatabaseError> for Problem {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::Full { .. } => Self::new(
                StatusCode::INSUFFICIENT_STORAGE,
                "the server's disk is full; nothing was written",
            ),
            other => Self::internal(&other),
        }
    }
}

impl From<NotingError> for Problem {
    fn from(error: NotingError) -> Self {
        let detail = error.to_string();
        match error {
            NotingError::Note(_) => Self::unprocessable(detail),
            NotingError::NoIncident(_) => Self::not_found(detail),
            NotingError::Many => Self::conflict(detail),
            NotingError::Database(error) => error.into(),
        }
    }
}

impl From<TestPageError> for Problem {
    fn from(error: TestPageError) -> Self {
        let detail = error.to_string();
        match error {
            TestPageError::NotWrittenTo => Self::conflict(detail),
            TestPageError::TooSoon(after) => Self::too_soon(detail, after),
            TestPageError::NotBegun => Self::busy(detail),
            TestPageError::Database(error) => error.into(),
        }
    }
}

impl From<PeopleError> for Problem {
    fn from(error: PeopleError) -> Self {
        let detail = error.to_string();
        match error {
            PeopleError::Wrong | PeopleError::Code => Self::new(StatusCode::UNAUTHORIZED, detail),
            PeopleError::Challenge | PeopleError::NoEnrolment => Self::new(StatusCode::GONE, detail),
            PeopleError::Locked { after } => Self::too_soon(detail, after),
            PeopleError::FirstLink | PeopleError::Invitation | PeopleError::NotAPerson => {
                Self::new(StatusCode::FORBIDDEN, detail)
            }
            PeopleError::Refused(_)
            | PeopleError::Scope(_)
            | PeopleError::AddressKind { .. }
            | PeopleError::Address { .. }
            | PeopleError::TokenEnd => Self::unprocessable(detail),
            PeopleError::Taken { .. }
            | PeopleError::LastAdministrator
            | PeopleError::Erased(_)
            | PeopleError::NoLogIn(_)
            | PeopleError::Receiver(_)
            | PeopleError::InFile(_)
            | PeopleError::HasSecondFactor
            | PeopleError::OwnSecondFactor
            | PeopleError::SignsOn
            | PeopleError::LongAgo
            | PeopleError::RightsOfGroups
            | PeopleError::Astray { .. } => Self::conflict(detail),
            PeopleError::NoSecondFactor
            | PeopleError::NoPerson(_)
            | PeopleError::NoSession
            | PeopleError::NoToken(_) => Self::not_found(detail),
            PeopleError::Key(_) => Self::new(StatusCode::SERVICE_UNAVAILABLE, detail),
            PeopleError::Database(error) => error.into(),
            PeopleError::Hash(_) => Self::internal(&detail),
        }
    }
}

impl From<SignOnError> for Problem {
    fn from(error: SignOnError) -> Self {
        use plenum_collector::people::Reason as R;
        let (detail, reason, person) = (error.to_string(), error.reason(), error.person());
        let status = match reason {
            R::Denied | R::CodeRefused => StatusCode::UNAUTHORIZED,
            R::NoRole | R::Disabled | R::NoSecondFactor => StatusCode::FORBIDDEN,
            R::Off => StatusCode::NOT_FOUND,
            R::Clock | R::NoName | R::NameTaken | R::NoAdministrator => StatusCode::CONFLICT,
            R::BeginAgain => StatusCode::GONE,
            R::Wait => StatusCode::TOO_MANY_REQUESTS,
            R::ProviderWrong | R::Token => StatusCode::BAD_GATEWAY,
            R::ProviderSilent => StatusCode::SERVICE_UNAVAILABLE,
            R::Failed => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let problem = match error {
            SignOnError::Database(error) => error.into(),
            SignOnError::Locked { after } => Self {
                retry_after_s: Some(after.milliseconds().div_euclid(1_000) + 1),
                ..Self::new(status, detail)
            },
            SignOnError::Busy => Self {
                retry_after_s: Some(5),
                ..Self::new(status, detail)
            },
            _ => Self::new(status, detail),
        };
        Self {
            reason: Some(reason.into()),
            ..problem.to(person)
        }
    }
}

impl From<SealingError> for Problem {
    fn from(error: SealingError) -> Self {
        match error {
            SealingError::Key(KeyError::NotOurs(_)) => Self::conflict(error.to_string()),
            SealingError::Key(_) => Self::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string()),
            SealingError::File { .. } => Self::internal(&error),
            SealingError::Database(error) => error.into(),
        }
    }
}

impl From<EnrolmentError> for Problem {
    fn from(error: EnrolmentError) -> Self {
        match error {
            EnrolmentError::Key(_) => Self::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string()),
            EnrolmentError::Authority(_) => Self::internal(&error),
            EnrolmentError::Database(error) => error.into(),
        }
    }
}

impl From<GiveError> for Problem {
    fn from(error: GiveError) -> Self {
        match error {
            GiveError::Shut => Self::conflict(error.to_string()),
            GiveError::Host(_) => Self::unprocessable(error.to_string()),
            GiveError::Enrolment(error) => error.into(),
        }
    }
}

impl From<ActionError> for Problem {
    fn from(error: ActionError) -> Self {
        match error {
            ActionError::Refused(Refusal::NotFound(_)) => Self::not_found(error.to_string()),
            ActionError::Refused(refusal) if refusal.is_about_an_instant() => {
                Self::unprocessable(error.to_string())
            }
            ActionError::Refused(_) | ActionError::Unstored => Self::conflict(error.to_string()),
            ActionError::Database(error) => error.into(),
        }
    }
}

impl From<WorkError> for Problem {
    fn from(error: WorkError) -> Self {
        match error {
            WorkError::Refused(WorkRefusal::NotFound(_) | WorkRefusal::UnknownRoom(_)) => {
                Self::not_found(error.to_string())
            }
            WorkError::Refused(WorkRefusal::Over(_) | WorkRefusal::TooMany) => {
                Self::conflict(error.to_string())
            }
            WorkError::Refused(_) => Self::unprocessable(error.to_string()),
            WorkError::Database(error) => error.into(),
        }
    }
}

impl From<DutyError> for Problem {
    fn from(error: DutyError) -> Self {
        match error {
            DutyError::Asked(_) => Self::unprocessable(error.to_string()),
            DutyError::NoOverride(_) => Self::not_found(error.to_string()),
            DutyError::Over(_) | DutyError::Many => Self::conflict(error.to_string()),
            DutyError::Database(error) => error.into(),
        }
    }
}

impl From<RevisionError> for Problem {
    fn from(error: RevisionError) -> Self {
        match error {
            RevisionError::NotCurrent { .. } => Self::conflict(error.to_string()),
            RevisionError::Invalid(_) => Self::unprocessable(error.to_string()),
            RevisionError::NotFound(_) => Self::not_found(error.to_string()),
            RevisionError::Database(error) => error.into(),
        }
    }
}

impl From<RetireError> for Problem {
    fn from(error: RetireError) -> Self {
        match error {
            RetireError::NotExpected { .. } => Self::not_found(error.to_string()),
            RetireError::Placed(_) | RetireError::Listed { .. } | RetireError::Speaks { .. } => {
                Self::conflict(error.to_string())
            }
            RetireError::Database(error) => error.into(),
        }
    }
}

impl From<HistoryError> for Problem {
    fn from(error: HistoryError) -> Self {
        match error {
            HistoryError::Unknown(_) => Self::not_found(error.to_string()),
            HistoryError::Every => Self::bad_request(error.to_string()),
            HistoryError::Database(error) => error.into(),
            HistoryError::Journal(error) => Self::internal(&error),
        }
    }
}

impl From<ServicesError> for Problem {
    fn from(error: ServicesError) -> Self {
        match error {
            ServicesError::NotFound(_) => Self::not_found(error.to_string()),
            ServicesError::Period => Self::bad_request(error.to_string()),
            ServicesError::Database(error) => error.into(),
            ServicesError::History(error) => error.into(),
            ServicesError::Aborted => Self::internal(&error),
        }
    }
}
