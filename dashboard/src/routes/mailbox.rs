//! The demonstration's mailbox: the mail that an alarm would have sent.

use std::sync::Arc;

use axum::extract::State;
use plenum_protocol::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::List;
use crate::problem::Problem;
use crate::state::Dashboard;

/// A message.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MailView {
    id: u64,
    #[schema(value_type = String, format = DateTime)]
    received_at: Timestamp,
    from: String,
    to: Vec<String>,
    subject: String,
    text: String,
}

/// The messages that the demonstration's mailbox received, the newest first. Absent outside the demonstration.
#[utoipa::path(get, path = "/api/v1/mailbox", tag = "demo",
    responses((status = 200, body = List<MailView>), (status = 404, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list_mail(
    State(dashboard): State<Arc<Dashboard>>,
) -> Result<axum::Json<List<MailView>>, Problem> {
    let mailbox = dashboard
        .mailbox
        .as_ref()
        .ok_or_else(|| Problem::not_found("only the demonstration has a mailbox"))?;
    let messages = mailbox.messages().into_iter();
    Ok(List::whole(messages.map(|mail| MailView {
        id: mail.id,
        received_at: mail.received_at,
        from: mail.from,
        to: mail.to,
        subject: mail.subject,
        text: mail.text,
    })))
}
