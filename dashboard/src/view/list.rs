//! A list: a page of items, and where the next one begins.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A list: its items, and the cursor of what follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct List<T> {
    /// In the order that the operation names.
    pub items: Vec<T>,
    /// Give it back as `cursor` for what follows; null at the end.
    pub next: Option<String>,
}

impl<T> List<T> {
    /// A list that is told at once.
    pub fn whole(items: impl IntoIterator<Item = T>) -> Self {
        Self {
            items: items.into_iter().collect(),
            next: None,
        }
    }
}
