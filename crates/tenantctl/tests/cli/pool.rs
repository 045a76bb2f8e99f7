//! `tenantctl pool`: attached to pools of the local stack, and of a fake where a server has to misbehave.

mod fake;

use dev_stack::{FunctionProgram, FunctionSpec, Permission};
use serde_json::{Value, json};

use self::fake::{Fake, call};
use crate::assert_page;
use crate::support::{Desk, Run};

const POST: &str = "arn:aws:lambda:eu-west-1:123456789012:function:post-confirmation:live";
const PRE: &str = "arn:aws:lambda:eu-west-1:123456789012:function:pre-token-generation:live";
const OTHER: &str = "arn:aws:lambda:eu-west-1:123456789012:function:other";
const BOTH: &str = "--post-confirmation arn:aws:lambda:eu-west-1:123456789012:function:post-confirmation:live \
                    --pre-token-generation arn:aws:lambda:eu-west-1:123456789012:function:pre-token-generation:live";

/// A desk whose pool may invoke both functions by the alias `live`.
async fn desk() -> Desk {
    let desk = Desk::without_table().await;
    for name in ["post-confirmation", "pre-token-generation"] {
        let echo = FunctionProgram::in_process(|event| async { Ok(event) });
        desk.stack.lambda().add_function(FunctionSpec::new(name, echo));
        desk.stack.lambda().add_alias(name, "live", "1").unwrap();
        let arn = desk.stack.cognito().pool_arn(&desk.pool);
        let permission = Permission { source_arn: Some(arn), ..Permission::of_cognito("cognito") };
        desk.stack.lambda().add_permission(&format!("{name}:live"), &permission).unwrap();
    }
    desk
}

impl Desk {
    async fn described(&self) -> Value {
        let body = json!({ "UserPoolId": self.pool });
        call(&self.stack.endpoints().cognito, "DescribeUserPool", &body).await["UserPool"].clone()
    }

    /// Against the fake's pool; functions are not asked about.
    fn run_fake(&self, fake: &Fake, line: &str) -> Run {
        let url = [("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", fake.url.as_str())];
        self.run_with(&format!("pool {line} --user-pool-id eu-west-1_AbCdEf123"), &url, "")
    }

    fn attach_fake(&self, fake: &Fake, more: &str) -> Run {
        self.run_fake(fake, &format!("attach {BOTH} --skip-function-check {more}"))
    }
}

/// Every setting that an operator can make, none at its default.
fn rich() -> Value {
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
fn rich_fake() -> Value {
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

fn mfa() -> Value {
    json!({
        "MfaConfiguration": "OPTIONAL",
        "SmsMfaConfiguration": { "SmsAuthenticationMessage": "Sign in with {####}" },
        "SoftwareTokenMfaConfiguration": { "Enabled": true },
        "WebAuthnConfiguration": { "UserVerification": "required" },
    })
}

fn lambdas(pool: &Value) -> (Value, Value) {
    let at = |name: &str| pool["LambdaConfig"].get(name).cloned().unwrap_or_default();
    (at("PostConfirmation"), at("PreTokenGenerationConfig"))
}

/// Without the two triggers, and what changes by itself.
fn rest(mut pool: Value) -> Value {
    let members = pool.as_object_mut().unwrap();
    members.remove("LastModifiedDate");
    if let Some(lambdas) = members.get_mut("LambdaConfig").and_then(Value::as_object_mut) {
        lambdas.retain(|name, _| {
            !matches!(name.as_str(), "PostConfirmation" | "PreTokenGeneration" | "PreTokenGenerationConfig")
        });
    }
    pool
}

#[tokio::test(flavor = "multi_thread")]
async fn without_apply_the_plan_is_shown_and_nothing_is_written() {
    let desk = desk().await;
    let before = desk.described().await;

    let run = desk.run(&format!("pool attach {BOTH}"));

    assert_eq!(run.code, 0);
    assert_eq!(desk.described().await, before);
    assert_eq!(std::fs::read_dir(desk.folder.path()).unwrap().count(), 0, "no backup");
    assert_page!(run);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_with_every_setting_keeps_all_of_them() {
    let desk = desk().await;
    desk.stack.cognito().patch_pool(&desk.pool, rich()).unwrap();
    let before = desk.described().await;

    let run = desk.run(&format!("pool attach {BOTH} --apply --yes --backup before.json"));

    let after = desk.described().await;
    assert_eq!(run.code, 0, "{run}");
    assert_eq!(rest(after.clone()), rest(before.clone()));
    assert_eq!(lambdas(&after), (json!(POST), json!({ "LambdaArn": PRE, "LambdaVersion": "V2_0" })));
    assert_page!(run);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_attached_is_called_at_the_next_sign_up() {
    let desk = desk().await;
    let url = desk.stack.endpoints().cognito.clone();
    desk.run(&format!("pool attach {BOTH} --apply --yes")).ok();

    let user = json!({
        "ClientId": desk.client, "Username": "ana@example.com", "Password": "Correct-Horse-9",
        "UserAttributes": [{ "Name": "email", "Value": "ana@example.com" }],
    });
    call(&url, "SignUp", &user).await;
    let code = desk.stack.cognito().delivered_code(&desk.pool, "ana@example.com").unwrap();
    let confirm = json!({ "ClientId": desk.client, "Username": "ana@example.com", "ConfirmationCode": code });
    call(&url, "ConfirmSignUp", &confirm).await;

    assert_eq!(desk.stack.cognito().trigger_records(&desk.pool).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_attached_already_is_left_alone() {
    let desk = desk().await;
    desk.run(&format!("pool attach {BOTH} --apply --yes")).ok();
    let before = desk.described().await;

    let run = desk.run(&format!("pool attach {BOTH} --apply"));

    assert_eq!(desk.described().await, before);
    assert_page!(run);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_json_document_says_all() {
    let desk = desk().await;

    let plan = desk.json(&format!("pool attach {BOTH}"));
    let done = desk.json(&format!("pool attach {BOTH} --apply --yes --backup b.json"));

    assert_eq!(plan["applied"], json!(false));
    assert_eq!(plan["verified"], json!(null));
    assert_eq!(
        plan["plan"][0],
        json!({ "path": "LambdaConfig.PostConfirmation", "before": null, "after": POST })
    );
    assert_eq!((&done["applied"], &done["verified"]), (&json!(true), &json!(true)));
    assert_eq!((&done["backup"], &done["mfa"]), (&json!("b.json"), &json!("unchanged")));
    assert_eq!(done["functions"][1]["invocable"], json!(true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_for_its_owner_alone_and_puts_the_pool_back() {
    use std::os::unix::fs::PermissionsExt as _;
    let desk = desk().await;
    desk.stack.cognito().patch_pool(&desk.pool, rich()).unwrap();
    let before = desk.described().await;
    desk.run(&format!("pool attach {BOTH} --apply --yes")).ok();

    let entry = std::fs::read_dir(desk.folder.path()).unwrap().next().unwrap().unwrap();
    let backup: Value = serde_json::from_slice(&std::fs::read(entry.path()).unwrap()).unwrap();
    call(&desk.stack.endpoints().cognito, "UpdateUserPool", &backup["restore"]["UpdateUserPool"]).await;

    let name = entry.file_name().into_string().unwrap();
    assert!(name.starts_with(&desk.pool) && name.ends_with("Z.json"), "{name}");
    assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let mut restored = desk.described().await;
    restored["LastModifiedDate"] = before["LastModifiedDate"].clone();
    assert_eq!(restored, before);
    assert_eq!(backup["mfaConfig"]["MfaConfiguration"], json!("OPTIONAL"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_cannot_be_written_stops_the_write() {
    let desk = desk().await;
    std::fs::write(desk.folder.path().join("there.json"), "mine").unwrap();
    let before = desk.described().await;

    let said = desk.run(&format!("pool attach {BOTH} --apply --yes --backup there.json")).fails(1);

    assert!(said.contains("there.json") && said.contains("nothing was changed"), "{said}");
    assert_eq!(std::fs::read_to_string(desk.folder.path().join("there.json")).unwrap(), "mine");
    assert_eq!(desk.described().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_answer_nothing_is_written() {
    let desk = desk().await;
    let before = desk.described().await;

    let said = desk.run(&format!("pool attach {BOTH} --apply")).fails(2);

    assert!(said.contains("--yes"), "{said}");
    assert_eq!(desk.described().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trigger_that_holds_another_function_is_not_taken_without_being_told() {
    let desk = desk().await;
    desk.stack
        .cognito()
        .patch_pool(&desk.pool, json!({ "LambdaConfig": { "PostConfirmation": OTHER } }))
        .unwrap();

    let refused = desk.run(&format!("pool attach {BOTH} --apply --yes"));
    let replaced = desk.run(&format!("pool attach {BOTH} --apply --yes --replace"));

    assert_eq!(replaced.code, 0, "{replaced}");
    assert_eq!(lambdas(&desk.described().await).0, json!(POST));
    assert_page!(refused);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_function_by_another_alias_counts_as_another_and_is_told() {
    let desk = desk().await;
    let live = POST.replace(":live", ":test");
    desk.stack
        .cognito()
        .patch_pool(&desk.pool, json!({ "LambdaConfig": { "PostConfirmation": live } }))
        .unwrap();

    let said = desk.run(&format!("pool attach {BOTH}")).fails(3);

    assert!(said.contains("the same function by another version or alias"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_that_another_tool_owns_is_not_changed_and_gets_the_lines_for_its_code() {
    let desk = desk().await;
    let tags =
        json!({ "aws:cloudformation:stack-name": "auth", "aws:cloudformation:logical-id": "UserPool" });
    desk.stack.cognito().patch_pool(&desk.pool, json!({ "UserPoolTags": tags })).unwrap();
    let before = desk.described().await;

    let run = desk.run(&format!("pool attach {BOTH} --apply --yes"));

    assert_eq!(desk.described().await, before);
    assert_page!(run);
}

#[tokio::test(flavor = "multi_thread")]
async fn in_an_emergency_an_owned_pool_can_be_changed() {
    let desk = desk().await;
    let tags = json!({ "aws:cloudformation:stack-name": "auth", "team": "identity" });
    desk.stack.cognito().patch_pool(&desk.pool, json!({ "UserPoolTags": tags })).unwrap();

    let run = desk.run(&format!("pool attach {BOTH} --apply --yes --ignore-owner"));

    let after = desk.described().await;
    assert_eq!(run.code, 0, "{run}");
    assert_eq!(after["UserPoolTags"], tags);
    assert_eq!(lambdas(&after).0, json!(POST));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_owner_gets_lines_in_its_own_language() {
    let desk = desk().await;
    let mut lines = String::new();
    for tags in [
        json!({ "aws:cloudformation:stack-name": "a", "aws:cloudformation:logical-id": "Pool6BA7E5F2" }),
        json!({ "aws:cloudformation:stack-name": "a", "STAGE": "dev" }),
        json!({ "amplify:app-id": "x" }),
        json!({ "ManagedBy": "terraform" }),
        json!({ "pulumi:project": "x" }),
        json!({ "sst:app": "x" }),
        json!({ "crossplane-kind": "x" }),
    ] {
        desk.stack.cognito().patch_pool(&desk.pool, json!({ "UserPoolTags": null })).unwrap();
        desk.stack.cognito().patch_pool(&desk.pool, json!({ "UserPoolTags": tags })).unwrap();
        let run = desk.run(&format!("pool attach {BOTH} --output json"));
        let document: Value = serde_json::from_str(&run.stdout).unwrap();
        run.fails(3);
        lines.push_str(&format!(
            "== {}\n{}\n",
            document["owner"]["tool"],
            document["fragment"].as_str().unwrap()
        ));
    }

    assert_page!(lines);
}

#[tokio::test(flavor = "multi_thread")]
async fn on_the_plan_lite_only_event_version_1_can_be_attached() {
    let desk = desk().await;
    desk.stack.cognito().patch_pool(&desk.pool, json!({ "UserPoolTier": "LITE" })).unwrap();

    let refused = desk.run(&format!("pool attach {BOTH} --apply --yes"));
    let done = desk.run(&format!("pool attach {BOTH} --event-version V1_0 --apply --yes"));

    assert_eq!(done.code, 0, "{done}");
    assert_eq!(lambdas(&desk.described().await).1["LambdaVersion"], json!("V1_0"));
    assert_page!(refused);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_cognito_may_not_invoke_is_not_attached() {
    let desk = desk().await;
    desk.stack.lambda().put_policy("pre-token-generation:live", None).unwrap();

    let run = desk.run(&format!("pool attach {BOTH} --apply --yes"));

    assert_eq!(lambdas(&desk.described().await), (json!(null), json!(null)));
    assert_page!(run);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_is_not_there_is_not_attached() {
    let desk = desk().await;

    let missing = desk.run(&format!("pool attach --post-confirmation {OTHER}")).fails(3);
    let no_alias =
        desk.run(&format!("pool attach --post-confirmation {}", POST.replace("live", "beta"))).fails(3);

    for said in [missing, no_alias] {
        assert!(said.contains("there is no such function, or no such version or alias"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_cannot_be_looked_at_is_attached_only_when_told_so() {
    let desk = desk().await;
    let denied =
        Fake::start(json!({}), json!({}), |_, _, _| Err(("AccessDeniedException".into(), "no".into()))).await;
    let url = [("AWS_ENDPOINT_URL_LAMBDA", denied.url.as_str())];

    let refused = desk.run_with(&format!("pool attach {BOTH} --apply --yes"), &url, "").fails(3);
    let done = desk.run_with(&format!("pool attach {BOTH} --apply --yes --skip-function-check"), &url, "");

    assert!(refused.contains("AccessDenied") && refused.contains("--skip-function-check"), "{refused}");
    assert_eq!(done.code, 0, "{done}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_cannot_be_followed_is_refused_before_anything_is_asked() {
    let desk = desk().await;
    for (line, wanted) in [
        ("pool attach", "--post-confirmation"),
        ("pool attach --post-confirmation post-confirmation", "no ARN of a Lambda function"),
        (
            "pool attach --post-confirmation arn:aws:lambda:us-east-1:123456789012:function:f:1",
            "a function of us-east-1, and the user pool is in eu-west-1",
        ),
        (
            "pool attach --post-confirmation arn:aws:lambda:eu-west-1:123456789012:function:f --event-version V2_0",
            "--pre-token-generation",
        ),
    ] {
        let said = desk.run(line).fails(2);

        assert!(said.contains(wanted), "{line}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_that_is_not_there_is_named() {
    let desk = desk().await;

    let said = desk.run(&format!("pool attach {BOTH} --user-pool-id eu-west-1_Nowhere00")).fails(1);

    assert!(said.contains("eu-west-1_Nowhere00") && said.contains("region"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn detaching_empties_both_and_names_what_they_held() {
    let desk = desk().await;
    desk.stack.cognito().patch_pool(&desk.pool, rich()).unwrap();
    desk.run(&format!("pool attach {BOTH} --apply --yes")).ok();
    let before = desk.described().await;

    let run = desk.run("pool detach --apply --yes --backup d.json");

    let after = desk.described().await;
    assert_eq!(lambdas(&after), (json!(null), json!(null)));
    assert_eq!(rest(after), rest(before));
    assert_page!(run);
    assert_page!(desk.run("pool detach"));
}

#[tokio::test(flavor = "multi_thread")]
async fn detaching_one_leaves_the_other_and_takes_only_the_function_that_was_named() {
    let desk = desk().await;
    desk.run(&format!("pool attach {BOTH} --apply --yes")).ok();

    let other = desk.run(&format!("pool detach --post-confirmation {OTHER} --apply --yes")).fails(3);
    desk.run(&format!("pool detach --post-confirmation {POST} --apply --yes --backup d.json")).ok();

    let (post, pre) = lambdas(&desk.described().await);
    assert!(other.contains(POST), "{other}");
    assert_eq!((post, &pre["LambdaArn"]), (json!(null), &json!(PRE)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fake_pool_gets_every_setting_back_byte_for_byte() {
    let desk = Desk::without_table().await;
    let fake = Fake::start(rich_fake(), mfa(), |_, _, _| Ok(())).await;

    let run = desk.attach_fake(&fake, "--apply --yes");

    assert_eq!(run.code, 0, "{run}");
    let mut wanted = rest(rich_fake());
    // Refused beside the new days, so no request may have it.
    wanted["AdminCreateUserConfig"].as_object_mut().unwrap().remove("UnusedAccountValidityDays");
    assert_eq!(rest(fake.pool()), wanted);
    let asked = ["DescribeUserPool", "GetUserPoolMfaConfig"];
    let order = [&asked[..], &asked, &["UpdateUserPool"], &asked].concat();
    assert_eq!(fake.called(), order);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_loses_a_setting_is_found_out() {
    let desk = Desk::without_table().await;
    let fake = Fake::start(rich_fake(), mfa(), |operation, before, world| {
        if operation == "DescribeUserPool" && before >= 2 {
            world.pool["LambdaConfig"].as_object_mut().unwrap().remove("PreSignUp");
            world.pool["DeletionProtection"] = json!("INACTIVE");
        }
        Ok(())
    })
    .await;

    let run = desk.attach_fake(&fake, "--apply --yes --backup b.json");

    assert_eq!(run.code, 1);
    assert_page!(run);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_not_set_the_triggers_is_found_out() {
    let desk = Desk::without_table().await;
    let fake = Fake::start(rich_fake(), mfa(), |operation, before, world| {
        if operation == "DescribeUserPool" && before >= 2 {
            world.pool = rich_fake();
        }
        Ok(())
    })
    .await;

    let said = desk.attach_fake(&fake, "--apply --yes --backup b.json").fails(1);

    assert!(said.contains("LambdaConfig.PostConfirmation"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_that_shows_the_update_only_later_is_waited_for() {
    let desk = Desk::without_table().await;
    let mut updated = Value::Null;
    let fake = Fake::start(rich_fake(), mfa(), move |operation, before, world| {
        match (operation, before) {
            ("DescribeUserPool", 2) => {
                updated = world.pool.clone();
                world.pool = rich_fake();
            }
            ("DescribeUserPool", 4) => world.pool = updated.clone(),
            _ => {}
        }
        Ok(())
    })
    .await;

    let run = desk.attach_fake(&fake, "--apply --yes");

    assert_eq!(run.code, 0, "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_that_somebody_changes_after_the_plan_is_not_written() {
    let desk = Desk::without_table().await;
    let fake = Fake::start(rich_fake(), mfa(), |operation, before, world| {
        if operation == "DescribeUserPool" && before == 1 {
            world.pool["Policies"]["PasswordPolicy"]["MinimumLength"] = json!(20);
        }
        Ok(())
    })
    .await;

    let said = desk.attach_fake(&fake, "--apply --yes").fails(3);

    assert!(said.contains("Policies.PasswordPolicy.MinimumLength: 14 -> 20"), "{said}");
    assert!(!fake.called().contains(&"UpdateUserPool".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_mfa_configuration_that_the_update_changes_is_put_back() {
    let desk = Desk::without_table().await;
    let fake = Fake::start(rich_fake(), mfa(), |operation, _, world| {
        if operation == "UpdateUserPool" {
            world.mfa = json!({ "MfaConfiguration": "OFF" });
        }
        Ok(())
    })
    .await;

    let run = desk.attach_fake(&fake, "--apply --yes --backup b.json");

    assert_eq!(fake.mfa(), mfa());
    assert_eq!(fake.sent("SetUserPoolMfaConfig")["UserPoolId"], json!("eu-west-1_AbCdEf123"));
    assert_page!(run);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_mfa_configuration_that_cannot_be_put_back_is_told() {
    let desk = Desk::without_table().await;
    let fake = Fake::start(rich_fake(), mfa(), |operation, _, world| {
        if operation == "UpdateUserPool" {
            world.mfa = json!({ "MfaConfiguration": "OFF" });
        }
        let refused = Err(("InvalidParameterException".to_owned(), "no SMS role".to_owned()));
        if operation == "SetUserPoolMfaConfig" { refused } else { Ok(()) }
    })
    .await;

    let said = desk.attach_fake(&fake, "--apply --yes").fails(1);

    assert!(said.contains("GetUserPoolMfaConfig.MfaConfiguration: OPTIONAL -> OFF"), "{said}");
    assert!(said.contains("no SMS role") && said.contains("SetUserPoolMfaConfig"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_with_mfa_that_cannot_be_read_is_not_written() {
    let desk = Desk::without_table().await;
    let denied = |operation: &str, _: usize, _: &mut fake::World| {
        let refused = Err(("AccessDeniedException".to_owned(), "not allowed".to_owned()));
        if operation == "GetUserPoolMfaConfig" { refused } else { Ok(()) }
    };
    let on = Fake::start(rich_fake(), mfa(), denied).await;
    let mut without = rich_fake();
    without["MfaConfiguration"] = json!("OFF");
    let off = Fake::start(without, json!({}), denied).await;

    let refused = desk.attach_fake(&on, "--apply --yes").fails(3);
    let done = desk.attach_fake(&off, "--apply --yes");

    assert!(refused.contains("cognito-idp:GetUserPoolMfaConfig"), "{refused}");
    assert_eq!(done.code, 0, "{done}");
    assert!(done.stdout.contains("will not be compared"), "{done}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_that_cognito_refuses_changes_nothing_and_says_so() {
    let desk = Desk::without_table().await;
    let fake = Fake::start(rich_fake(), mfa(), |operation, _, _| {
        let refused = Err(("InvalidParameterException".to_owned(), "The SES identity is gone.".to_owned()));
        if operation == "UpdateUserPool" { refused } else { Ok(()) }
    })
    .await;

    let said = desk.attach_fake(&fake, "--apply --yes").fails(1);

    assert!(said.contains("The SES identity is gone.") && said.contains("Nothing is changed"), "{said}");
    assert_eq!(fake.pool(), rich_fake());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setting_that_this_version_does_not_know_is_not_reset() {
    let desk = Desk::without_table().await;
    let mut pool = rich_fake();
    pool["NewSetting"] = json!({ "Mode": "ON" });
    let fake = Fake::start(pool, mfa(), |_, _, _| Ok(())).await;

    let refused = desk.attach_fake(&fake, "--apply --yes").fails(3);
    let done = desk.attach_fake(&fake, "--apply --yes --send-unknown");

    assert!(refused.contains("NewSetting"), "{refused}");
    assert_eq!(done.code, 0, "{done}");
    assert_eq!(fake.sent("UpdateUserPool")["NewSetting"], json!({ "Mode": "ON" }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_cognito_finds_fault_with_is_told_and_no_failure() {
    let desk = Desk::without_table().await;
    let fake = Fake::start(rich_fake(), mfa(), |operation, _, world| {
        if operation == "UpdateUserPool" {
            world.pool["SmsConfigurationFailure"] = json!("SNSSandbox");
        }
        Ok(())
    })
    .await;

    let run = desk.attach_fake(&fake, "--apply --yes");

    assert_eq!(run.code, 0, "{run}");
    assert!(run.to_string().contains("SmsConfigurationFailure: SNSSandbox"), "{run}");
}
