//! Why a plan is not carried out.

use serde_json::Value;

use super::apply::list;
use super::fragment::{add_permission, fragment};
use super::report::one_line;
use super::run::Run;
use super::wire::Mfa;
use crate::failure::Failure;

impl Run<'_> {
    /// Why the plan may not be carried out.
    pub(super) fn refusal(&mut self, mfa: &Mfa) -> Option<Failure> {
        if let Some(owner) = self.report.owner.as_ref().filter(|_| !self.options.ignore_owner) {
            self.report.fragment = Some(fragment(owner, &self.pool_arn, &self.changes));
            return Some(
                Failure::refused(
                    "owned",
                    format!("the user pool belongs to {}, by its tag {}", owner.tool.name(), one_line(&owner.tag)),
                )
                .hint("Write the lines above into its code and deploy. In an emergency, --ignore-owner changes the pool; the next deployment undoes it."),
            );
        }
        if !self.unknown.is_empty() && !self.options.send_unknown {
            return Some(
                Failure::refused(
                    "unknown-member",
                    format!("the user pool has settings that this version does not know: {}", self.unknown.join(", ")),
                )
                .hint("They would be reset. A newer tenantctl may know them; --send-unknown sends them back as they are."),
            );
        }
        let is_wanted =
            |path: &str| path == "LambdaConfig" || self.changes.iter().any(|(slot, _)| slot.covers(path));
        let more: Vec<_> = self.report.plan.iter().filter(|d| !is_wanted(&d.path)).cloned().collect();
        if !more.is_empty() && self.unknown.is_empty() {
            // No description that Cognito gives is known to come here.
            return Some(
                Failure::refused(
                    "would-change-more",
                    format!("an update would change more than asked for:{}", list(&more)),
                )
                .hint("Nothing was written. Please report it with the shape of this description."),
            );
        }
        // The MFA mode is sent along; factors are not, and could not be put back.
        let mfa_mode = self.pool.get("MfaConfiguration").and_then(Value::as_str).unwrap_or("OFF");
        if matches!(mfa, Mfa::Unknown(_)) && mfa_mode != "OFF" {
            return Some(
                Failure::refused(
                    "mfa-unreadable",
                    "MFA is on in this pool, and its configuration cannot be read",
                )
                .hint("An update can touch it. Allow cognito-idp:GetUserPoolMfaConfig."),
            );
        }
        self.function_refusal()
    }

    fn function_refusal(&self) -> Option<Failure> {
        let mut new = self.report.functions.iter().filter(|function| function.is_new);
        let bad = new.find(|function| function.invocable != Some(true))?;
        let problem = bad.problem.as_deref().unwrap_or("it could not be checked");
        let failure = Failure::refused(
            "function-not-invocable",
            format!("{} is not attached: {problem} ({})", bad.trigger, bad.arn),
        );
        let permission = bad.arn.parse().ok().filter(|_| bad.lacks_permission);
        let permission = permission.and_then(|arn| add_permission(&arn, &self.pool_arn, &bad.statements));
        Some(match (bad.invocable, permission) {
            (Some(false), Some(command)) => {
                failure.hint(format!("Every user would be locked out. This lets Cognito in:\n{command}"))
            }
            (Some(false), _) => failure.hint("Every user would be locked out."),
            _ => failure.hint(
                "A function that Cognito may not invoke locks every user out. --skip-function-check goes on without \
                 the check, which needs lambda:GetFunctionConfiguration and lambda:GetPolicy.",
            ),
        })
    }
}
