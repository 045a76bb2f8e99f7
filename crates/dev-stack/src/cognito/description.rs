//! What `DescribeUserPool` shows, apart from what lives in the pool: the defaults, and what becomes of a request
//! that sets some members of them. "If you don't provide a value for an attribute, Amazon Cognito sets it to its
//! default value" (API reference, `UpdateUserPool`).

use serde_json::{Value, json};

use super::{
    error::CognitoError,
    patch::{members, merge},
    pool::{EventVersion, PoolSettings, Triggers},
    rules, schema,
    shape::Object,
    unknowns,
};
use crate::clock;

/// The texts that stand in two places: the old member, and the member of `VerificationMessageTemplate`.
const MIRRORED_TEXTS: [(&str, &str); 3] = [
    ("SmsVerificationMessage", "SmsMessage"),
    ("EmailVerificationMessage", "EmailMessage"),
    ("EmailVerificationSubject", "EmailSubject"),
];

/// What has to be known of a pool to judge an update.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Before {
    /// `TemporaryPasswordValidityDays` has been set once, so `UnusedAccountValidityDays` cannot be any more.
    pub(crate) temporary_days_set: bool,
    /// There is an MFA method besides SMS.
    pub(crate) other_mfa: bool,
}

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
    mirror_trigger(&mut settled);
    rules::check_settled(&settled, before)?;
    Ok(settled)
}

/// The description of a pool made by [`Cognito::create_pool`](super::Cognito::create_pool): one that an auditor
/// would like.
pub(crate) fn of_settings(settings: PoolSettings, arn: impl Fn(&str) -> String) -> Object {
    let mut attributes = schema::standard();
    attributes.extend(settings.custom_attributes.iter().map(|name| schema::custom_text(name)));
    let mut description = defaults(false);
    description.extend(members(json!({
        "DeletionProtection": "ACTIVE",
        "AutoVerifiedAttributes": ["email"],
        "UserAttributeUpdateSettings": { "AttributesRequireVerificationBeforeUpdate": ["email"] },
        "AccountRecoverySetting": { "RecoveryMechanisms": [{ "Priority": 1, "Name": "verified_email" }] },
        "UsernameAttributes": settings.email_usernames.then_some(["email"]),
        "UsernameConfiguration": { "CaseSensitive": false },
        "SchemaAttributes": attributes,
    })));
    set_triggers(&mut description, settings.triggers, arn);
    born(&mut description, &settings.name);
    description
}

/// The members that a pool has from its making.
pub(crate) fn born(description: &mut Object, name: &str) {
    let now = clock::now_seconds();
    description.insert("Name".to_owned(), json!(name));
    description.insert("CreationDate".to_owned(), json!(now));
    description.insert("LastModifiedDate".to_owned(), json!(now));
}

/// The triggers that a description has.
pub(crate) fn triggers(description: &Object) -> Triggers {
    let text = |path: &[&str]| member(description, path).and_then(Value::as_str).map(str::to_owned);
    let config = |name| text(&["LambdaConfig", "PreTokenGenerationConfig", name]);
    let versioned = config("LambdaArn").map(|arn| {
        let version = config("LambdaVersion").and_then(|version| EventVersion::from_lambda_version(&version));
        (arn, version.unwrap_or_default())
    });
    let legacy = || text(&["LambdaConfig", "PreTokenGeneration"]).map(|arn| (arn, EventVersion::V1));
    Triggers {
        post_confirmation: text(&["LambdaConfig", "PostConfirmation"]),
        pre_token_generation: versioned.or_else(legacy),
    }
}

/// Changes the two triggers and leaves the others; `arn` makes the ARN of a function's name.
pub(crate) fn set_triggers(description: &mut Object, triggers: Triggers, arn: impl Fn(&str) -> String) {
    let arn = |function: String| if function.starts_with("arn:") { function } else { arn(&function) };
    let Triggers { post_confirmation, pre_token_generation } = triggers;
    let change = json!({
        "PostConfirmation": post_confirmation.map(&arn),
        "PreTokenGeneration": null,
        "PreTokenGenerationConfig": pre_token_generation.map(|(function, version)| {
            json!({ "LambdaArn": arn(function), "LambdaVersion": version.as_lambda_version() })
        }),
    });
    merge(description.entry("LambdaConfig").or_insert_with(|| json!({})), change);
    mirror_trigger(description);
}

/// A member of members.
pub(crate) fn member<'a>(description: &'a Object, path: &[&str]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(description.get(*first)?, |value, name| value.get(*name))
}

/// The texts of a list.
pub(crate) fn texts<'a>(description: &'a Object, path: &[&str]) -> Vec<&'a str> {
    let list = member(description, path).and_then(Value::as_array);
    list.map(|items| items.iter().filter_map(Value::as_str).collect()).unwrap_or_default()
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

/// `PreTokenGeneration` and `PreTokenGenerationConfig` are one trigger.
fn mirror_trigger(settled: &mut Object) {
    let Triggers { pre_token_generation: Some((arn, version)), .. } = triggers(settled) else { return };
    let mut change = json!({
        "PreTokenGenerationConfig": { "LambdaArn": arn, "LambdaVersion": version.as_lambda_version() },
    });
    if unknowns::legacy_trigger_is_shown(version) {
        merge(&mut change, json!({ "PreTokenGeneration": arn }));
    }
    merge(settled.entry("LambdaConfig").or_insert_with(|| json!({})), change);
}
