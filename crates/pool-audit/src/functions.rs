//! The functions that are attached to a pool, and how they are named.

use aws_sdk_lambda::operation::get_alias::GetAliasOutput;
use user_pool::FunctionName;
use user_pool::function::{Configuration, environment_error, setting};

use crate::expected::Expected;
use crate::unread::{No, Read, Unread};

/// A function that is attached to a trigger.
#[derive(Clone, Debug)]
pub struct Function {
    /// The trigger, as `LambdaConfig` names it, such as `PostConfirmation`.
    pub trigger: &'static str,
    /// What the pool calls.
    pub arn: String,
    /// The same, in parts.
    pub name: FunctionName,
    /// Its settings.
    pub configuration: Read<Configuration>,
    /// The alias by which it is called, if it is called by one.
    pub alias: Option<Read<GetAliasOutput>>,
    /// Who may call it, as JSON; `None` when it has no policy.
    pub policy: Read<Option<String>>,
    /// How many calls are kept for it at once; `None` when none are.
    pub reserved_concurrency: Read<Option<i32>>,
}

/// The trigger that joins users to tenants.
pub const POST_CONFIRMATION: &str = "PostConfirmation";
/// The trigger that puts tenants into tokens.
pub const PRE_TOKEN_GENERATION: &str = "PreTokenGeneration";

impl Function {
    /// As it is named in findings.
    pub fn subject(&self) -> String {
        format!("{} function {}", self.trigger, self.name)
    }

    pub fn settings(&self) -> Result<Option<&Configuration>, String> {
        match &self.configuration {
            Ok(configuration) => Ok(Some(configuration)),
            Err(Unread { kind: No::Missing, .. }) => Ok(None),
            Err(unread) => Err(unread.to_string()),
        }
    }

    /// Whether it is at one of the two triggers of this product.
    pub fn is_at_own_trigger(&self) -> bool {
        [POST_CONFIRMATION, PRE_TOKEN_GENERATION].contains(&self.trigger)
    }

    /// Whether it is one of this product, as far as can be seen.
    pub fn is_own(&self, expected: &Expected) -> bool {
        self.belongs(expected) == Some(true)
    }

    /// Whether it is one of this product: it is expected there, or it has the setting that both functions must have;
    /// `None` when its settings could not be read.
    pub fn belongs(&self, expected: &Expected) -> Option<bool> {
        let wanted = match self.trigger {
            POST_CONFIRMATION => expected.post_confirmation.as_ref(),
            PRE_TOKEN_GENERATION => expected.pre_token_generation.as_ref(),
            _ => return Some(false),
        };
        if wanted.is_some_and(|wanted| wanted.admits(&self.name)) {
            return Some(true);
        }
        match self.settings() {
            Err(_) => None,
            // Variables that could not be decrypted are not variables that are not there.
            Ok(Some(settings)) if environment_error(settings).is_some() => None,
            Ok(settings) => {
                Some(settings.is_some_and(|settings| setting(settings, "TENANCY_TABLE").is_some()))
            }
        }
    }
}
