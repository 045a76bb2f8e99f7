//! `why`: the token of a real user of the local stack's pool.

use dev_stack::cognito::{FederatedUser, Trigger, Triggers};
use dev_stack::{ACCOUNT_ID, FunctionProgram, FunctionSpec, Permission};
use serde_json::{Value, json};

use crate::assert_replay;
use crate::repair::fake_cognito::{error, found, serve};
use crate::support::{Desk, Run};

const ANA: &str = "ana@example.com";

/// The tenants `acme` and `globex`, and a pool whose pre-token-generation trigger calls the function `tokens`.
async fn desk() -> Desk {
    let desk = Desk::with_acme().await;
    desk.run("tenant create globex --name Globex --tier free").ok();
    attach(&desk, "V2_0", &[]);
    desk
}

/// With Ana as a member of `acme`.
async fn desk_with_ana() -> (Desk, String) {
    let desk = desk().await;
    let sub = desk.user(ANA).await;
    desk.run("member add ana@example.com --tenant acme --role admin --role viewer").ok();
    (desk, sub)
}

/// Attaches a function with these settings. What it answers is no matter: `why` plays the event itself.
fn attach(desk: &Desk, version: &str, settings: &[(&str, &str)]) {
    let program = FunctionProgram::in_process(|event| async move { Ok(event) });
    let mut function = FunctionSpec::new("tokens", program);
    let settings = [("TENANCY_TABLE", "tenancy")].iter().chain(settings);
    function.env = settings.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    desk.stack.lambda().add_function(function);
    let permission = Permission {
        source_arn: Some(desk.stack.cognito().pool_arn(&desk.pool)),
        source_account: Some(ACCOUNT_ID.to_owned()),
        ..Permission::of_cognito("pool")
    };
    desk.stack.lambda().add_permission("tokens", &permission).unwrap();
    let function = desk.stack.lambda().arn("tokens");
    let trigger = json!({ "LambdaArn": function, "LambdaVersion": version });
    let config = json!({ "LambdaConfig": { "PreTokenGenerationConfig": trigger } });
    desk.stack.cognito().patch_pool(&desk.pool, config).unwrap();
}

/// Runs `why`, and proves that nothing was written.
async fn why(desk: &Desk, line: &str) -> Run {
    let before = desk.items().await;
    let run = desk.run(&format!("why {line}"));
    assert_eq!(desk.items().await, before, "nothing is written");
    run
}

/// The exit code, and the document.
async fn document(desk: &Desk, line: &str) -> (i32, Value) {
    let run = why(desk, &format!("{line} --output json")).await;
    let document = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run}"));
    (run.code, document)
}

/// Proves that `why` comes to the same as a replay of the event that the pool has just sent; gives what it comes to.
async fn plays_what_cognito_sent(desk: &Desk, who: &str) -> Value {
    let sent = desk.stack.cognito().last_record(&desk.pool, Trigger::PreTokenGeneration).unwrap().event;
    let (_, mut made) = document(desk, &format!("{who} --client {}", desk.client)).await;
    let replayed = desk.run_with("replay - --function tokens --output json", &[], &sent);
    let mut replayed: Value = serde_json::from_str(&replayed.stdout).unwrap();
    for document in [&mut made["replay"], &mut replayed] {
        document["at"].take();
        document["store"]["readMs"].take();
    }
    assert_eq!(made["replay"], replayed);
    replayed
}

/// The exit code, and the first sentence or two.
async fn answer(desk: &Desk, line: &str) -> (i32, String) {
    let (code, document) = document(desk, line).await;
    (code, document["answer"].as_str().unwrap().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_gets_a_token_and_the_answer_says_for_what_and_why() {
    let (desk, sub) = desk_with_ana().await;

    let run = why(&desk, ANA).await;
    let (_, by_sub) = document(&desk, &sub).await;

    assert_eq!(run.code, 0);
    assert_replay!(run);
    let expected = format!(
        "{sub} gets a token for acme (tier pro, roles admin, viewer): it is the user's default tenant."
    );
    assert_eq!(by_sub["answer"], json!(expected));
    assert_eq!(
        (&by_sub["token"], &by_sub["tenant"], &by_sub["told"]),
        (&json!(true), &json!("acme"), &Value::Null)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_membership_is_named_with_the_users_text_and_the_command_that_helps() {
    let (desk, _) = desk_with_ana().await;
    desk.run("member suspend ana@example.com --tenant acme --yes").ok();

    let run = why(&desk, ANA).await;
    let (_, document) = document(&desk, ANA).await;

    assert_eq!(run.code, 4);
    assert_replay!(run);
    let command = document["advice"][0]["command"].as_str().unwrap().trim_start_matches("tenantctl ");
    desk.run(command).ok();
    assert_eq!(why(&desk, ANA).await.code, 0, "the command helps");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_tenant_is_named() {
    let (desk, _) = desk_with_ana().await;
    desk.run("tenant suspend acme --yes").ok();

    let (code, document) = document(&desk, ANA).await;

    let expected = "ana@example.com gets no token: the tenant acme is suspended; it is the user's default tenant. The user \
                    is told: \"Access to this organization is suspended. Contact your administrator\"";
    assert_eq!((code, document["answer"].as_str().unwrap()), (4, expected));
    assert_eq!(document["told"], "Access to this organization is suspended. Contact your administrator");
    assert_eq!(document["advice"][0]["command"], "tenantctl tenant resume acme");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_member_is_told_apart_from_a_user_who_never_was_one() {
    let (desk, _) = desk_with_ana().await;
    desk.run("member remove ana@example.com --tenant acme --yes").ok();
    desk.user("bob@example.com").await;

    let removed = answer(&desk, ANA).await;
    let never = answer(&desk, "bob@example.com").await;

    let told = "The user is told: \"Your account does not belong to an organization yet. Ask your administrator for an \
                invitation\"";
    let why = "the user has no active membership any more: removed from acme";
    assert_eq!(removed, (4, format!("ana@example.com gets no token: {why}. {told}")));
    let why = "the user is a member of no tenant";
    assert_eq!(never, (4, format!("bob@example.com gets no token: {why}. {told}")));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_invite_to_the_address_is_redeemed_by_the_sign_in() {
    let desk = desk().await;
    desk.user("bob@example.com").await;
    let invite = desk.json("invite create --tenant globex --role guest --email bob@example.com");
    let reference = invite["reference"].as_str().unwrap().to_owned();

    let (code, document) = document(&desk, "bob@example.com").await;

    let expected = format!(
        "bob@example.com gets a token for globex (tier free, role guest): the sign-in redeems invite {reference} to the \
         user's e-mail address."
    );
    assert_eq!((code, document["answer"].as_str().unwrap()), (0, expected.as_str()));
    assert_eq!(document["replay"]["wouldRedeem"][0]["by"], "address");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_of_an_identity_provider_joins_through_it_and_not_before_it_is_bound() {
    let desk = desk().await;
    let user = FederatedUser {
        provider: "Corp".to_owned(),
        subject: "Cai".to_owned(),
        attributes: [("email".to_owned(), "cai@corp.example".to_owned())].into(),
    };
    desk.stack.cognito().federated_sign_in(&desk.pool, &desk.client, user).await.unwrap();

    plays_what_cognito_sent(&desk, "corp_cai").await;
    let (unbound_code, unbound) = document(&desk, "corp_cai").await;
    desk.run("idp bind Corp --tenant acme --join --role viewer --no-lookup").ok();
    let (bound_code, bound) = document(&desk, "corp_cai").await;

    assert_eq!((unbound_code, &unbound["userStatus"]), (4, &json!("EXTERNAL_PROVIDER")));
    assert_eq!(unbound["replay"]["event"]["triggerSource"], "TokenGeneration_HostedAuth");
    let why = unbound["replay"]["refusal"]["why"].as_str().unwrap();
    assert!(why.contains("comes from identity provider Corp"), "{why}");
    let expected = "corp_cai gets a token for acme (tier pro, role viewer): the sign-in makes the user a member, through the \
                    identity provider Corp.";
    assert_eq!((bound_code, bound["answer"].as_str().unwrap()), (0, expected));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_client_of_another_tenant_and_a_tenant_without_membership_refuse() {
    let (desk, _) = desk_with_ana().await;
    desk.run(&format!("client bind {} --tenant globex --yes", desk.client)).ok();

    let through_client = answer(&desk, &format!("{ANA} --client {}", desk.client)).await;
    let asked = answer(&desk, &format!("{ANA} --tenant globex")).await;
    let both = answer(&desk, &format!("{ANA} --tenant acme --client {}", desk.client)).await;
    let elsewhere = answer(&desk, &format!("{ANA} --tenant acme")).await;

    let told = "The user is told: \"Your account cannot sign in to this organization\"";
    let refused = |why: &str| (4, format!("ana@example.com gets no token: {why}. {told}"));
    assert_eq!(through_client, refused("the app client is bound to globex, and the user is no member of it"));
    assert_eq!(asked, refused("the request asks for globex, and the user is no member of it"));
    assert_eq!(both, refused("the app client is bound to globex, and the request asks for acme"));
    assert_eq!(elsewhere.0, 0, "{}", elsewhere.1);
    assert!(elsewhere.1.ends_with("the request asks for it (clientMetadata.tenantId)."), "{}", elsewhere.1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_of_several_tenants_learns_how_to_get_the_token_of_another() {
    let (desk, sub) = desk_with_ana().await;
    desk.run("member add ana@example.com --tenant globex --role guest").ok();

    let (_, by_default) = document(&desk, ANA).await;
    let (_, asked) = document(&desk, &format!("{ANA} --tenant globex")).await;

    assert_eq!((&by_default["tenant"], &asked["tenant"]), (&json!("acme"), &json!("globex")));
    assert_eq!(asked["advice"], json!([]));
    let command = by_default["advice"][0]["command"].as_str().unwrap();
    let expected = format!("tenantctl member set-default {sub} --user-pool-id {} --tenant globex", desk.pool);
    assert_eq!(command, expected);
    desk.run(command.trim_start_matches("tenantctl ")).ok();
    assert_eq!(document(&desk, ANA).await.1["tenant"], "globex", "the command helps");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_other_default_is_offered_that_gives_no_token_here() {
    let (desk, _) = desk_with_ana().await;
    desk.run("member add ana@example.com --tenant globex --role guest").ok();

    desk.put_into("globex", &["eu-west-1_Elsewhere"]).await;
    let (_, elsewhere) = document(&desk, ANA).await;
    desk.put_into("globex", &[&desk.pool]).await;
    desk.run("tenant suspend globex --yes").ok();
    let (_, suspended) = document(&desk, ANA).await;
    desk.run("tenant resume globex").ok();
    let (_, here) = document(&desk, ANA).await;

    assert_eq!([&elsewhere["advice"], &suspended["advice"]], [&json!([]); 2]);
    assert_eq!(here["advice"].as_array().unwrap().len(), 1, "{here:#}");
    let told = |document: &Value| {
        let globex = &document["replay"]["memberships"][1];
        (globex["tenantStatus"].clone(), globex["isInThisPool"].clone())
    };
    assert_eq!(told(&elsewhere), (json!("active"), json!(false)));
    assert_eq!(told(&suspended), (json!("suspended"), json!(true)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pool_of_one_tenant_is_known_from_the_attached_function() {
    let (desk, _) = desk_with_ana().await;
    let of =
        |tenant: &'static str| [("USER_POOL_IDS", desk.pool.clone()), ("POOL_TENANT", tenant.to_owned())];
    let attach_pool = |tenant| {
        let settings = of(tenant);
        attach(&desk, "V2_0", &settings.each_ref().map(|(name, value)| (*name, value.as_str())));
    };

    attach_pool("acme");
    let own = why(&desk, ANA).await.ok();
    attach_pool("globex");
    let (code, other) = document(&desk, ANA).await;

    assert!(own.starts_with("ana@example.com gets a token for acme"), "{own}");
    assert!(own.contains("this user\npool belongs to it (POOL_TENANT)"), "{own}");
    assert!(!own.contains("--client ID"), "no app client changes it: {own}");
    let expected = "ana@example.com gets no token: this user pool belongs to globex (POOL_TENANT), and the user is no member \
                    of it.";
    assert_eq!(code, 4);
    assert!(other["answer"].as_str().unwrap().starts_with(expected), "{other:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pool_is_asked_by_three_calls_and_groups_that_are_denied_are_left_out() {
    let desk = desk().await;
    let sub = "8d6b2c1e-4a7f-4f0e-9b53-1f7a4c2d9e10";
    desk.run(&format!("member add {sub} --tenant acme --role admin --no-lookup")).ok();
    let trigger = json!({ "LambdaArn": desk.stack.lambda().arn("tokens"), "LambdaVersion": "V2_0" });
    let pool = json!({ "UserPool": { "LambdaConfig": { "PreTokenGenerationConfig": trigger } } });
    let (url, calls) = serve(Box::new(move |operation, _, input| match operation {
        "DescribeUserPool" => (200, pool.clone()),
        "ListUsers" => (200, found(input)),
        _ => (400, error("AccessDeniedException")),
    }));

    let run =
        desk.run_with(&format!("why {sub}"), &[("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", &url)], "");

    assert_eq!(run.code, 0, "{run}");
    assert!(run.stdout.starts_with(&format!("{sub} gets a token for acme")), "{run}");
    assert!(run.stderr.contains("could not read the user's groups in the pool, which are left out"), "{run}");
    assert!(run.stderr.contains("cognito-idp:AdminListGroupsForUser"), "{run}");
    let operations = ["DescribeUserPool", "ListUsers", "AdminListGroupsForUser", "AdminGetUser"];
    assert_eq!(operations.map(|operation| calls.of(operation)), [1, 1, 1, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_played_is_the_event_that_cognito_sends() {
    let (desk, _) = desk_with_ana().await;
    let cognito = desk.cognito();
    for (name, precedence) in [("weak", 9), ("strong", 1)] {
        let role = format!("arn:aws:iam::123456789012:role/{name}");
        let group = cognito.create_group().user_pool_id(&desk.pool).group_name(name);
        group.precedence(precedence).role_arn(role).send().await.unwrap();
        let join = cognito.admin_add_user_to_group().user_pool_id(&desk.pool).group_name(name);
        join.username(ANA).send().await.unwrap();
    }

    for version in ["V1_0", "V2_0", "V3_0"] {
        attach(&desk, version, &[("POOL_GROUPS", "keep")]);
        desk.sign_in(ANA).await;
        let made = plays_what_cognito_sent(&desk, ANA).await;
        let groups = made["tokens"]["id"].to_string();
        assert!(groups.contains("strong") && groups.contains("role/weak"), "{version}: {groups}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_attached_functions_settings_are_used_unless_the_line_says_others() {
    let desk = desk().await;
    desk.user(ANA).await;
    attach(&desk, "V2_0", &[("MODE", "observe"), ("DB_PASSWORD", "hunter2")]);

    let observed = document(&desk, ANA).await;
    let enforced = answer(&desk, &format!("{ANA} --set MODE=enforce")).await;
    let dead = [("AWS_ENDPOINT_URL_LAMBDA", "http://127.0.0.1:9")];
    let unread = desk.run_with(&format!("why {ANA}"), &dead, "");

    let (code, document) = observed;
    let expected = "ana@example.com gets a token without a tenant: the user is a member of no tenant. MODE=observe lets the \
                    sign-in through.";
    assert!(document["answer"].as_str().unwrap().starts_with(expected), "{document:#}");
    assert_eq!((code, &document["token"], &document["tenant"]), (0, &json!(true), &Value::Null));
    assert!(!document.to_string().contains("hunter2"));
    assert_eq!(enforced.0, 4, "{}", enforced.1);
    assert_eq!(unread.code, 4);
    assert!(unread.stderr.contains("The answer is for the function's default settings"), "{unread}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cognito_refuses_before_the_function_comes_first() {
    let (desk, _) = desk_with_ana().await;
    let cognito = desk.cognito();
    cognito.admin_disable_user().user_pool_id(&desk.pool).username(ANA).send().await.unwrap();
    let sign_up = cognito.sign_up().client_id(&desk.client).username("new@example.com");
    let address = aws_sdk_cognitoidentityprovider::types::AttributeType::builder();
    let address = address.name("email").value("new@example.com").build().unwrap();
    sign_up.password("Correct-horse-1").user_attributes(address).send().await.unwrap();

    let run = why(&desk, ANA).await;
    let unconfirmed = answer(&desk, "new@example.com").await;

    assert_eq!(run.code, 4);
    assert_replay!(run);
    let expected = "new@example.com gets no token: the user has not confirmed the sign-up.";
    assert_eq!(unconfirmed, (4, expected.to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_without_the_trigger_and_one_whose_function_is_gone_are_said_so() {
    let (desk, _) = desk_with_ana().await;
    let gone = json!({ "LambdaArn": desk.stack.lambda().arn("gone"), "LambdaVersion": "V2_0" });
    let gone = json!({ "LambdaConfig": { "PreTokenGenerationConfig": gone } });
    desk.stack.cognito().patch_pool(&desk.pool, gone).unwrap();
    let (gone_code, gone) = document(&desk, ANA).await;
    desk.stack.cognito().set_triggers(&desk.pool, &Triggers::default()).unwrap();
    let (bare_code, bare) = document(&desk, ANA).await;
    let (as_if_code, as_if) = document(&desk, &format!("{ANA} --function tokens")).await;

    let sentence = gone["answer"].as_str().unwrap();
    assert!(sentence.contains("gets no token: the function arn:aws:lambda:"), "{sentence}");
    assert_eq!((gone_code, &gone["tenant"]), (4, &Value::Null));
    let sentence =
        "ana@example.com gets a token without a tenant: the user pool has no pre-token-generation trigger.";
    assert_eq!((bare_code, bare["answer"].as_str().unwrap(), &bare["trigger"]), (0, sentence, &Value::Null));
    let otherwise = "ana@example.com gets a token for acme (tier pro, roles admin, viewer): it is the user's default tenant.";
    assert_eq!(bare["otherwise"], json!([otherwise]));
    assert_eq!((as_if_code, &as_if["answer"]), (0, &json!(otherwise)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_or_an_app_client_that_is_not_in_the_pool_is_refused() {
    let (desk, _) = desk_with_ana().await;

    let user = desk.run("why nobody@example.com").fails(3);
    let client = desk.run("why ana@example.com --client nosuchclient").fails(3);
    let pool = desk.run("why ana@example.com --user-pool-id eu-west-1_AbCdEf123").fails(1);
    let local = desk.run_with(
        "why ana@example.com --local tenants.db",
        &[("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", "")],
        "",
    );

    assert!(user.contains("there is no such user in pool"), "{user}");
    assert!(client.contains("has no app client nosuchclient"), "{client}");
    assert!(pool.contains("could not read the user pool eu-west-1_AbCdEf123"), "{pool}");
    assert!(local.fails(2).contains("--local has no user pool"));
}
