//! Users of a pool, looked up, and what to say when there is no answer.

use tenancy::PoolId;
use user_pool::AwsError;
use user_pool::users::{self, ListError, PoolUser, Unfound};

use crate::context::Context;
use crate::failure::{self, Failure};

/// Finds the one user that `who` means.
pub(super) async fn find_user(context: &Context, pool: &PoolId, who: &str) -> Result<PoolUser, Failure> {
    let found = users::find_user(&context.cognito_of(pool).await?, pool, who).await;
    found.map_err(|unfound| match unfound {
        Unfound::Unknown => Failure::refused("user-unknown", format!("there is no such user in pool {pool}"))
            .hint("Give the sub, the username or the e-mail address. A user who has just signed up may take a moment to be found."),
        Unfound::Ambiguous(subs) => {
            let named: Vec<&str> = subs.iter().map(tenancy::Sub::as_str).collect();
            let what = format!("{} users of pool {pool} match: {}", subs.len(), named.join(", "));
            Failure::refused("user-ambiguous", what).hint("Say which one by its sub.")
        }
        Unfound::Unanswered(error) => list_failure(pool, &error).or_hint(context.region_hint(pool)),
    })
}

/// What to say when `ListUsers` gave no answer.
pub(super) fn list_failure(pool: &PoolId, error: &ListError) -> Failure {
    failure::of(&format!("look at the users of pool {pool}"), &AwsError::of(error).about_user())
        .needs("cognito-idp:ListUsers on the pool")
}
