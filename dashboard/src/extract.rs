//! What handlers take from a request: body, query, and the parts of a path. What cannot be read is a problem.

use axum::extract::rejection::{FormRejection, JsonRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::problem::Problem;
use crate::view::LARGEST;

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        Self::new(rejection.status(), rejection.body_text())
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        let said = rejection.body_text();
        // What it could not do is of no use to whoever wrote the query, and what is wrong with that stands behind it.
        let said = said
            .strip_prefix("Failed to deserialize query string: ")
            .unwrap_or(&said);
        Self::new(rejection.status(), said.to_owned())
    }
}

impl From<FormRejection> for Problem {
    fn from(rejection: FormRejection) -> Self {
        Self::new(rejection.status(), rejection.body_text())
    }
}

impl From<PathRejection> for Problem {
    fn from(rejection: PathRejection) -> Self {
        Self::new(rejection.status(), rejection.body_text())
    }
}

/// A JSON body. What does not fit is a problem as any other: 400, 413, 415 or 422.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;
    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let axum::Json(value) = axum::Json::<T>::from_request(request, state).await?;
        Ok(Self(value))
    }
}

/// What a form without script posts, as `application/x-www-form-urlencoded`.
pub(crate) struct Form<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Form<T> {
    type Rejection = Problem;
    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let axum::Form(value) = axum::Form::<T>::from_request(request, state).await?;
        Ok(Self(value))
    }
}

/// What stands behind the question mark; what does not fit is a 400.
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let axum::extract::Query(value) = axum::extract::Query::<T>::from_request_parts(parts, state).await?;
        Ok(Self(value))
    }
}

/// The one part of the path that differs.
pub(crate) struct Path<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let axum::extract::Path(value) = axum::extract::Path::<T>::from_request_parts(parts, state).await?;
        Ok(Self(value))
    }
}

/// The number that names a thing in the path.
pub(crate) struct Number(pub(crate) u64);

impl<S: Send + Sync> FromRequestParts<S> for Number {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(text) = Path::<String>::from_request_parts(parts, state).await?;
        number(&text).map(Self)
    }
}

/// Reads a number: 400 for one that no store can hold, 404 for a text that is a number in nobody's eyes and so names nothing.
pub(crate) fn number(text: &str) -> Result<u64, Problem> {
    match text.parse::<u64>() {
        Ok(number) if number <= LARGEST => Ok(number),
        _ if text.parse::<f64>().is_ok() => Err(Problem::bad_request(format!(
            "`{text}` is not a valid number: a whole one from 0 to {LARGEST}"
        ))),
        _ => Err(Problem::not_found(format!("there is nothing under `{text}`"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_one_that_can_be_stored() {
        assert_eq!(number("0").unwrap(), 0);
        assert_eq!(number("9223372036854775807").unwrap(), LARGEST);
        for (text, status) in [
            ("9223372036854775808", 400),
            ("99999999999999999999999999", 400),
            ("-1", 400),
            ("1.5", 400),
            ("NaN", 400),
            ("inf", 400),
            ("seven", 404),
            ("", 404),
        ] {
            assert_eq!(number(text).unwrap_err().status, status, "{text}");
        }
    }
}
