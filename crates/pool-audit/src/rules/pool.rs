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
        why: "Invited users who sign up themselves need it. A stranger can do so too, and gets a confirmed user without a tenant: \
              no token comes of it while pre-token-generation enforces, but the user counts, and mail is sent. Where operators \
              make every user, or all come through identity providers, close it.",
        check: Check::Pool(sign_up_open),
    },
    Rule {
        id: "username-case-sensitive",
        severity: Severity::Medium,
        looks_for: "Usernames, and e-mail addresses as usernames, are told apart by upper and lower case. Severity low where \
                    the pool does not say so and it is Cognito's default.",
        why: "Ana@example.com and ana@example.com are two users with one mailbox; both can redeem what was sent to it.",
        check: Check::Pool(case_sensitive),
    },
    Rule {
        id: "deletion-protection-off",
        severity: Severity::Medium,
        looks_for: "The pool can be deleted by one call.",
        why: "Its users are then gone for good: a new pool gives them other ids (sub), and every membership names those.",
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
    let mend = setting("AdminCreateUserConfig.AllowAdminCreateUserOnly: true, its other members as they are");
    let finding = of_pool("AllowAdminCreateUserOnly is not set: anybody can sign up.", mend);
    vec![if snapshot.expected.is_invite_only { finding.at(Severity::Medium) } else { finding }]
}

fn case_sensitive(snapshot: &Snapshot) -> Vec<Finding> {
    let said = snapshot
        .pool
        .username_configuration()
        .map(aws_sdk_cognitoidentityprovider::types::UsernameConfigurationType::case_sensitive);
    let mend = "It is decided when a pool is made (UsernameConfiguration.CaseSensitive: false) and cannot be changed: make a new \
                pool for new products; here, always sign users up with the address in lower case."
        .to_owned();
    match said {
        Some(false) => Vec::new(),
        Some(true) => vec![of_pool("UsernameConfiguration.CaseSensitive is true.", mend)],
        None => vec![
            of_pool("UsernameConfiguration is not said, and CaseSensitive is true by default.", mend)
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
