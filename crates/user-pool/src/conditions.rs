//! What the conditions of a statement make of a call by one user pool.

use serde_json::Value;

use crate::glob::{glob, texts};

/// Whether a condition is met.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Verdict {
    No,
    /// That cannot be told from here.
    Unknown,
    Yes,
}

/// The conditions of a statement, all of which must be met.
#[derive(Default)]
pub(super) struct Conditions {
    all: Vec<Condition>,
}

struct Condition {
    verdict: Verdict,
    subject: Subject,
    /// What the value is compared to.
    patterns: Vec<String>,
    /// Whether a wildcard is one.
    is_pattern: bool,
    /// Whether who is not named is meant.
    is_negated: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Subject {
    Arn,
    Account,
    /// Whether the call comes through the function's own address.
    Url,
    Other,
}

impl Conditions {
    /// Reads them for a call that Cognito makes for the pool `pool_arn`, with its ARN and its account as the source.
    pub(super) fn of(statement: &Value, pool_arn: &str) -> Self {
        let mut found = Self::default();
        let Some(Value::Object(operators)) = statement.get("Condition") else { return found };
        for (operator, keys) in operators {
            for (key, value) in keys.as_object().into_iter().flatten() {
                let value: Vec<String> = match value {
                    Value::Bool(value) => vec![value.to_string()],
                    other => texts(Some(other)).into_iter().map(str::to_owned).collect(),
                };
                found.all.push(Condition::of(operator, key, value, pool_arn));
            }
        }
        found
    }

    /// Whether all of them are met.
    pub(super) fn verdict(&self) -> Verdict {
        self.all.iter().map(|one| one.verdict).min().unwrap_or(Verdict::Yes)
    }

    /// Whether they are about calls through the function's own address, or the `action` is such a call, and nothing else
    /// narrows them down.
    pub(super) fn is_by_url(&self, action: bool) -> bool {
        let is_url = |one: &Condition| one.subject == Subject::Url;
        (action || self.all.iter().any(|one| is_url(one) && one.verdict == Verdict::No))
            && self.all.iter().all(is_url)
    }

    /// Whether they narrow down who calls at all.
    pub(super) fn narrow(&self) -> bool {
        self.has_others() || self.has_account() || (self.source_arns().is_some() && !self.is_any_account())
    }

    /// Whether there is one that is about something else than the source.
    pub(super) fn has_others(&self) -> bool {
        self.all.iter().any(|one| !matches!(one.subject, Subject::Arn | Subject::Account) || one.is_negated)
    }

    /// Whether one names the account of the source.
    pub(super) fn has_account(&self) -> bool {
        let is_one =
            |one: &Condition| !one.is_pattern || one.patterns.iter().all(|text| !text.contains(['*', '?']));
        self.named(Subject::Account).any(is_one)
    }

    /// The ARNs of the source that they name; `None` when there is no such condition.
    pub(super) fn source_arns(&self) -> Option<Vec<&String>> {
        let mut named = self.named(Subject::Arn).peekable();
        named.peek()?;
        Some(named.flat_map(|one| &one.patterns).collect())
    }

    /// The accounts that they name, as the source's own or within its ARN.
    pub(super) fn accounts(&self) -> Vec<&str> {
        let accounts = self.named(Subject::Account).flat_map(|one| &one.patterns).map(String::as_str);
        let arns = self.named(Subject::Arn).flat_map(|one| &one.patterns);
        accounts.chain(arns.filter_map(|arn| arn.split(':').nth(4))).collect()
    }

    /// Whether an ARN that they name stands for several.
    pub(super) fn has_wildcard(&self) -> bool {
        self.narrowest_arn(|one| one.is_pattern && one.patterns.iter().any(|arn| arn.contains(['*', '?'])))
    }

    /// Whether pools of any account fit: the account, the fifth part, is a wildcard, or there is no fifth part.
    pub(super) fn is_any_account(&self) -> bool {
        let is_any = |arn: &String| arn.split(':').nth(4).is_none_or(|account| account.contains(['*', '?']));
        self.narrowest_arn(|one| one.is_pattern && one.patterns.iter().any(is_any))
    }

    /// Whether every condition on the ARN is as wide as `is_wide` says: all of them must be met.
    fn narrowest_arn(&self, is_wide: impl Fn(&Condition) -> bool) -> bool {
        let mut arns = self.named(Subject::Arn).peekable();
        arns.peek().is_some() && arns.all(is_wide)
    }

    fn named(&self, subject: Subject) -> impl Iterator<Item = &Condition> {
        self.all.iter().filter(move |one| one.subject == subject && !one.is_negated)
    }
}

impl Condition {
    fn of(operator: &str, key: &str, patterns: Vec<String>, pool_arn: &str) -> Self {
        let operator = operator.to_ascii_lowercase();
        let bare = operator.strip_suffix("ifexists").unwrap_or(&operator);
        let must_exist = bare == operator;
        let subject = match key.to_ascii_lowercase().as_str() {
            "aws:sourcearn" => Subject::Arn,
            "aws:sourceaccount" => Subject::Account,
            "lambda:invokedviafunctionurl" | "lambda:functionurlauthtype" => Subject::Url,
            _ => Subject::Other,
        };
        let value = match subject {
            Subject::Arn => Some(pool_arn),
            Subject::Account => Some(pool_arn.split(':').nth(4).unwrap_or_default()),
            Subject::Url | Subject::Other => None,
        };
        let any = |fits: &dyn Fn(&str) -> bool| Some(patterns.iter().any(|pattern| fits(pattern)));
        let positive = bare.replacen("not", "", 1);
        let is_negated = positive != bare && bare != "null";
        // `ArnEquals` takes wildcards as `ArnLike` does (IAM user guide, "Amazon Resource Name (ARN) condition operators").
        let is_pattern = matches!(positive.as_str(), "arnlike" | "arnequals" | "stringlike");
        let fits = match (value, bare, positive.as_str()) {
            (Some(_), "null", _) => any(&|wanted| wanted == "false"),
            (Some(value), _, "arnlike" | "arnequals" | "stringlike") => any(&|pattern| glob(pattern, value)),
            (Some(value), _, "stringequals") => any(&|wanted| wanted == value),
            (Some(value), _, "stringequalsignorecase") => any(&|wanted| wanted.eq_ignore_ascii_case(value)),
            // Cognito does not call through an address: the keys are not there, or false.
            (None, "null", _) if subject == Subject::Url => any(&|wanted| wanted == "true"),
            (None, "bool", _) if subject == Subject::Url => {
                any(&|wanted| wanted.eq_ignore_ascii_case("false"))
            }
            (None, _, "stringequals") if subject == Subject::Url => Some(!must_exist),
            _ => None,
        };
        let verdict = match fits {
            None => Verdict::Unknown,
            Some(fits) if fits == is_negated => Verdict::No,
            Some(_) => Verdict::Yes,
        };
        // `Null` names nobody.
        Self { verdict, subject, patterns, is_pattern, is_negated: is_negated || bare == "null" }
    }
}
