//! Any pool that the API can describe, through an update by the API's own word: "if you don't provide a value for an
//! attribute, Amazon Cognito sets it to its default value".

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use aws_sdk_cognitoidentityprovider::operation::update_user_pool::UpdateUserPoolInput;
use aws_sdk_cognitoidentityprovider::types as sdk;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use pool_triggers::description::Description;
use pool_triggers::difference::{comparable, difference};
use pool_triggers::slots::{Wanted, with_slot};
use pool_triggers::update::{predict, update_from};
use user_pool::{EventVersion, Trigger};

/// A member of a type: its name on the wire, its shape, the shape of what it is a list or map of.
type Member = (String, String, Option<String>);

macro_rules! members {
    ($($type:ty),* $(,)?) => {
        BTreeMap::from([$((
            stringify!($type).rsplit(' ').next().unwrap_or_default().trim_start_matches("sdk::").to_owned(),
            <$type>::SCHEMA
                .members()
                .iter()
                .map(|member| {
                    (
                        member.member_name().unwrap().to_owned(),
                        format!("{:?}", member.shape_type()),
                        member.member().map(|inner| format!("{:?}", inner.shape_type())),
                    )
                })
                .collect::<Vec<Member>>(),
        )),*])
    };
}

/// Every type that can stand in a description, with all its members, by the SDK.
static TYPES: LazyLock<BTreeMap<String, Vec<Member>>> = LazyLock::new(|| {
    members![
        sdk::UserPoolType,
        sdk::UserPoolPolicyType,
        sdk::PasswordPolicyType,
        sdk::SignInPolicyType,
        sdk::LambdaConfigType,
        sdk::PreTokenGenerationVersionConfigType,
        sdk::CustomSmsLambdaVersionConfigType,
        sdk::CustomEmailLambdaVersionConfigType,
        sdk::InboundFederationLambdaType,
        sdk::SchemaAttributeType,
        sdk::NumberAttributeConstraintsType,
        sdk::StringAttributeConstraintsType,
        sdk::VerificationMessageTemplateType,
        sdk::UserAttributeUpdateSettingsType,
        sdk::DeviceConfigurationType,
        sdk::EmailConfigurationType,
        sdk::SmsConfigurationType,
        sdk::EumsSmsConfigurationType,
        sdk::AdminCreateUserConfigType,
        sdk::MessageTemplateType,
        sdk::UserPoolAddOnsType,
        sdk::AdvancedSecurityAdditionalFlowsType,
        sdk::UsernameConfigurationType,
        sdk::AccountRecoverySettingType,
        sdk::RecoveryOptionType,
        sdk::KeyConfigurationType,
        sdk::IssuerConfigurationType,
        sdk::AcrLevelConfigType,
    ]
});

/// The type of a member that is a structure, or a list or map of them.
fn type_of(member: &str) -> &'static str {
    match member {
        "Policies" => "UserPoolPolicyType",
        "PasswordPolicy" => "PasswordPolicyType",
        "SignInPolicy" => "SignInPolicyType",
        "LambdaConfig" => "LambdaConfigType",
        "PreTokenGenerationConfig" => "PreTokenGenerationVersionConfigType",
        "CustomSMSSender" => "CustomSmsLambdaVersionConfigType",
        "CustomEmailSender" => "CustomEmailLambdaVersionConfigType",
        "InboundFederation" => "InboundFederationLambdaType",
        "SchemaAttributes" => "SchemaAttributeType",
        "NumberAttributeConstraints" => "NumberAttributeConstraintsType",
        "StringAttributeConstraints" => "StringAttributeConstraintsType",
        "VerificationMessageTemplate" => "VerificationMessageTemplateType",
        "UserAttributeUpdateSettings" => "UserAttributeUpdateSettingsType",
        "DeviceConfiguration" => "DeviceConfigurationType",
        "EmailConfiguration" => "EmailConfigurationType",
        "SmsConfiguration" => "SmsConfigurationType",
        "EumsSms" => "EumsSmsConfigurationType",
        "AdminCreateUserConfig" => "AdminCreateUserConfigType",
        "InviteMessageTemplate" => "MessageTemplateType",
        "UserPoolAddOns" => "UserPoolAddOnsType",
        "AdvancedSecurityAdditionalFlows" => "AdvancedSecurityAdditionalFlowsType",
        "UsernameConfiguration" => "UsernameConfigurationType",
        "AccountRecoverySetting" => "AccountRecoverySettingType",
        "RecoveryMechanisms" => "RecoveryOptionType",
        "KeyConfiguration" => "KeyConfigurationType",
        "IssuerConfiguration" => "IssuerConfigurationType",
        "AcrConfiguration" => "AcrLevelConfigType",
        other => panic!("which type is {other}? It is new in the SDK"),
    }
}

/// Bits that decide what a pool looks like; all zero is a pool without members.
struct Tape<'a> {
    words: &'a [u64],
    at: usize,
}

impl Tape<'_> {
    fn take(&mut self, bits: usize) -> usize {
        let mut value = 0;
        for _ in 0..bits {
            let word = self.words[(self.at / 64) % self.words.len()];
            value = value << 1 | usize::try_from(word >> (self.at % 64) & 1).unwrap();
            self.at += 1;
        }
        value
    }

    fn structure(&mut self, name: &str) -> Value {
        let members = TYPES.get(name).unwrap_or_else(|| panic!("no type {name}"));
        let mut object = Map::new();
        for (member, shape, inner) in members {
            if self.take(1) == 1 {
                let value = if self.take(4) == 5 {
                    self.blank()
                } else {
                    self.value(member, shape, inner.as_deref())
                };
                object.insert(member.clone(), value);
            }
        }
        // What no SDK knows yet.
        if self.take(2) == 3 {
            object.insert("NewSetting".to_owned(), json!({ "A": self.blank(), "B": [self.blank()] }));
            object.insert("NewBlank".to_owned(), self.blank());
        }
        Value::Object(object)
    }

    /// A value that stands for none, or looks like it.
    fn blank(&mut self) -> Value {
        let blanks = [
            json!(null),
            json!([]),
            json!({}),
            json!(""),
            json!(0),
            json!(false),
            json!([null]),
            json!({ "x": [] }),
        ];
        blanks[self.take(3)].clone()
    }

    fn value(&mut self, member: &str, shape: &str, inner: Option<&str>) -> Value {
        match shape {
            "Structure" => self.structure(type_of(member)),
            "List" if inner == Some("Structure") => {
                (0..self.take(2).min(2)).map(|_| self.structure(type_of(member))).collect()
            }
            "List" => json!(vec!["two", "one"][..[0, 1, 2, 2][self.take(2)]].to_vec()),
            "Map" => {
                let keys = ["team", "env", "aws:cloudformation:stack-name"];
                let taken: Vec<_> = keys.into_iter().filter(|_| self.take(1) == 1).collect();
                let of = inner.unwrap_or(if member == "AcrConfiguration" { "Structure" } else { "String" });
                taken
                    .into_iter()
                    .map(|key| (key.to_owned(), self.value(member, of, None)))
                    .collect::<Map<_, _>>()
                    .into()
            }
            "Boolean" => json!(self.take(1) == 1),
            "Integer" => json!([0, 1, 7, 30][self.take(2)]),
            "Timestamp" => json!(1_700_000_000.5),
            "String" if member == "UserPoolTier" => {
                json!(["LITE", "ESSENTIALS", "PLUS", "LITE"][self.take(2)])
            }
            "String" if member == "AcrValue" => json!(["urn:cognito:loa:1", "urn:mine"][self.take(1)]),
            "String" => json!(["", "one", "two {####}", "three"][self.take(2)]),
            other => panic!("a new shape: {other}"),
        }
    }
}

/// A description as Cognito could give it.
fn pool(words: &[u64]) -> Value {
    let mut pool = Tape { words, at: 0 }.structure("UserPoolType");
    let lambdas = pool.get_mut("LambdaConfig").and_then(Value::as_object_mut);
    if let Some(lambdas) = lambdas {
        if let Some(config) = lambdas.get_mut("PreTokenGenerationConfig") {
            // Both are always there.
            *config = json!({ "LambdaArn": "three", "LambdaVersion": "V1_0" });
        }
        // "Its value must be identical."
        if lambdas.contains_key("PreTokenGenerationConfig") && lambdas.contains_key("PreTokenGeneration") {
            lambdas.insert("PreTokenGeneration".to_owned(), json!("three"));
        }
    }
    pool
}

/// `UpdateUserPool` as the API reference has it. Panics where Cognito would refuse.
fn cognito(before: &Value, body: &Value) -> Value {
    let taken: BTreeSet<&str> =
        UpdateUserPoolInput::SCHEMA.members().iter().filter_map(|member| member.member_name()).collect();
    let body = body.as_object().unwrap();
    for name in body.keys() {
        assert!(
            taken.contains(name.as_str()) || name.starts_with("New"),
            "no member of UpdateUserPool: {name}"
        );
    }
    let at = |path: &str| body.get("x").or(Value::Object(body.clone()).pointer(path)).cloned();
    let has_days = at("/Policies/PasswordPolicy/TemporaryPasswordValidityDays")
        .and_then(|days| days.as_i64())
        .is_some_and(|days| days != 0);
    let has_old_days = at("/AdminCreateUserConfig/UnusedAccountValidityDays").is_some();
    assert!(
        !(has_days && has_old_days),
        "TemporaryPasswordValidityDays instead of UnusedAccountValidityDays"
    );
    let arns =
        (at("/LambdaConfig/PreTokenGeneration"), at("/LambdaConfig/PreTokenGenerationConfig/LambdaArn"));
    assert!(!matches!(&arns, (Some(one), Some(other)) if one != other), "{arns:?}");

    let mut after = before.as_object().unwrap().clone();
    for name in taken {
        let described = match name {
            "UserPoolId" => continue,
            "PoolName" => "Name",
            name => name,
        };
        let was_set = before.get(described).is_some();
        let default = default_of(described).filter(|_| was_set);
        match body.get(name).cloned().or(default) {
            Some(value) => after.insert(described.to_owned(), value),
            None => after.remove(described),
        };
    }
    // What is new is taken as it is sent, too.
    for name in ["NewSetting", "NewBlank"] {
        match body.get(name) {
            Some(value) => after.insert(name.to_owned(), value.clone()),
            None => after.remove(name),
        };
    }
    let system = before.get("UserPoolTags").and_then(Value::as_object).into_iter().flatten();
    for (key, value) in system.filter(|(key, _)| key.starts_with("aws:")) {
        let sent = body.get("UserPoolTags").and_then(|tags| tags.get(key));
        assert_eq!(sent, None, "tags of aws: may not be sent");
        after.entry("UserPoolTags").or_insert_with(|| json!({}))[key] = value.clone();
    }
    // Both are shown with one value.
    if has_days && let Some(old) = before.pointer("/AdminCreateUserConfig/UnusedAccountValidityDays") {
        let config = after.entry("AdminCreateUserConfig").or_insert_with(|| json!({}));
        config["UnusedAccountValidityDays"] = old.clone();
    }
    Value::Object(after)
}

/// What a member that was described becomes when it is not sent; `None` when it goes away.
fn default_of(member: &str) -> Option<Value> {
    Some(match member {
        "Policies" => json!({ "PasswordPolicy": { "MinimumLength": 8, "RequireSymbols": true } }),
        "DeletionProtection" => json!("INACTIVE"),
        "MfaConfiguration" => json!("OFF"),
        "EmailConfiguration" => json!({ "EmailSendingAccount": "COGNITO_DEFAULT" }),
        "UserPoolTier" => json!("ESSENTIALS"),
        "VerificationMessageTemplate" => json!({ "DefaultEmailOption": "CONFIRM_WITH_CODE" }),
        "AcrConfiguration" => json!("the default names"),
        _ => return None,
    })
}

fn wanted(which: usize) -> Vec<(Trigger, Wanted)> {
    let arn = |name: &str| format!("arn:aws:lambda:eu-west-1:111122223333:function:{name}").parse().unwrap();
    let post = (Trigger::PostConfirmation, Wanted::Function(arn("post:live"), EventVersion::V1));
    let pre = (Trigger::PreTokenGeneration, Wanted::Function(arn("pre:live"), EventVersion::V2));
    match which % 6 {
        0 => vec![post],
        1 => vec![pre],
        2 => vec![post, pre],
        3 => vec![(Trigger::PostConfirmation, Wanted::Empty)],
        4 => vec![(Trigger::PreTokenGeneration, Wanted::Empty)],
        _ => vec![(Trigger::PostConfirmation, Wanted::Empty), (Trigger::PreTokenGeneration, Wanted::Empty)],
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn only_the_two_triggers_change_in_any_pool(words in prop::array::uniform16(any::<u64>()), which in 0_usize..6) {
        let mut before = pool(&words);
        // A pool without the level names of its own shows the default ones, on every plan.
        if before.get("AcrConfiguration").is_some() && before.get("UserPoolTier") == Some(&json!("LITE")) {
            before["AcrConfiguration"] = json!({ "Level1": { "AcrValue": "urn:cognito:loa:1" } });
        }
        let changes = wanted(which);
        let described = Description::parse(&before.to_string()).unwrap();
        let planned = changes.iter().fold(before.clone(), |pool, (slot, wanted)| with_slot(pool, *slot, wanted));
        let planned_text = described.saying(planned.clone());

        let update = update_from(&planned);
        let sent: Value = serde_json::from_str(&update.text(&planned_text)).unwrap();
        let mut after = cognito(&before, &sent);
        if after.get("AcrConfiguration") == Some(&json!("the default names")) {
            after["AcrConfiguration"] = json!({ "Level1": { "AcrValue": "urn:cognito:loa:1" } });
        }

        prop_assert_eq!(&sent, &update.body);
        let is_new = |name: &str| before.get(name).is_some();
        let new: Vec<_> = ["NewBlank", "NewSetting"].into_iter().filter(|name| is_new(name)).collect();
        prop_assert_eq!(&update.unknown, &new);
        // By the tool's own comparison it is what was planned, and what the plan said.
        prop_assert_eq!(difference(&comparable(&planned), &comparable(&after)), vec![]);
        prop_assert_eq!(difference(&comparable(&predict(&before, &planned, &update)), &comparable(&after)), vec![]);
        // And without its help: nothing but the slots' own keys differs.
        for found in difference(&before, &after) {
            let is_asked = changes.iter().any(|(slot, _)| match slot {
                Trigger::PostConfirmation => {
                    found.path.split('.').take(2).eq(["LambdaConfig", "PostConfirmation"])
                }
                Trigger::PreTokenGeneration => found.path.starts_with("LambdaConfig.PreTokenGeneration"),
            });
            // A pool that described no triggers at all has a place for them afterwards.
            let is_place = found.path == "LambdaConfig" && !before["LambdaConfig"].is_object();
            let is_asked = is_asked || is_place;
            prop_assert!(is_asked, "{found:?}");
        }
    }
}

#[test]
fn every_member_of_every_type_is_generated() {
    // All bits set: every member is there, lists have two items, maps all keys.
    let full = pool(&[u64::MAX; 8]);

    let mut missing = Vec::new();
    for (member, shape, _) in &TYPES["UserPoolType"] {
        let Some(value) = full.get(member) else {
            missing.push(member.clone());
            continue;
        };
        if shape == "Structure" {
            let nested = TYPES[type_of(member)].iter().map(|(name, ..)| name);
            missing.extend(
                nested.filter(|name| value.get(*name).is_none()).map(|name| format!("{member}.{name}")),
            );
        }
    }
    assert_eq!(missing, Vec::<String>::new());
    assert!(full.pointer("/SmsConfiguration/EumsSms/OriginationIdentity").is_some());
}
