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
    /// What the caller may choose otherwise.
    pub choice: Option<Choice>,
}

/// What a caller may choose otherwise, so that it is not refused. How that is said is the caller's own.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Choice {
    /// To attach in the place of what holds the trigger.
    Replace,
    /// To detach what holds the trigger, although it is another function than the one that was named.
    DetachAny,
    /// To take off what the old key names, too.
    TakeOffOld,
    /// To name an event version.
    EventVersion,
    /// To take the first event version.
    FirstVersion,
    /// To change a pool that another tool owns.
    IgnoreOwner,
    /// To restore a pool that another tool owns.
    RestoreOwned,
    /// Not to ask Lambda.
    SkipCheck,
    /// Another place for the backup.
    BackupPlace,
    /// Another file to restore from.
    BackupFile,
    /// Another pool.
    Pool,
}

impl Refused {
    /// A rule forbids it.
    pub(crate) fn by(rule: &'static str, what: impl Into<String>) -> Self {
        let what = what.into();
        Self {
            rule,
            is_failure: false,
            what,
            advice: Vec::new(),
            fallback: None,
            needs: None,
            meaning: None,
            choice: None,
        }
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

    pub(crate) fn or(self, choice: Choice) -> Self {
        Self { choice: Some(choice), ..self }
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
