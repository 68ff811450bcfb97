//! The audit log: its lines for a screen, and all of it as a file.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use futures::StreamExt;
use plenum_collector::audit::{Line, syslog};
use plenum_core::authority::Actor;
use plenum_core::fact::Deed;
use plenum_core::text;
use serde::Deserialize;
use utoipa::IntoParams;

use super::names::Names;
use super::query;
use crate::extract::Query;
use crate::language::{Reader, Said};
use crate::problem::Problem;
use crate::state::Dashboard;
use crate::view::{self, AuditFormat, AuditLine, AuditWho, List};

/// Lines on a page at most.
const PAGE: usize = 1_000;

/// Which lines.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditQuery {
    /// What a former page gave as `next`.
    #[serde(default, deserialize_with = "view::maybe_number")]
    #[param(value_type = Option<view::Number>)]
    cursor: Option<u64>,
    /// At most so many.
    #[param(value_type = Option<view::PageSize>)]
    limit: Option<query::Limit>,
}

/// In which form.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExportQuery {
    /// JSON lines, each with its hash and the signed checkpoints at the end, or RFC 5424 syslog.
    #[serde(default)]
    format: AuditFormat,
}

/// The name of whom a deed is on, if it is on somebody.
fn of_whom(names: &Names, deed: Deed, on: &str) -> Option<String> {
    let number = on.parse().ok()?;
    names.known(&match deed {
        _ if deed.is_on_a_person() => Actor::Person(number),
        Deed::GiveToken | Deed::RevokeToken => Actor::Program(number),
        _ => return None,
    })
}

pub(super) fn view(line: Line, names: &Names) -> AuditLine {
    let Line { number, audited } = line;
    let (ending, Reader(language)) = (audited.ending(), names.reader());
    let ended = text::audit::ended(&audited, language);
    AuditLine {
        number,
        at: audited.at,
        who: AuditWho::of(&audited.by, names.known(&audited.by)),
        from: audited.from.map(|address| address.to_string()),
        deed: audited.deed.as_str().to_owned(),
        says: text::audit::deed(audited.deed, language).to_owned(),
        name: of_whom(names, audited.deed, &audited.on),
        why: text::audit::stopped(audited.deed, &audited.on, language).map(str::to_owned),
        on: audited.on,
        ending: ending.into(),
        ended,
        status: (audited.status > 0).then_some(audited.status),
        times: audited.times,
    }
}

/// Who did, read or was refused what: the newest first.
#[utoipa::path(get, path = "/api/v1/audit", tag = "audit", params(AuditQuery),
    responses((status = 200, body = List<AuditLine>)))]
pub(crate) async fn list_lines(
    State(dashboard): State<Arc<Dashboard>>,
    names: Names,
    Query(query): Query<AuditQuery>,
) -> Result<Said<axum::Json<List<AuditLine>>>, Problem> {
    let limit = query::limit(query.limit, PAGE);
    let before = query.cursor.unwrap_or(view::LARGEST);
    let mut lines = dashboard.collector.audit.before(before, limit as u64 + 1).await?;
    let is_more = lines.len() > limit;
    lines.truncate(limit);
    let next = lines
        .last()
        .filter(|_| is_more)
        .map(|line| line.number.to_string());
    let items = lines.into_iter().map(|line| view(line, &names)).collect();
    Ok(Said(names.reader(), axum::Json(List { items, next })))
}

/// All of it as a file, the oldest first: what `plenum audit verify` checks.
#[utoipa::path(get, path = "/api/v1/audit/export", tag = "audit", params(ExportQuery),
    responses((status = 200, description = "The log.", content((String = "application/jsonl"), (String = "text/plain")))))]
pub(crate) async fn export(
    State(dashboard): State<Arc<Dashboard>>,
    Query(query): Query<ExportQuery>,
) -> Result<impl IntoResponse, Problem> {
    let format = query.format;
    let site = dashboard.collector.site().site.id.to_string();
    let export = dashboard.collector.audit.export().await?;
    let pieces = futures::stream::unfold(export, move |mut export| {
        let site = site.clone();
        async move {
            // A failure ends it without its checkpoints: whoever checks it finds that its end is missing.
            let ended = |error| tracing::error!(%error, "an export of the audit log ended early");
            let piece = loop {
                let piece = export.next().await.map_err(ended).ok()??;
                let piece = match format {
                    AuditFormat::Json => piece,
                    AuditFormat::Syslog => in_syslog(&piece, &site),
                };
                // A chunk of nothing is the end of an answer.
                if !piece.is_empty() {
                    break piece;
                }
            };
            Some((Ok::<_, Infallible>(piece), export))
        }
    });
    let kind = match format {
        AuditFormat::Json => "application/jsonl",
        AuditFormat::Syslog => "text/plain; charset=utf-8",
    };
    // Whoever compresses it asks once more after its end.
    Ok(([(header::CONTENT_TYPE, kind)], Body::from_stream(pieces.fuse())))
}

/// Lines of an export as syslog has them; of its checkpoints it has none.
fn in_syslog(piece: &str, site: &str) -> String {
    let lines = piece.lines().filter(|line| !line.starts_with("{\"checkpoint\""));
    lines.map(|line| syslog::format(line, site) + "\n").collect()
}
