//! What the tests of `pool` begin with.

use dev_stack::{FunctionProgram, FunctionSpec, Permission};
use serde_json::{Value, json};

use super::fake::{Fake, call};
use crate::support::{Desk, Run};

pub(super) const POST: &str = "arn:aws:lambda:eu-west-1:123456789012:function:post-confirmation:live";
pub(super) const PRE: &str = "arn:aws:lambda:eu-west-1:123456789012:function:pre-token-generation:live";
pub(super) const OTHER: &str = "arn:aws:lambda:eu-west-1:123456789012:function:other";
pub(super) const BOTH: &str = "--post-confirmation arn:aws:lambda:eu-west-1:123456789012:function:post-confirmation:live \
                    --pre-token-generation arn:aws:lambda:eu-west-1:123456789012:function:pre-token-generation:live";

/// A desk whose pool may invoke both functions by the alias `live`.
pub(super) async fn desk() -> Desk {
    let desk = Desk::without_table().await;
    for name in ["post-confirmation", "pre-token-generation"] {
        let echo = FunctionProgram::in_process(|event| async { Ok(event) });
        let mut function = FunctionSpec::new(name, echo);
        function.env.insert("TENANCY_TABLE".to_owned(), "tenancy".to_owned());
        desk.stack.lambda().add_function(function);
        desk.stack.lambda().add_alias(name, "live", "1").unwrap();
        let arn = desk.stack.cognito().pool_arn(&desk.pool);
        let permission = Permission { source_arn: Some(arn), ..Permission::of_cognito("cognito") };
        desk.stack.lambda().add_permission(&format!("{name}:live"), &permission).unwrap();
    }
    desk
}

pub(super) async fn described(desk: &Desk) -> Value {
    let body = json!({ "UserPoolId": desk.pool });
    call(&desk.stack.endpoints().cognito, "DescribeUserPool", &body).await["UserPool"].clone()
}

/// Attaches both to the fake's pool; functions are not asked about.
pub(super) fn attach_fake(desk: &Desk, fake: &Fake, more: &str) -> Run {
    let url = [("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", fake.url.as_str())];
    let line = format!("pool attach {BOTH} --skip-function-check {more} --user-pool-id eu-west-1_AbCdEf123");
    desk.run_with(&line, &url, "")
}

/// `pool` with the fake's pool.
pub(super) fn run_fake(desk: &Desk, fake: &Fake, line: &str) -> Run {
    let url = [("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", fake.url.as_str())];
    desk.run_with(&format!("pool {line} --user-pool-id eu-west-1_AbCdEf123"), &url, "")
}

/// Members that no SDK knows, with every value that looks like none, as they stand in a description. Not one of them is
/// written as a writer of JSON would write it.
pub(super) const UNKNOWN: [(&str, &str); 4] = [
    (
        "NewSetting",
        r#"{ "Types" : [ ], "Map":{}, "None": null, "Off": false, "Zero": 0, "Text": "", "Float": 1.50,
             "Big": 123456789012345678901234567890, "Escaped": "\u00e9\/", "Deep": [ { "Types": [], "None": null } ] }"#,
    ),
    ("NewNothing", "null"),
    ("NewList", "[ ]"),
    ("DcrConfiguration", r#"{ "EnableStatus": "Enabled", "OpenDcrGrantTypes": [ ] }"#),
];

/// The text of a description that has these members too.
pub(super) fn with_unknown(pool: &Value) -> String {
    let known = pool.to_string();
    let unknown = UNKNOWN.map(|(name, text)| format!(r#""{name}" : {text}"#));
    format!("{}, {} }}", known.strip_suffix('}').unwrap(), unknown.join(", "))
}

/// Every setting that an operator can make, none at its default.
pub(super) fn rich() -> Value {
    json!({
        "Name": "production",
        "Policies": {
            "PasswordPolicy": {
                "MinimumLength": 14, "RequireUppercase": true, "RequireLowercase": false, "RequireNumbers": true,
                "RequireSymbols": false, "PasswordHistorySize": 5, "TemporaryPasswordValidityDays": 3,
            },
            "SignInPolicy": { "AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP", "WEB_AUTHN"] },
        },
        "DeletionProtection": "ACTIVE",
        "LambdaConfig": {
            "PreSignUp": OTHER, "CustomMessage": OTHER, "PreAuthentication": OTHER, "PostAuthentication": OTHER,
            "DefineAuthChallenge": OTHER, "CreateAuthChallenge": OTHER, "VerifyAuthChallengeResponse": OTHER,
            "UserMigration": OTHER,
            "CustomSMSSender": { "LambdaVersion": "V1_0", "LambdaArn": OTHER },
            "CustomEmailSender": { "LambdaVersion": "V1_0", "LambdaArn": OTHER },
            "KMSKeyID": "arn:aws:kms:eu-west-1:123456789012:key/1",
            "InboundFederation": { "LambdaVersion": "V1_0", "LambdaArn": OTHER },
        },
        "AutoVerifiedAttributes": ["email", "phone_number"],
        "SmsVerificationMessage": "Your code {####}",
        "EmailVerificationMessage": "Hello {####}",
        "EmailVerificationSubject": "Welcome",
        "VerificationMessageTemplate": {
            "SmsMessage": "Your code {####}", "EmailMessage": "Hello {####}", "EmailSubject": "Welcome",
            "EmailMessageByLink": "{##Here##}", "EmailSubjectByLink": "Click", "DefaultEmailOption": "CONFIRM_WITH_LINK",
        },
        "SmsAuthenticationMessage": "Sign in with {####}",
        "UserAttributeUpdateSettings": { "AttributesRequireVerificationBeforeUpdate": ["email"] },
        "MfaConfiguration": "OPTIONAL",
        "DeviceConfiguration": { "ChallengeRequiredOnNewDevice": true, "DeviceOnlyRememberedOnUserPrompt": false },
        "EmailConfiguration": {
            "SourceArn": "arn:aws:ses:eu-west-1:123456789012:identity/example.com",
            "ReplyToEmailAddress": "help@example.com", "EmailSendingAccount": "DEVELOPER",
            "From": "Us <us@example.com>", "ConfigurationSet": "set",
        },
        "SmsConfiguration": {
            "SnsCallerArn": "arn:aws:iam::123456789012:role/sms", "ExternalId": "external", "SnsRegion": "eu-west-1",
        },
        "UserPoolTags": { "team": "identity", "flag": "" },
        "AdminCreateUserConfig": {
            "AllowAdminCreateUserOnly": true, "UnusedAccountValidityDays": 3,
            "InviteMessageTemplate": {
                "SMSMessage": "{username} {####}", "EmailMessage": "{username} {####}", "EmailSubject": "Come in",
            },
        },
        "UserPoolAddOns": {
            "AdvancedSecurityMode": "ENFORCED", "AdvancedSecurityAdditionalFlows": { "CustomAuthMode": "AUDIT" },
        },
        "AccountRecoverySetting": {
            "RecoveryMechanisms": [
                { "Priority": 1, "Name": "verified_email" }, { "Priority": 2, "Name": "verified_phone_number" },
            ],
        },
        "UserPoolTier": "PLUS",
        "KeyConfiguration": {
            "KeyType": "CUSTOMER_MANAGED_KEY", "KmsKeyArn": "arn:aws:kms:eu-west-1:123456789012:key/2",
        },
        "IssuerConfiguration": { "Type": "UPDATED" },
        "AcrConfiguration": { "Level1": { "AcrValue": "urn:ours:1" } },
        "Domain": "production",
    })
}

/// The same as the fake shows it.
pub(super) fn rich_fake() -> Value {
    let mut pool = rich();
    let more = json!({
        "Id": "eu-west-1_AbCdEf123",
        "Arn": "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_AbCdEf123",
        "CreationDate": 1_700_000_000.5, "LastModifiedDate": 1_700_000_001, "EstimatedNumberOfUsers": 3,
        "SchemaAttributes": [{ "Name": "sub", "Mutable": false }], "UsernameAttributes": ["email"],
        "UsernameConfiguration": { "CaseSensitive": false },
    });
    for (name, value) in more.as_object().unwrap() {
        pool[name] = value.clone();
    }
    pool
}

pub(super) fn mfa() -> Value {
    json!({
        "MfaConfiguration": "OPTIONAL",
        "SmsMfaConfiguration": { "SmsAuthenticationMessage": "Sign in with {####}" },
        "SoftwareTokenMfaConfiguration": { "Enabled": true },
        "WebAuthnConfiguration": { "UserVerification": "required" },
    })
}

pub(super) fn lambdas(pool: &Value) -> (Value, Value) {
    let at = |name: &str| pool["LambdaConfig"].get(name).cloned().unwrap_or_default();
    (at("PostConfirmation"), at("PreTokenGenerationConfig"))
}

/// Without the two triggers, and what changes by itself.
pub(super) fn rest(mut pool: Value) -> Value {
    let members = pool.as_object_mut().unwrap();
    members.remove("LastModifiedDate");
    if let Some(lambdas) = members.get_mut("LambdaConfig").and_then(Value::as_object_mut) {
        lambdas.retain(|name, _| {
            !matches!(name.as_str(), "PostConfirmation" | "PreTokenGeneration" | "PreTokenGenerationConfig")
        });
    }
    pool
}
