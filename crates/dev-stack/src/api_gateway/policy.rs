//! IAM's rules for the policy of an authorizer: a `Deny` that matches wins, else an `Allow` that matches, else the request is
//! not allowed.

use serde::Deserialize;

/// The action of every request to an API.
const INVOKE: &str = "execute-api:Invoke";

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Policy {
    #[serde(rename = "Version")]
    _version: String,
    statement: OneOrMore<Statement>,
}

/// Conditions, principals and `Not..` are not imitated: a policy that has them is refused as malformed.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Statement {
    #[serde(rename = "Sid", default)]
    _sid: Option<String>,
    effect: Effect,
    action: OneOrMore<String>,
    resource: OneOrMore<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
enum Effect {
    Allow,
    Deny,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMore<T> {
    One(T),
    More(Vec<T>),
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Verdict {
    Allowed,
    NotAllowed,
    Denied,
}

impl Policy {
    pub(super) fn verdict(&self, arn: &str) -> Verdict {
        let has = |effect| self.statement.as_slice().iter().any(|it| it.effect == effect && it.matches(arn));
        match (has(Effect::Deny), has(Effect::Allow)) {
            (true, _) => Verdict::Denied,
            (false, true) => Verdict::Allowed,
            (false, false) => Verdict::NotAllowed,
        }
    }
}

impl Statement {
    fn matches(&self, arn: &str) -> bool {
        let action = |pattern: &String| matches(&pattern.to_lowercase(), &INVOKE.to_lowercase());
        self.action.as_slice().iter().any(action)
            && self.resource.as_slice().iter().any(|pattern| matches(pattern, arn))
    }
}

impl<T> OneOrMore<T> {
    fn as_slice(&self) -> &[T] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::More(more) => more,
        }
    }
}

/// IAM's wildcards: `*` is any text, also with slashes; `?` is one character.
fn matches(pattern: &str, text: &str) -> bool {
    let (mut pattern, mut text) = (pattern.chars(), text.chars());
    loop {
        match pattern.next() {
            None => return text.next().is_none(),
            Some('*') => {
                let (rest, mut from) = (pattern.as_str(), text);
                loop {
                    if matches(rest, from.as_str()) {
                        return true;
                    }
                    if from.next().is_none() {
                        return false;
                    }
                }
            }
            Some('?') => {
                if text.next().is_none() {
                    return false;
                }
            }
            Some(exact) => {
                if text.next() != Some(exact) {
                    return false;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const GET: &str = "arn:aws:execute-api:eu-west-1:123456789012:abcdef1234/prod/GET/orders/7";

    fn verdict(statements: &serde_json::Value) -> Verdict {
        let policy = json!({ "Version": "2012-10-17", "Statement": statements });
        serde_json::from_value::<Policy>(policy).unwrap().verdict(GET)
    }

    fn statement(effect: &str, resource: &str) -> serde_json::Value {
        json!({ "Effect": effect, "Action": "execute-api:Invoke", "Resource": resource })
    }

    #[test]
    fn a_policy_is_judged_as_iam_judges_it() {
        let stage = "arn:aws:execute-api:eu-west-1:123456789012:abcdef1234/prod/*";
        let rows = [
            ("the stage", json!([statement("Allow", stage)]), Verdict::Allowed),
            ("one statement, no list", statement("Allow", stage), Verdict::Allowed),
            ("the request itself", json!([statement("Allow", GET)]), Verdict::Allowed),
            ("another method", json!([statement("Allow", &GET.replace("GET", "POST"))]), Verdict::NotAllowed),
            (
                "another stage",
                json!([statement("Allow", &stage.replace("prod", "test"))]),
                Verdict::NotAllowed,
            ),
            ("a method by `?`", json!([statement("Allow", &GET.replace("GET", "?ET"))]), Verdict::Allowed),
            ("no statement", json!([]), Verdict::NotAllowed),
            ("deny wins", json!([statement("Allow", stage), statement("Deny", "*")]), Verdict::Denied),
        ];

        for (row, statements, expected) in rows {
            assert_eq!(verdict(&statements), expected, "{row}");
        }
        let other_action =
            json!({ "Effect": "Allow", "Action": "execute-api:ManageConnections", "Resource": "*" });
        assert_eq!(verdict(&other_action), Verdict::NotAllowed);
    }
}
