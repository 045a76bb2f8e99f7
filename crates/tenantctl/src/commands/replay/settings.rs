//! Settings of the functions: the defaults, or those of a deployed function, and what the command line says instead.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use aws_sdk_lambda::Client;
use clap::Args;
use function::{InvalidSettings, Settings};
use user_pool::function::environment_error;

use super::triggers::{Config, TriggerKind};
use crate::failure::{self, Failure};
use crate::issuable::setting_names;
use crate::region;

/// Names and values of environment variables.
pub(super) type Variables = BTreeMap<String, String>;

/// The settings to play an event with.
#[derive(Args, Debug)]
pub(super) struct SettingOptions {
    /// Use the settings of this deployed function: its name or ARN, also with a version or alias
    #[arg(long, value_name = "NAME")]
    pub(super) function: Option<String>,
    /// Use this setting of the function, such as MODE=observe; may be repeated
    #[arg(long, value_name = "NAME=VALUE")]
    pub(super) set: Vec<Assignment>,
}

impl SettingOptions {
    /// Reads the settings of a trigger as its function does: `base`, and over them what the command line says. Also the
    /// variables that are not left at their defaults.
    ///
    /// # Errors
    ///
    /// [`Failure`] when the function could not start with them. `function` is the name of the function that has `base`.
    pub(super) fn read(
        &self,
        trigger: TriggerKind,
        function: Option<&str>,
        base: Variables,
    ) -> Result<(Config, Variables), Failure> {
        let variables = merged(base, &self.set);
        let config = read(trigger, &variables).map_err(|faults| match function {
            None => Failure::usage(faults.to_string()).hint("docs/settings.md says what each may be."),
            Some(function) => Failure::failed(format!("{function} cannot start: {faults}"))
                .hint("--set NAME=VALUE overrides a setting of the function."),
        })?;
        Ok((config, variables))
    }
}

/// One setting of the command line: `NAME=VALUE`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Assignment {
    name: String,
    value: String,
}

impl FromStr for Assignment {
    type Err = String;

    fn from_str(raw: &str) -> Result<Self, Self::Err> {
        let (name, value) = raw.split_once('=').ok_or("it must be NAME=VALUE, such as MODE=observe")?;
        let known = names();
        let name = name.trim();
        if name == "TENANCY_TABLE" {
            return Err("the table is what --table says".to_owned());
        }
        if name.starts_with("AWS_") {
            return Err("AWS is called with this tool's own options and environment".to_owned());
        }
        if !known.contains(name) {
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            return Err(format!("neither function has a setting {name}; there are {}", known.join(", ")));
        }
        Ok(Self { name: name.to_owned(), value: value.to_owned() })
    }
}

/// The settings of all functions.
fn names() -> BTreeSet<String> {
    setting_names(|settings| {
        for trigger in TriggerKind::ALL {
            let _ = Config::read(trigger, settings);
        }
    })
}

/// What applies: of `base`, the variables of a function, and `set`, which goes before, those that are settings and are set.
fn merged(base: Variables, set: &[Assignment]) -> Variables {
    let known = names();
    let mut variables = base;
    variables.extend(set.iter().map(|setting| (setting.name.clone(), setting.value.clone())));
    variables.retain(|name, value| known.contains(name) && !value.trim().is_empty());
    variables
}

/// Reads the settings of a trigger as its function does.
fn read(trigger: TriggerKind, variables: &Variables) -> Result<Config, InvalidSettings> {
    let lookup = |name: &str| variables.get(name).cloned();
    let mut settings = Settings::new(&lookup);
    let config = Config::read(trigger, &mut settings);
    settings.finish(config)
}

/// The environment of the deployed function `name`: a name or an ARN, with or without a version or an alias.
pub(super) async fn of_function(lambda: &Client, name: &str) -> Result<Variables, Failure> {
    let asked = lambda.get_function_configuration().function_name(name).send().await;
    let configuration = asked.map_err(|error| {
        failure::aws(&format!("read the settings of the function {name}"), &error)
            .needs("lambda:GetFunctionConfiguration; or give the settings with --set NAME=VALUE")
            .or_hint(region::hint(name, lambda.config().region().map_or("", AsRef::as_ref)))
    })?;
    if let Some(said) = environment_error(&configuration) {
        return Err(Failure::failed(format!("Lambda does not show the settings of {name}: {said}"))
            .hint("They are encrypted: allow kms:Decrypt on their key."));
    }
    let variables = configuration.environment.and_then(|environment| environment.variables);
    Ok(variables.unwrap_or_default().into_iter().collect())
}

/// What is odd about a function's environment, if anything: it reads another table than this replay does.
pub(super) fn doubt(name: &str, variables: &Variables, table: &str) -> Option<String> {
    let bare = |table: &str| table.rsplit_once(":table/").map_or(table, |(_, name)| name).to_owned();
    match variables.get("TENANCY_TABLE").filter(|table| !table.trim().is_empty()) {
        None => Some(format!("{name} has no TENANCY_TABLE: is it one of the two functions?")),
        Some(theirs) if bare(theirs) != bare(table) => {
            Some(format!("{name} reads the table {theirs}, and this command {table}"))
        }
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_setting_of_a_function_can_be_set() {
        let rows = [
            ("MODE=observe", None),
            ("UNINVITED=admit", None),
            ("GROUP_FORMAT={tenant_id}:{role}", None),
            ("IAM_ROLE_ALLOWLIST=arn:aws:iam::*=x", None),
            ("MODE=", None),
            ("MODE", Some("must be NAME=VALUE")),
            ("MOOD=observe", Some("CLAIM_BYTES_MAX")),
            ("TENANCY_TABLE=x", Some("--table")),
            ("AWS_REGION=x", Some("own options")),
        ];

        for (raw, fault) in rows {
            let parsed = raw.parse::<Assignment>();
            match fault {
                None => assert!(parsed.is_ok(), "{raw}: {parsed:?}"),
                Some(fault) => assert!(parsed.as_ref().unwrap_err().contains(fault), "{raw}: {parsed:?}"),
            }
        }
    }

    #[test]
    fn the_command_line_goes_before_the_function_and_secrets_stay_out() {
        let base =
            [("MODE", "observe"), ("POOL_GROUPS", "keep"), ("DB_PASSWORD", "hunter2"), ("UNINVITED", " ")];
        let base = base.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let set = ["MODE=enforce".parse().unwrap(), "POOL_GROUPS=".parse().unwrap()];

        let variables = merged(base, &set);

        assert_eq!(variables, [("MODE".to_owned(), "enforce".to_owned())].into());
    }

    #[test]
    fn every_fault_is_named() {
        let set = ["MODE=x".parse().unwrap(), "CLAIM_BYTES_MAX=7".parse().unwrap()];

        let error = read(TriggerKind::PreTokenGeneration, &merged(Variables::new(), &set)).unwrap_err();

        assert_eq!(error.0.len(), 2, "{error}");
    }

    #[test]
    fn a_function_of_another_table_is_noticed() {
        let of = |table: &str| [("TENANCY_TABLE".to_owned(), table.to_owned())].into();
        let rows = [
            (Variables::new(), "tenancy", Some("is it one of the two")),
            (of("tenancy"), "tenancy", None),
            (of("arn:aws:dynamodb:eu-west-1:123456789012:table/tenancy"), "tenancy", None),
            (of("tenancy-staging"), "tenancy", Some("reads the table tenancy-staging")),
        ];

        for (variables, table, expected) in rows {
            let doubt = doubt("f", &variables, table);
            assert_eq!(doubt.is_some(), expected.is_some(), "{variables:?}: {doubt:?}");
            assert!(doubt.unwrap_or_default().contains(expected.unwrap_or_default()), "{variables:?}");
        }
    }
}
