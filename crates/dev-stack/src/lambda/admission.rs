//! Whether a function's resource policy lets a service call it. The statements are read as IAM reads them, as far as
//! `AddPermission` can write them; a condition that is not known here admits nobody and denies everybody.

use serde_json::{Map, Value};

use super::{name, policy::Permission, service::Lambda};

const ACTION: &str = "lambda:InvokeFunction";

/// A service that wants to call a function on behalf of a resource.
pub(crate) struct Caller<'a> {
    /// Such as `cognito-idp.amazonaws.com`.
    pub(crate) service: &'a str,
    pub(crate) source_arn: &'a str,
    pub(crate) source_account: &'a str,
}

impl Lambda {
    /// Whether the function, version or alias is there, and its policy admits the caller. A function, or an alias, has
    /// a policy of its own.
    pub(crate) fn admits(&self, function: &str, caller: &Caller<'_>) -> bool {
        let (name, qualifier) =
            (name::function_name(function), name::qualifier(function).unwrap_or_default());
        if !matches!(self.configuration(name, qualifier), Ok(Some(_))) {
            return false;
        }
        let qualifier = if qualifier == "$LATEST" { "" } else { qualifier };
        let policy = self.with_resources(name, |resources| resources.policies.get(qualifier).cloned());
        policy.ok().flatten().is_some_and(|policy| allows(&policy.document, caller))
    }

    /// Lets a user pool call a function that may not be there yet, as the console does when a trigger is chosen there.
    pub(crate) fn admit_pool(&self, function: &str, pool_id: &str, permission: Permission) {
        let (name, qualifier) =
            (name::function_name(function), name::qualifier(function).unwrap_or_default());
        let permission = Permission { statement_id: format!("pool-{pool_id}"), ..permission };
        let statement = permission.statement(&self.qualified_arn(name, qualifier));
        let mut functions = self.functions();
        let resources = functions.resources.entry(name.to_owned()).or_default();
        // The same statement may be there already.
        let _ = resources.add_statement(qualifier, statement, None);
    }
}

fn allows(document: &Value, caller: &Caller<'_>) -> bool {
    let statements = match document.get("Statement") {
        Some(Value::Array(statements)) => statements.iter().collect(),
        Some(statement) => vec![statement],
        None => Vec::new(),
    };
    let applies = |effect: &str| {
        let of_effect = statements.iter().filter(|statement| statement.get("Effect") == Some(&effect.into()));
        of_effect.filter(|statement| applies(statement, caller, effect == "Deny")).count() > 0
    };
    applies("Allow") && !applies("Deny")
}

/// Whether a statement is about this call; `unknown` is what an unknown condition counts as.
fn applies(statement: &Value, caller: &Caller<'_>, unknown: bool) -> bool {
    let action =
        statement.get("Action").is_some_and(|action| any(action, |pattern| matches(pattern, ACTION)));
    let principal = match statement.get("Principal") {
        Some(Value::String(principal)) => principal == "*",
        Some(Value::Object(kinds)) => {
            let is = |kind: &str, name: &str| {
                kinds.get(kind).is_some_and(|names| any(names, |known| known == name || known == "*"))
            };
            is("Service", caller.service) || is("AWS", "*")
        }
        _ => false,
    };
    let conditions = statement.get("Condition").and_then(Value::as_object);
    action && principal && conditions.is_none_or(|conditions| hold(conditions, caller, unknown))
}

fn hold(conditions: &Map<String, Value>, caller: &Caller<'_>, unknown: bool) -> bool {
    conditions.iter().all(|(operator, keys)| {
        let Some(keys) = keys.as_object() else { return unknown };
        keys.iter().all(|(key, expected)| {
            let actual = match key.to_ascii_lowercase().as_str() {
                "aws:sourcearn" => caller.source_arn,
                "aws:sourceaccount" => caller.source_account,
                _ => return unknown,
            };
            match operator.as_str() {
                "StringEquals" => any(expected, |expected| expected == actual),
                "StringLike" | "ArnLike" | "ArnEquals" => any(expected, |pattern| matches(pattern, actual)),
                _ => unknown,
            }
        })
    })
}

/// Whether a text, or one of a list, passes.
fn any(texts: &Value, test: impl Fn(&str) -> bool) -> bool {
    match texts {
        Value::String(one) => test(one),
        Value::Array(texts) => texts.iter().filter_map(Value::as_str).any(test),
        _ => false,
    }
}

/// Whether a text is of a pattern with `*` and `?`.
fn matches(pattern: &str, text: &str) -> bool {
    let Some(first) = pattern.chars().next() else { return text.is_empty() };
    let rest = pattern.get(first.len_utf8()..).unwrap_or_default();
    if first == '*' {
        let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
        return ends.into_iter().any(|at| text.get(at..).is_some_and(|tail| matches(rest, tail)));
    }
    let mut chars = text.chars();
    chars.next().is_some_and(|next| (first == '?' || first == next) && matches(rest, chars.as_str()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_policy_admits_whom_it_allows_and_does_not_deny() {
        let pool = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_a";
        let caller =
            Caller { service: "cognito-idp.amazonaws.com", source_arn: pool, source_account: "123456789012" };
        let statement = |effect: &str, service: &str, condition: Value| {
            json!({
                "Effect": effect, "Principal": { "Service": service }, "Action": "lambda:InvokeFunction",
                "Resource": "*", "Condition": condition,
            })
        };
        let cognito = "cognito-idp.amazonaws.com";
        let arn = |pattern: &str| json!({ "ArnLike": { "AWS:SourceArn": pattern } });
        let rows = [
            ("none", json!([]), false),
            ("any pool", json!([statement("Allow", cognito, json!({}))]), true),
            ("this pool", json!([statement("Allow", cognito, arn(pool))]), true),
            (
                "pools of the account",
                json!([statement("Allow", cognito, arn("arn:*:123456789012:userpool/*"))]),
                true,
            ),
            ("another pool", json!([statement("Allow", cognito, arn(&pool.replace("_a", "_b")))]), false),
            ("another service", json!([statement("Allow", "s3.amazonaws.com", json!({}))]), false),
            (
                "another account",
                json!([statement("Allow", cognito, json!({ "StringEquals": { "AWS:SourceAccount": "1" } }))]),
                false,
            ),
            (
                "an unknown condition",
                json!([statement("Allow", cognito, json!({ "Bool": { "aws:SecureTransport": "true" } }))]),
                false,
            ),
            (
                "denied",
                json!([statement("Allow", cognito, json!({})), statement("Deny", cognito, arn(pool))]),
                false,
            ),
            (
                "another action",
                json!([{ "Effect": "Allow", "Principal": "*", "Action": "lambda:GetFunction" }]),
                false,
            ),
            ("everybody", json!([{ "Effect": "Allow", "Principal": "*", "Action": "lambda:*" }]), true),
        ];

        for (row, statements, admitted) in rows {
            assert_eq!(allows(&json!({ "Statement": statements }), &caller), admitted, "{row}");
        }
    }
}
