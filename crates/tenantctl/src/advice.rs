//! What helps: where a rule forbids an operator's change, and where AWS gave no answer or refused.

use tenancy::operate::Rule;
use user_pool::Meaning;

/// What to do about an error of AWS, when that does not depend on what was asked for.
pub(crate) fn of_meaning(meaning: Meaning) -> Option<&'static str> {
    Some(match meaning {
        Meaning::SessionExpired | Meaning::KeysRefused | Meaning::NoCredentials => "Sign in again.",
        Meaning::ClockWrong => "Set the clock of this computer.",
        Meaning::Denied => {
            "Ask an administrator of the AWS account for that permission, or take other credentials with --profile."
        }
        Meaning::Throttled => "Try again in a minute.",
        Meaning::Conflict => {
            "Another call is changing the same resource. Check its state, then run the command again."
        }
        Meaning::Unsupported => {
            "Check that the endpoint (--endpoint-url, AWS_ENDPOINT_URL) supports this AWS service."
        }
        Meaning::Unreachable => {
            "Check the network, the Region and the endpoint (--region, --endpoint-url, AWS_ENDPOINT_URL)."
        }
        Meaning::Internal => "Try again in a minute. https://health.aws.amazon.com shows outages.",
        Meaning::Unreadable => {
            "Check the endpoint (--endpoint-url, AWS_ENDPOINT_URL), and whether a proxy answered instead."
        }
        Meaning::NotFound | Meaning::UserNotFound | Meaning::Refused => return None,
    })
}

/// The rule in words, and the command that helps.
pub(crate) fn refusal(rule: &Rule) -> String {
    let advice = match rule {
        Rule::TenantUnknown(_) => "see `tenantctl tenant list`",
        Rule::TenantNotActive(_) => "see `tenantctl tenant resume`",
        Rule::TenantWithoutSlug(_) => "see `tenantctl tenant rename --slug`",
        Rule::ClientBound { .. } => "unbind it first: `tenantctl client unbind`",
        Rule::ProviderBound { .. } => "unbind it first: `tenantctl idp unbind`",
        Rule::DomainTaken { domain, .. } => {
            return format!("{rule}; take it away first: `tenantctl domain remove {domain}`");
        }
        Rule::MemberUnknown { tenant, .. } => {
            return format!("{rule}; see `tenantctl member list --tenant {tenant}`");
        }
        Rule::MemberExists { .. } => "use `tenantctl member set-roles`",
        Rule::MemberSuspended { .. } => "use `tenantctl member resume`",
        Rule::MemberRemoved { .. } => "add them again with `tenantctl member add`",
        Rule::InviteOpen { .. } => "use `tenantctl invite resend` or `tenantctl invite revoke`",
        Rule::InviteRevoked | Rule::InviteUsedUp => "make a new one with `tenantctl invite create`",
        Rule::NothingToRevoke => "`tenantctl member remove` ends a membership",
        Rule::CellUnknown(_) | Rule::NoCell(_) => "see `tenantctl cell list`",
        Rule::CellFull(_) | Rule::CellsFull(_) => {
            "make room with `tenantctl cell set-capacity`, or a new cell with `tenantctl cell create`"
        }
        Rule::CellNotOpen { cell, .. } => return format!("{rule}; see `tenantctl cell open {cell}`"),
        Rule::CellNotEmpty { cell, .. } => {
            return format!(
                "{rule}; `tenantctl cell drain {cell}` takes no new ones, and `tenantctl cell recount {cell}` counts again"
            );
        }
        Rule::TenantElsewhere { .. } => "name the cell of that pool with --cell",
        Rule::CellExists(_)
        | Rule::CellPoolTaken { .. }
        | Rule::CellTier { .. }
        | Rule::TenantPlaced { .. }
        | Rule::TenantExists(_)
        | Rule::TenantFinal(_)
        | Rule::TenantOffboarded(_)
        | Rule::SlugTaken { .. }
        | Rule::MemberNotActive { .. }
        | Rule::NewerInviteOpen(_)
        | Rule::InviteExpired
        | Rule::InviteTooLong
        | Rule::InviteUses => return rule.to_string(),
    };
    format!("{rule}; {advice}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_the_command_that_helps() {
        let (tenant, sub) = (|| "acme".parse().unwrap(), || "sub-1".parse().unwrap());
        let rows = [
            (Rule::TenantUnknown(tenant()), "there is no tenant `acme`; see `tenantctl tenant list`"),
            (
                Rule::ClientBound { client: "c".parse().unwrap(), tenant: tenant() },
                "app client c is bound to tenant `acme`; unbind it first: `tenantctl client unbind`",
            ),
            (
                Rule::MemberUnknown { sub: sub(), tenant: tenant() },
                "user sub-1 is no member of `acme`; see `tenantctl member list --tenant acme`",
            ),
            (
                Rule::MemberSuspended { sub: sub(), tenant: tenant() },
                "user sub-1 is a suspended member of `acme`; use `tenantctl member resume`",
            ),
            (
                Rule::MemberRemoved { sub: sub(), tenant: tenant() },
                "user sub-1 was removed from `acme`; add them again with `tenantctl member add`",
            ),
            (Rule::InviteUsedUp, "the invite is used up; make a new one with `tenantctl invite create`"),
            (Rule::InviteUses, "an invite is for 1 to 10000 users"),
        ];

        for (rule, text) in rows {
            assert_eq!(refusal(&rule), text);
        }
    }
}
