//! Who may call a function: its resource policy, read for one user pool.

use serde_json::Value;

/// What calls a trigger.
const COGNITO: &str = "cognito-idp.amazonaws.com";

/// What a function's policy means for a user pool.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Permission {
    /// Whether a statement lets this pool call.
    pub admits_pool: bool,
    /// Whether a statement keeps it from calling whatever the others say.
    pub is_denied: bool,
    /// Statements, by their ids, that let anybody call.
    pub anybody: Vec<String>,
    /// Statements that let any user pool of any account call.
    pub any_pool: Vec<String>,
    /// Statements that let all user pools of some account call.
    pub pools_of_account: Vec<String>,
    /// Statements that name the pool, and not its account as well.
    pub without_account: Vec<String>,
}

/// Reads a policy, as `lambda:GetPolicy` gives it, for the function `function_arn` as the pool calls it.
///
/// # Errors
///
/// When it is no policy.
pub fn judge(policy: &str, function_arn: &str, pool_arn: &str) -> Result<Permission, String> {
    let policy: Value =
        serde_json::from_str(policy).map_err(|error| format!("the policy is no JSON: {error}"))?;
    let statements = match policy.get("Statement") {
        Some(Value::Array(statements)) => statements.iter().collect(),
        Some(statement @ Value::Object(_)) => vec![statement],
        _ => return Err("the policy has no statements".to_owned()),
    };
    let mut permission = Permission::default();
    for statement in statements {
        permission.add(statement, function_arn, pool_arn);
    }
    Ok(permission)
}

impl Permission {
    fn add(&mut self, statement: &Value, function_arn: &str, pool_arn: &str) {
        if !is_invocation(statement) || !is_about(statement, function_arn) {
            return;
        }
        let (is_cognito, is_anybody) = principal(statement);
        if !is_cognito && !is_anybody {
            return;
        }
        let conditions = Conditions::of(statement);
        let account = pool_arn.split(':').nth(4).unwrap_or_default();
        let admits = conditions.source_arn.as_ref().is_none_or(|source| source.admits(pool_arn))
            && conditions.source_account.as_ref().is_none_or(|source| source.admits(account));
        if statement.get("Effect").and_then(Value::as_str) == Some("Deny") {
            self.is_denied |= admits && !conditions.has_others;
            return;
        }
        self.admits_pool |= admits;
        let id = statement.get("Sid").and_then(Value::as_str).unwrap_or("without an id").to_owned();
        if is_anybody && !conditions.narrow() {
            self.anybody.push(id);
            return;
        }
        match (&conditions.source_arn, &conditions.source_account) {
            // A wildcard in the place of the account is no better than no ARN at all.
            (None, None) if !conditions.has_others => self.any_pool.push(id),
            (Some(source), None) if source.is_any_account() => self.any_pool.push(id),
            (None, Some(_)) => self.pools_of_account.push(id),
            (Some(source), _) if source.has_wildcard() => self.pools_of_account.push(id),
            (Some(_), None) if admits => self.without_account.push(id),
            _ => {}
        }
    }
}

/// Whether a statement is about calling a function.
fn is_invocation(statement: &Value) -> bool {
    texts(statement.get("Action"))
        .iter()
        .any(|action| glob(&action.to_ascii_lowercase(), "lambda:invokefunction"))
}

/// Whether a statement is about this function as it is called. A statement without a resource is about any.
fn is_about(statement: &Value, function_arn: &str) -> bool {
    let resources = texts(statement.get("Resource"));
    resources.is_empty() || resources.iter().any(|pattern| glob(pattern, function_arn))
}

/// Whether a statement is about Cognito, and whether it is about anybody.
fn principal(statement: &Value) -> (bool, bool) {
    match statement.get("Principal") {
        Some(Value::String(who)) => (who == COGNITO, who == "*"),
        Some(Value::Object(kinds)) => {
            let of = |kind: &str| texts(kinds.get(kind));
            let is_anybody = kinds.values().any(|who| texts(Some(who)).contains(&"*"));
            (of("Service").contains(&COGNITO), is_anybody)
        }
        _ => (false, false),
    }
}

/// What the conditions of a statement say of who calls.
#[derive(Default)]
struct Conditions {
    source_arn: Option<Source>,
    source_account: Option<Source>,
    has_others: bool,
}

struct Source {
    patterns: Vec<String>,
    is_literal: bool,
}

impl Conditions {
    fn of(statement: &Value) -> Self {
        let mut found = Self::default();
        let Some(Value::Object(operators)) = statement.get("Condition") else { return found };
        for (operator, keys) in operators {
            // `ArnEquals` takes wildcards as `ArnLike` does (IAM user guide, "Amazon Resource Name (ARN) condition
            // operators").
            let is_literal = match operator.as_str() {
                "ArnLike" | "ArnEquals" | "StringLike" => false,
                "StringEquals" | "StringEqualsIgnoreCase" => true,
                _ => {
                    found.has_others = true;
                    continue;
                }
            };
            for (key, value) in keys.as_object().into_iter().flatten() {
                let patterns = texts(Some(value)).into_iter().map(str::to_owned).collect();
                let source = Some(Source { patterns, is_literal });
                match key.to_ascii_lowercase().as_str() {
                    "aws:sourcearn" => found.source_arn = source,
                    "aws:sourceaccount" => found.source_account = source,
                    _ => found.has_others = true,
                }
            }
        }
        found
    }

    /// Whether they narrow down who calls at all.
    fn narrow(&self) -> bool {
        self.source_arn.as_ref().is_some_and(|source| !source.is_any_account())
            || self.source_account.is_some()
            || self.has_others
    }
}

impl Source {
    fn admits(&self, value: &str) -> bool {
        self.patterns
            .iter()
            .any(|pattern| if self.is_literal { pattern == value } else { glob(pattern, value) })
    }

    fn has_wildcard(&self) -> bool {
        !self.is_literal && self.patterns.iter().any(|pattern| pattern.contains(['*', '?']))
    }

    /// Whether pools of any account fit: the account, the fifth part, is a wildcard, or there is no fifth part.
    fn is_any_account(&self) -> bool {
        let is_any = |pattern: &String| pattern.split(':').nth(4).is_none_or(|account| account.contains('*'));
        !self.is_literal && self.patterns.iter().any(is_any)
    }
}

/// One text or a list of texts.
fn texts(value: Option<&Value>) -> Vec<&str> {
    match value {
        Some(Value::String(text)) => vec![text],
        Some(Value::Array(texts)) => texts.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Whether `text` fits `pattern`, in which `*` stands for any text and `?` for one character.
#[must_use]
pub fn glob(pattern: &str, text: &str) -> bool {
    let (mut pattern, mut text) = (pattern.chars(), text.chars());
    // Where to go on from when the rest does not fit: after the last star, with one more character left to it.
    let mut retry: Option<(std::str::Chars<'_>, std::str::Chars<'_>)> = None;
    loop {
        let (wanted, found) = (pattern.clone().next(), text.clone().next());
        match (wanted, found) {
            (Some('*'), _) => {
                pattern.next();
                retry = Some((pattern.clone(), text.clone()));
                continue;
            }
            (Some('?'), Some(_)) => {}
            (Some(wanted), Some(found)) if wanted == found => {}
            (None, None) => return true,
            _ => {
                let Some((after_star, rest)) = &mut retry else { return false };
                if rest.next().is_none() {
                    return false;
                }
                (pattern, text) = (after_star.clone(), rest.clone());
                continue;
            }
        }
        pattern.next();
        text.next();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert, proptest};
    use serde_json::json;

    use super::{Permission, glob, judge};

    const FUNCTION: &str = "arn:aws:lambda:eu-west-1:123456789012:function:join:live";
    const POOL: &str = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_AbCdEf123";

    fn policy(statements: &serde_json::Value) -> Permission {
        judge(&json!({ "Version": "2012-10-17", "Statement": statements }).to_string(), FUNCTION, POOL)
            .unwrap()
    }

    fn statement() -> serde_json::Value {
        json!({
            "Sid": "pool", "Effect": "Allow", "Principal": { "Service": "cognito-idp.amazonaws.com" },
            "Action": "lambda:InvokeFunction", "Resource": FUNCTION,
            "Condition": {
                "ArnLike": { "AWS:SourceArn": POOL }, "StringEquals": { "AWS:SourceAccount": "123456789012" },
            },
        })
    }

    fn changed(pointer: &str, value: serde_json::Value) -> Permission {
        let mut statement = statement();
        *statement.pointer_mut(pointer).unwrap() = value;
        policy(&json!([statement]))
    }

    #[test]
    fn a_statement_that_names_pool_and_account_is_all_that_is_needed() {
        let expected = Permission { admits_pool: true, ..Permission::default() };

        assert_eq!(policy(&json!([statement()])), expected);
        assert_eq!(policy(&statement()), expected, "one statement without a list");
    }

    #[test]
    fn a_statement_for_something_else_lets_no_pool_in() {
        let rows = [
            ("another pool", "/Condition/ArnLike/AWS:SourceArn", json!(POOL.replace("AbC", "XyZ"))),
            ("another account", "/Condition/StringEquals/AWS:SourceAccount", json!("210987654321")),
            ("another service", "/Principal/Service", json!("events.amazonaws.com")),
            ("an AWS account", "/Principal", json!({ "AWS": "123456789012" })),
            ("another call", "/Action", json!("lambda:GetFunction")),
            ("the function, not its alias", "/Resource", json!(FUNCTION.trim_end_matches(":live"))),
            ("a denial", "/Effect", json!("Deny")),
        ];

        for (name, pointer, value) in rows {
            assert!(!changed(pointer, value).admits_pool, "{name}");
        }
    }

    #[test]
    fn what_lets_in_more_than_the_pool_is_named_by_its_statement() {
        let pool = vec!["pool".to_owned()];
        let arn_alone = json!({ "ArnLike": { "aws:SourceArn": POOL } });
        let account_alone = json!({ "StringEquals": { "aws:SourceAccount": "123456789012" } });
        let of_account = json!({ "ArnLike": { "aws:SourceArn": POOL.replace("eu-west-1_AbCdEf123", "*") } });
        let of_anyone = json!({ "ArnLike": { "aws:SourceArn": "arn:aws:cognito-idp:*:*:userpool/*" } });

        assert_eq!(changed("/Condition", json!({})).any_pool, pool);
        assert_eq!(changed("/Condition", of_anyone).any_pool, pool);
        assert_eq!(changed("/Condition", account_alone).pools_of_account, pool);
        assert_eq!(changed("/Condition", of_account).pools_of_account, pool);
        assert_eq!(changed("/Condition", arn_alone).without_account, pool);
        for anybody in [json!("*"), json!({ "AWS": "*" }), json!({ "Service": ["*"] })] {
            let mut statement = statement();
            statement["Principal"] = anybody;
            assert_eq!(
                policy(&json!([statement])).anybody,
                Vec::<String>::new(),
                "narrowed by its conditions"
            );
            statement["Condition"] = json!(null);
            let permission = policy(&json!([statement]));
            assert_eq!((permission.admits_pool, permission.anybody), (true, pool.clone()));
        }
    }

    #[test]
    fn a_denial_wins_over_what_is_allowed() {
        let mut denial = statement();
        denial["Effect"] = json!("Deny");

        let permission = policy(&json!([statement(), denial]));

        assert!(permission.admits_pool && permission.is_denied);
    }

    #[test]
    fn what_is_no_policy_is_said_to_be_none() {
        for text in ["", "{}", "[]", "{\"Statement\": 7}"] {
            assert!(judge(text, FUNCTION, POOL).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_pattern_with_a_star_in_place_of_any_part_fits(text in ".{0,20}", cut in 0usize..20, until in 0usize..20) {
            let letters: Vec<char> = text.chars().collect();
            let cut = cut.min(letters.len());
            let until = until.clamp(cut, letters.len().max(cut)).min(letters.len());
            let (head, tail): (String, String) =
                (letters[..cut].iter().collect(), letters[until..].iter().collect());

            let pattern = format!("{head}*{tail}");

            prop_assert!(glob(&pattern, &text) || text.contains(['*', '?']));
        }

        #[test]
        fn a_pattern_without_wildcards_fits_itself_alone(a in "[a-c]{0,4}", b in "[a-c]{0,4}") {
            prop_assert!(glob(&a, &b) == (a == b));
        }
    }
}
