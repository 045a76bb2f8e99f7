//! The story: what happens, and how it is told.

use std::fmt;
use std::path::Path;

use dev_stack::functions::{self, AUTHORIZER, POST_CONFIRMATION, PRE_TOKEN_GENERATION};
use dev_stack::{
    ClientSettings, DevStack, DevStackError, EventVersion, FunctionBinaries, FunctionSpec, PoolSettings,
    Seed, StackOptions, Trigger, Triggers,
};
use serde_json::{Value, json};
use tenancy_aws::{AwsClients, AwsSettings};

use crate::api::{Answer, OrdersApi};
use crate::app::{App, Claims, Tokens};

const TABLE: &str = "tenancy";
const REGION: &str = "eu-west-1";
const ANA: &str = "ana@example.com";
const BOB: &str = "bob@example.com";
const STRANGER: &str = "stranger@example.com";

pub(crate) struct Story {
    code: String,
    confirmation_event: String,
    token_event: String,
    without: Tokens,
    with: Tokens,
    after_tier_change: Tokens,
    stranger: String,
    stamped: String,
    calls: Vec<ApiCall>,
    detached: Detached,
}

/// One request to the orders API.
struct ApiCall {
    who: &'static str,
    path: String,
    answer: Answer,
}

/// What happens when somebody takes pre-token-generation off the pool.
struct Detached {
    access: Claims,
    call: ApiCall,
    reason: String,
}

/// Lets it happen: on a local stack of its own, with the functions built as `release` says.
pub(crate) async fn play(release: bool) -> Result<Story, String> {
    let binaries = FunctionBinaries::build(release).await.map_err(|error| error.with_causes())?;
    let orders_api = functions::build_orders_api(release).await.map_err(|error| error.with_causes())?;
    let options = StackOptions { region: REGION.to_owned(), ..StackOptions::default() };
    let stack = DevStack::start(options).await.map_err(|error| error.with_causes())?;
    let story = on(&stack, &binaries, &orders_api).await;
    stack.stop().await;
    story
}

async fn on(stack: &DevStack, binaries: &FunctionBinaries, orders_api: &Path) -> Result<Story, String> {
    let wrong = |error: DevStackError| error.with_causes();
    let seed = Seed::new(stack, REGION, TABLE).map_err(wrong)?;
    seed.create_table().await.map_err(wrong)?;
    let acme = seed.tenant("acme", "Acme Corporation", "pro").await.map_err(wrong)?;
    let code = seed.invite(&acme, &["admin", "viewer"], None).await.map_err(wrong)?.reveal();

    // At first only post-confirmation is attached, so that there are tokens to compare with.
    let one = Triggers::default().with(Trigger::PostConfirmation, POST_CONFIRMATION);
    let both = one.clone().with_version(Trigger::PreTokenGeneration, PRE_TOKEN_GENERATION, EventVersion::V2);
    let settings = PoolSettings { triggers: one.clone(), ..PoolSettings::default() };
    let pool = stack.cognito().create_pool(settings);
    let client = stack.cognito().create_client(&pool, ClientSettings::default()).map_err(wrong)?;
    for (name, program) in binaries.programs() {
        let mut function = FunctionSpec::new(name, program);
        function.env = stack.endpoints().environment();
        let mut set = |name: &str, value: &str| function.env.insert(name.to_owned(), value.to_owned());
        set("TENANCY_TABLE", TABLE);
        // A tenant is cached for up to 30 s; the story does not wait that long for the change of tier.
        set("TENANT_CACHE_SECONDS", "0");
        set("USER_POOL_IDS", &pool);
        set("CLIENT_IDS", &client);
        stack.lambda().add_function(function);
    }
    let app = App { stack, cognito: cognito(stack)?, pool, client };

    app.sign_up(ANA, Some(&code)).await?;
    let stamped = app.stamp(ANA).await?;
    let without = app.sign_in(ANA).await?;
    stack.cognito().set_triggers(&app.pool, &both).map_err(wrong)?;
    let with = app.sign_in(ANA).await?;
    let token_event = event(stack, &app.pool, Trigger::PreTokenGeneration)?;
    let confirmation_event = event(stack, &app.pool, Trigger::PostConfirmation)?;

    seed.set_tier(&acme, "enterprise").await.map_err(wrong)?;
    let refresh_token = with.refresh_token.as_deref().ok_or("no refresh token was issued")?;
    let after_tier_change = app.refresh(refresh_token).await?;
    let Err(stranger) = app.sign_up(STRANGER, None).await else {
        return Err("a stranger without an invite was let in".to_owned());
    };

    let globex = seed.tenant("globex", "Globex Corporation", "free").await.map_err(wrong)?;
    let bobs_code = seed.invite(&globex, &["viewer"], None).await.map_err(wrong)?.reveal();
    app.sign_up(BOB, Some(&bobs_code)).await?;
    let bob = app.sign_in(BOB).await?;
    let issuer = stack.cognito().issuer(&app.pool);
    let api = OrdersApi::start(stack, REGION, orders_api, AUTHORIZER, &issuer, &app.client).await?;
    let calls = calls(&api, &after_tier_change.access_token, &bob.access_token).await?;

    stack.cognito().set_triggers(&app.pool, &one).map_err(wrong)?;
    let bare = app.sign_in(ANA).await?;
    let call = call(&api, "Ana", "/orders", Some(&bare.access_token)).await?;
    let reason = refusal(stack).ok_or("the authorizer did not say why it refused the token")?;
    let detached = Detached { access: bare.access, call, reason };
    Ok(Story {
        code,
        confirmation_event,
        token_event,
        without,
        with,
        after_tier_change,
        stranger,
        stamped,
        calls,
        detached,
    })
}

/// Ana of acme, Bob of globex and somebody without a token ask for orders; then Bob asks for an order of acme.
async fn calls(api: &OrdersApi, ana: &str, bob: &str) -> Result<Vec<ApiCall>, String> {
    let mut calls = vec![call(api, "Ana", "/orders", Some(ana)).await?];
    let orders = calls.first().map(|call| &call.answer.body);
    let id = orders.and_then(|orders| orders.pointer("/0/id")?.as_str()).ok_or("acme has no orders")?;
    let of_acme = format!("/orders/{id}");
    for (who, path, token) in
        [("Bob", "/orders", Some(bob)), ("Bob", of_acme.as_str(), Some(bob)), ("nobody", "/orders", None)]
    {
        calls.push(call(api, who, path, token).await?);
    }
    Ok(calls)
}

async fn call(
    api: &OrdersApi,
    who: &'static str,
    path: &str,
    token: Option<&str>,
) -> Result<ApiCall, String> {
    Ok(ApiCall { who, path: path.to_owned(), answer: api.get(path, token).await? })
}

/// Why the authorizer refused the last token, in its log line.
fn refusal(stack: &DevStack) -> Option<String> {
    let lines = stack.lambda().logs(AUTHORIZER).ok()?;
    let reason = |line: &String| {
        let line: Value = serde_json::from_str(line).ok()?;
        Some(line.get("reason")?.as_str()?.to_owned())
    };
    lines.iter().rev().find_map(reason)
}

fn cognito(stack: &DevStack) -> Result<aws_sdk_cognitoidentityprovider::Client, String> {
    let endpoints = stack.endpoints().environment();
    let lookup = |name: &str| match name {
        "AWS_REGION" => Some(REGION.to_owned()),
        "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("local".to_owned()),
        other => endpoints.get(other).cloned(),
    };
    let settings = AwsSettings::read(lookup).map_err(|faults| faults.join("; "))?;
    Ok(AwsClients::new(settings).cognito())
}

/// The last event that Cognito sent, laid out to be read.
fn event(stack: &DevStack, pool: &str, trigger: Trigger) -> Result<String, String> {
    let record = stack.cognito().last_record(pool, trigger).ok_or("a trigger was not fired")?;
    let event: Value = serde_json::from_str(&record.event).map_err(|error| error.to_string())?;
    serde_json::to_string_pretty(&event).map_err(|error| error.to_string())
}

impl Story {
    pub(crate) fn json(&self) -> Value {
        let both = |tokens: &Tokens| json!({ "id": tokens.id, "access": tokens.access });
        json!({
            "without": both(&self.without),
            "with": both(&self.with),
            "after_tier_change": both(&self.after_tier_change),
            "stranger": self.stranger,
            "stamped": self.stamped,
            "api": self.calls.iter().map(ApiCall::json).collect::<Vec<_>>(),
            "detached": {
                "access": self.detached.access, "call": self.detached.call.json(), "reason": self.detached.reason,
            },
        })
    }
}

impl fmt::Display for Story {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        heading(f, "1. An operator makes the tenant `acme` and an invite")?;
        writeln!(f, "   {}\n   roles admin and viewer, one use, 7 days; only its hash is stored", self.code)?;

        heading(f, "2. Ana signs up and confirms with the code; Cognito calls post-confirmation")?;
        indented(f, &self.confirmation_event)?;
        writeln!(f, "\n   Ana is a member now, and stamped: custom:tenantId = {}", self.stamped)?;

        heading(f, "3. Ana signs in; Cognito calls pre-token-generation")?;
        indented(f, &self.token_event)?;

        heading(f, "4. Ana's tokens without pre-token-generation, and what it adds (+) or changes (~)")?;
        token(f, "ID token", &self.without.id, &self.with.id)?;
        token(f, "access token", &self.without.access, &self.with.access)?;

        heading(f, "5. The tenant buys the tier `enterprise`; Ana's tokens are refreshed")?;
        changes(f, "ID token", &self.with.id, &self.after_tier_change.id)?;
        changes(f, "access token", &self.with.access, &self.after_tier_change.access)?;

        heading(f, "6. A stranger without an invite signs up and is told")?;
        writeln!(f, "   {}", self.stranger)?;

        heading(
            f,
            "7. Ana of acme and Bob of globex call one API: the orders service behind the authorizer",
        )?;
        writeln!(
            f,
            "   The service is examples/orders-api with its orders in memory; on AWS it uses PostgreSQL.\n"
        )?;
        self.calls.iter().try_for_each(|call| write!(f, "{call}"))?;

        heading(
            f,
            "8. Somebody detaches pre-token-generation. Ana signs in again: her token is valid, without a tenant",
        )?;
        write!(f, "{}", self.detached.call)?;
        writeln!(f, "   The authorizer logs the reason: {}\n", self.detached.reason)
    }
}

impl ApiCall {
    fn json(&self) -> Value {
        json!({ "who": self.who, "path": self.path, "status": self.answer.status, "body": self.answer.body })
    }
}

impl fmt::Display for ApiCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "   {:<7} GET {:<44} {}", self.who, self.path, self.answer.status)?;
        let items = self.answer.body.as_array().into_iter().flatten();
        items
            .filter_map(|order| order.get("item")?.as_str())
            .try_for_each(|item| writeln!(f, "           {item}"))
    }
}

fn heading(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    writeln!(f, "\n{text}\n")
}

fn indented(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    text.lines().try_for_each(|line| writeln!(f, "   {line}"))
}

/// All claims of a token, those that are new or different marked; what differs in every token is left out.
fn token(f: &mut fmt::Formatter<'_>, name: &str, before: &Claims, after: &Claims) -> fmt::Result {
    writeln!(f, "   {name}")?;
    for (claim, value) in after {
        let mark = match before.get(claim) {
            None => '+',
            Some(old) if old != value && !is_of_one_token(claim) => '~',
            Some(_) => ' ',
        };
        writeln!(f, "   {mark} {claim:<18} {value}")?;
    }
    writeln!(f)
}

/// Only what differs.
fn changes(f: &mut fmt::Formatter<'_>, name: &str, before: &Claims, after: &Claims) -> fmt::Result {
    writeln!(f, "   {name}")?;
    for (claim, value) in after.iter().filter(|(claim, _)| !is_of_one_token(claim)) {
        match before.get(claim) {
            Some(old) if old != value => writeln!(f, "   ~ {claim:<18} {old} -> {value}")?,
            Some(_) => {}
            None => writeln!(f, "   + {claim:<18} {value}")?,
        }
    }
    Ok(())
}

/// Claims that no two tokens have in common.
fn is_of_one_token(claim: &str) -> bool {
    ["auth_time", "event_id", "exp", "iat", "jti", "origin_jti"].contains(&claim)
}
