//! Why one user could not be mended, whichever side it was.

use tenancy::ports::{BoxError, DirectoryError};

use tenancy::Damage;
use tenancy_aws::operator::OperatorError;

use super::trouble::Trouble;
use crate::failure::Failure;

/// Users in a row that fail because nobody answers, after which there is no sense in going on.
pub const MAX_SILENCES: u32 = 3;

/// Why not.
#[derive(Debug)]
pub enum Unsettled {
    /// The pool's side.
    Pool(Trouble),
    /// The table's side: a stable name, and in words.
    Table(&'static str, String),
    /// The user's own items.
    Damaged(Damage),
    /// The user joined not long ago, and the pool's list may be behind.
    Recent,
}

impl Unsettled {
    /// What [`tenancy::confirm::stamp`] says.
    #[must_use]
    pub fn of_stamp(error: BoxError) -> Self {
        match error.downcast::<DirectoryError>() {
            Ok(error) => {
                let DirectoryError(source) = *error;
                let trouble = source.downcast_ref::<Trouble>().cloned();
                Self::Pool(trouble.unwrap_or_else(|| Trouble::Refused(source.to_string())))
            }
            Err(error) => Self::Table("store", crate::failure::chain(&*error)),
        }
    }

    /// A stable name for scripts.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Pool(trouble) => trouble.reason(),
            Self::Table(reason, _) => reason,
            Self::Damaged(_) => "damaged",
            Self::Recent => "joined-recently",
        }
    }

    /// In words.
    #[must_use]
    pub fn detail(&self) -> String {
        match self {
            Self::Pool(trouble) => trouble.to_string(),
            Self::Table(_, detail) => detail.clone(),
            Self::Damaged(damage) => damage.to_string(),
            Self::Recent => {
                "joined less than a day ago, and the pool's list may be behind; look again tomorrow"
                    .to_owned()
            }
        }
    }

    /// Whether nobody answered, as opposed to something that is wrong with this user.
    #[must_use]
    pub fn is_silence(&self) -> bool {
        matches!(self, Self::Pool(Trouble::NoAnswer(_)) | Self::Table("store", _))
    }
}

impl From<Trouble> for Unsettled {
    fn from(trouble: Trouble) -> Self {
        Self::Pool(trouble)
    }
}

impl From<Failure> for Unsettled {
    fn from(failure: Failure) -> Self {
        Self::Table(failure.code(), failure.to_string())
    }
}

impl From<OperatorError> for Unsettled {
    fn from(error: OperatorError) -> Self {
        Failure::from(error).into()
    }
}

impl From<Damage> for Unsettled {
    fn from(damage: Damage) -> Self {
        Self::Damaged(damage)
    }
}

#[cfg(test)]
mod tests {
    use tenancy::ports::StoreError;

    use super::*;

    #[test]
    fn what_failed_is_told_by_the_side_that_failed() {
        let pool: BoxError = Box::new(DirectoryError(Box::new(Trouble::UserMissing)));
        let table: BoxError =
            Box::new(StoreError::Unavailable { operation: "note a stamp", source: "timed out".into() });

        let (pool, table) = (Unsettled::of_stamp(pool), Unsettled::of_stamp(table));

        assert_eq!((pool.reason(), pool.is_silence()), ("user-missing", false));
        assert_eq!((table.reason(), table.is_silence()), ("store", true));
        assert_eq!(table.detail(), "the store gave no answer to note a stamp: timed out");
    }
}
