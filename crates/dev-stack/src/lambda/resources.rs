//! What a function has besides its code: aliases, policies, and a configuration that tests may bend.

use std::collections::BTreeMap;

use serde_json::Value;
use tempfile::TempDir;

use super::policy::document;
use crate::random;

#[derive(Debug, Default)]
pub(super) struct Resources {
    pub(super) aliases: BTreeMap<String, String>,
    /// By qualifier, which is empty for the function itself.
    pub(super) policies: BTreeMap<String, Policy>,
    /// Merged into what `GetFunctionConfiguration` shows.
    pub(super) patch: Option<Value>,
    /// Where the code of a function is that the API made. The folder goes with it.
    pub(super) code: Option<TempDir>,
}

#[derive(Clone, Debug)]
pub(super) struct Policy {
    pub(super) document: Value,
    pub(super) revision: String,
}

/// Why a statement was not added or removed.
pub(super) enum PolicyFault {
    NoStatement,
    StatementExists,
    OtherRevision,
}

impl Policy {
    pub(super) fn of(document: Value) -> Self {
        Self { document, revision: random::uuid() }
    }

    fn statements(&self) -> Vec<Value> {
        self.document.get("Statement").and_then(Value::as_array).cloned().unwrap_or_default()
    }
}

impl Resources {
    /// Adds a statement and gives it as it is kept.
    pub(super) fn add_statement(
        &mut self,
        qualifier: &str,
        statement: Value,
        revision: Option<&str>,
    ) -> Result<Value, PolicyFault> {
        let mut statements = self.statements(qualifier, revision)?;
        if statements.iter().any(|known| known.get("Sid") == statement.get("Sid")) {
            return Err(PolicyFault::StatementExists);
        }
        statements.push(statement.clone());
        self.policies.insert(qualifier.to_owned(), Policy::of(document(&statements)));
        Ok(statement)
    }

    /// Removes a statement; the last one takes the policy with it.
    pub(super) fn remove_statement(
        &mut self,
        qualifier: &str,
        sid: &str,
        revision: Option<&str>,
    ) -> Result<(), PolicyFault> {
        let mut statements = self.statements(qualifier, revision)?;
        let before = statements.len();
        statements.retain(|known| known.get("Sid").and_then(Value::as_str) != Some(sid));
        if statements.len() == before {
            return Err(PolicyFault::NoStatement);
        }
        if statements.is_empty() {
            self.policies.remove(qualifier);
        } else {
            self.policies.insert(qualifier.to_owned(), Policy::of(document(&statements)));
        }
        Ok(())
    }

    fn statements(&self, qualifier: &str, revision: Option<&str>) -> Result<Vec<Value>, PolicyFault> {
        let policy = self.policies.get(qualifier);
        if revision.is_some_and(|revision| policy.is_none_or(|policy| policy.revision != revision)) {
            return Err(PolicyFault::OtherRevision);
        }
        Ok(policy.map(Policy::statements).unwrap_or_default())
    }
}
