//! The pool's own settings.

use aws_sdk_cognitoidentityprovider::types::{
    AdvancedSecurityModeType, DeletionProtectionType, EmailSendingAccountType, UserPoolMfaType,
    UserPoolTierType,
};

use super::of_pool as setting;
use crate::finding::{Check, Finding, Look, Rule, Severity};
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
    Rule {
        id: "mfa-off",
        severity: Severity::Low,
        looks_for: "Multi-factor authentication is off.",
        why: "One guessed or stolen password is all it takes to act for a tenant.",
        check: Check::Any(mfa_off),
    },
    Rule {
        id: "mfa-sms-only",
        severity: Severity::Low,
        looks_for: "Text messages are the only second factor.",
        why: "Phone numbers are taken over more easily than authenticator applications.",
        check: Check::Any(mfa_sms_only),
    },
    Rule {
        id: "password-short",
        severity: Severity::Low,
        looks_for: "Passwords may be shorter than 8 characters.",
        why: "Short passwords are guessed.",
        check: Check::Pool(password_short),
    },
    Rule {
        id: "temporary-password-long",
        severity: Severity::Low,
        looks_for: "Temporary passwords of users whom an operator makes are valid for more than 7 days.",
        why: "They lie in mailboxes, and whoever finds one first becomes the user.",
        check: Check::Pool(temporary_password),
    },
    Rule {
        id: "threat-protection-off",
        severity: Severity::Low,
        looks_for: "The plan Plus, without threat protection.",
        why: "It is paid for, and leaked passwords and odd sign-ins go unseen.",
        check: Check::Pool(threat_protection),
    },
    Rule {
        id: "email-sending-default",
        severity: Severity::Info,
        looks_for: "Mail is sent by Cognito's own sender.",
        why: "It sends 50 messages a day for an account (quotas of Cognito): more sign-ups than that wait for tomorrow.",
        check: Check::Pool(email_sending),
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

/// Whether there is a second factor: from its own call, or else from the pool's description.
fn mfa(snapshot: &Snapshot) -> Result<&UserPoolMfaType, String> {
    let described = snapshot.pool.mfa_configuration();
    match &snapshot.mfa {
        Ok(settings) => {
            settings.mfa_configuration().or(described).ok_or_else(|| "the server does not say".to_owned())
        }
        Err(unread) => described.ok_or_else(|| unread.to_string()),
    }
}

fn mfa_off(snapshot: &Snapshot) -> Look {
    if *mfa(snapshot)? != UserPoolMfaType::Off {
        return Ok(Vec::new());
    }
    let mend = setting(
        "MfaConfiguration: OPTIONAL, with SOFTWARE_TOKEN_MFA among EnabledMfas (users then choose it, and identity providers \
         bring their own)",
    );
    Ok(vec![of_pool("MfaConfiguration is OFF.", mend)])
}

fn mfa_sms_only(snapshot: &Snapshot) -> Look {
    let settings = snapshot.mfa.as_ref().map_err(ToString::to_string)?;
    let has_token = settings
        .software_token_mfa_configuration()
        .is_some_and(aws_sdk_cognitoidentityprovider::types::SoftwareTokenMfaConfigType::enabled);
    let has_sms = settings.sms_mfa_configuration().is_some();
    let has_email = settings.email_mfa_configuration().is_some();
    if *mfa(snapshot)? == UserPoolMfaType::Off || has_token || has_email || !has_sms {
        return Ok(Vec::new());
    }
    let mend = setting("EnabledMfas: [SMS_MFA, SOFTWARE_TOKEN_MFA]");
    Ok(vec![of_pool("Only SmsMfaConfiguration is set.", mend)])
}

fn password_short(snapshot: &Snapshot) -> Vec<Finding> {
    let minimum = snapshot.pool.policies().and_then(|policies| policies.password_policy()?.minimum_length());
    minimum
        .filter(|length| *length < 8)
        .map(|length| {
            let mend = setting("Policies.PasswordPolicy.MinimumLength: 12, its other members as they are");
            of_pool(format!("MinimumLength is {length}."), mend)
        })
        .into_iter()
        .collect()
}

fn temporary_password(snapshot: &Snapshot) -> Vec<Finding> {
    let policy = snapshot.pool.policies().and_then(|policies| policies.password_policy());
    // The older place of the same setting (API reference, `AdminCreateUserConfigType`).
    let older = snapshot.pool.admin_create_user_config().map_or(
        0,
        aws_sdk_cognitoidentityprovider::types::AdminCreateUserConfigType::unused_account_validity_days,
    );
    let days = policy.map_or(
        0,
        aws_sdk_cognitoidentityprovider::types::PasswordPolicyType::temporary_password_validity_days,
    );
    let days = if days == 0 { older } else { days };
    if days <= 7 {
        return Vec::new();
    }
    let mend =
        setting("Policies.PasswordPolicy.TemporaryPasswordValidityDays: 7, its other members as they are");
    vec![of_pool(format!("They are valid for {days} days."), mend)]
}

fn threat_protection(snapshot: &Snapshot) -> Vec<Finding> {
    let is_on = snapshot
        .pool
        .user_pool_add_ons()
        .is_some_and(|add_ons| *add_ons.advanced_security_mode() == AdvancedSecurityModeType::Enforced);
    if is_on || snapshot.pool.user_pool_tier() != Some(&UserPoolTierType::Plus) {
        return Vec::new();
    }
    let mend = setting("UserPoolAddOns.AdvancedSecurityMode: ENFORCED, its other members as they are");
    vec![of_pool("AdvancedSecurityMode is not ENFORCED.", mend)]
}

fn email_sending(snapshot: &Snapshot) -> Vec<Finding> {
    let account = snapshot.pool.email_configuration().and_then(|email| email.email_sending_account());
    if account != Some(&EmailSendingAccountType::CognitoDefault) {
        return Vec::new();
    }
    let mend = setting(
        "EmailConfiguration.EmailSendingAccount: DEVELOPER and its SourceArn that of an SES identity, its other members as they \
         are",
    );
    vec![of_pool("EmailSendingAccount is COGNITO_DEFAULT.", mend)]
}
