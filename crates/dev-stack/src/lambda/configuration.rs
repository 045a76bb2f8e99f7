//! What tests and the API change and see of a function besides its code: timeout, aliases, policies, configuration.

use std::time::Duration;

use serde_json::{Value, json};

use super::{name, policy::Permission, resources::Policy, service::Lambda};
use crate::{DevStackError, account::ACCOUNT_ID, json::merge};

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
        let qualifier = name::qualifier(function).unwrap_or_default();
        let statement = permission.statement(&self.qualified_arn(name::function_name(function), qualifier));
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
        let qualifier = name::qualifier(function).unwrap_or_default().to_owned();
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
        let qualifier = name::qualifier(function).unwrap_or_default();
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
            "FunctionName": function.placement.spec.name,
            "FunctionArn": self.qualified_arn(&function.placement.spec.name, qualifier),
            "Runtime": "provided.al2023",
            "Role": format!("arn:aws:iam::{}:role/{}", ACCOUNT_ID, function.placement.spec.name),
            "Handler": "bootstrap",
            "CodeSize": 0,
            "Description": "",
            "Timeout": function.timeout().as_secs().max(1),
            "MemorySize": function.placement.spec.memory_mb,
            "LastModified": "2026-01-01T00:00:00.000+0000",
            "Version": version,
            "TracingConfig": { "Mode": "PassThrough" },
            "State": "Active",
            "LastUpdateStatus": "Successful",
            "PackageType": "Zip",
            "Architectures": [architecture],
            "EphemeralStorage": { "Size": 512 },
        });
        if !function.placement.spec.env.is_empty() {
            merge(&mut shown, json!({ "Environment": { "Variables": function.placement.spec.env } }));
        }
        if let Some(patch) = patch {
            merge(&mut shown, patch);
        }
        Ok(Some(shown))
    }
}
