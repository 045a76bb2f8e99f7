//! Why one user could not be mended, whichever side it was.

use tenancy::Damage;
use tenancy::ports::{BoxError, DirectoryError, StoreError};
use tenancy_aws::operator::OperatorError;

use super::trouble::Trouble;
use crate::failure::Failure;
use user_pool::aws_error::Meaning;

/// Why not.
#[derive(Debug)]
pub(crate) enum Unsettled {
    /// The pool's side.
    Pool(Trouble),
    /// The table's side.
    Table(Failure),
    /// The user's own items.
    Damaged(Damage),
    /// The user joined not long ago, and the pool's list may be behind.
    Recent,
}

impl Unsettled {
    /// What [`tenancy::confirm::stamp`] says.
    pub(crate) fn of_stamp(error: BoxError) -> Self {
        match error.downcast::<DirectoryError>() {
            Ok(error) => {
                let DirectoryError(source) = *error;
                let trouble = source.downcast_ref::<Trouble>().cloned();
                Self::Pool(trouble.unwrap_or_else(|| Trouble::Refused(source.to_string())))
            }
            Err(error) => Self::Table(match error.downcast::<StoreError>() {
                Ok(error) => (*error).into(),
                Err(error) => Failure::failed(crate::failure::chain(&*error)).coded("store"),
            }),
        }
    }

    /// A stable name for scripts.
    pub(crate) fn reason(&self) -> &'static str {
        match self {
            Self::Pool(trouble) => trouble.reason(),
            Self::Table(failure) => failure.code(),
            Self::Damaged(_) => "damaged",
            Self::Recent => "joined-recently",
        }
    }

    /// In words.
    pub(crate) fn detail(&self) -> String {
        match self {
            Self::Pool(trouble) => trouble.to_string(),
            Self::Table(failure) => failure.to_string(),
            Self::Damaged(damage) => damage.to_string(),
            Self::Recent => {
                "joined less than a day ago, and Cognito's list of users may be out of date; check again tomorrow"
                    .to_owned()
            }
        }
    }

    /// Whether nobody answered, as opposed to something that is wrong with this user.
    pub(crate) fn is_silence(&self) -> bool {
        match self {
            Self::Pool(trouble) => trouble.is_silence(),
            Self::Table(failure) => failure.code() == "store",
            Self::Damaged(_) | Self::Recent => false,
        }
    }

    /// What AWS meant, when nothing will work before the operator has signed in again.
    pub(crate) fn sign_in(&self) -> Option<Meaning> {
        let meaning = match self {
            Self::Pool(trouble) => trouble.meaning(),
            Self::Table(failure) => failure.meaning(),
            Self::Damaged(_) | Self::Recent => None,
        };
        meaning.filter(|meaning| meaning.needs_sign_in())
    }
}

impl From<Trouble> for Unsettled {
    fn from(trouble: Trouble) -> Self {
        Self::Pool(trouble)
    }
}

impl From<Failure> for Unsettled {
    fn from(failure: Failure) -> Self {
        Self::Table(failure)
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
    use super::*;

    #[test]
    fn what_failed_is_told_by_the_side_that_failed() {
        let pool: BoxError = Box::new(DirectoryError(Box::new(Trouble::UserMissing)));
        let table: BoxError = Box::new(StoreError::Unavailable {
            operation: "record that a stamp is written",
            source: "timed out".into(),
        });

        let (pool, table) = (Unsettled::of_stamp(pool), Unsettled::of_stamp(table));

        assert_eq!((pool.reason(), pool.is_silence()), ("user-missing", false));
        assert_eq!((table.reason(), table.is_silence()), ("store", true));
        assert_eq!(table.detail(), "could not record that a stamp is written: timed out");
    }
}
