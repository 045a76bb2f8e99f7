//! What a rule is, and what it comes to.

use serde::Serialize;

use crate::functions::Function;
use crate::snapshot::{Bindings, Client, Snapshot};
use user_pool::function::Configuration;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Severity {
    /// Good to know.
    Info,
    /// A second line of defence is missing.
    Low,
    /// Something is weaker than it should be, or will surprise.
    Medium,
    /// A tenant is not protected, or users cannot sign in, once one more thing goes wrong.
    High,
    /// A tenant is not protected, or users cannot sign in.
    Critical,
}

impl Severity {
    /// All of them, the gravest first.
    pub const ALL: [Self; 5] = [Self::Critical, Self::High, Self::Medium, Self::Low, Self::Info];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// Something that is not as it should be.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Finding {
    /// Where it differs from the rule's.
    pub severity: Option<Severity>,
    /// What it is about, such as "app client `web` (6e29..)".
    pub subject: String,
    /// What was found, in a sentence or two.
    pub found: String,
    /// What to do: a command, or a property of a template.
    pub mend: String,
}

impl Finding {
    /// A finding of the rule's own severity.
    pub fn new(subject: impl Into<String>, found: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { severity: None, subject: subject.into(), found: found.into(), mend: mend.into() }
    }

    /// With a severity of its own.
    #[must_use]
    pub fn at(mut self, severity: Severity) -> Self {
        self.severity = Some(severity);
        self
    }
}

/// What a look came to: findings, none of them when all is well; or why nothing could be seen.
pub type Look = Result<Vec<Finding>, String>;

/// One thing that the audit looks for.
#[derive(Clone, Copy)]
pub struct Rule {
    /// A stable name, such as `attribute-writable`.
    pub id: &'static str,
    /// How much it matters, unless a finding says otherwise.
    pub severity: Severity,
    /// What is looked for, in the words of what is wrong.
    pub looks_for: &'static str,
    /// Why that matters.
    pub why: &'static str,
    /// The look.
    pub check: Check,
}

/// A look at one part of what was read. Whoever calls it knows what could not be read of that part.
#[derive(Clone, Copy)]
pub enum Check {
    /// At the pool's own settings.
    Pool(fn(&Snapshot) -> Vec<Finding>),
    /// At each app client.
    Client(fn(&Snapshot, &Client<'_>) -> Option<Finding>),
    /// At each app client, where the verdict depends on whether it has a secret.
    Secret(fn(&Snapshot, &Client<'_>) -> Result<Option<Finding>, String>),
    /// At each identity provider.
    Provider(fn(&Snapshot, &crate::snapshot::Provider<'_>) -> Vec<Finding>),
    /// At each identity provider, and at what it and the app clients are bound to.
    BoundProvider(fn(&Snapshot, &crate::snapshot::Provider<'_>) -> Vec<Finding>),
    /// At each attached function, whoever it belongs to.
    Function(fn(&Snapshot, &Function) -> Result<Option<Finding>, String>),
    /// At the settings of each attached function of this product.
    Own(fn(&Snapshot, &Function, &Configuration) -> Option<Finding>),
    Table(fn(&str, &tenancy_aws::table::TableState) -> Option<Finding>),
    /// At what the table ties to tenants.
    Bindings(fn(&Snapshot, &Bindings) -> Vec<Finding>),
    /// At several parts.
    Any(fn(&Snapshot) -> Look),
}
