//! The key under which secrets are sealed: how it stands, and changing it. For administrators. No answer has a key in it.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use plenum_collector::database::keys::{KeyName, Sealing, SealingError};

use crate::audit::About;
use crate::problem::Problem;
use crate::state::Dashboard;
use crate::view::{KeyStatus, KeyValues};

/// How the key stands, and what lies under it.
#[utoipa::path(get, path = "/api/v1/key", tag = "people", responses((status = 200, body = KeyStatus)))]
pub(crate) async fn get_key(
    State(dashboard): State<Arc<Dashboard>>,
) -> Result<axum::Json<KeyStatus>, Problem> {
    Ok(axum::Json(status(&dashboard.collector.sealing).await?))
}

/// Makes a new key, seals everything with it, and lets the one before go. Killed in between, the next start goes on.
#[utoipa::path(post, path = "/api/v1/key/rotation", tag = "people",
    responses((status = 200, body = KeyStatus),
        (status = 409, description = "The key is not Plenum's to change; the detail says how it is changed."),
        (status = 503, description = "There is no key; the detail says why.")))]
pub(crate) async fn rotate(
    State(dashboard): State<Arc<Dashboard>>,
) -> Result<(Extension<About>, axum::Json<KeyStatus>), Problem> {
    let sealing = &dashboard.collector.sealing;
    let (name, _) = sealing.rotate(dashboard.clock.now()).await?;
    Ok((Extension(About::on(name)), axum::Json(status(sealing).await?)))
}

async fn status(sealing: &Sealing) -> Result<KeyStatus, SealingError> {
    let (keys, lying) = (sealing.keys(), sealing.lying().await?);
    let names = |names: Vec<KeyName>| names.iter().map(ToString::to_string).collect();
    let under = lying
        .under
        .iter()
        .map(|(key, count)| (Some(key.to_string()), *count));
    let clear = (lying.clear > 0).then_some((None, lying.clear));
    let values = |(key, count)| KeyValues { key, count };
    let key = keys.name();
    Ok(KeyStatus {
        problem: key.as_ref().err().map(ToString::to_string),
        key: key.ok().map(|key| key.to_string()),
        file: keys.path().display().to_string(),
        former: keys.former().map(names).unwrap_or_default(),
        values: under.chain(clear).map(values).collect(),
    })
}
