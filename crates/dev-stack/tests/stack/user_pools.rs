//! What a pool is told to be, and what an update makes of it.

use crate::fixture::{Fixture, http, pool, refusal};
use aws_sdk_cognitoidentityprovider::{
    operation::update_user_pool::builders::UpdateUserPoolFluentBuilder,
    types::{
        AdminCreateUserConfigType, AttributeDataType, DeletionProtectionType, DeviceConfigurationType,
        LambdaConfigType, PasswordPolicyType, PreTokenGenerationLambdaVersionType,
        PreTokenGenerationVersionConfigType, SchemaAttributeType, SmsConfigurationType,
        SoftwareTokenMfaConfigType, StringAttributeConstraintsType, UserAttributeUpdateSettingsType,
        UserPoolMfaType, UserPoolPolicyType, UserPoolTierType, UserPoolType, VerificationMessageTemplateType,
        VerifiedAttributeType,
    },
};
use dev_stack::{EventVersion, Permission, PoolSettings};
use serde_json::{Value, json};

const ARN: &str = "arn:aws:lambda:eu-west-1:123456789012:function:other";

async fn describe(fixture: &Fixture) -> UserPoolType {
    let answer = fixture.api.describe_user_pool().user_pool_id(&fixture.pool).send().await.unwrap();
    answer.user_pool.unwrap()
}

fn update(fixture: &Fixture) -> UpdateUserPoolFluentBuilder {
    fixture.api.update_user_pool().user_pool_id(&fixture.pool)
}

fn pre_token(arn: &str, version: &str) -> PreTokenGenerationVersionConfigType {
    let version = PreTokenGenerationLambdaVersionType::from(version);
    PreTokenGenerationVersionConfigType::builder().lambda_arn(arn).lambda_version(version).build().unwrap()
}

/// One operation with a body that the SDK would not write: status and body.
async fn raw(fixture: &Fixture, operation: &str, input: &Value) -> (u16, Value) {
    let target = format!("AWSCognitoIdentityProviderService.{operation}");
    let headers = [("x-amz-target", target.as_str()), ("content-type", "application/x-amz-json-1.1")];
    let url = format!("{}/", fixture.stack.endpoints().cognito);
    let (status, _, body) = http("POST", &url, &headers, &input.to_string()).await;
    (status, serde_json::from_str(&body).unwrap())
}

#[tokio::test]
async fn a_pool_of_the_stack_is_one_that_an_auditor_would_like() {
    let fixture = Fixture::start(PoolSettings::default()).await;

    let pool = describe(&fixture).await;

    assert_eq!(pool.user_pool_tier(), Some(&UserPoolTierType::Essentials));
    assert_eq!(pool.deletion_protection(), Some(&DeletionProtectionType::Active));
    assert!(!pool.username_configuration().unwrap().case_sensitive());
    let updates = pool.user_attribute_update_settings().unwrap();
    assert_eq!(updates.attributes_require_verification_before_update(), [VerifiedAttributeType::Email]);
    assert_eq!(pool.arn(), Some(fixture.stack.cognito().pool_arn(&fixture.pool).as_str()));
    let tenant = pool.schema_attributes().iter().find(|known| known.name() == Some("custom:tenantId"));
    let tenant = tenant.expect("the stamp's attribute");
    let constraints = tenant.string_attribute_constraints().unwrap();
    assert_eq!(tenant.attribute_data_type(), Some(&AttributeDataType::String));
    assert_eq!((tenant.mutable(), tenant.required()), (Some(true), Some(false)));
    assert_eq!((constraints.min_length(), constraints.max_length()), (Some("0"), Some("2048")));
    let sub = pool.schema_attributes().iter().find(|known| known.name() == Some("sub")).unwrap();
    assert_eq!((sub.mutable(), sub.required()), (Some(false), Some(true)));
}

#[tokio::test]
async fn an_update_resets_what_it_does_not_send() {
    let fixture = Fixture::start(pool(EventVersion::V2)).await;
    let cognito = fixture.stack.cognito();
    let odd = json!({
        "Name": "production",
        "Policies": { "PasswordPolicy": { "MinimumLength": 14, "TemporaryPasswordValidityDays": 3 } },
        "LambdaConfig": { "PreSignUp": ARN, "UserMigration": ARN },
        "EmailVerificationMessage": "Code {####}",
        "SmsAuthenticationMessage": "Code {####}",
        "DeviceConfiguration": { "ChallengeRequiredOnNewDevice": true },
        "EmailConfiguration": { "EmailSendingAccount": "DEVELOPER", "SourceArn": ARN },
        "SmsConfiguration": { "SnsCallerArn": ARN },
        "MfaConfiguration": "OPTIONAL",
        "UserPoolTags": { "team": "identity", "aws:cloudformation:stack-name": "pool" },
        "AdminCreateUserConfig": { "AllowAdminCreateUserOnly": true },
        "UserPoolAddOns": { "AdvancedSecurityMode": "AUDIT" },
        "UserPoolTier": "PLUS",
        "KeyConfiguration": { "KeyType": "CUSTOMER_MANAGED_KEY", "KmsKeyArn": ARN },
        "IssuerConfiguration": { "Type": "UPDATED" },
        "AcrConfiguration": { "Level1": { "AcrValue": "urn:ours:1" } },
        "Domain": "ours",
    });
    cognito.patch_pool(&fixture.pool, odd).unwrap();
    let before = describe(&fixture).await;
    assert_eq!(before.user_pool_tier(), Some(&UserPoolTierType::Plus));

    update(&fixture).send().await.unwrap();

    let after = describe(&fixture).await;
    let fresh = fixture.api.create_user_pool().pool_name("fresh").send().await.unwrap().user_pool.unwrap();
    assert_eq!(after.lambda_config(), fresh.lambda_config());
    assert_eq!(after.lambda_config().unwrap().post_confirmation(), None);
    assert_eq!(after.policies(), fresh.policies());
    assert_eq!(after.policies().unwrap().password_policy().unwrap().minimum_length(), Some(8));
    assert_eq!(after.deletion_protection(), Some(&DeletionProtectionType::Inactive));
    assert_eq!(after.user_pool_tier(), Some(&UserPoolTierType::Essentials));
    assert_eq!(after.mfa_configuration(), Some(&UserPoolMfaType::Off));
    assert_eq!(after.email_verification_message(), None);
    assert_eq!(after.verification_message_template(), fresh.verification_message_template());
    assert_eq!(after.sms_authentication_message(), None);
    assert_eq!(after.device_configuration(), None);
    assert_eq!(after.sms_configuration(), None);
    assert_eq!(after.email_configuration(), fresh.email_configuration());
    assert_eq!(after.admin_create_user_config(), fresh.admin_create_user_config());
    assert_eq!(after.user_pool_add_ons(), None);
    assert_eq!(after.account_recovery_setting(), None);
    assert_eq!(after.key_configuration(), fresh.key_configuration());
    assert_eq!(after.issuer_configuration(), fresh.issuer_configuration());
    assert_eq!(after.acr_configuration(), fresh.acr_configuration());
    assert_eq!(after.user_attribute_update_settings(), fresh.user_attribute_update_settings());
    assert!(after.auto_verified_attributes().is_empty());
    assert_ne!(after.name(), Some("production"), "assumed in `name_when_left_out`");

    let tags = after.user_pool_tags().unwrap();
    assert_eq!(tags.keys().collect::<Vec<_>>(), ["aws:cloudformation:stack-name"], "the system's own stay");
    assert_eq!(after.schema_attributes(), before.schema_attributes(), "nobody can change these");
    assert_eq!(after.username_attributes(), before.username_attributes());
    assert_eq!(after.username_configuration(), before.username_configuration());
    assert_eq!(after.domain(), Some("ours"));
    assert_eq!(after.creation_date(), before.creation_date());
}

#[tokio::test]
async fn a_lambda_config_is_replaced_as_a_whole_and_decides_what_fires() {
    let fixture = Fixture::start(pool(EventVersion::V2)).await;
    fixture.add("post", Ok);
    fixture.add("pre", Ok);
    fixture.add("other", Ok);
    fixture.sign_up().await;
    fixture.confirm().await.unwrap();
    fixture.sign_in().await.unwrap();
    assert_eq!(fixture.stack.cognito().trigger_records(&fixture.pool).len(), 2);

    let alias = format!("{ARN}:live");
    let lambda = fixture.stack.lambda();
    lambda.add_alias(&alias, "live", "1").unwrap();
    lambda.add_permission(&alias, &Permission::of_cognito("cognito")).unwrap();
    let config = LambdaConfigType::builder().pre_token_generation_config(pre_token(&alias, "V1_0")).build();
    update(&fixture).lambda_config(config).send().await.unwrap();
    fixture.sign_in().await.unwrap();

    let records = fixture.stack.cognito().trigger_records(&fixture.pool);
    let event: Value = serde_json::from_str(&records.last().unwrap().event).unwrap();
    assert_eq!((records.len(), &event["version"]), (3, &json!("1")));
    let config = describe(&fixture).await.lambda_config.unwrap();
    assert_eq!(config.post_confirmation(), None);
    assert_eq!(config.pre_token_generation(), Some(alias.as_str()), "one trigger with two names");

    update(&fixture).send().await.unwrap();
    fixture.sign_in().await.unwrap();
    assert_eq!(fixture.stack.cognito().trigger_records(&fixture.pool).len(), 3, "nothing fires any more");
    let legacy = LambdaConfigType::builder().pre_token_generation(ARN).build();
    update(&fixture).lambda_config(legacy).send().await.unwrap();
    let config = describe(&fixture).await.lambda_config.unwrap();
    let version = config.pre_token_generation_config().unwrap().lambda_version();
    assert_eq!(version, &PreTokenGenerationLambdaVersionType::V10);
}

#[tokio::test]
async fn two_names_of_one_setting_show_the_same() {
    let fixture = Fixture::start(PoolSettings::default()).await;

    let template = VerificationMessageTemplateType::builder().email_message("New {####}").email_subject("Hi");
    let policy = PasswordPolicyType::builder().minimum_length(12).temporary_password_validity_days(2).build();
    let policies = UserPoolPolicyType::builder().password_policy(policy).build();
    let request = update(&fixture).verification_message_template(template.build()).policies(policies);
    request.sms_verification_message("Old {####}").send().await.unwrap();

    let pool = describe(&fixture).await;
    let template = pool.verification_message_template().unwrap();
    assert_eq!(pool.email_verification_message(), Some("New {####}"));
    assert_eq!(pool.email_verification_subject(), Some("Hi"));
    assert_eq!(template.sms_message(), Some("Old {####}"));
    assert_eq!(template.default_email_option().unwrap().as_str(), "CONFIRM_WITH_CODE");
    assert_eq!(pool.admin_create_user_config().unwrap().unused_account_validity_days(), 2);
    let policy = pool.policies().unwrap().password_policy().unwrap();
    assert_eq!((policy.minimum_length(), policy.require_symbols()), (Some(12), false));
    assert!(pool.policies().unwrap().sign_in_policy().is_some());
}

/// No SDK of the workspace knows the member.
#[tokio::test]
async fn dynamic_client_registration_is_kept_when_left_out_and_opened_by_what_is_missing_in_it() {
    let fixture = Fixture::start(PoolSettings::default()).await;
    let closed = json!({ "EnableStatus": "Enabled", "OpenDcrGrantTypes": [] });
    let rows = [
        (json!({ "DcrConfiguration": closed }), closed.clone()),
        (json!({}), closed),
        (
            json!({ "DcrConfiguration": { "EnableStatus": "Enabled" } }),
            json!({ "EnableStatus": "Enabled", "OpenDcrGrantTypes": ["code"] }),
        ),
    ];

    for (mut input, expected) in rows {
        input["UserPoolId"] = json!(fixture.pool);
        let (status, answer) = raw(&fixture, "UpdateUserPool", &input).await;
        assert_eq!(status, 200, "{answer}");
        let (_, described) = raw(&fixture, "DescribeUserPool", &json!({ "UserPoolId": fixture.pool })).await;
        assert_eq!(described["UserPool"]["DcrConfiguration"], expected, "{input}");
    }
    let odd = json!({ "UserPoolId": fixture.pool, "DcrConfiguration": { "EnableStatus": "On" } });
    assert_eq!(raw(&fixture, "UpdateUserPool", &odd).await.0, 400);
    let made = json!({ "PoolName": "new", "DcrConfiguration": { "EnableStatus": "Disabled" } });
    let (_, made) = raw(&fixture, "CreateUserPool", &made).await;
    assert_eq!(made["UserPool"]["DcrConfiguration"]["EnableStatus"], "Disabled");
}

#[tokio::test]
async fn an_update_that_cognito_would_refuse_is_refused_and_changes_nothing() {
    let fixture = Fixture::start(pool(EventVersion::V2)).await;
    let before = describe(&fixture).await;
    let lambda = |legacy: Option<&str>, version| {
        let config = LambdaConfigType::builder().pre_token_generation_config(pre_token(ARN, version));
        config.set_pre_token_generation(legacy.map(str::to_owned)).build()
    };
    let unused = || AdminCreateUserConfigType::builder().unused_account_validity_days(7).build();
    let email = VerifiedAttributeType::Email;
    let settings = UserAttributeUpdateSettingsType::builder()
        .attributes_require_verification_before_update(email.clone())
        .build();
    let policy = PasswordPolicyType::builder().temporary_password_validity_days(7).build();
    let policies = UserPoolPolicyType::builder().password_policy(policy).build();
    let (invalid, tier) = ("InvalidParameterException", "FeatureUnavailableInTierException");

    let rows = vec![
        (update(&fixture).user_pool_tags("aws:x", "y"), invalid, "aws: prefixed tag key names"),
        (
            update(&fixture).lambda_config(lambda(Some(&format!("{ARN}2")), "V1_0")),
            invalid,
            "same Lambda ARN",
        ),
        (
            update(&fixture).lambda_config(lambda(None, "V2_0")).user_pool_tier(UserPoolTierType::Lite),
            tier,
            "Access Token Customization",
        ),
        (
            update(&fixture).user_attribute_update_settings(settings),
            invalid,
            "All attributes in AttributesRequireVerificationBeforeUpdate must exist in AutoVerifiedAttributes",
        ),
        (update(&fixture).mfa_configuration(UserPoolMfaType::On), invalid, "SMS configuration is required"),
        (
            update(&fixture).admin_create_user_config(unused()).policies(policies),
            invalid,
            "Please use TemporaryPasswordValidityDays in PasswordPolicy instead of UnusedAccountValidityDays",
        ),
        (
            update(&fixture).admin_create_user_config(unused()),
            invalid,
            "Please use TemporaryPasswordValidityDays",
        ),
        (update(&fixture).email_verification_message(""), invalid, "'emailVerificationMessage'"),
        (update(&fixture).email_verification_message("no place"), invalid, "regular expression"),
        (update(&fixture).pool_name(""), invalid, "'poolName'"),
        (update(&fixture).user_pool_tier(UserPoolTierType::from("GOLD")), invalid, "enum value set"),
    ];
    for (request, code, part) in rows {
        let refused = refusal(request.send().await.unwrap_err());
        assert!(refused.0 == code && refused.1.contains(part), "{part}: {refused:?}");
    }
    let misspelt = json!({ "UserPoolId": fixture.pool, "LambdaConfig": { "PostConfirmations": ARN } });
    let (status, refused) = raw(&fixture, "UpdateUserPool", &misspelt).await;
    assert_eq!((status, &refused["__type"]), (400, &json!("SerializationException")));

    assert_eq!(describe(&fixture).await, before);
}

#[tokio::test]
async fn sending_back_what_was_described_changes_nothing() {
    let fixture = Fixture::start(pool(EventVersion::V3)).await;
    let cognito = fixture.stack.cognito();
    let texts = json!({ "EmailVerificationMessage": "A {####}", "SmsVerificationMessage": "B {####}" });
    let request = json!({ "PoolName": "ours", "UserPoolId": fixture.pool, "UserPoolTags": { "team": "id" } });
    let mut request = request.as_object().cloned().unwrap();
    request.extend(texts.as_object().cloned().unwrap());
    raw(&fixture, "UpdateUserPool", &Value::Object(request)).await;
    cognito.set_triggers(&fixture.pool, &pool(EventVersion::V3).triggers).unwrap();
    let (_, before) = raw(&fixture, "DescribeUserPool", &json!({ "UserPoolId": fixture.pool })).await;
    let mut sent = before["UserPool"].as_object().cloned().unwrap();
    let read_only = ["Id", "Arn", "Name", "SchemaAttributes", "UsernameAttributes", "UsernameConfiguration"];
    for name in read_only.into_iter().chain(["CreationDate", "LastModifiedDate", "EstimatedNumberOfUsers"]) {
        sent.remove(name);
    }
    sent.insert("UserPoolId".to_owned(), json!(fixture.pool));
    sent.insert("PoolName".to_owned(), json!("ours"));
    sent["AdminCreateUserConfig"].as_object_mut().unwrap().remove("UnusedAccountValidityDays");

    let (status, answer) = raw(&fixture, "UpdateUserPool", &Value::Object(sent)).await;

    assert_eq!((status, answer), (200, json!({})));
    let (_, mut after) = raw(&fixture, "DescribeUserPool", &json!({ "UserPoolId": fixture.pool })).await;
    after["UserPool"]["LastModifiedDate"] = before["UserPool"]["LastModifiedDate"].clone();
    assert_eq!(after, before);
}

#[tokio::test]
async fn pools_are_made_listed_in_pages_and_deleted_unless_protected() {
    let fixture = Fixture::start(PoolSettings::default()).await;
    let tenant = SchemaAttributeType::builder()
        .name("tenantId")
        .attribute_data_type(AttributeDataType::String)
        .mutable(false)
        .string_attribute_constraints(StringAttributeConstraintsType::builder().max_length("64").build())
        .build();
    for name in ["a", "b", "c"] {
        fixture.api.create_user_pool().pool_name(name).schema(tenant.clone()).send().await.unwrap();
    }

    let mut names = Vec::new();
    let mut pages = fixture.api.list_user_pools().max_results(3).into_paginator().send();
    while let Some(page) = pages.next().await {
        names.extend(page.unwrap().user_pools.unwrap().into_iter().filter_map(|pool| pool.name));
    }
    names.sort();
    assert_eq!(names, ["a", "b", "c", "local"]);

    let delete = fixture.api.delete_user_pool().user_pool_id(&fixture.pool);
    let protected = refusal(delete.clone().send().await.unwrap_err());
    assert_eq!(protected.0, "InvalidParameterException");
    update(&fixture).send().await.unwrap();
    delete.send().await.unwrap();
    let gone = fixture.api.describe_user_pool().user_pool_id(&fixture.pool).send().await.unwrap_err();
    assert_eq!(refusal(gone).0, "ResourceNotFoundException");
}

#[tokio::test]
async fn tags_are_put_on_and_taken_off_but_not_the_systems() {
    let fixture = Fixture::start(PoolSettings::default()).await;
    let arn = fixture.stack.cognito().pool_arn(&fixture.pool);
    let system = json!({ "UserPoolTags": { "aws:stack": "x" } });
    fixture.stack.cognito().patch_pool(&fixture.pool, system).unwrap();

    let tag = fixture.api.tag_resource().resource_arn(&arn).tags("team", "id").tags("old", "1");
    tag.send().await.unwrap();
    fixture.api.untag_resource().resource_arn(&arn).tag_keys("old").send().await.unwrap();
    let reserved = fixture.api.untag_resource().resource_arn(&arn).tag_keys("aws:stack").send().await;

    assert_eq!(refusal(reserved.unwrap_err()).0, "InvalidParameterException");
    let list = fixture.api.list_tags_for_resource().resource_arn(&arn).send().await.unwrap();
    let mut keys: Vec<_> = list.tags().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["aws:stack", "team"]);
}

#[tokio::test]
async fn a_second_factor_besides_sms_makes_mfa_possible_without_sms() {
    let fixture = Fixture::start(PoolSettings::default()).await;
    let set = fixture.api.set_user_pool_mfa_config().user_pool_id(&fixture.pool);
    let set = set.mfa_configuration(UserPoolMfaType::Optional);

    let without = refusal(set.clone().send().await.unwrap_err());
    let totp = SoftwareTokenMfaConfigType::builder().enabled(true).build();
    set.software_token_mfa_configuration(totp).send().await.unwrap();
    update(&fixture).mfa_configuration(UserPoolMfaType::On).send().await.unwrap();

    assert_eq!(without.0, "InvalidParameterException");
    let get = fixture.api.get_user_pool_mfa_config().user_pool_id(&fixture.pool).send().await.unwrap();
    assert_eq!(get.mfa_configuration(), Some(&UserPoolMfaType::On));
    assert!(get.software_token_mfa_configuration().unwrap().enabled());
    assert!(get.sms_mfa_configuration().is_none());
    let sms = SmsConfigurationType::builder().sns_caller_arn(ARN).build();
    let device = DeviceConfigurationType::builder().challenge_required_on_new_device(true).build();
    let request = update(&fixture).sms_configuration(sms).sms_authentication_message("Code {####}");
    request.device_configuration(device).send().await.unwrap();
    let get = fixture.api.get_user_pool_mfa_config().user_pool_id(&fixture.pool).send().await.unwrap();
    let shown = get.sms_mfa_configuration().unwrap();
    assert_eq!(shown.sms_authentication_message(), Some("Code {####}"));
}
