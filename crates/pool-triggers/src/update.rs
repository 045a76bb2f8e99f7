//! The whole `UpdateUserPool` request that leaves a pool as it is described. What is not sent is reset to its default
//! (API reference, `UpdateUserPool`), so everything is sent that may be.
//!
//! It is made from the description as it came over the wire, and not from the SDK's types: those drop members that
//! they do not know, and write members that were not there, such as an empty `SnsCallerArn` of a pool that sends
//! through End User Messaging.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::description::{Description, object, spliced};
use crate::members::{Fate, described_as, fate};

/// A request, and what it leaves out.
#[derive(Clone, Debug, PartialEq)]
pub struct Update {
    /// What the request says.
    pub body: Value,
    /// What could have been sent, and is not.
    pub left_out: Vec<LeftOut>,
    /// Top-level members that this version does not know. They are sent like all others.
    pub unknown: Vec<String>,
}

impl Update {
    /// The request as it goes over the wire: every value that `described` holds too has the bytes that it has there.
    pub fn text(&self, described: &Description) -> String {
        let held = described.members();
        object(self.body.as_object().into_iter().flatten().map(|(name, value)| {
            let held = held.get(described_as(name));
            let text = held.map_or_else(|| value.to_string(), |held| spliced(held.get(), value));
            (name.as_str(), text)
        }))
    }
}

/// A setting that is described and not sent, on purpose.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct LeftOut {
    /// Where it stands in the description.
    pub path: &'static str,
    /// Why it is not sent.
    pub why: &'static str,
}

/// The request that leaves a pool as `pool` describes it, members without a value included: an empty list can mean another
/// thing than no list, as in `DcrConfiguration.OpenDcrGrantTypes`.
pub fn update_from(pool: &Value) -> Update {
    let (mut body, mut unknown) = (Map::new(), Vec::new());
    for (name, value) in pool.as_object().into_iter().flatten() {
        let sent = match fate(name) {
            Some(Fate::Copied) => name.as_str(),
            Some(Fate::Renamed(new)) => new,
            Some(Fate::Fixed(_)) => continue,
            None => {
                unknown.push(name.clone());
                name
            }
        };
        body.insert(sent.to_owned(), value.clone());
    }
    let mut left_out = Vec::new();
    leave_out_old_validity(&mut body, &mut left_out);
    leave_out_system_tags(&mut body, &mut left_out);
    leave_out_level_names(&mut body, &mut left_out);
    // An update without this member leaves the triggers in some servers and takes them off in others.
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
    let Some(days) = config.remove("UnusedAccountValidityDays") else { return };
    if config.is_empty() {
        body.remove("AdminCreateUserConfig");
    }
    if !is_blank(&days) {
        left_out.push(LeftOut {
            path: "AdminCreateUserConfig.UnusedAccountValidityDays",
            why: "refused beside TemporaryPasswordValidityDays, which is in force",
        });
    }
}

/// Whether the days of a temporary password are set where they count; 0 is Cognito's word for not set.
pub fn has_temporary_days(members: &Map<String, Value>) -> bool {
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
        let is_all = tags.is_empty();
        if is_all {
            body.remove("UserPoolTags");
        }
        left_out.push(LeftOut { path: "UserPoolTags.aws:*", why: "tags of AWS, which nobody else may set" });
    }
}

/// Whether a tag is of AWS itself.
pub fn is_system_tag(key: &str) -> bool {
    key.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("aws:"))
}

/// Cognito describes the names of the ACR levels with the defaults filled in (`urn:cognito:loa:1` to `:4`), on every
/// plan; setting them needs Essentials or Plus. So on Lite defaults are not sent back.
fn leave_out_level_names(body: &mut Map<String, Value>, left_out: &mut Vec<LeftOut>) {
    let is_lite = body.get("UserPoolTier").and_then(Value::as_str) == Some("LITE");
    let Some(Value::Object(levels)) = body.get("AcrConfiguration") else { return };
    let name_of = |level: &Value| level.get("AcrValue").and_then(Value::as_str).map(str::to_owned);
    let is_default = |level: &Value| name_of(level).is_some_and(|name| name.starts_with("urn:cognito:loa:"));
    if is_lite && !levels.is_empty() && levels.values().all(is_default) {
        body.remove("AcrConfiguration");
        left_out
            .push(LeftOut { path: "AcrConfiguration", why: "default names, which the plan Lite cannot set" });
    }
}

/// Whether a value is the same as none: null, or an empty text, list or object.
pub fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// The description of `pool` after `update`, which was made from `planned`, going by the API reference: what is sent is
/// taken, what is not sent is gone, and what no update can change stays.
pub fn predict(pool: &Value, planned: &Value, update: &Update) -> Value {
    let is_fixed = |name: &str| matches!(fate(name), Some(Fate::Fixed(_)));
    let members = pool.as_object().into_iter().flatten().filter(|(name, _)| is_fixed(name));
    let mut after: Map<String, Value> = members.map(|(name, value)| (name.clone(), value.clone())).collect();
    let sent = update.body.as_object().into_iter().flatten();
    after.extend(sent.map(|(name, value)| (described_as(name).to_owned(), value.clone())));
    // What is left out on purpose stays without being sent.
    let system_tags = pool.get("UserPoolTags").and_then(Value::as_object).into_iter().flatten();
    let system_tags: Vec<_> = system_tags.filter(|(key, _)| is_system_tag(key)).collect();
    if !system_tags.is_empty()
        && let Some(tags) = after.entry("UserPoolTags").or_insert_with(|| json!({})).as_object_mut()
    {
        tags.extend(system_tags.into_iter().map(|(key, value)| (key.clone(), value.clone())));
    }
    if update.left_out.iter().any(|left| left.path == "AcrConfiguration") {
        let names = planned.get("AcrConfiguration");
        after.extend(names.map(|names| ("AcrConfiguration".to_owned(), names.clone())));
    }
    Value::Object(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is sent for one member of a description; null when nothing is.
    fn sent(pool: &Value, member: &str) -> Value {
        update_from(pool).body.get(member).cloned().unwrap_or_default()
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
            ("what Cognito tells", json!({ "Arn": "a", "Domain": "d" }), "Domain", Value::Null),
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
                "the new texts, an empty one too",
                texts.clone(),
                "VerificationMessageTemplate",
                texts["VerificationMessageTemplate"].clone(),
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
                json!(""),
            ),
            (
                "tags, without those of AWS, with empty values",
                json!({ "UserPoolTags": { "team": "a", "flag": "", "aws:x": "b", "AWS:y": "c" } }),
                "UserPoolTags",
                json!({ "team": "a", "flag": "" }),
            ),
            ("tags of AWS alone", json!({ "UserPoolTags": { "aws:x": "b" } }), "UserPoolTags", Value::Null),
            ("no tags", json!({ "UserPoolTags": {} }), "UserPoolTags", json!({})),
            (
                "no verification of updates",
                json!({ "UserAttributeUpdateSettings": off }),
                "UserAttributeUpdateSettings",
                off.clone(),
            ),
            (
                "no attributes verified",
                json!({ "AutoVerifiedAttributes": [] }),
                "AutoVerifiedAttributes",
                json!([]),
            ),
            ("MFA without SMS", json!({ "MfaConfiguration": "ON" }), "MfaConfiguration", json!("ON")),
            ("no SMS", json!({ "MfaConfiguration": "ON" }), "SmsConfiguration", Value::Null),
            ("SMS that is empty", json!({ "SmsConfiguration": {} }), "SmsConfiguration", json!({})),
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
                json!({ "RecoveryMechanisms": [] }),
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
    fn a_member_that_is_not_known_is_named_and_sent_as_it_is() {
        let setting = json!({ "Types": [], "Map": {}, "None": null, "Off": false, "Zero": 0, "Text": "" });
        let pool = json!({ "Id": "p", "NewSetting": setting, "NewNothing": null, "NewList": [] });

        let update = update_from(&pool);

        assert_eq!(update.unknown, ["NewList", "NewNothing", "NewSetting"]);
        assert_eq!(update.body.get("NewSetting"), Some(&setting));
        assert_eq!(update.body.get("NewNothing"), Some(&Value::Null));
        assert_eq!(update.body.get("NewList"), Some(&json!([])));
    }

    #[test]
    fn every_value_goes_out_in_the_bytes_in_which_it_came() {
        let odd = r#"{"Types":[],"Map":{},"None":null,"Off":false,"Zero":0,"Text":"","Float":1.50,"Escaped":"\u00e9\/"}"#;
        let text = format!(
            r#"{{"Id":"p","Name":"n","NewSetting":{odd},"Policies":{{"New":{odd}}},
                "LambdaConfig":{{"New":{odd},"PreSignUp":"f"}},"UserPoolTags":{{"aws:x":"y","team":"\u00e9"}}}}"#
        );
        let pool = Description::parse(&text).unwrap();
        let mut planned = pool.value().clone();
        planned["LambdaConfig"]["PostConfirmation"] = json!("g");
        let planned = pool.saying(planned);

        let sent = update_from(planned.value()).text(&planned);

        let wanted = format!(
            r#"{{"LambdaConfig":{{"New":{odd},"PostConfirmation":"g","PreSignUp":"f"}},"NewSetting":{odd},"Policies":{{"New":{odd}}},"PoolName":"n","UserPoolId":"p","UserPoolTags":{{"team":"\u00e9"}}}}"#
        );
        assert_eq!(sent, wanted);
    }

    #[test]
    fn what_is_left_out_is_said_with_its_reason() {
        let pool = json!({
            "Policies": { "PasswordPolicy": { "TemporaryPasswordValidityDays": 7 } },
            "AdminCreateUserConfig": { "UnusedAccountValidityDays": 7 },
            "UserPoolTags": { "aws:x": "y" },
        });

        let paths: Vec<_> = update_from(&pool).left_out.iter().map(|left| left.path).collect();

        assert_eq!(paths, ["AdminCreateUserConfig.UnusedAccountValidityDays", "UserPoolTags.aws:*"]);
    }
}
