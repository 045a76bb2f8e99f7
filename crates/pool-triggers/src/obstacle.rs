//! Why a plan is not carried out.

use serde_json::Value;

use crate::description::Description;
use crate::difference::{list, one_line};
use crate::fragment::add_permission;
use crate::plan::Plan;
use crate::refused::{Choice, Refused};
use crate::wire::Mfa;

impl Plan {
    /// Why the plan may not be carried out.
    pub fn obstacle(&self, ignore_owner: bool) -> Option<Refused> {
        if let Some(owner) = self.owner.as_ref().filter(|_| !ignore_owner) {
            let is_by_hand = self.goal.saved().is_some();
            let choice = if is_by_hand { Choice::RestoreOwned } else { Choice::IgnoreOwner };
            let refusal = Refused::by(
                "owned",
                format!(
                    "the user pool belongs to {}, by its tag {}",
                    owner.tool.name(),
                    one_line(&owner.tag)
                ),
            )
            .or(choice);
            return Some(refusal);
        }
        if !self.would_change_more.is_empty() {
            // No description that Cognito gives is known to come here.
            return Some(
                Refused::by(
                    "would-change-more",
                    format!("an update would change more than asked for:{}", list(&self.would_change_more)),
                )
                .advise("Nothing was written. Please report it with the shape of this description."),
            );
        }
        // The MFA mode is sent along; factors are not, and could not be put back.
        let is_on = |pool: &Description| {
            pool.value().get("MfaConfiguration").and_then(Value::as_str).unwrap_or("OFF") != "OFF"
        };
        if matches!(self.mfa, Mfa::Unknown(_)) && (is_on(&self.pool) || is_on(&self.planned)) {
            return Some(
                Refused::by("mfa-unreadable", "MFA is on in this pool, and its configuration cannot be read")
                    .advise("An update can touch it. Allow cognito-idp:GetUserPoolMfaConfig."),
            );
        }
        self.function_refusal()
    }

    fn function_refusal(&self) -> Option<Refused> {
        let mut new = self.functions.iter().filter(|function| function.is_new);
        let bad = new.find(|function| function.invocable != Some(true))?;
        let problem = bad.problem.as_deref().unwrap_or("it could not be checked");
        let failure = Refused::by(
            "function-not-invocable",
            format!("{} is not attached: {problem} ({})", bad.trigger, bad.arn),
        );
        let permission = bad.arn.parse().ok().filter(|_| bad.lacks_permission);
        let permission = permission.and_then(|arn| add_permission(&arn, self.pool_arn(), &bad.statements));
        Some(match (bad.invocable, permission) {
            (Some(false), Some(command)) => {
                failure.advise(format!("Every user would be locked out. This lets Cognito in:\n{command}"))
            }
            (Some(false), _) => failure.advise("Every user would be locked out."),
            _ => failure.or(Choice::SkipCheck),
        })
    }
}
