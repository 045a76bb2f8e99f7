//! What keeps a user from a token with a tenant before the function is called, or because no function is called.

use tenancy::PoolId;

use super::super::advice::Advice;
use crate::context::Context;
use user_pool::users::PoolUser;
use user_pool::words::shell_word;

/// Something in the way.
#[derive(Debug)]
pub(super) struct Obstacle {
    /// The reason as a clause, for the end of a sentence.
    pub(super) because: String,
    /// Whether Cognito issues a token all the same: one without a tenant.
    pub(super) token: bool,
    pub(super) advice: Advice,
}

impl Obstacle {
    /// What Cognito refuses by the state of the user's account.
    pub(super) fn of_user(user: &PoolUser, pool: &PoolId, context: &Context) -> Vec<Self> {
        let mut obstacles = Vec::new();
        if !user.enabled {
            let command = format!(
                "aws cognito-idp admin-enable-user --user-pool-id {pool} --username {}{}",
                shell_word(user.username.as_str()),
                context.aws_cli_options(None),
            );
            obstacles.push(Self::refuses(
                "the user is disabled in the user pool",
                Advice { what: "If the user may sign in again".to_owned(), command: Some(command) },
            ));
        }
        let (because, what) = match user.status.as_str() {
            "UNCONFIRMED" => (
                "the user has not confirmed the sign-up",
                "The user confirms the sign-up with the code that Cognito has sent",
            ),
            "RESET_REQUIRED" => (
                "the user must reset the password first",
                "The user resets the password in the app (forgot password)",
            ),
            _ => return obstacles,
        };
        obstacles.push(Self::refuses(because, Advice::text(what)));
        obstacles
    }

    /// The pool has no trigger.
    pub(super) fn not_attached() -> Self {
        Self {
            because: "the user pool has no pre-token-generation trigger".to_owned(),
            token: true,
            advice: Advice {
                what: "Attach the functions".to_owned(),
                command: Some(
                    "tenantctl pool attach --post-confirmation ARN --pre-token-generation ARN".to_owned(),
                ),
            },
        }
    }

    /// The function that is attached does not exist: Cognito refuses every sign-in.
    pub(super) fn function_missing(function: &str) -> Self {
        Self::refuses(
            format!("the function {function} is attached to the user pool and does not exist"),
            Advice::text("Deploy the function again, or detach it with tenantctl pool detach"),
        )
    }

    fn refuses(because: impl Into<String>, advice: Advice) -> Self {
        Self { because: because.into(), token: false, advice }
    }

    /// The whole sentence, without a full stop.
    pub(super) fn sentence(&self, who: &str) -> String {
        let what = if self.token { "a token without a tenant" } else { "no token" };
        format!("{who} gets {what}: {}", self.because)
    }
}
