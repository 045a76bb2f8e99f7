//! What `DescribeUserPool` shows, apart from what lives in the pool: the defaults, and what becomes of a request
//! that sets some members of them. "If you don't provide a value for an attribute, Amazon Cognito sets it to its
//! default value" (API reference, `UpdateUserPool`).

use serde_json::{Value, json};

use super::{
    error::CognitoError,
    lambda_config::{mirror_triggers, set_triggers},
    pool_settings::PoolSettings,
    rules,
    rules::Before,
    schema,
    shape::Object,
    unknowns,
};
use crate::{
    clock,
    json::{member, members, merge},
};

/// The texts that stand in two places: the old member, and the member of `VerificationMessageTemplate`.
const MIRRORED_TEXTS: [(&str, &str); 3] = [
    ("SmsVerificationMessage", "SmsMessage"),
    ("EmailVerificationMessage", "EmailMessage"),
    ("EmailVerificationSubject", "EmailSubject"),
];

/// The updatable members after a request that sends `sent`: these, and the default of every other one.
pub(crate) fn settle(mut sent: Object, before: Before) -> Result<Object, CognitoError> {
    rules::check_sent(&sent, before)?;
    mirror_texts(&mut sent)?;
    let policy_sent = member(&sent, &["Policies", "PasswordPolicy"]).is_some();
    let mut settled = defaults(policy_sent);
    for (name, value) in sent {
        merge(settled.entry(name).or_insert(Value::Null), value);
    }
    mirror_days(&mut settled);
    mirror_triggers(&mut settled);
    rules::check_settled(&settled, before)?;
    Ok(settled)
}

/// The description of a pool made by [`Cognito::create_pool`](crate::Cognito::create_pool): one that an auditor
/// would like.
pub(crate) fn of_settings(settings: &PoolSettings, arn: impl Fn(&str) -> String) -> Object {
    let mut attributes = schema::standard();
    attributes.extend(settings.custom_attributes.iter().map(|name| schema::custom_text(name)));
    let mut description = defaults(false);
    description.extend(members(json!({
        "Domain": settings.domain,
        "DeletionProtection": "ACTIVE",
        "AutoVerifiedAttributes": ["email"],
        "UserAttributeUpdateSettings": { "AttributesRequireVerificationBeforeUpdate": ["email"] },
        "AccountRecoverySetting": { "RecoveryMechanisms": [{ "Priority": 1, "Name": "verified_email" }] },
        "UsernameAttributes": settings.email_usernames.then_some(["email"]),
        "UsernameConfiguration": { "CaseSensitive": false },
        "SchemaAttributes": attributes,
    })));
    set_triggers(&mut description, &settings.triggers, arn);
    set_creation_members(&mut description, &settings.name);
    description
}

pub(crate) fn set_creation_members(description: &mut Object, name: &str) {
    let now = clock::now_seconds();
    description.insert("Name".to_owned(), json!(name));
    description.insert("CreationDate".to_owned(), json!(now));
    description.insert("LastModifiedDate".to_owned(), json!(now));
}

/// What a pool is when nothing is said. A password policy that is sent has only the requirements that it names.
fn defaults(policy_sent: bool) -> Object {
    let required = !policy_sent;
    let levels = (1..=4)
        .map(|level| (format!("Level{level}"), json!({ "AcrValue": unknowns::default_acr_value(level) })));
    let defaults = json!({
        "Policies": {
            "PasswordPolicy": {
                "MinimumLength": 8,
                "RequireUppercase": required,
                "RequireLowercase": required,
                "RequireNumbers": required,
                "RequireSymbols": required,
                "TemporaryPasswordValidityDays": null,
            },
            "SignInPolicy": { "AllowedFirstAuthFactors": ["PASSWORD"] },
        },
        "DeletionProtection": "INACTIVE",
        "LambdaConfig": {},
        "VerificationMessageTemplate": { "DefaultEmailOption": "CONFIRM_WITH_CODE" },
        "UserAttributeUpdateSettings": { "AttributesRequireVerificationBeforeUpdate": [] },
        "MfaConfiguration": "OFF",
        "EmailConfiguration": { "EmailSendingAccount": "COGNITO_DEFAULT" },
        "UserPoolTags": {},
        "AdminCreateUserConfig": { "AllowAdminCreateUserOnly": false },
        "UserPoolTier": "ESSENTIALS",
        "KeyConfiguration": { "KeyType": "AWS_OWNED_KEY" },
        "IssuerConfiguration": { "Type": "ORIGINAL" },
        "AcrConfiguration": levels.collect::<Object>(),
    });
    let mut defaults = members(defaults);
    mirror_days(&mut defaults);
    defaults
}

/// What is said in one place shows in the other.
fn mirror_texts(sent: &mut Object) -> Result<(), CognitoError> {
    for (old, new) in MIRRORED_TEXTS {
        let in_template = member(sent, &["VerificationMessageTemplate", new]).cloned();
        match (sent.get(old).cloned(), in_template) {
            (Some(old_text), Some(new_text))
                if old_text != new_text && unknowns::MIRRORED_TEXTS_MUST_AGREE =>
            {
                return Err(CognitoError::invalid_parameter(format!(
                    "{old} and VerificationMessageTemplate.{new} must be the same"
                )));
            }
            (Some(text), None) => {
                let template = sent.entry("VerificationMessageTemplate").or_insert_with(|| json!({}));
                merge(template, json!({ new: text }));
            }
            (None, Some(text)) => {
                sent.insert(old.to_owned(), text);
            }
            _ => {}
        }
    }
    Ok(())
}

/// How long a temporary password is good stands in two places; 0 is no value, and 7 the default.
fn mirror_days(settled: &mut Object) {
    let given = |path: &[&str]| member(settled, path).and_then(Value::as_u64).filter(|days| *days > 0);
    let days = given(&["Policies", "PasswordPolicy", "TemporaryPasswordValidityDays"])
        .or_else(|| given(&["AdminCreateUserConfig", "UnusedAccountValidityDays"]))
        .unwrap_or(7);
    let policies = json!({ "PasswordPolicy": { "TemporaryPasswordValidityDays": days } });
    merge(settled.entry("Policies").or_insert_with(|| json!({})), policies);
    let config = json!({ "UnusedAccountValidityDays": days });
    merge(settled.entry("AdminCreateUserConfig").or_insert_with(|| json!({})), config);
}
