use std::sync::LazyLock;

use cognito_trigger::PublicError;
use cognito_trigger::trigger::{Trigger, conclude};
use function::Settings;
use function::json::Object;
use post_confirmation::PostConfirmation;
use pre_token_generation::PreTokenGeneration;
use serde_json::Value;

use crate::pool::{POOL, SUB};
use crate::run::{call, run};
use crate::table::table;

const MARKER: &str = "tenancy/member";
const MACHINE: &str = "TokenGeneration_ClientCredentials";

static ENFORCE: LazyLock<pre_token_generation::Config> = LazyLock::new(|| pre_token("enforce"));
static OBSERVE: LazyLock<pre_token_generation::Config> = LazyLock::new(|| pre_token("observe"));
static CONFIRM: LazyLock<post_confirmation::Config> = LazyLock::new(|| {
    let mut settings = Settings::new(&|_| None);
    post_confirmation::Config::read(&mut settings)
});

fn pre_token(mode: &str) -> pre_token_generation::Config {
    let lookup = |name: &str| match name {
        "MODE" => Some(mode.to_owned()),
        "MARKER_SCOPE" => Some(MARKER.to_owned()),
        _ => None,
    };
    let mut settings = Settings::new(&lookup);
    let config = pre_token_generation::Config::read(&mut settings);
    settings.finish(config).expect("settings")
}

/// An event, as Lambda delivers it to both triggers; pre-token-generation in both modes.
///
/// - The answer is a text of the closed list, or a JSON text that differs from the event in `response` alone. Blanks around the
///   event do not come back.
/// - post-confirmation never changes the event.
/// - A token has no tenant but the one of which its user is an active member; a machine's token has that of its binding.
/// - With `MODE=enforce` only a machine's event comes back unchanged.
/// - An access token has the marker scope if, and only if, it has a tenant.
/// - Without an invite nobody joins.
pub fn event(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let text = text.trim_matches([' ', '\t', '\n', '\r']);
    let table = table();
    for config in [&*ENFORCE, &*OBSERVE] {
        let is_enforced = config.mode == pre_token_generation::Mode::Enforce;
        let answer = answer(&PreTokenGeneration { config, cached: &table, store: &table }, text);
        let Ok(reply) = answer else { continue };
        changes_only_the_response(text, &reply);
        if reply == text {
            assert!(!is_enforced || is_machine(text), "a user's event comes back unchanged: {text}");
            assert!(!asks_for_marker(text), "the marker without a tenant: {text}");
        } else {
            tokens_are_lawful(text, &reply);
        }
    }
    if let Ok(reply) = answer(&PostConfirmation { config: &CONFIRM, store: &table, users: &table }, text) {
        assert_eq!(reply, text);
    }
    let done = table.done();
    assert_eq!((done.joins, done.refused), (0, 0), "somebody joins without an invite: {text}");
}

/// `clientMetadata` of a member's sign-in, as JSON. The app writes it, so anybody can.
///
/// - The token is that of the user's own active tenant, whatever else the metadata names.
/// - A text that asks for another tenant is refused, as is every invite code, because there are no invites.
pub fn metadata(data: &[u8]) {
    let Ok(metadata) = std::str::from_utf8(data) else { return };
    let text = format!(
        r#"{{"version":"2","triggerSource":"TokenGeneration_Authentication","region":"eu-west-1","userPoolId":"{POOL}","userName":"ana","callerContext":{{"clientId":"web"}},"request":{{"userAttributes":{{"sub":"{SUB}"}},"clientMetadata":{metadata},"scopes":["openid"]}},"response":{{}}}}"#
    );
    // A text that closes the object is another event.
    let is_json = serde_json::from_str::<&serde_json::value::RawValue>(metadata).is_ok();
    if !is_json {
        return;
    }
    event(text.as_bytes());
    let table = table();
    let answer = answer(&PreTokenGeneration { config: &ENFORCE, cached: &table, store: &table }, &text);
    let Some(expected) = expected(metadata) else { return };
    assert_eq!(answer.as_ref().map(|_| "a token").map_err(|code| *code), expected, "{metadata}");
}

/// What must come of the metadata; `None` if `serde_json` cannot say what it means.
fn expected(metadata: &str) -> Option<Result<&'static str, &'static str>> {
    let value: Value = serde_json::from_str(metadata).ok()?;
    let Some(object) = Object::read(metadata) else { return Some(Ok("a token")) };
    if ["inviteCode", "tenantId"].iter().any(|name| object.value(name).is_err()) {
        return Some(Err("UNAVAILABLE"));
    }
    let is_blank =
        |value: &Value| value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty());
    let (code, asked) = (&value["inviteCode"], &value["tenantId"]);
    Some(match asked.as_str() {
        _ if !is_blank(code) => Err("INVITE_REQUIRED"),
        _ if is_blank(asked) => Ok("a token"),
        Some(id) if id.trim() == "acme" => Ok("a token"),
        Some(id) if id.trim() == "globex" => Err("SUSPENDED"),
        _ => Err("WRONG_TENANT"),
    })
}

fn answer(trigger: &impl Trigger, event: &str) -> Result<String, &'static str> {
    let (_, handled) = run(conclude(trigger, &call(event)));
    handled.outcome.into_answer(event).map(|reply| reply.get().to_owned()).map_err(PublicError::code)
}

fn changes_only_the_response(event: &str, reply: &str) {
    let entries = |text| {
        let object = Object::read(text).unwrap_or_else(|| panic!("not an object: {text}"));
        let others = object.entries().filter(|(name, _)| *name != "response");
        others.map(|(name, value)| (name.to_owned(), value.get().to_owned())).collect::<Vec<_>>()
    };
    if reply == event && Object::read(event).is_none() {
        return;
    }
    assert_eq!(entries(event), entries(reply));
    // The new response stands where the old one stood, or at the end.
    let (old, new) = (response(event), response(reply));
    let Some(new) = new else { return };
    let (before, after) = match old {
        Some(old) => event.split_at(old.as_ptr().addr() - event.as_ptr().addr()),
        None => event.split_at(event.trim_end().len() - 1),
    };
    let after = after.strip_prefix(old.unwrap_or_default()).expect("the old response");
    assert!(reply.starts_with(before) && reply.contains(new), "{event}\n{reply}");
    assert!(reply.trim_end().ends_with(after.trim_end()), "{event}\n{reply}");
}

fn response(text: &str) -> Option<&str> {
    Object::read(text)?.value("response").ok().flatten().map(serde_json::value::RawValue::get)
}

/// What the event says, or null where `serde_json` cannot read it: numbers of any size, lone surrogates, deep nesting.
fn read(event: &str) -> Value {
    serde_json::from_str(event).unwrap_or_default()
}

fn is_machine(event: &str) -> bool {
    let event = read(event);
    event.is_null()
        || (event["triggerSource"] == MACHINE && event["request"]["userAttributes"]["sub"].is_null())
}

/// Whether an access token that is made of the unchanged event has the marker. Of V1 none can be told apart.
fn asks_for_marker(event: &str) -> bool {
    let event = read(event);
    let version = event["version"].as_str().map_or_else(|| event["version"].to_string(), str::to_owned);
    let has_first_shape = event["response"].get("claimsOverrideDetails").is_some();
    let is_first = version.trim().parse::<f64>() == Ok(1.0) && has_first_shape;
    !is_first && texts(&event["request"]["scopes"]).iter().any(|scope| scope == MARKER)
}

fn texts(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(|text| text.as_str().map(str::to_owned)).collect()
}

fn tokens_are_lawful(event: &str, reply: &str) {
    let response = read(response(reply).expect("a response"));
    let first = &response["claimsOverrideDetails"];
    let both = &response["claimsAndScopeOverrideDetails"];
    assert!(first.is_object() != both.is_object(), "two shapes: {reply}");
    let claims = |tokens: &Value| tokens["claimsToAddOrOverride"].clone();
    let id = if first.is_object() { claims(first) } else { claims(&both["idTokenGeneration"]) };
    let access = claims(&both["accessTokenGeneration"]);
    let tenants = [&id["tenant_id"], &id["custom:tenantId"], &access["tenant_id"]];
    let event = read(event);
    if !event.is_null() {
        let sub = &event["request"]["userAttributes"]["sub"];
        let is_member = event["userPoolId"] == POOL && sub == SUB;
        let is_robot = event["triggerSource"] == MACHINE
            && sub.is_null()
            && event["callerContext"]["clientId"] == "robot";
        for tenant in tenants {
            let is_lawful = tenant.is_null()
                || (is_member && tenant == "acme")
                || (is_robot && tenant == "initech" && id.is_null());
            assert!(is_lawful, "a tenant of which the user is no active member: {event}\n{reply}");
        }
    }
    if both.is_object() {
        let tokens = &both["accessTokenGeneration"];
        let mut scopes = [texts(&event["request"]["scopes"]), texts(&tokens["scopesToAdd"])].concat();
        let suppressed = texts(&tokens["scopesToSuppress"]);
        scopes.retain(|scope| !suppressed.contains(scope));
        let has_marker = scopes.iter().any(|scope| scope == MARKER);
        assert_eq!(has_marker, access["tenant_id"].is_string(), "{event}\n{reply}");
    }
    let nulls = |value: &Value| value.as_object().is_some_and(|claims| claims.values().any(Value::is_null));
    assert!(!nulls(&id) && !nulls(&access), "a claim is null: {reply}");
}
