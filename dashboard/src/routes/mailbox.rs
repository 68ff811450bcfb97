//! The demonstration's mailbox: the mail that an alarm would have sent.

use std::sync::Arc;

use axum::extract::State;

use crate::problem::Problem;
use crate::state::Dashboard;
use crate::view::{List, Mail};

/// The messages that the demonstration's mailbox received, the newest first. Absent outside the demonstration.
#[utoipa::path(get, path = "/api/v1/mailbox", tag = "demo",
    responses((status = 200, body = List<Mail>), (status = 404, description = "This is not the demonstration.")))]
pub(crate) async fn list_mail(
    State(dashboard): State<Arc<Dashboard>>,
) -> Result<axum::Json<List<Mail>>, Problem> {
    let receivers = dashboard
        .receivers
        .as_ref()
        .ok_or_else(|| Problem::not_found("only the demonstration has a mailbox"))?;
    let messages = receivers.mailbox.messages().into_iter();
    Ok(axum::Json(List::whole(messages.map(|mail| Mail {
        id: mail.id,
        received_at: mail.received_at,
        from: mail.from,
        to: mail.to,
        subject: mail.subject,
        text: mail.text,
    }))))
}
