//! The story: what happens, and how it is told.

use std::fmt;

use dev_stack::functions::{POST_CONFIRMATION, PRE_TOKEN_GENERATION};
use dev_stack::{
    ClientSettings, DevStack, DevStackError, EventVersion, FunctionBinaries, FunctionSpec, PoolSettings,
    Seed, StackOptions, Trigger, Triggers,
};
use serde_json::{Value, json};
use tenancy_aws::{AwsClients, AwsSettings};

use crate::app::{App, Claims, Tokens};

const TABLE: &str = "tenancy";
const REGION: &str = "eu-west-1";
const ANA: &str = "ana@example.com";
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
}

/// Lets it happen: on a local stack of its own, with the functions built as `release` says.
pub(crate) async fn play(release: bool) -> Result<Story, String> {
    let binaries = FunctionBinaries::build(release).await.map_err(|error| error.with_causes())?;
    let options = StackOptions { region: REGION.to_owned(), ..StackOptions::default() };
    let stack = DevStack::start(options).await.map_err(|error| error.with_causes())?;
    let story = on(&stack, &binaries).await;
    stack.stop().await;
    story
}

async fn on(stack: &DevStack, binaries: &FunctionBinaries) -> Result<Story, String> {
    let wrong = |error: DevStackError| error.with_causes();
    for (name, program) in binaries.programs() {
        let mut function = FunctionSpec::new(name, program);
        function.env = stack.endpoints().environment();
        function.env.insert("TENANCY_TABLE".to_owned(), TABLE.to_owned());
        // A tenant is remembered for up to 30 s; the story does not wait that long for the change of tier.
        function.env.insert("TENANT_CACHE_SECONDS".to_owned(), "0".to_owned());
        stack.lambda().add_function(function);
    }
    let seed = Seed::new(stack, REGION, TABLE).map_err(wrong)?;
    seed.create_table().await.map_err(wrong)?;
    let acme = seed.tenant("acme", "Acme Corporation", "pro").await.map_err(wrong)?;
    let code = seed.invite(&acme, &["admin", "viewer"], None).await.map_err(wrong)?.reveal();

    // At first only post-confirmation is attached, so that there are tokens to compare with.
    let triggers = Triggers::default().with(Trigger::PostConfirmation, POST_CONFIRMATION);
    let both =
        triggers.clone().with_version(Trigger::PreTokenGeneration, PRE_TOKEN_GENERATION, EventVersion::V2);
    let pool = stack.cognito().create_pool(PoolSettings { triggers, ..PoolSettings::default() });
    let client = stack.cognito().create_client(&pool, ClientSettings::default()).map_err(wrong)?;
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
    Ok(Story { code, confirmation_event, token_event, without, with, after_tier_change, stranger, stamped })
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
        writeln!(f, "   {}\n", self.stranger)
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
