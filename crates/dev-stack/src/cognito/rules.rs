//! What `CreateUserPool` and `UpdateUserPool` refuse although each member for itself is well-formed.

use serde_json::Value;

use super::{
    error::CognitoError,
    lambda_config,
    shape::Object,
    trigger::{EventVersion, Trigger},
    unknowns,
};
use crate::json::{member, texts};

/// What has to be known of a pool to judge an update.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Before {
    /// `TemporaryPasswordValidityDays` has been set once, so `UnusedAccountValidityDays` cannot be any more.
    pub(crate) temporary_days_set: bool,
    /// There is an MFA method besides SMS.
    pub(crate) other_mfa: bool,
}

/// Refuses what contradicts itself in the request as it was sent.
pub(crate) fn check_sent(sent: &Object, before: Before) -> Result<(), CognitoError> {
    check_tag_keys(sent.get("UserPoolTags"))?;
    check_days(sent, before)?;
    lambda_config::check(sent)
}

/// Refuses what does not go together once the defaults are filled in.
pub(crate) fn check_settled(settled: &Object, before: Before) -> Result<(), CognitoError> {
    let verified = texts(settled, &["AutoVerifiedAttributes"]);
    let settings = ["UserAttributeUpdateSettings", "AttributesRequireVerificationBeforeUpdate"];
    if texts(settled, &settings).iter().any(|attribute| !verified.contains(attribute)) {
        return refused(
            "All attributes in AttributesRequireVerificationBeforeUpdate must exist in AutoVerifiedAttributes",
        );
    }
    let mfa = settled.get("MfaConfiguration").and_then(Value::as_str).unwrap_or("OFF");
    if mfa != "OFF" && !before.other_mfa && !settled.contains_key("SmsConfiguration") {
        return refused("SMS configuration is required when MFA is on or optional");
    }
    check_tier(settled)
}

/// `aws:` is for the system's own tags.
pub(crate) fn check_tag_keys(tags: Option<&Value>) -> Result<(), CognitoError> {
    let reserved = |key: &String| key.to_ascii_lowercase().starts_with("aws:");
    match tags.and_then(Value::as_object) {
        Some(tags) if tags.keys().any(reserved) => {
            refused("aws: prefixed tag key names are not allowed for external use.")
        }
        _ => Ok(()),
    }
}

/// `TemporaryPasswordValidityDays` has replaced `UnusedAccountValidityDays`; 0 counts as not sent.
fn check_days(sent: &Object, before: Before) -> Result<(), CognitoError> {
    let given = |path: &[&str]| member(sent, path).and_then(Value::as_u64).is_some_and(|days| days > 0);
    let temporary = given(&["Policies", "PasswordPolicy", "TemporaryPasswordValidityDays"]);
    let unused = given(&["AdminCreateUserConfig", "UnusedAccountValidityDays"]);
    if unused && (temporary || before.temporary_days_set) {
        return refused(
            "Please use TemporaryPasswordValidityDays in PasswordPolicy instead of UnusedAccountValidityDays",
        );
    }
    Ok(())
}

/// Features that the pool's tier does not have (developer guide, "User pool feature plans").
fn check_tier(settled: &Object) -> Result<(), CognitoError> {
    let tier = settled.get("UserPoolTier").and_then(Value::as_str).unwrap_or("ESSENTIALS");
    let triggers = lambda_config::triggers(settled);
    let version = triggers.of(Trigger::PreTokenGeneration).map(|(_, version)| *version);
    let mode = member(settled, &["UserPoolAddOns", "AdvancedSecurityMode"]).and_then(Value::as_str);
    let factors = texts(settled, &["Policies", "SignInPolicy", "AllowedFirstAuthFactors"]);
    let history = member(settled, &["Policies", "PasswordPolicy", "PasswordHistorySize"]);
    let levels = settled.get("AcrConfiguration").and_then(Value::as_object);
    let custom_level = |(_, level): (&String, &Value)| {
        let name = level.get("AcrValue").and_then(Value::as_str).unwrap_or_default();
        !(1..=4).any(|level| unknowns::default_acr_value(level) == name)
    };
    let lite = tier == "LITE";
    let features = [
        ("Access Token Customization", lite && version.is_some_and(|version| version > EventVersion::V1)),
        ("Passwordless Sign-In", lite && factors.iter().any(|factor| *factor != "PASSWORD")),
        ("Password History", lite && history.and_then(Value::as_u64).is_some_and(|size| size > 0)),
        ("ACR Configuration", lite && levels.is_some_and(|levels| levels.iter().any(custom_level))),
        ("Threat Protection", tier != "PLUS" && mode.is_some_and(|mode| mode != "OFF")),
    ];
    let missing: Vec<_> =
        features.iter().filter_map(|(name, is_missing)| is_missing.then_some(*name)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let message = format!(
        "The following features need to be disabled for the {tier} pricing tier configured: {}",
        missing.join(", ")
    );
    Err(CognitoError::new("FeatureUnavailableInTierException", message))
}

fn refused(message: &str) -> Result<(), CognitoError> {
    Err(CognitoError::invalid_parameter(message))
}
