//! What a function has besides its code: aliases, policies, and a configuration that tests may bend.

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Lambda, api, policy::Permission, policy::document};
use crate::{DevStackError, json::merge, random};

/// Of one function.
#[derive(Debug, Default)]
pub(super) struct Resources {
    /// The version of each alias.
    pub(super) aliases: BTreeMap<String, String>,
    /// By qualifier, which is empty for the function itself.
    pub(super) policies: BTreeMap<String, Policy>,
    /// Merged into what `GetFunctionConfiguration` shows.
    pub(super) patch: Option<Value>,
    /// Where the code of a function is that the API made. The folder goes with it.
    pub(super) code: Option<TempDir>,
}

/// A policy and its revision.
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

impl Lambda {
    /// Changes a function's timeout from the next event on.
    ///
    /// # Errors
    ///
    /// [`DevStackError::UnknownFunction`].
    pub fn set_timeout(&self, name: &str, timeout: Duration) -> Result<(), DevStackError> {
        self.function(name)?.set_timeout(timeout);
        Ok(())
    }

    /// Points an alias of a function to a version (`1`, `$LATEST`), and makes it if it is not there. All versions
    /// run the same program.
    ///
    /// # Errors
    ///
    /// [`DevStackError::UnknownFunction`].
    pub fn add_alias(&self, name: &str, alias: &str, version: &str) -> Result<(), DevStackError> {
        self.with_resources(name, |resources| {
            resources.aliases.insert(alias.to_owned(), version.to_owned());
        })
    }

    /// Adds a statement to the policy of a function, or with a qualifier in `function` (`name:live`, or an ARN) to
    /// that of its version or alias. A statement of the same id is replaced.
    ///
    /// # Errors
    ///
    /// [`DevStackError::UnknownFunction`].
    pub fn add_permission(&self, function: &str, permission: &Permission) -> Result<(), DevStackError> {
        let qualifier = api::qualifier(function).unwrap_or_default();
        let statement = permission.statement(&self.qualified_arn(api::function_name(function), qualifier));
        self.with_resources(function, |resources| {
            // What is not there needs no removing, and without a revision nothing else can fail.
            let _ = resources.remove_statement(qualifier, &permission.statement_id, None);
            let _ = resources.add_statement(qualifier, statement, None);
        })
    }

    /// Puts a whole policy document in the place of a function's, version's or alias's; `None` takes it away.
    ///
    /// # Errors
    ///
    /// [`DevStackError::UnknownFunction`].
    pub fn put_policy(&self, function: &str, document: Option<Value>) -> Result<(), DevStackError> {
        let qualifier = api::qualifier(function).unwrap_or_default().to_owned();
        self.with_resources(function, |resources| match document {
            Some(document) => {
                resources.policies.insert(qualifier, Policy::of(document));
            }
            None => {
                resources.policies.remove(&qualifier);
            }
        })
    }

    /// The policy document of a function, version or alias.
    ///
    /// # Errors
    ///
    /// [`DevStackError::UnknownFunction`].
    pub fn policy(&self, function: &str) -> Result<Option<Value>, DevStackError> {
        let qualifier = api::qualifier(function).unwrap_or_default();
        self.with_resources(function, |resources| {
            resources.policies.get(qualifier).map(|policy| policy.document.clone())
        })
    }

    /// Merges JSON into what `GetFunctionConfiguration` shows of a function (RFC 7396), such as
    /// `{ "Architectures": ["x86_64"] }`. It changes nothing but that.
    ///
    /// # Errors
    ///
    /// [`DevStackError::UnknownFunction`].
    pub fn patch_configuration(&self, name: &str, patch: Value) -> Result<(), DevStackError> {
        self.with_resources(name, |resources| match &mut resources.patch {
            // A `null` of the patch has to stay, to take a member away later: so this is no merge of two patches.
            Some(Value::Object(known)) => {
                if let Value::Object(patch) = patch {
                    known.extend(patch);
                }
            }
            known => *known = Some(patch),
        })
    }

    /// What `GetFunctionConfiguration` shows, or `None` for a version or alias that is not there.
    pub(super) fn configuration(&self, name: &str, qualifier: &str) -> Result<Option<Value>, DevStackError> {
        let function = self.function(name)?;
        let (version, patch) = self.with_resources(name, |resources| {
            let version = match resources.aliases.get(qualifier) {
                Some(version) => Some(version.clone()),
                None if qualifier.is_empty() || qualifier == "$LATEST" => Some("$LATEST".to_owned()),
                None => resources.aliases.values().find(|version| *version == qualifier).cloned(),
            };
            (version, resources.patch.clone())
        })?;
        let Some(version) = version else { return Ok(None) };
        let architecture = if std::env::consts::ARCH == "aarch64" { "arm64" } else { "x86_64" };
        let mut shown = json!({
            "FunctionName": function.spec.name,
            "FunctionArn": self.qualified_arn(&function.spec.name, qualifier),
            "Runtime": "provided.al2023",
            "Role": format!("arn:aws:iam::{}:role/{}", super::ACCOUNT_ID, function.spec.name),
            "Handler": "bootstrap",
            "CodeSize": 0,
            "Description": "",
            "Timeout": function.timeout().as_secs().max(1),
            "MemorySize": function.spec.memory_mb,
            "LastModified": "2026-01-01T00:00:00.000+0000",
            "Version": version,
            "TracingConfig": { "Mode": "PassThrough" },
            "State": "Active",
            "LastUpdateStatus": "Successful",
            "PackageType": "Zip",
            "Architectures": [architecture],
            "EphemeralStorage": { "Size": 512 },
        });
        if !function.spec.env.is_empty() {
            merge(&mut shown, json!({ "Environment": { "Variables": function.spec.env } }));
        }
        if let Some(patch) = patch {
            merge(&mut shown, patch);
        }
        Ok(Some(shown))
    }

    /// The ARN of a function, version or alias.
    pub(super) fn qualified_arn(&self, name: &str, qualifier: &str) -> String {
        let arn = self.arn(name);
        if qualifier.is_empty() { arn } else { format!("{arn}:{qualifier}") }
    }

    /// Works on what a function has; `name` may be an ARN.
    pub(super) fn with_resources<T>(
        &self,
        name: &str,
        action: impl FnOnce(&mut Resources) -> T,
    ) -> Result<T, DevStackError> {
        let name = self.function(name)?.spec.name.clone();
        Ok(action(self.functions().resources.entry(name).or_default()))
    }
}
