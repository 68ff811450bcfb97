//! In which order a page of a log is read.

/// Which comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// The oldest.
    #[default]
    Oldest,
    /// The newest.
    Newest,
}

impl Order {
    /// The statement in this order: `{beyond}` is how what comes on a later page compares with where this one ended, `{way}` the direction of each column.
    pub(crate) fn of(self, statement: &str) -> String {
        let (beyond, way) = match self {
            Self::Oldest => (">", "asc"),
            Self::Newest => ("<", "desc"),
        };
        statement.replace("{beyond}", beyond).replace("{way}", way)
    }

    /// Before all there is.
    pub(crate) fn start(self) -> (i64, i64) {
        match self {
            Self::Oldest => (i64::MIN, i64::MIN),
            Self::Newest => (i64::MAX, i64::MAX),
        }
    }
}
