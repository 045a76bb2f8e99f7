//! The whole `UpdateUserPool` request that leaves a pool as it is described. What is not sent is reset to its default
//! (API reference, `UpdateUserPool`), so everything is sent that may be.
//!
//! It is made from the description as it came over the wire, and not from the SDK's types: those drop members that
//! they do not know, and write members that were not there, such as an empty `SnsCallerArn` of a pool that sends
//! through End User Messaging.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::members::{Fate, fate};

/// A request, and what it leaves out.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Update {
    /// The body of the request.
    pub(super) body: Value,
    /// What could have been sent, and is not.
    pub(super) left_out: Vec<LeftOut>,
    /// Top-level members that this version does not know.
    pub(super) unknown: Vec<String>,
}

/// A setting that is described and not sent, on purpose.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub(super) struct LeftOut {
    /// Where it stands in the description.
    pub(super) path: &'static str,
    /// Why it is not sent.
    pub(super) why: &'static str,
}

/// The request that leaves a pool as `pool` describes it. With `send_unknown` members that this version does not know
/// are sent as they are.
pub(super) fn update_from(pool: &Value, send_unknown: bool) -> Update {
    let (mut body, mut unknown) = (Map::new(), Vec::new());
    for (name, value) in pool.as_object().into_iter().flatten() {
        // Remembering devices is on when there is this member, whatever is in it.
        let is_on = name == "DeviceConfiguration" && value.is_object();
        if is_blank(value) && !is_on {
            continue;
        }
        match fate(name) {
            Some(Fate::Copied) => {
                body.insert(name.clone(), value.clone());
            }
            Some(Fate::Renamed(new)) => {
                body.insert(new.to_owned(), value.clone());
            }
            Some(Fate::Fixed(_)) => {}
            None => {
                unknown.push(name.clone());
                if send_unknown {
                    body.insert(name.clone(), value.clone());
                }
            }
        }
    }
    let mut left_out = Vec::new();
    leave_out_old_validity(&mut body, &mut left_out);
    leave_out_system_tags(&mut body, &mut left_out);
    leave_out_level_names(&mut body, &mut left_out);
    for (name, value) in &mut body {
        // A tag may have an empty value.
        if !matches!(name.as_str(), "DeviceConfiguration" | "UserPoolTags") {
            drop_blanks(value);
        }
    }
    // What is blank now counts as not sent, and is not: empty texts and lists are below the API's minimum lengths.
    body.retain(|name, value| name == "DeviceConfiguration" || !is_blank(value));
    // The one member that must say that it is empty, since only so the last trigger goes away everywhere.
    body.entry("LambdaConfig").or_insert_with(|| json!({}));
    Update { body: Value::Object(body), left_out, unknown }
}

/// "Please use `TemporaryPasswordValidityDays` in `PasswordPolicy` instead of `UnusedAccountValidityDays`": Cognito refuses
/// the old one once the new one has been set, and describes both with one value. Where only the old one stands it goes
/// along.
fn leave_out_old_validity(body: &mut Map<String, Value>, left_out: &mut Vec<LeftOut>) {
    if !has_temporary_days(body) {
        return;
    }
    let Some(Value::Object(config)) = body.get_mut("AdminCreateUserConfig") else { return };
    if config.remove("UnusedAccountValidityDays").is_some_and(|days| !is_blank(&days)) {
        left_out.push(LeftOut {
            path: "AdminCreateUserConfig.UnusedAccountValidityDays",
            why: "refused beside TemporaryPasswordValidityDays, which is in force",
        });
    }
}

/// Whether the days of a temporary password are set where they count; 0 is Cognito's word for not set.
pub(super) fn has_temporary_days(members: &Map<String, Value>) -> bool {
    let policy = members.get("Policies").and_then(|policies| policies.get("PasswordPolicy"));
    let days = policy.and_then(|policy| policy.get("TemporaryPasswordValidityDays"));
    days.and_then(Value::as_i64).is_some_and(|days| days > 0)
}

/// Tags of AWS itself may not be sent, and stay.
fn leave_out_system_tags(body: &mut Map<String, Value>, left_out: &mut Vec<LeftOut>) {
    let Some(Value::Object(tags)) = body.get_mut("UserPoolTags") else { return };
    let before = tags.len();
    tags.retain(|key, _| !is_system_tag(key));
    if tags.len() < before {
        left_out.push(LeftOut { path: "UserPoolTags.aws:*", why: "tags of AWS, which nobody else may set" });
    }
}

/// Whether a tag is of AWS itself.
pub(super) fn is_system_tag(key: &str) -> bool {
    key.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("aws:"))
}

/// Cognito describes the names of the ACR levels with the defaults filled in (`urn:cognito:loa:1` to `:4`), on every
/// plan; setting them needs Essentials or Plus. So on Lite defaults are not sent back.
fn leave_out_level_names(body: &mut Map<String, Value>, left_out: &mut Vec<LeftOut>) {
    let is_lite = body.get("UserPoolTier").and_then(Value::as_str) == Some("LITE");
    let Some(Value::Object(levels)) = body.get("AcrConfiguration") else { return };
    let name_of = |level: &Value| level.get("AcrValue").and_then(Value::as_str).map(str::to_owned);
    let is_default = |level: &Value| name_of(level).is_some_and(|name| name.starts_with("urn:cognito:loa:"));
    if is_lite && levels.values().all(is_default) {
        body.remove("AcrConfiguration");
        left_out
            .push(LeftOut { path: "AcrConfiguration", why: "default names, which the plan Lite cannot set" });
    }
}

/// Takes away members without a value, at every depth.
fn drop_blanks(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.values_mut().for_each(drop_blanks);
            members.retain(|_, value| !is_blank(value));
        }
        Value::Array(items) => items.iter_mut().for_each(drop_blanks),
        _ => {}
    }
}

/// Whether a value is the same as none: null, or an empty text, list or object.
pub(super) fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// The description as it is to be after an update with this body, going by the API reference: what is sent is taken,
/// what is not sent is gone, and what no update can change stays.
pub(super) fn predict(pool: &Value, update: &Update) -> Value {
    let mut after = Map::new();
    for (name, value) in pool.as_object().into_iter().flatten() {
        let sent = |name: &str| update.body.get(name).cloned();
        let value = match fate(name) {
            Some(Fate::Copied) | None => sent(name),
            Some(Fate::Renamed(new)) => sent(new),
            Some(Fate::Fixed(_)) => Some(value.clone()),
        };
        after.extend(value.map(|value| (name.clone(), value)));
    }
    after.extend(update.body.get("LambdaConfig").cloned().map(|value| ("LambdaConfig".to_owned(), value)));
    // What is left out on purpose stays without being sent.
    let system_tags = pool.get("UserPoolTags").and_then(Value::as_object).into_iter().flatten();
    let system_tags: Vec<_> = system_tags.filter(|(key, _)| is_system_tag(key)).collect();
    if !system_tags.is_empty()
        && let Some(tags) = after.entry("UserPoolTags").or_insert_with(|| json!({})).as_object_mut()
    {
        tags.extend(system_tags.into_iter().map(|(key, value)| (key.clone(), value.clone())));
    }
    if update.left_out.iter().any(|left| left.path == "AcrConfiguration") {
        after
            .extend(pool.get("AcrConfiguration").map(|names| ("AcrConfiguration".to_owned(), names.clone())));
    }
    Value::Object(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is sent for one member of a description; null when nothing is.
    fn sent(pool: &Value, member: &str) -> Value {
        update_from(pool, false).body.get(member).cloned().unwrap_or_default()
    }

    #[test]
    fn each_setting_is_sent_so_that_it_stays() {
        let days = |policy: &Value, config: &Value| json!({ "Policies": { "PasswordPolicy": policy }, "AdminCreateUserConfig": config });
        let texts = json!({
            "EmailVerificationMessage": "old {####}",
            "VerificationMessageTemplate": { "EmailMessage": "new {####}", "SmsMessage": "", "DefaultEmailOption": "CONFIRM_WITH_CODE" },
        });
        let (link, eums) = (
            json!({ "EmailMessage": "{####}", "EmailMessageByLink": "{##Here##}", "DefaultEmailOption": "CONFIRM_WITH_LINK" }),
            json!({ "EumsSms": { "CallerArn": "arn", "OriginationIdentity": "+15550100" } }),
        );
        let levels = |name: &str| json!({ "Level1": { "AcrValue": name } });
        let add_ons = json!({ "AdvancedSecurityMode": "AUDIT", "AdvancedSecurityAdditionalFlows": { "CustomAuthMode": "ENFORCED" } });
        let from = json!({ "EmailSendingAccount": "COGNITO_DEFAULT", "SourceArn": "arn:aws:ses:x" });
        let policies = json!({ "SignInPolicy": { "AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"] } });
        let off = json!({ "AttributesRequireVerificationBeforeUpdate": [] });
        for (what, pool, member, wanted) in [
            ("the name, renamed", json!({ "Name": "n" }), "PoolName", json!("n")),
            ("the id, renamed", json!({ "Id": "p" }), "UserPoolId", json!("p")),
            ("the plan", json!({ "UserPoolTier": "PLUS" }), "UserPoolTier", json!("PLUS")),
            (
                "what Cognito tells",
                json!({ "Arn": "a", "Domain": "d", "Status": "Enabled" }),
                "Domain",
                Value::Null,
            ),
            (
                "the old days, beside the new ones",
                days(
                    &json!({ "TemporaryPasswordValidityDays": 3 }),
                    &json!({ "AllowAdminCreateUserOnly": true, "UnusedAccountValidityDays": 3 }),
                ),
                "AdminCreateUserConfig",
                json!({ "AllowAdminCreateUserOnly": true }),
            ),
            (
                "the old days alone",
                days(&json!({ "MinimumLength": 8 }), &json!({ "UnusedAccountValidityDays": 30 })),
                "AdminCreateUserConfig",
                json!({ "UnusedAccountValidityDays": 30 }),
            ),
            (
                "the old days, where the new ones are 0, which is none",
                days(
                    &json!({ "TemporaryPasswordValidityDays": 0 }),
                    &json!({ "UnusedAccountValidityDays": 30 }),
                ),
                "AdminCreateUserConfig",
                json!({ "UnusedAccountValidityDays": 30 }),
            ),
            (
                "the old text, where it differs",
                texts.clone(),
                "EmailVerificationMessage",
                json!("old {####}"),
            ),
            (
                "the new text, without an empty one",
                texts,
                "VerificationMessageTemplate",
                json!({ "EmailMessage": "new {####}", "DefaultEmailOption": "CONFIRM_WITH_CODE" }),
            ),
            (
                "both texts of a link",
                json!({ "VerificationMessageTemplate": link }),
                "VerificationMessageTemplate",
                link.clone(),
            ),
            (
                "an empty text",
                json!({ "SmsAuthenticationMessage": "" }),
                "SmsAuthenticationMessage",
                Value::Null,
            ),
            (
                "tags, without those of AWS, with empty values",
                json!({ "UserPoolTags": { "team": "a", "flag": "", "aws:x": "b", "AWS:y": "c" } }),
                "UserPoolTags",
                json!({ "team": "a", "flag": "" }),
            ),
            ("tags of AWS alone", json!({ "UserPoolTags": { "aws:x": "b" } }), "UserPoolTags", Value::Null),
            (
                "no verification of updates",
                json!({ "UserAttributeUpdateSettings": off }),
                "UserAttributeUpdateSettings",
                Value::Null,
            ),
            (
                "no attributes verified",
                json!({ "AutoVerifiedAttributes": [] }),
                "AutoVerifiedAttributes",
                Value::Null,
            ),
            ("MFA without SMS", json!({ "MfaConfiguration": "ON" }), "MfaConfiguration", json!("ON")),
            ("no SMS", json!({ "MfaConfiguration": "ON" }), "SmsConfiguration", Value::Null),
            ("SMS that is empty", json!({ "SmsConfiguration": {} }), "SmsConfiguration", Value::Null),
            ("SMS without SNS", json!({ "SmsConfiguration": eums }), "SmsConfiguration", eums.clone()),
            (
                "a sender of Cognito's own mail",
                json!({ "EmailConfiguration": from }),
                "EmailConfiguration",
                from.clone(),
            ),
            (
                "recovery that is empty",
                json!({ "AccountRecoverySetting": { "RecoveryMechanisms": [] } }),
                "AccountRecoverySetting",
                Value::Null,
            ),
            ("devices, remembered", json!({ "DeviceConfiguration": {} }), "DeviceConfiguration", json!({})),
            (
                "devices, not remembered",
                json!({ "DeviceConfiguration": null }),
                "DeviceConfiguration",
                Value::Null,
            ),
            ("ways to sign in", json!({ "Policies": policies }), "Policies", policies.clone()),
            ("threat protection", json!({ "UserPoolAddOns": add_ons }), "UserPoolAddOns", add_ons.clone()),
            (
                "threat protection that is off, on Lite",
                json!({ "UserPoolTier": "LITE", "UserPoolAddOns": { "AdvancedSecurityMode": "OFF" } }),
                "UserPoolAddOns",
                json!({ "AdvancedSecurityMode": "OFF" }),
            ),
            (
                "default names of levels, on Lite",
                json!({ "UserPoolTier": "LITE", "AcrConfiguration": levels("urn:cognito:loa:1") }),
                "AcrConfiguration",
                Value::Null,
            ),
            (
                "default names of levels, on Plus",
                json!({ "UserPoolTier": "PLUS", "AcrConfiguration": levels("urn:cognito:loa:1") }),
                "AcrConfiguration",
                levels("urn:cognito:loa:1"),
            ),
            (
                "own names of levels",
                json!({ "UserPoolTier": "LITE", "AcrConfiguration": levels("urn:mine") }),
                "AcrConfiguration",
                levels("urn:mine"),
            ),
            (
                "a trigger that nobody knows yet",
                json!({ "LambdaConfig": { "NewTrigger": { "A": 1 } } }),
                "LambdaConfig",
                json!({ "NewTrigger": { "A": 1 } }),
            ),
            ("no triggers, said", json!({}), "LambdaConfig", json!({})),
        ] {
            assert_eq!(sent(&pool, member), wanted, "{what}");
        }
    }

    #[test]
    fn a_member_that_is_not_known_is_named_and_sent_only_on_demand() {
        let pool = json!({ "Id": "p", "NewSetting": { "A": true }, "NewNothing": null });

        let (kept_back, sent) = (update_from(&pool, false), update_from(&pool, true));

        assert_eq!(kept_back.unknown, ["NewSetting"]);
        assert_eq!(kept_back.body.get("NewSetting"), None);
        assert_eq!(sent.body.get("NewSetting"), Some(&json!({ "A": true })));
    }

    #[test]
    fn what_is_left_out_is_said_with_its_reason() {
        let pool = json!({
            "Policies": { "PasswordPolicy": { "TemporaryPasswordValidityDays": 7 } },
            "AdminCreateUserConfig": { "UnusedAccountValidityDays": 7 },
            "UserPoolTags": { "aws:x": "y" },
        });

        let paths: Vec<_> = update_from(&pool, false).left_out.iter().map(|left| left.path).collect();

        assert_eq!(paths, ["AdminCreateUserConfig.UnusedAccountValidityDays", "UserPoolTags.aws:*"]);
    }
}
