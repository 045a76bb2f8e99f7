//! `doctor`: the audit of a user pool.

use std::collections::BTreeMap;

use dev_stack::{ACCOUNT_ID, FunctionProgram, FunctionSpec, Permission};
use serde_json::{Value, json};

use crate::assert_page;
use crate::repair::fake_cognito::{Answer, error, serve};
use crate::support::{Desk, Run};

const SECRET: &str = "never-to-be-printed";

/// The rules that found something, in the order in which they are shown.
fn rules(document: &Value) -> Vec<&str> {
    document["findings"].as_array().unwrap().iter().map(|finding| finding["rule"].as_str().unwrap()).collect()
}

/// The document of a run, however it ended.
fn document(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|problem| panic!("{problem}: {run}"))
}

/// A function that is attached to nothing yet, called by the alias `live`; gives the ARN of that.
fn deploy(desk: &Desk, name: &str, variables: &[(&str, &str)], permission: Option<Permission>) -> String {
    let mut spec = FunctionSpec::new(name, FunctionProgram::in_process(|event| async move { Ok(event) }));
    spec.env = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    desk.stack.lambda().add_function(spec);
    desk.stack.lambda().add_alias(name, "live", "1").unwrap();
    if let Some(permission) = permission {
        desk.stack.lambda().add_permission(&format!("{name}:live"), &permission).unwrap();
    }
    format!("{}:live", desk.stack.lambda().arn(name))
}

/// Lets the desk's pool call, and nothing else.
fn for_the_pool(desk: &Desk) -> Permission {
    Permission {
        source_arn: Some(desk.stack.cognito().pool_arn(&desk.pool)),
        source_account: Some(ACCOUNT_ID.to_owned()),
        ..Permission::of_cognito("pool")
    }
}

/// Sets up pool, app client and functions as they should be.
fn mend(desk: &Desk) {
    let variables = [("TENANCY_TABLE", "tenancy"), ("USER_POOL_IDS", desk.pool.as_str())];
    let join = deploy(desk, "join", &variables, Some(for_the_pool(desk)));
    let tokens = deploy(desk, "tokens", &variables, Some(for_the_pool(desk)));
    let cognito = desk.stack.cognito();
    let pool = json!({
        "UserPoolTier": "ESSENTIALS",
        "DeletionProtection": "ACTIVE",
        "MfaConfiguration": "OPTIONAL",
        "AutoVerifiedAttributes": ["email"],
        "UserAttributeUpdateSettings": { "AttributesRequireVerificationBeforeUpdate": ["email"] },
        "UsernameConfiguration": { "CaseSensitive": false },
        "AdminCreateUserConfig": { "AllowAdminCreateUserOnly": true },
        "EmailConfiguration": { "EmailSendingAccount": "DEVELOPER" },
        "LambdaConfig": {
            "PostConfirmation": join,
            "PreTokenGenerationConfig": { "LambdaArn": tokens, "LambdaVersion": "V2_0" },
        },
    });
    cognito.patch_pool(&desk.pool, pool).unwrap();
    let client = json!({
        "WriteAttributes": ["email"],
        "EnableTokenRevocation": true,
        "ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    });
    cognito.patch_client(&desk.pool, &desk.client, client).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_before_anything_is_installed_is_audited_without_a_table_and_without_functions() {
    let desk = Desk::without_table().await;

    let run = desk.run_with("doctor", &[("TENANCY_TABLE", "")], "");

    assert_page!(run);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_where_all_is_well_passes() {
    let desk = Desk::with_acme().await;
    mend(&desk);

    let run =
        desk.run("doctor --expect-installed --invite-only --fail-on low --ignore table-deletion-protection");

    assert_page!(run);
}

/// What a pipeline does that changes one setting and sends nothing else: Cognito resets the rest.
async fn take_the_triggers_off(desk: &Desk) {
    use aws_sdk_cognitoidentityprovider::types::UserPoolTierType;
    let update = desk.cognito().update_user_pool().user_pool_id(&desk.pool);
    update.user_pool_tier(UserPoolTierType::Essentials).send().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_weekly_job_fails_when_a_pipeline_has_taken_the_triggers_off() {
    for (name, installed) in [
        ("a binding", "client bind {client} --tenant acme --mode required --yes"),
        ("a member", "member add {sub} --tenant acme --role member"),
    ] {
        let desk = Desk::with_acme().await;
        mend(&desk);
        let sub = desk.user("dana@example.com").await;
        let before = desk.run("doctor --output json --fail-on critical");
        desk.run(&installed.replace("{client}", &desk.client).replace("{sub}", &sub)).ok();
        take_the_triggers_off(&desk).await;
        let client = json!({ "WriteAttributes": ["email"] });
        desk.stack.cognito().patch_client(&desk.pool, &desk.client, client).unwrap();

        let run = desk.run("doctor --output json --fail-on critical");

        assert_eq!((before.code, run.code), (0, 4), "{name}: {before} {run}");
        let document = document(&run);
        let missing = &document["findings"][0];
        assert_eq!(missing["rule"], "trigger-pre-token-generation-missing", "{name}: {run}");
        assert!(missing["found"].as_str().unwrap().ends_with("s of this pool."), "{name}: {missing}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_of_the_last_of_many_tenants_counts_as_installed() {
    let desk = Desk::with_acme().await;
    mend(&desk);
    for tenant in 0..13 {
        desk.run(&format!("tenant create tenant-{tenant:02} --name Tenant --tier free")).ok();
    }
    desk.run("member add someone --no-lookup --tenant tenant-12 --role member").ok();
    take_the_triggers_off(&desk).await;

    let document = document(&desk.run("doctor --output json"));

    let missing = &document["findings"][0];
    assert_eq!(missing["rule"], "trigger-pre-token-generation-missing", "{document}");
    assert_eq!(missing["severity"], "critical", "{missing}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_membership_and_a_table_of_another_pool_do_not_count_as_installed() {
    let desk = Desk::with_acme().await;
    mend(&desk);
    let sub = desk.user("dana@example.com").await;
    desk.run(&format!("member add {sub} --tenant acme --role member")).ok();
    desk.run(&format!("member remove {sub} --tenant acme --yes")).ok();
    desk.run("member add someone --tenant acme --role member --user-pool-id eu-west-1_Elsewhere --no-lookup")
        .ok();
    take_the_triggers_off(&desk).await;

    let document = document(&desk.run("doctor --output json"));

    let missing = document["findings"].as_array().unwrap().iter();
    let missing: Vec<_> = missing
        .filter(|one| one["rule"] == "trigger-pre-token-generation-missing")
        .map(|one| one["severity"].as_str().unwrap())
        .collect();
    assert_eq!(missing, ["info"], "{document}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tenant_attribute_of_the_deployed_functions_is_audited() {
    let desk = Desk::with_acme().await;
    mend(&desk);
    let variables = [
        ("TENANCY_TABLE", "tenancy"),
        ("USER_POOL_IDS", desk.pool.as_str()),
        ("TENANT_ATTRIBUTE", "custom:tid"),
    ];
    let join = deploy(&desk, "join-tid", &variables, Some(for_the_pool(&desk)));
    let tokens = deploy(&desk, "tokens-tid", &variables, Some(for_the_pool(&desk)));
    let triggers = json!({
        "PostConfirmation": join,
        "PreTokenGenerationConfig": { "LambdaArn": tokens, "LambdaVersion": "V2_0" },
    });
    let cognito = desk.stack.cognito();
    cognito.patch_pool(&desk.pool, json!({ "LambdaConfig": triggers })).unwrap();
    let client = json!({ "WriteAttributes": ["email", "custom:tid"] });
    cognito.patch_client(&desk.pool, &desk.client, client).unwrap();

    let of_functions = document(&desk.run_with("doctor --output json", &[("TENANT_ATTRIBUTE", "")], ""));
    let of_environment =
        document(&desk.run_with("doctor --output json", &[("TENANT_ATTRIBUTE", "custom:other")], ""));
    let said = document(&desk.run_with(
        "doctor --output json --tenant-attribute custom:tid",
        &[("TENANT_ATTRIBUTE", "custom:other")],
        "",
    ));

    for document in [&of_functions, &said] {
        let found = rules(document);
        assert!(found.contains(&"attribute-writable"), "{found:?}");
        assert!(!found.contains(&"function-attribute"), "{found:?}");
    }
    let found = rules(&of_environment);
    assert!(!found.contains(&"attribute-writable") && found.contains(&"function-attribute"), "{found:?}");
}

/// A pool with one app client of machines whose description shows no secret, as Cognito's does after the first was rotated
/// away; `secrets` answers the list of secrets.
fn rotated(secrets: (u16, Value)) -> Answer {
    Box::new(move |operation, _, _| match operation {
        "DescribeUserPool" => (200, fake_pool()),
        "ListUserPoolClients" => {
            (200, json!({ "UserPoolClients": [{ "ClientId": "m", "ClientName": "m" }] }))
        }
        "DescribeUserPoolClient" => (
            200,
            json!({ "UserPoolClient": {
                "ClientId": "m",
                "AllowedOAuthFlows": ["client_credentials"],
                "AllowedOAuthFlowsUserPoolClient": true,
                "ExplicitAuthFlows": ["ALLOW_REFRESH_TOKEN_AUTH"],
            } }),
        ),
        "ListUserPoolClientSecrets" => secrets.clone(),
        _ => (200, json!({})),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_whose_secret_was_rotated_is_not_to_be_deleted() {
    let desk = Desk::without_table().await;
    let secret = json!({ "ClientSecretId": "m--1", "ClientSecretCreateDate": 1_790_000_000 });
    let listed = document(&against(&desk, rotated((200, json!({ "ClientSecrets": [secret] })))));
    let denied = document(&against(&desk, rotated((400, error("AccessDeniedException")))));
    let none = document(&against(&desk, rotated((200, json!({ "ClientSecrets": [] })))));

    for document in [&listed, &denied] {
        let found = rules(document);
        assert!(!found.iter().any(|rule| rule.starts_with("client-")), "{found:?}");
        let write = document["findings"].as_array().unwrap().iter();
        let mut write = write.filter(|one| one["rule"] == "attribute-write-default");
        assert_eq!(write.next().unwrap()["severity"], "low");
    }
    assert!(listed["passed"].as_array().unwrap().contains(&json!("client-machine-secret")));
    let gap = denied["notChecked"].as_array().unwrap().iter();
    let mut gap = gap.filter(|gap| gap["rules"] == json!(["client-machine-secret"]));
    let reason = gap.next().unwrap()["reason"].as_str().unwrap();
    assert!(reason.contains("cognito-idp:ListUserPoolClientSecrets"), "{reason}");
    assert!(rules(&none).contains(&"client-machine-secret"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lets_users_into_other_tenants_is_found_and_fails() {
    let desk = Desk::with_acme().await;
    mend(&desk);
    let cognito = desk.stack.cognito();
    let anybody = Permission { principal: "*".to_owned(), ..Permission::of_cognito("anybody") };
    let variables =
        [("TENANCY_TABLE", "another"), ("USER_POOL_IDS", "eu-west-1_Elsewhere"), ("MODE", "observe")];
    let tokens = deploy(&desk, "tokens", &variables, Some(anybody));
    cognito.patch_pool(&desk.pool, json!({ "LambdaConfig": { "PreTokenGeneration": tokens } })).unwrap();
    let client =
        json!({ "WriteAttributes": ["email", "custom:tenantId"], "AllowedOAuthFlows": ["implicit"] });
    cognito.patch_client(&desk.pool, &desk.client, client).unwrap();
    let provider = json!({
        "ProviderDetails": { "client_secret": SECRET }, "AttributeMapping": { "custom:tenantId": "tid" },
    });
    cognito.patch_identity_provider(&desk.pool, "corp", provider).unwrap();

    let run = desk.run("doctor");

    assert!(!run.stdout.contains(SECRET));
    assert_page!(run);
}

#[tokio::test(flavor = "multi_thread")]
async fn bindings_of_two_tenants_that_meet_in_one_provider_are_found() {
    let desk = Desk::with_acme().await;
    mend(&desk);
    desk.run("tenant create globex --name Globex --tier pro").ok();
    desk.stack
        .cognito()
        .patch_identity_provider(&desk.pool, "Google", json!({ "ProviderType": "Google" }))
        .unwrap();
    let offers = json!({ "SupportedIdentityProviders": ["COGNITO", "Google"] });
    desk.stack.cognito().patch_client(&desk.pool, &desk.client, offers).unwrap();
    desk.run(&format!("client bind {} --tenant globex --mode required --yes", desk.client)).ok();
    desk.run("idp bind Google --tenant acme --join --trust-email --yes").ok();
    desk.run("client bind nosuchclient --tenant acme --mode required --no-lookup --yes").ok();
    desk.run("tenant offboard globex --yes").ok();

    let run = desk.run("doctor --output json");

    let document = document(&run);
    let found = rules(&document);
    for rule in [
        "provider-anyone-joins",
        "provider-anyone-trusted",
        "provider-cross-tenant",
        "binding-tenant",
        "binding-client-missing",
    ] {
        assert!(found.contains(&rule), "{rule}: {found:?}");
    }
    assert_eq!(run.code, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tenant_of_a_pool_of_one_tenant_is_looked_up_in_the_table() {
    let desk = Desk::with_acme().await;
    mend(&desk);
    let variables =
        [("TENANCY_TABLE", "tenancy"), ("USER_POOL_IDS", desk.pool.as_str()), ("POOL_TENANT", "acme")];
    for function in ["join", "tokens"] {
        deploy(&desk, function, &variables, Some(for_the_pool(&desk)));
    }
    let of_pool = || {
        let document = document(&desk.run("doctor --output json"));
        let findings = document["findings"].as_array().unwrap().clone();
        let finding = findings.into_iter().find(|finding| finding["rule"] == "binding-tenant");
        finding.map(|finding| (finding["severity"].clone(), finding["found"].as_str().unwrap().to_owned()))
    };

    let own = of_pool();
    desk.put_into("acme", &["eu-west-1_Other"]).await;
    let elsewhere = of_pool().unwrap();
    desk.put_into("acme", &["eu-west-1_Other", &desk.pool]).await;
    // As one that was made by hand: the index does not list it.
    desk.set_text("TENANT#acme", "META", "gsi1pk", "NOWHERE").await;
    let unlisted = of_pool();
    desk.delete_item("TENANT#acme", "META").await;
    let missing = of_pool().unwrap();

    assert_eq!((own, unlisted), (None, None));
    let found = "POOL_TENANT of its functions is acme, which is in other user pools.";
    assert_eq!(elsewhere, (json!("critical"), found.to_owned()));
    let found = "POOL_TENANT of its functions is acme, which is not there.";
    assert_eq!(missing, (json!("critical"), found.to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_has_what_scripts_need() {
    let desk = Desk::with_acme().await;
    mend(&desk);
    desk.stack
        .cognito()
        .patch_client(&desk.pool, &desk.client, json!({ "WriteAttributes": ["custom:tenantId"] }))
        .unwrap();

    let document = document(&desk.run("doctor --output json --ignore email-change-unverified"));

    let finding = &document["findings"][0];
    assert_eq!((&finding["rule"], &finding["severity"]), (&json!("attribute-writable"), &json!("critical")));
    for member in ["subject", "found", "why", "mend"] {
        assert!(finding[member].as_str().is_some_and(|text| !text.is_empty()), "{member}");
    }
    assert_eq!(document["userPoolId"], desk.pool);
    assert_eq!((&document["failed"], &document["failOn"]), (&json!(true), &json!("medium")));
    assert_eq!(document["counts"]["critical"], 1);
    assert_eq!(document["pool"]["triggers"].as_object().unwrap().len(), 2);
    let counted = document["passed"].as_array().unwrap().len();
    assert_eq!(document["counts"]["passed"], counted);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_is_ignored_does_not_fail_and_is_still_counted() {
    let desk = Desk::with_acme().await;
    mend(&desk);
    desk.stack.cognito().patch_pool(&desk.pool, json!({ "AutoVerifiedAttributes": [] })).unwrap();
    let line = "doctor --fail-on low --ignore table-deletion-protection";

    let plain = desk.run(line);
    let ignored = desk.run(&format!("{line} --ignore email-not-auto-verified --output json"));
    let unknown = desk.run("doctor --ignore no-such-rule");

    assert_eq!(plain.code, 4, "{plain}");
    assert_eq!(ignored.code, 0, "{ignored}");
    let document = document(&ignored);
    let finding =
        document["findings"].as_array().unwrap().iter().find(|one| one["rule"] == "email-not-auto-verified");
    let finding = finding.unwrap();
    assert_eq!((&finding["ignored"], &document["counts"]["low"]), (&json!(true), &json!(0)));
    assert!(unknown.fails(2).contains("there is no such rule"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_severity_from_which_it_fails_can_be_chosen() {
    let desk = Desk::without_table().await;
    desk.stack
        .cognito()
        .patch_client(&desk.pool, &desk.client, json!({ "WriteAttributes": ["email"] }))
        .unwrap();
    desk.stack.cognito().patch_pool(&desk.pool, json!({ "DeletionProtection": "INACTIVE" })).unwrap();

    let codes: BTreeMap<&str, i32> = ["critical", "high", "medium", "low", "info", "never"]
        .into_iter()
        .map(|limit| {
            (limit, desk.run_with(&format!("doctor --fail-on {limit}"), &[("TENANCY_TABLE", "")], "").code)
        })
        .collect();

    let expected = [("critical", 0), ("high", 0), ("medium", 4), ("low", 4), ("info", 4), ("never", 0)];
    assert_eq!(codes, BTreeMap::from(expected));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rules_can_be_listed_without_a_pool() {
    let desk = Desk::without_table().await;
    let nowhere = [("USER_POOL_ID", ""), ("AWS_REGION", "")];

    let people = desk.run_with("doctor --list-rules", &nowhere, "").ok();
    let scripts = desk.run_with("doctor --list-rules --output json", &nowhere, "").ok();

    assert!(people.contains("attribute-writable (critical)"), "{people}");
    let scripts: Value = serde_json::from_str(&scripts).unwrap();
    let rules = scripts["rules"].as_array().unwrap();
    assert!(rules.iter().any(|rule| rule["id"] == "not-checked" && rule["severity"] == "medium"));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_region_the_one_of_the_pool_is_asked() {
    let desk = Desk::with_acme().await;

    let run = desk.run_with("doctor --output json", &[("AWS_REGION", "")], "");

    let document = document(&run);
    assert_eq!(document["userPoolId"], desk.pool);
    assert!(document["passed"].as_array().unwrap().contains(&json!("table-keys")), "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_that_is_not_there_is_named_with_the_region_that_was_asked() {
    let desk = Desk::without_table().await;

    let run = desk.run("doctor --user-pool-id us-east-1_NoSuchOne");

    assert_page!(run);
}

/// Runs the audit against a fake, and gives what came of it.
fn against(desk: &Desk, answer: Answer) -> Run {
    let (url, _) = serve(answer);
    let elsewhere = [("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", url.as_str()), ("TENANCY_TABLE", "")];
    desk.run_with("doctor --output json --user-pool-id eu-west-1_Fake", &elsewhere, "")
}

fn fake_pool() -> Value {
    json!({ "UserPool": { "Id": "eu-west-1_Fake", "Name": "fake", "SchemaAttributes": [
        { "Name": "custom:tenantId", "AttributeDataType": "String", "Mutable": true },
    ] } })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_that_may_not_be_described_is_a_failure_with_the_permission_that_is_missing() {
    let desk = Desk::without_table().await;

    let run = against(&desk, Box::new(|_, _, _| (400, error("AccessDeniedException"))));

    assert!(run.fails(1).contains("cognito-idp:DescribeUserPool"));
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_that_end_in_the_middle_end_the_audit_with_their_own_advice() {
    let desk = Desk::with_acme().await;
    let new_keys = "Set new keys in AWS_ACCESS_KEY_ID";
    let skewed = "Signature expired: 20261128T170000Z is now earlier than 20261128T180000Z";
    for (code, message, what, advice) in [
        ("ExpiredTokenException", "expired", "the session has expired", new_keys),
        ("UnrecognizedClientException", "invalid", "AWS does not accept these keys", new_keys),
        ("MissingAuthenticationTokenException", "none", "there are no usable credentials", new_keys),
        (
            "InvalidSignatureException",
            skewed,
            "the clock of this computer",
            "Set the clock of this computer.",
        ),
    ] {
        let cognito = crate::fake_aws::serve(move |request| match request.operation.as_str() {
            "DescribeUserPool" => crate::fake_aws::Answer::ok(&fake_pool()),
            _ => request.error(code, message),
        });
        let table = crate::fake_aws::serve(move |request| request.error(code, message));
        let pool = [("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", cognito.as_str())];
        let table = [("AWS_ENDPOINT_URL_DYNAMODB", table.as_str())];

        for elsewhere in [pool, table] {
            let run =
                desk.run_with("doctor --expect-installed --fail-on never --ignore plan-lite", &elsewhere, "");

            assert_eq!(run.code, 1, "{run}");
            assert!(run.stdout.starts_with("Incomplete: could not finish the audit: could not"), "{run}");
            assert!(run.stdout.contains("Not checked"), "what was read is shown: {run}");
            assert!(run.stderr.contains("could not finish the audit: could not"), "{run}");
            assert!(run.stderr.contains(what) && run.stderr.contains(advice), "{run}");
        }
        let document = document(&desk.run_with("doctor --output json", &pool, ""));
        assert_eq!(document["failed"], true);
        assert!(document["incomplete"][0].as_str().unwrap().contains(what), "{document}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_installation_that_cannot_be_checked_does_not_pass() {
    let desk = Desk::with_acme().await;
    mend(&desk);
    let line = "doctor --expect-installed --fail-on critical";
    desk.run(line).ok();
    let denied = crate::fake_aws::serve(|request| request.error("AccessDeniedException", ""));
    let throttled = crate::fake_aws::serve(|request| request.error("ThrottlingException", "Rate exceeded"));
    let silent = "http://127.0.0.1:9".to_owned();
    let (denied_why, throttled_why) = ("these credentials may not call", "AWS throttled the call");
    let rows = [
        (&denied, denied_why),
        (&throttled, throttled_why),
        (&silent, "could not connect, or the connection broke"),
    ];

    for (url, why) in rows {
        let lambda = desk.run_with(line, &[("AWS_ENDPOINT_URL_LAMBDA", url)], "");
        let table = desk.run_with(line, &[("AWS_ENDPOINT_URL_DYNAMODB", url)], "");
        let why = if url == &denied {
            [why, "these credentials lack the permission for this call"]
        } else {
            [why, why]
        };

        for (run, what, why) in [
            (&lambda, "policy of the PreTokenGeneration function tokens:live: ", why[0]),
            (&lambda, "settings of the PostConfirmation function join:live: ", why[0]),
            (&table, "table tenancy: could not describe the table: ", why[1]),
        ] {
            let said = run.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
            assert_eq!(run.code, 4, "{run}");
            let wanted = format!("Incomplete: could not check the installation: {what}");
            assert!(said.contains(&wanted) && said.contains(why), "{wanted}{why}: {run}");
        }
    }
    let elsewhere = [("AWS_ENDPOINT_URL_LAMBDA", denied.as_str())];
    desk.run_with("doctor --fail-on critical", &elsewhere, "").ok();
    desk.run_with("doctor --expect-installed --fail-on never", &elsewhere, "").ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_knows_little_and_says_null_is_audited_as_far_as_it_goes() {
    let desk = Desk::without_table().await;
    let pool = json!({ "UserPool": {
        "Id": "eu-west-1_Fake", "Name": null, "LambdaConfig": null, "SchemaAttributes": null, "Policies": null,
        "UserPoolTier": null, "AdminCreateUserConfig": null, "MfaConfiguration": null, "Unheard": { "of": 1 },
    } });

    let run = against(
        &desk,
        Box::new(move |operation, _, _| match operation {
            "DescribeUserPool" => (200, pool.clone()),
            "ListUserPoolClients" => (200, json!({ "UserPoolClients": null, "NextToken": null })),
            "ListIdentityProviders" => (501, json!({})),
            _ => (400, error("UnknownOperationException")),
        }),
    );

    assert_eq!(run.code, 4, "{run}");
    let document = document(&run);
    let found = rules(&document);
    assert!(found.contains(&"attribute-missing") && found.contains(&"not-checked"), "{found:?}");
    let reasons = document["notChecked"].to_string();
    for operation in ["ListIdentityProviders", "ListUserPoolReplicas"] {
        assert!(reasons.contains(&format!("the server does not know {operation}")), "{reasons}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_on_the_last_of_many_pages_is_seen_and_one_that_is_refused_is_named() {
    let desk = Desk::without_table().await;
    let client = |id: &str| json!({ "ClientId": id, "ClientName": id, "UserPoolId": "eu-west-1_Fake" });

    let run = against(
        &desk,
        Box::new(move |operation, _, input| {
            match (operation, input["NextToken"].as_str(), input["ClientId"].as_str()) {
                ("DescribeUserPool", ..) => (200, fake_pool()),
                ("ListUserPoolClients", None, _) => {
                    (200, json!({ "UserPoolClients": [client("first")], "NextToken": "2" }))
                }
                // A page may be empty and not be the last.
                ("ListUserPoolClients", Some("2"), _) => {
                    (200, json!({ "UserPoolClients": [], "NextToken": "3" }))
                }
                ("ListUserPoolClients", ..) => (200, json!({ "UserPoolClients": [client("last")] })),
                ("DescribeUserPoolClient", _, Some("first")) => (400, error("AccessDeniedException")),
                ("DescribeUserPoolClient", ..) => (
                    200,
                    json!({ "UserPoolClient": {
                "ClientId": "last", "ClientSecret": SECRET, "WriteAttributes": ["custom:tenantId"],
            } }),
                ),
                ("ListIdentityProviders", ..) => (200, json!({ "Providers": [] })),
                _ => (200, json!({})),
            }
        }),
    );

    assert!(!run.to_string().contains(SECRET));
    let document = document(&run);
    let findings = document["findings"].as_array().unwrap();
    let of = |rule: &str| findings.iter().find(|finding| finding["rule"] == rule).unwrap();
    assert_eq!(of("attribute-writable")["subject"], "app client last");
    assert!(
        of("not-checked")["found"]
            .as_str()
            .unwrap()
            .starts_with("1 of 2 app clients could not be described (first)")
    );
    assert!(of("not-checked")["mend"].as_str().unwrap().contains("cognito-idp:DescribeUserPoolClient"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_of_the_first_page_is_judged_when_the_second_is_refused_and_one_that_is_gone_does_not_fail()
{
    let desk = Desk::without_table().await;
    let client = |id: &str| json!({ "ClientId": id, "ClientName": id, "UserPoolId": "eu-west-1_Fake" });

    let run = against(
        &desk,
        Box::new(move |operation, _, input| {
            match (operation, input["NextToken"].as_str(), input["ClientId"].as_str()) {
                ("DescribeUserPool", ..) => (200, fake_pool()),
                ("ListUserPoolClients", None, _) => {
                    (200, json!({ "UserPoolClients": [client("open"), client("gone")], "NextToken": "2" }))
                }
                ("ListUserPoolClients", ..) => (400, error("AccessDeniedException")),
                ("DescribeUserPoolClient", _, Some("gone")) => (400, error("ResourceNotFoundException")),
                ("DescribeUserPoolClient", ..) => (
                    200,
                    json!({ "UserPoolClient": { "ClientId": "open", "WriteAttributes": ["custom:tenantId"] } }),
                ),
                ("ListIdentityProviders", ..) => (200, json!({ "Providers": [] })),
                _ => (200, json!({})),
            }
        }),
    );

    let document = document(&run);
    let findings = document["findings"].as_array().unwrap();
    let of = |rule: &str| findings.iter().filter(|one| one["rule"] == rule).collect::<Vec<_>>();
    assert_eq!(of("attribute-writable")[0]["subject"], "app client open");
    let unseen: Vec<&str> = of("not-checked").iter().map(|one| one["severity"].as_str().unwrap()).collect();
    assert_eq!(unseen, ["medium", "info"], "{document}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_in_two_regions_is_asked_in_both() {
    let desk = Desk::without_table().await;
    let replica =
        |region: &str, role: &str| json!({ "RegionName": region, "Role": role, "Status": "ACTIVE" });
    let triggers =
        json!({ "PreTokenGeneration": format!("arn:aws:lambda:eu-west-1:{ACCOUNT_ID}:function:t:live") });

    let run = against(
        &desk,
        Box::new(move |operation, before, input| match (operation, input["NextToken"].as_str()) {
            ("DescribeUserPool", _) => {
                let mut pool = fake_pool();
                if before == 0 {
                    pool["UserPool"]["LambdaConfig"] = triggers.clone();
                }
                (200, pool)
            }
            ("ListUserPoolReplicas", None) => {
                let primary = replica("eu-west-1", "PRIMARY");
                (200, json!({ "UserPoolReplicas": [primary], "NextToken": "2" }))
            }
            ("ListUserPoolReplicas", _) => {
                (200, json!({ "UserPoolReplicas": [replica("us-west-2", "SECONDARY")] }))
            }
            _ => (400, error("UnknownOperationException")),
        }),
    );

    let document = document(&run);
    let of_replica: Vec<_> = document["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["rule"] == "replica-triggers")
        .map(|one| (one["subject"].as_str().unwrap(), one["found"].as_str().unwrap()))
        .collect();
    assert_eq!(
        of_replica,
        [("the user pool in us-west-2", "Nothing is attached to PreTokenGeneration.")],
        "{run}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_that_cannot_be_replicated_has_no_replicas_and_others_that_hide_them_are_not_checked() {
    for (code, reason) in [
        ("OperationNotEnabledException", None),
        ("AccessDeniedException", Some("allow cognito-idp:ListUserPoolReplicas")),
        ("UnknownOperationException", Some("the server does not know ListUserPoolReplicas")),
    ] {
        let desk = Desk::without_table().await;

        let run = against(
            &desk,
            Box::new(move |operation, _, _| match operation {
                "DescribeUserPool" => (200, fake_pool()),
                "ListUserPoolReplicas" => (400, error(code)),
                _ => (200, json!({})),
            }),
        );

        let gaps = document(&run)["notChecked"].clone();
        let gap = gaps.as_array().unwrap().iter().find(|gap| gap["what"] == "the pool in other Regions");
        assert_eq!(gap.is_some(), reason.is_some(), "{code}: {run}");
        if let Some(reason) = reason {
            assert!(gap.unwrap()["reason"].as_str().unwrap().contains(reason), "{code}: {run}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_cannot_be_read_is_told_by_its_status_and_not_shown() {
    let desk = Desk::without_table().await;

    let run = against(
        &desk,
        Box::new(|operation, _, _| match operation {
            "DescribeUserPool" => (200, fake_pool()),
            "ListUserPoolClients" => (200, json!({ "UserPoolClients": [{ "ClientId": "one" }] })),
            // An object in the place of a text: the answer as a whole cannot be read.
            "DescribeUserPoolClient" => (
                200,
                json!({ "UserPoolClient": { "ClientSecret": SECRET, "ClientName": { "not": "a text" } } }),
            ),
            _ => (418, json!([SECRET])),
        }),
    );

    assert!(!run.to_string().contains(SECRET), "{run}");
    assert!(run.stdout.contains("the server returned status 418 with an unreadable body"), "{run}");
    assert!(rules(&document(&run)).contains(&"not-checked"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_never_ends_is_not_believed() {
    let desk = Desk::without_table().await;

    let run = against(
        &desk,
        Box::new(|operation, _, _| match operation {
            "DescribeUserPool" => (200, fake_pool()),
            "ListUserPoolClients" => (200, json!({ "UserPoolClients": [], "NextToken": "again" })),
            _ => (200, json!({})),
        }),
    );

    assert_eq!(run.code, 4);
    let document = document(&run);
    assert!(document["findings"].to_string().contains("again and again"), "{document}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_marker_scope_is_looked_up_in_the_pool_and_in_its_app_clients() {
    let desk = Desk::with_acme().await;
    mend(&desk);
    let pool = desk.pool.as_str();
    let variables =
        [("TENANCY_TABLE", "tenancy"), ("USER_POOL_IDS", pool), ("MARKER_SCOPE", "tenancy/member")];
    let marking = deploy(&desk, "marking", &variables, Some(for_the_pool(&desk)));
    let cognito = desk.stack.cognito();
    let triggers = json!({
        "PostConfirmation": format!("{}:live", desk.stack.lambda().arn("join")),
        "PreTokenGenerationConfig": { "LambdaArn": marking, "LambdaVersion": "V2_0" },
    });
    cognito.patch_pool(pool, json!({ "LambdaConfig": triggers })).unwrap();
    let run = || document(&desk.run("doctor --output json --invite-only --expect-installed --fail-on info"));
    let marker_rules = |document: &Value| {
        rules(document)
            .into_iter()
            .filter(|rule| rule.starts_with("marker-"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };

    let undefined = run();
    let server =
        desk.cognito().create_resource_server().user_pool_id(pool).identifier("tenancy").name("Tenancy");
    let scope = aws_sdk_cognitoidentityprovider::types::ResourceServerScopeType::builder()
        .scope_name("member")
        .scope_description("Member of a tenant")
        .build()
        .unwrap();
    server.scopes(scope).send().await.unwrap();
    let defined = run();
    cognito.patch_client(pool, &desk.client, json!({ "AllowedOAuthScopes": ["tenancy/member"] })).unwrap();
    let requestable = run();

    assert_eq!(marker_rules(&undefined), ["marker-undefined"]);
    assert_eq!(marker_rules(&defined), Vec::<String>::new());
    assert_eq!(marker_rules(&requestable), ["marker-requestable"]);
    assert_eq!(requestable["findings"][0]["severity"], "critical");
}
