//! Whether Cognito may invoke a function for a pool. A function that it may not invoke locks every user out.

use std::collections::HashMap;

use aws_sdk_lambda::Client;
use aws_sdk_lambda::error::ProvideErrorMetadata;
use aws_sdk_lambda::operation::get_function_configuration::GetFunctionConfigurationOutput;
use serde::Serialize;
use serde_json::Value;

use super::arn::{FunctionArn, InvalidFunctionArn};
use super::triggers::Slot;
use crate::failure;
use crate::serves::is_for_the_other;

/// What is known of a function.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Checked {
    /// The trigger that it is for.
    pub(super) trigger: &'static str,
    /// The function.
    pub(super) arn: String,
    /// Whether it is there and Cognito may invoke it; null when that could not be found out.
    pub(super) invocable: Option<bool>,
    /// What is wrong with it.
    pub(super) problem: Option<String>,
    /// What is worth knowing of it.
    pub(super) note: Option<String>,
    /// Whether it is to be attached now.
    #[serde(skip)]
    pub(super) is_new: bool,
    /// Whether a permission is all that it lacks.
    #[serde(skip)]
    pub(super) lacks_permission: bool,
    /// The ids of the statements that its policy has.
    #[serde(skip)]
    pub(super) statements: Vec<String>,
}

impl Checked {
    fn broken(self, problem: impl Into<String>) -> Self {
        Self { invocable: Some(false), problem: Some(problem.into()), ..self }
    }

    fn unknown(self, problem: impl Into<String>) -> Self {
        Self { invocable: None, problem: Some(problem.into()), ..self }
    }
}

/// The setting without which neither function of this product starts.
const OWN_SETTING: &str = "TENANCY_TABLE";

/// Asks Lambda about a function.
pub(super) async fn check(
    client: &Client,
    slot: Slot,
    arn: &FunctionArn,
    pool_arn: &str,
    pool_id: &str,
) -> Checked {
    let mut checked = Checked { trigger: slot.name(), arn: arn.to_string(), ..Checked::default() };
    let configuration = match configuration(client, arn).await {
        Ok(configuration) => configuration,
        Err(Missing(problem)) => return checked.broken(problem),
        Err(Unread(problem)) => return checked.unknown(problem),
    };
    if let Some(fault) = fault(&configuration, pool_id) {
        return checked.broken(fault);
    }
    let names: Vec<&str> = match settings(&configuration) {
        Ok(Some(settings)) => settings.keys().map(String::as_str).collect(),
        Ok(None) | Err(_) => Vec::new(),
    };
    let name = arn.base().rsplit(':').next().unwrap_or_default();
    if is_for_the_other(slot.name(), name, &names) {
        return checked.broken(
            "by its name or its settings it is for the other trigger, and would do nothing at this one",
        );
    }
    let mut notes = Vec::new();
    if let Err(why) = settings(&configuration) {
        notes.push(format!("Its settings cannot be read, so it may refuse this pool: {why}."));
    }
    match client.get_function_concurrency().function_name(arn.base()).send().await {
        Ok(found) if found.reserved_concurrent_executions() == Some(0) => {
            return checked.broken("its reserved concurrency is 0, so it never runs");
        }
        Ok(_) => {}
        Err(error) => notes
            .push(format!("Whether its reserved concurrency is 0 is not known: {}.", failure::said(&error))),
    }
    // No permission can be given for $LATEST; whether the function's own counts for it is not documented.
    let is_latest = arn.qualifier() == Some("$LATEST");
    let mut policy = client.get_policy().function_name(arn.base());
    if let Some(qualifier) = arn.qualifier().filter(|_| !is_latest) {
        policy = policy.qualifier(qualifier);
    }
    let document = match policy.send().await {
        Ok(found) => found.policy().and_then(|policy| serde_json::from_str::<Value>(policy).ok()),
        Err(error) if error.code() == Some("ResourceNotFoundException") => Some(Value::Null),
        Err(error) => {
            return checked.unknown(failure::aws("read the function's policy", &error).to_string());
        }
    };
    let Some(document) = document else { return checked.unknown("its policy cannot be read") };
    checked.statements = statement_ids(&document);
    let called = if is_latest { arn.base().to_owned() } else { arn.to_string() };
    match judge(&document, &called, pool_arn) {
        Permission::Granted | Permission::ForAnyPool if is_latest => {
            return checked.unknown(
                "nobody can be allowed to invoke $LATEST by that name: name the function without it, or an alias",
            );
        }
        Permission::Granted => checked.invocable = Some(true),
        Permission::ForAnyPool => {
            checked.invocable = Some(true);
            notes.push("Its policy lets Cognito invoke it for pools of others too.".to_owned());
        }
        Permission::None => {
            checked.lacks_permission = !is_latest;
            return checked.broken("its policy does not let Cognito invoke it for this pool");
        }
        Permission::Denied => return checked.broken("its policy denies Cognito the invocation"),
    }
    checked.note = Some(notes.join(" ")).filter(|note| !note.is_empty());
    checked
}

/// Whether a function is of this product; otherwise why nothing says so.
///
/// # Errors
///
/// A few words: it has no such setting, it is not there, or it cannot be looked at.
pub(super) async fn is_ours(client: &Client, arn: &str) -> Result<(), String> {
    let arn: FunctionArn = arn.parse().map_err(|error: InvalidFunctionArn| error.to_string())?;
    let found = configuration(client, &arn).await.map_err(|(Missing(why) | Unread(why))| why)?;
    let settings = settings(&found).map_err(|why| format!("its settings cannot be read: {why}"))?;
    if value(settings, OWN_SETTING).is_some() {
        return Ok(());
    }
    Err(format!("it has no {OWN_SETTING} among its settings"))
}

use Unlooked::{Missing, Unread};

/// Why there is no configuration of a function.
enum Unlooked {
    /// There is no such function.
    Missing(String),
    /// It may not be read.
    Unread(String),
}

async fn configuration(
    client: &Client,
    arn: &FunctionArn,
) -> Result<GetFunctionConfigurationOutput, Unlooked> {
    let mut call = client.get_function_configuration().function_name(arn.base());
    if let Some(qualifier) = arn.qualifier() {
        call = call.qualifier(qualifier);
    }
    call.send().await.map_err(|error| match error.code() {
        Some("ResourceNotFoundException") => {
            Missing("there is no such function, or no such version or alias of it".to_owned())
        }
        _ => Unread(failure::aws("look at the function", &error).to_string()),
    })
}

type Settings = HashMap<String, String>;

/// The settings of a function, or why Lambda does not show them.
fn settings(found: &GetFunctionConfigurationOutput) -> Result<Option<&Settings>, String> {
    let environment = found.environment();
    match environment.and_then(|environment| environment.error()) {
        Some(error) => Err(error.error_code().unwrap_or("no reason given").to_owned()),
        None => Ok(environment.and_then(|environment| environment.variables())),
    }
}

fn value<'a>(settings: Option<&'a Settings>, name: &str) -> Option<&'a str> {
    settings?.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
}

/// Why a function with this configuration does not serve the pool, if it does not.
fn fault(found: &GetFunctionConfigurationOutput, pool_id: &str) -> Option<String> {
    let state = found.state().map(aws_sdk_lambda::types::State::as_str).unwrap_or_default();
    if matches!(state, "Pending" | "Failed" | "Inactive") {
        let why = found.state_reason().map(|reason| format!(": {reason}")).unwrap_or_default();
        let wake = if state == "Inactive" { "; invoke it once, and wait until it is Active" } else { "" };
        return Some(format!("its state is {state}{why}{wake}"));
    }
    let settings = settings(found).ok().flatten();
    // The setting is of this product alone.
    value(settings, OWN_SETTING)?;
    let pools = value(settings, "USER_POOL_IDS")?;
    let is_admitted = pools.split(',').any(|pool| pool.trim() == pool_id);
    (!is_admitted).then(|| format!("it refuses this pool: its USER_POOL_IDS is {pools}"))
}

fn statement_ids(document: &Value) -> Vec<String> {
    let statements = document.get("Statement").map(one_or_many).unwrap_or_default();
    statements.iter().filter_map(|s| s.get("Sid")?.as_str().map(str::to_owned)).collect()
}

/// What a resource policy says about Cognito and one pool.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Permission {
    /// Allowed for this pool.
    Granted,
    /// Allowed without a condition on the pool.
    ForAnyPool,
    /// No statement allows it.
    None,
    /// A statement denies it.
    Denied,
}

/// Reads a function's resource policy.
pub(super) fn judge(document: &Value, function_arn: &str, pool_arn: &str) -> Permission {
    let statements = document.get("Statement").map(one_or_many).unwrap_or_default();
    let about: Vec<_> =
        statements.into_iter().filter(|s| is_about_cognito(s) && is_about(s, function_arn)).collect();
    let effect = |s: &Value| s.get("Effect").and_then(Value::as_str).map(str::to_owned);
    // A denial counts even when its conditions cannot be judged.
    let is_denied = |s: &&Value| {
        effect(s).as_deref() == Some("Deny") && !matches!(conditions(s, pool_arn), Conditions::Other)
    };
    if about.iter().any(is_denied) {
        return Permission::Denied;
    }
    let allowed = about.iter().filter(|s| effect(s).as_deref() == Some("Allow"));
    let mut found = Permission::None;
    for statement in allowed {
        match conditions(statement, pool_arn) {
            Conditions::ThisPool => return Permission::Granted,
            Conditions::Any => found = Permission::ForAnyPool,
            Conditions::Other | Conditions::Unknown => {}
        }
    }
    found
}

fn is_about_cognito(statement: &Value) -> bool {
    let is_cognito = |principal: &Value| match principal {
        Value::String(all) => all == "*",
        other => {
            let of = |name| other.get(name).map(one_or_many).unwrap_or_default();
            let is = |name, wanted: &[&str]| {
                of(name).iter().any(|p| p.as_str().is_some_and(|p| wanted.contains(&p)))
            };
            is("Service", &["cognito-idp.amazonaws.com", "*"]) || is("AWS", &["*"])
        }
    };
    let is_named = match (statement.get("Principal"), statement.get("NotPrincipal")) {
        (Some(principal), _) => is_cognito(principal),
        // No permission is given so; denied is everybody else.
        (None, Some(others)) => {
            statement.get("Effect").and_then(Value::as_str) == Some("Deny") && !is_cognito(others)
        }
        (None, None) => false,
    };
    is_named
        && applies(statement, "Action", "NotAction", &|pattern| {
            like(&pattern.to_lowercase(), "lambda:invokefunction")
        })
}

/// Whether a statement is about this function; one that names none is.
fn is_about(statement: &Value, function_arn: &str) -> bool {
    let names_one = statement.get("Resource").is_some() || statement.get("NotResource").is_some();
    !names_one || applies(statement, "Resource", "NotResource", &|pattern| like(pattern, function_arn))
}

/// Whether one of the patterns under `name` fits, or none of those under `not_name`.
fn applies(statement: &Value, name: &str, not_name: &str, fits: &dyn Fn(&str) -> bool) -> bool {
    let any = |values: &Value| one_or_many(values).into_iter().filter_map(Value::as_str).any(fits);
    match (statement.get(name), statement.get(not_name)) {
        (Some(values), _) => any(values),
        (None, Some(values)) => !any(values),
        (None, None) => false,
    }
}

/// What a statement's conditions make of this pool.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Conditions {
    /// They name it.
    ThisPool,
    /// They do not speak of pools.
    Any,
    /// They name others.
    Other,
    /// There is one that cannot be judged here.
    Unknown,
}

fn conditions(statement: &Value, pool_arn: &str) -> Conditions {
    let account = pool_arn.split(':').nth(4).unwrap_or_default();
    let mut found = Conditions::Any;
    let operators = statement.get("Condition").and_then(Value::as_object);
    for (operator, keys) in operators.into_iter().flatten() {
        let operator = operator.to_lowercase();
        let operator = operator.strip_suffix("ifexists").unwrap_or(&operator);
        for (key, values) in keys.as_object().into_iter().flatten() {
            let value = match key.to_lowercase().as_str() {
                "aws:sourcearn" => pool_arn,
                "aws:sourceaccount" => account,
                _ => return Conditions::Unknown,
            };
            let texts: Vec<&str> = one_or_many(values).into_iter().filter_map(Value::as_str).collect();
            let fits = match operator {
                "arnlike" | "arnequals" | "stringlike" => texts.iter().any(|pattern| like(pattern, value)),
                "stringequals" => texts.contains(&value),
                "stringequalsignorecase" => texts.iter().any(|text| text.eq_ignore_ascii_case(value)),
                _ => return Conditions::Unknown,
            };
            if !fits {
                return Conditions::Other;
            }
            if key.eq_ignore_ascii_case("aws:SourceArn") {
                found = Conditions::ThisPool;
            }
        }
    }
    found
}

fn one_or_many(value: &Value) -> Vec<&Value> {
    value.as_array().map_or_else(|| vec![value], |items| items.iter().collect())
}

/// Whether a text fits a pattern of IAM: `*` is any text, `?` any one character.
fn like(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    // `fits` holds, for what was read of the pattern, how much of the text it can stand for.
    let mut fits = vec![false; text.len() + 1];
    if let Some(first) = fits.first_mut() {
        *first = true;
    }
    for symbol in pattern {
        let mut next = vec![false; text.len() + 1];
        let mut reached = false;
        for (at, can) in fits.iter().enumerate() {
            reached |= *can;
            let taken = match symbol {
                '*' => {
                    if let Some(slot) = next.get_mut(at) {
                        *slot = reached;
                    }
                    continue;
                }
                '?' => at < text.len(),
                symbol => text.get(at) == Some(&symbol),
            };
            if *can
                && taken
                && let Some(slot) = next.get_mut(at + 1)
            {
                *slot = true;
            }
        }
        fits = next;
    }
    fits.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const POOL: &str = "arn:aws:cognito-idp:eu-west-1:111122223333:userpool/eu-west-1_AbCdEf123";

    const FUNCTION: &str = "arn:aws:lambda:eu-west-1:111122223333:function:f:live";

    fn policy(statement: &Value) -> Value {
        let mut whole = json!({
            "Effect": "Allow", "Principal": { "Service": "cognito-idp.amazonaws.com" }, "Action": "lambda:InvokeFunction",
        });
        for (name, value) in statement.as_object().unwrap() {
            if value.is_null() {
                whole.as_object_mut().unwrap().remove(name);
            } else {
                whole[name] = value.clone();
            }
        }
        json!({ "Version": "2012-10-17", "Statement": [whole] })
    }

    #[test]
    fn a_policy_lets_cognito_in_for_one_pool_or_not() {
        use Permission::{Denied, ForAnyPool, Granted, None};
        let source = |arn: &str| json!({ "Condition": { "ArnLike": { "AWS:SourceArn": arn } } });
        for (what, statement, wanted) in [
            ("this pool", source(POOL), Granted),
            (
                "pools of the account",
                source("arn:aws:cognito-idp:eu-west-1:111122223333:userpool/*"),
                Granted,
            ),
            ("any pool", json!({}), ForAnyPool),
            (
                "another pool",
                source("arn:aws:cognito-idp:eu-west-1:111122223333:userpool/eu-west-1_Other0000"),
                None,
            ),
            ("another service", json!({ "Principal": { "Service": "apigateway.amazonaws.com" } }), None),
            ("everybody", json!({ "Principal": "*" }), ForAnyPool),
            ("another action", json!({ "Action": "lambda:GetFunction" }), None),
            ("all actions", json!({ "Action": ["lambda:*"] }), ForAnyPool),
            (
                "a condition of its own",
                json!({ "Condition": { "Bool": { "aws:SecureTransport": "true" } } }),
                None,
            ),
            (
                "the account, not the pool",
                json!({ "Condition": { "StringEquals": { "AWS:SourceAccount": "111122223333" } } }),
                ForAnyPool,
            ),
            (
                "another account",
                json!({ "Condition": {
                    "ArnLike": { "AWS:SourceArn": POOL }, "StringEquals": { "AWS:SourceAccount": "999999999999" },
                } }),
                None,
            ),
            (
                "all but another action",
                json!({ "Action": null, "NotAction": "lambda:DeleteFunction" }),
                ForAnyPool,
            ),
            ("all but this action", json!({ "Action": null, "NotAction": "lambda:Invoke*" }), None),
            ("this function", json!({ "Resource": FUNCTION }), ForAnyPool),
            ("functions by a pattern", json!({ "Resource": "arn:aws:lambda:*:*:function:f*" }), ForAnyPool),
            (
                "the function without the alias",
                json!({ "Resource": FUNCTION.trim_end_matches(":live") }),
                None,
            ),
            ("all but this function", json!({ "NotResource": FUNCTION }), None),
            (
                "denied to all but another service",
                json!({ "Effect": "Deny", "Principal": null, "NotPrincipal": { "Service": "x.amazonaws.com" } }),
                Denied,
            ),
            ("denied", json!({ "Effect": "Deny" }), Denied),
            (
                "denied for another pool",
                json!({ "Effect": "Deny", "Condition": { "ArnLike": { "aws:SourceArn": "arn:aws:x" } } }),
                None,
            ),
        ] {
            assert_eq!(judge(&policy(&statement), FUNCTION, POOL), wanted, "{what}");
        }
        assert_eq!(judge(&Value::Null, FUNCTION, POOL), None);
    }

    #[test]
    fn a_function_that_does_not_serve_the_pool_is_at_fault() {
        use aws_sdk_lambda::types::{EnvironmentResponse, State};
        let id = "eu-west-1_AbCdEf123";
        for (state, pools, wanted) in [
            ("Active", None, None),
            ("Active", Some(" "), None),
            ("Active", Some("eu-west-1_Other, eu-west-1_AbCdEf123"), None),
            ("Active", Some("eu-west-1_Other"), Some("it refuses this pool")),
            ("Active", Some("eu-west-1_AbCdEf1234"), Some("it refuses this pool")),
            ("Inactive", None, Some("its state is Inactive; invoke it once")),
            ("Pending", None, Some("its state is Pending")),
            ("Failed", None, Some("its state is Failed")),
        ] {
            let found = |own: &str| {
                let environment = EnvironmentResponse::builder()
                    .set_variables(Some(
                        [(own, "tenancy")]
                            .into_iter()
                            .chain(pools.map(|pools| ("USER_POOL_IDS", pools)))
                            .map(|(name, value)| (name.to_owned(), value.to_owned()))
                            .collect(),
                    ))
                    .build();
                GetFunctionConfigurationOutput::builder()
                    .state(State::from(state))
                    .environment(environment)
                    .build()
            };

            let (own, other) = (fault(&found(OWN_SETTING), id), fault(&found("OTHER"), id));

            assert_eq!(own.is_some(), wanted.is_some(), "{state} {pools:?}: {own:?}");
            assert!(own.unwrap_or_default().contains(wanted.unwrap_or_default()), "{state} {pools:?}");
            assert_eq!(other.is_some(), state != "Active", "the pools of another product: {other:?}");
        }
    }

    #[test]
    fn a_pattern_fits_as_iam_reads_it() {
        for (pattern, text, fits) in [
            ("*", "", true),
            ("*", "anything", true),
            ("a*c", "abc", true),
            ("a*c", "ab", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("lambda:*", "lambda:invokefunction", true),
            ("a*b*c", "a1b2b3c", true),
            ("abc", "abcd", false),
        ] {
            assert_eq!(like(pattern, text), fits, "{pattern} {text}");
        }
    }
}
