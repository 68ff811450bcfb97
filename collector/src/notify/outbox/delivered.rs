//! How far deliveries have come, as the screens show it.

use plenum_protocol::Timestamp;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use serde::Serialize;

/// How far a delivery has come. Written in the table and in JSON as [`DeliveryState::as_str`] does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DeliveryState {
    /// An attempt is due now or later.
    Waiting,
    /// The receiver took it.
    Sent,
    /// It was given up.
    Failed,
    /// A newer one about the same alarm went in its place.
    Replaced,
    /// Somebody had it before it left.
    Withheld,
}

impl DeliveryState {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Replaced => "replaced",
            Self::Withheld => "withheld",
        }
    }
}

impl ToSql for DeliveryState {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.as_str().into())
    }
}

impl FromSql for DeliveryState {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value.as_str()? {
            "waiting" => Ok(Self::Waiting),
            "sent" => Ok(Self::Sent),
            "failed" => Ok(Self::Failed),
            "replaced" => Ok(Self::Replaced),
            "withheld" => Ok(Self::Withheld),
            word => Err(FromSqlError::Other(
                format!("`{word}` is not a state of a delivery").into(),
            )),
        }
    }
}

/// A delivery as the screens show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Delivered {
    /// When it was intended.
    pub at: Timestamp,
    /// The identifier of the channel that it goes by.
    pub channel: String,
    /// To whom.
    pub to: String,
    /// How far it has come.
    pub state: DeliveryState,
    /// Attempts made.
    pub attempts: u32,
    /// What the last attempt met.
    pub error: Option<String>,
}
