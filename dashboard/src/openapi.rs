//! The OpenAPI document: what the handlers' annotations cannot say is added to all of them by rule, so that every status that can come is in it.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use axum::body::Bytes;
use axum::http::Method;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{AllOf, ArrayItems, Schema};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{OpenApi, Ref, RefOr, Response};
use utoipa::{Modify, OpenApi as _};

use crate::problem::Problem;
use crate::routes;
use crate::routes::table::Needs;
use crate::view;

/// The media type of RFC 9457.
const PROBLEM: &str = "application/problem+json";

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Plenum",
        version = "1",
        description = "Server-room monitor. Times are RFC 3339 in UTC with milliseconds; in points, faults, gaps and windows they are integer \
                       milliseconds since 1970. Errors are RFC 9457 problem details. Lists are {items, next}: give `next` back as `cursor`."
    ),
    // Those that stand in parameters alone: handlers' annotations bring the others.
    components(schemas(
        Problem,
        view::AlarmFilter,
        view::IncidentFilter,
        view::TimelineOrder,
        view::AuditFormat,
        view::IncidentFormat,
        view::FiguresFormat,
        view::Identifier,
        view::Instant,
        view::Number,
        view::PageSize,
        view::ReportFormat,
        view::SeriesName
    )),
    security(("token" = []), ("session" = [])),
    modifiers(&Schemes)
)]
struct Document;

struct Schemes;

impl Modify for Schemes {
    fn modify(&self, document: &mut OpenApi) {
        let components = document.components.get_or_insert_default();
        components.add_security_scheme(
            "token",
            SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build()),
        );
        components.add_security_scheme(
            "session",
            SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(
                crate::auth::COOKIE,
                "A change with it also needs the header `X-Plenum: 1`. Over HTTPS it is named `__Host-plenum_session`.",
            ))),
        );
    }
}

/// The document before any operation is in it.
pub(crate) fn begin() -> OpenApi {
    Document::openapi()
}

/// The finished document as it is served.
pub(crate) fn text() -> Bytes {
    static TEXT: LazyLock<Bytes> = LazyLock::new(|| {
        let text = serde_json::to_vec(&routes::table().document);
        Bytes::from(text.expect("the document is plain data"))
    });
    TEXT.clone()
}

/// Whether anybody may ask this of the API.
pub(crate) fn is_open(method: &Method, path: &str) -> bool {
    static OPEN: LazyLock<BTreeSet<(&str, String)>> = LazyLock::new(|| {
        let all = routes::table().rights.into_iter();
        let open = all.filter(|right| right.needs == Needs::Nothing);
        open.map(|right| (right.method, right.path)).collect()
    });
    let method = if method == Method::HEAD {
        &Method::GET
    } else {
        method
    };
    OPEN.contains(&(method.as_str(), path.to_owned()))
}

/// An operation with its method.
struct Placed<'a> {
    method: &'static str,
    operation: &'a mut Operation,
}

impl Placed<'_> {
    fn is_open(&self) -> bool {
        self.operation.security.as_deref() == Some(&[SecurityRequirement::default()])
    }

    /// What can come of it whatever its handler does, with why.
    fn always(&self) -> Vec<(u16, &'static str)> {
        let mut all = vec![
            (
                421,
                "The `Host` is neither this machine's nor that of `base_url`.",
            ),
            (500, "A fault of the server; its log says why."),
        ];
        let changes = self.method != "GET";
        if !self.is_open() {
            all.push((401, "Neither a session nor a token."));
            let lacks = match changes {
                true => {
                    "The caller's role does not allow it, or a change with a session's cookie lacks the header `X-Plenum: 1`."
                }
                false => "The caller's role does not allow it.",
            };
            all.push((403, lacks));
        }
        if changes {
            all.push((507, "The server's disk is full; nothing was written."));
        }
        if self.operation.request_body.is_some() {
            all.push((400, "The body cannot be read."));
            all.push((413, "The body is too large."));
            all.push((415, "The body has another media type."));
            all.push((422, "The body says what cannot be."));
        } else if self.operation.parameters.is_some() {
            all.push((400, "A parameter is not a valid one."));
        }
        all
    }
}

fn operations(document: &mut OpenApi) -> impl Iterator<Item = Placed<'_>> {
    let all = document
        .paths
        .paths
        .values_mut()
        .flat_map(routes::table::operations);
    all.map(|(method, operation)| Placed { method, operation })
}

/// Adds what holds for every operation, and for every view.
pub(crate) fn complete(document: &mut OpenApi) {
    let mut bodies = BTreeSet::new();
    for placed in operations(document) {
        for (status, why) in placed.always() {
            let known = &mut placed.operation.responses.responses;
            known
                .entry(status.to_string())
                .or_insert_with(|| RefOr::T(Response::new(why)));
        }
        for (status, response) in &mut placed.operation.responses.responses {
            if let RefOr::T(response) = response
                && status.as_str() >= "400"
                && response.content.is_empty()
            {
                let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem")));
                response.content.insert(PROBLEM.to_owned(), problem.build());
            }
        }
        let contents = placed
            .operation
            .request_body
            .iter()
            .flat_map(|body| body.content.values());
        bodies.extend(contents.filter_map(|content| match &content.schema {
            Some(RefOr::Ref(reference)) => reference.ref_location.rsplit('/').next().map(str::to_owned),
            _ => None,
        }));
    }
    let schemas = document.components.get_or_insert_default();
    for (name, schema) in &mut schemas.schemas {
        if !bodies.contains(name) {
            require_all(schema);
        }
    }
}

/// A field of an answer is always there, null where it has nothing to say; in a body it may be left out.
fn require_all(schema: &mut RefOr<Schema>) {
    match schema {
        RefOr::T(Schema::Object(object)) => {
            object.required = object.properties.keys().cloned().collect();
            object.properties.values_mut().for_each(require_all);
        }
        RefOr::T(Schema::Array(array)) => {
            if let ArrayItems::RefOrSchema(item) = &mut array.items {
                require_all(item);
            }
        }
        RefOr::T(Schema::AllOf(AllOf { items, .. })) => items.iter_mut().for_each(require_all),
        RefOr::T(Schema::OneOf(one_of)) => one_of.items.iter_mut().for_each(require_all),
        _ => {}
    }
}
