//! The pool's own settings.

use aws_sdk_cognitoidentityprovider::types::DeletionProtectionType;

use super::of_pool as setting;
use crate::finding::{Check, Finding, Rule, Severity};
use crate::snapshot::Snapshot;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "sign-up-open",
        severity: Severity::Info,
        looks_for: "Anybody can sign up. Severity medium with --invite-only.",
        why: "Invited users need it to sign up themselves. Strangers can sign up too: they get no token while \
              pre-token-generation enforces, but each one counts as a user and causes mail. Close sign-up if operators create \
              all users, or all users come from identity providers.",
        check: Check::Pool(sign_up_open),
    },
    Rule {
        id: "username-case-sensitive",
        severity: Severity::Medium,
        looks_for: "Usernames are case-sensitive, including e-mail addresses used as usernames. Severity low if this is \
                    Cognito's default and the pool does not set it.",
        why: "Ana@example.com and ana@example.com are two users with one mailbox. Both can redeem an invite that was sent to \
              it.",
        check: Check::Pool(case_sensitive),
    },
    Rule {
        id: "deletion-protection-off",
        severity: Severity::Medium,
        looks_for: "The pool can be deleted by one call.",
        why: "Its users are lost: a new pool gives users new ids (sub), and every membership refers to the old ones.",
        check: Check::Pool(deletion_protection),
    },
];

fn of_pool(found: impl Into<String>, mend: String) -> Finding {
    Finding::new("the user pool", found, mend)
}

fn sign_up_open(snapshot: &Snapshot) -> Vec<Finding> {
    if snapshot.pool.admin_create_user_config().is_some_and(
        aws_sdk_cognitoidentityprovider::types::AdminCreateUserConfigType::allow_admin_create_user_only,
    ) {
        return Vec::new();
    }
    let mend =
        setting("AdminCreateUserConfig.AllowAdminCreateUserOnly: true, with its other members unchanged");
    let finding = of_pool("AllowAdminCreateUserOnly is not set: anybody can sign up.", mend);
    vec![if snapshot.expected.is_invite_only { finding.at(Severity::Medium) } else { finding }]
}

fn case_sensitive(snapshot: &Snapshot) -> Vec<Finding> {
    let said = snapshot
        .pool
        .username_configuration()
        .map(aws_sdk_cognitoidentityprovider::types::UsernameConfigurationType::case_sensitive);
    let mend = "UsernameConfiguration.CaseSensitive cannot be changed after the pool is created. In this pool, always sign \
                users up with lower-case addresses. Create new pools with CaseSensitive: false."
        .to_owned();
    match said {
        Some(false) => Vec::new(),
        Some(true) => vec![of_pool("UsernameConfiguration.CaseSensitive is true.", mend)],
        None => vec![
            of_pool("UsernameConfiguration is not set, and CaseSensitive is true by default.", mend)
                .at(Severity::Low),
        ],
    }
}

fn deletion_protection(snapshot: &Snapshot) -> Vec<Finding> {
    if snapshot.pool.deletion_protection() == Some(&DeletionProtectionType::Active) {
        return Vec::new();
    }
    let mend = setting("DeletionProtection: ACTIVE");
    vec![of_pool("DeletionProtection is not ACTIVE.", mend)]
}
