//! Why something was not done.

use std::fmt;

use user_pool::{AwsError, Meaning};

/// Why something was not done: a rule forbids it, or it was tried and failed. `Display` says what happened.
#[derive(Clone, Debug)]
pub struct Refused {
    /// A stable name, such as `slot-taken`; of what failed `failed`, or `aws` for a call of AWS.
    pub rule: &'static str,
    /// Whether it was tried.
    pub is_failure: bool,
    pub what: String,
    /// What to do, sentence by sentence.
    pub advice: Vec<String>,
    /// What to do where nothing is known of what AWS meant.
    pub fallback: Option<&'static str>,
    /// The permission that it takes.
    pub needs: Option<&'static str>,
    /// What AWS meant, where it was AWS.
    pub meaning: Option<Meaning>,
}

impl Refused {
    /// A rule forbids it.
    pub(crate) fn by(rule: &'static str, what: impl Into<String>) -> Self {
        let what = what.into();
        Self { rule, is_failure: false, what, advice: Vec::new(), fallback: None, needs: None, meaning: None }
    }

    /// It was tried and failed.
    pub(crate) fn failed(what: impl Into<String>) -> Self {
        Self { is_failure: true, ..Self::by("failed", what) }
    }

    /// A call of AWS failed.
    pub(crate) fn call(operation: &str, error: &AwsError) -> Self {
        let what = format!("could not {operation}: {error}");
        Self { rule: "aws", meaning: Some(error.meaning()), ..Self::failed(what) }
    }

    pub(crate) fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice.push(advice.into());
        self
    }

    pub(crate) fn needs(self, permission: &'static str) -> Self {
        Self { needs: Some(permission), ..self }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}
