//! Whether Cognito may invoke a function for a pool. A function that it may not invoke locks every user out.

use aws_sdk_lambda::Client;
use aws_sdk_lambda::error::ProvideErrorMetadata;
use serde::Serialize;
use serde_json::Value;

use super::arn::FunctionArn;
use super::triggers::Slot;
use crate::failure;

/// What is known of a function.
#[derive(Clone, Debug, Serialize)]
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
}

/// Asks Lambda about a function.
pub(super) async fn check(client: &Client, slot: Slot, arn: &FunctionArn, pool_arn: &str) -> Checked {
    let mut checked =
        Checked { trigger: slot.name(), arn: arn.to_string(), invocable: None, problem: None, note: None };
    let mut configuration = client.get_function_configuration().function_name(arn.base());
    let mut policy = client.get_policy().function_name(arn.base());
    if let Some(qualifier) = arn.qualifier() {
        configuration = configuration.qualifier(qualifier);
        policy = policy.qualifier(qualifier);
    }
    match configuration.send().await {
        Ok(found) => {
            let state = found.state().map(|state| state.as_str().to_owned()).unwrap_or_default();
            if matches!(state.as_str(), "Pending" | "Failed") {
                checked.invocable = Some(false);
                let why = found.state_reason().map(|reason| format!(": {reason}")).unwrap_or_default();
                checked.problem = Some(format!("its state is {state}{why}"));
                return checked;
            }
        }
        Err(error) if error.code() == Some("ResourceNotFoundException") => {
            checked.invocable = Some(false);
            checked.problem = Some("there is no such function, or no such version or alias of it".to_owned());
            return checked;
        }
        Err(error) => {
            checked.problem = Some(failure::aws("look at the function", &error).to_string());
            return checked;
        }
    }
    let document = match policy.send().await {
        Ok(found) => found.policy().and_then(|policy| serde_json::from_str::<Value>(policy).ok()),
        Err(error) if error.code() == Some("ResourceNotFoundException") => Some(Value::Null),
        Err(error) => {
            checked.problem = Some(failure::aws("read the function's policy", &error).to_string());
            return checked;
        }
    };
    let Some(document) = document else {
        checked.problem = Some("its policy cannot be read".to_owned());
        return checked;
    };
    match judge(&document, pool_arn) {
        Permission::Granted => checked.invocable = Some(true),
        Permission::ForAnyPool => {
            checked.invocable = Some(true);
            checked.note = Some("its policy lets Cognito invoke it for pools of others too".to_owned());
        }
        Permission::None => {
            checked.invocable = Some(false);
            checked.problem = Some("its policy does not let Cognito invoke it for this pool".to_owned());
        }
        Permission::Denied => {
            checked.invocable = Some(false);
            checked.problem = Some("its policy denies Cognito the invocation".to_owned());
        }
    }
    checked
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
pub(super) fn judge(document: &Value, pool_arn: &str) -> Permission {
    let statements = document.get("Statement").map(one_or_many).unwrap_or_default();
    let about: Vec<_> = statements.into_iter().filter(|s| is_about_cognito(s)).collect();
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
    let principal = statement.get("Principal");
    let is_cognito = principal.is_some_and(|principal| match principal {
        Value::String(all) => all == "*",
        other => {
            let of = |name| other.get(name).map(one_or_many).unwrap_or_default();
            let is = |name, wanted: &[&str]| {
                of(name).iter().any(|p| p.as_str().is_some_and(|p| wanted.contains(&p)))
            };
            is("Service", &["cognito-idp.amazonaws.com", "*"]) || is("AWS", &["*"])
        }
    });
    let actions = statement.get("Action").map(one_or_many).unwrap_or_default();
    let invokes = |action: &&Value| {
        action.as_str().is_some_and(|action| like(&action.to_lowercase(), "lambda:invokefunction"))
    };
    is_cognito && actions.iter().any(invokes)
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

    fn policy(statement: &Value) -> Value {
        let mut whole = json!({
            "Effect": "Allow", "Principal": { "Service": "cognito-idp.amazonaws.com" }, "Action": "lambda:InvokeFunction",
        });
        for (name, value) in statement.as_object().unwrap() {
            whole[name] = value.clone();
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
            ("denied", json!({ "Effect": "Deny" }), Denied),
            (
                "denied for another pool",
                json!({ "Effect": "Deny", "Condition": { "ArnLike": { "aws:SourceArn": "arn:aws:x" } } }),
                None,
            ),
        ] {
            assert_eq!(judge(&policy(&statement), POOL), wanted, "{what}");
        }
        assert_eq!(judge(&Value::Null, POOL), None);
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
