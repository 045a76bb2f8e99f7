//! The functions that are attached to a pool, and how they are named.

use std::collections::HashMap;

use aws_sdk_lambda::operation::get_alias::GetAliasOutput;
use aws_sdk_lambda::operation::get_function_configuration::GetFunctionConfigurationOutput;

use super::snapshot::Expected;
use super::unread::{No, Read, Unread};

/// What Lambda says of a function's version.
pub type Configuration = GetFunctionConfigurationOutput;

/// A function that is attached to a trigger.
#[derive(Clone, Debug)]
pub struct Function {
    /// The trigger, as `LambdaConfig` names it, such as `PostConfirmation`.
    pub trigger: &'static str,
    /// What the pool calls.
    pub arn: String,
    /// The same, in parts.
    pub name: FunctionName,
    /// Its settings.
    pub configuration: Read<Configuration>,
    /// The alias by which it is called, if it is called by one.
    pub alias: Option<Read<GetAliasOutput>>,
    /// Who may call it, as JSON; `None` when it has no policy.
    pub policy: Read<Option<String>>,
    /// How many calls are kept for it at once; `None` when none are.
    pub reserved_concurrency: Read<Option<i32>>,
}

/// The trigger that joins users to tenants.
pub const POST_CONFIRMATION: &str = "PostConfirmation";
/// The trigger that puts tenants into tokens.
pub const PRE_TOKEN_GENERATION: &str = "PreTokenGeneration";

impl Function {
    /// As it is named in findings.
    #[must_use]
    pub fn subject(&self) -> String {
        format!("{} function {}", self.trigger, self.name)
    }

    /// Its settings, if it is there.
    ///
    /// # Errors
    ///
    /// Why they could not be read.
    pub fn settings(&self) -> Result<Option<&Configuration>, String> {
        match &self.configuration {
            Ok(configuration) => Ok(Some(configuration)),
            Err(Unread { kind: No::Missing, .. }) => Ok(None),
            Err(unread) => Err(unread.to_string()),
        }
    }

    /// Whether it is at one of the two triggers of this product.
    #[must_use]
    pub fn is_at_own_trigger(&self) -> bool {
        [POST_CONFIRMATION, PRE_TOKEN_GENERATION].contains(&self.trigger)
    }

    /// Whether it is one of this product, as far as can be seen.
    #[must_use]
    pub fn is_own(&self, expected: &Expected) -> bool {
        self.belongs(expected) == Some(true)
    }

    /// Whether it is one of this product: it is expected there, or it has the setting that both functions must have;
    /// `None` when its settings could not be read.
    #[must_use]
    pub fn belongs(&self, expected: &Expected) -> Option<bool> {
        let wanted = match self.trigger {
            POST_CONFIRMATION => expected.post_confirmation.as_ref(),
            PRE_TOKEN_GENERATION => expected.pre_token_generation.as_ref(),
            _ => return Some(false),
        };
        if wanted.is_some_and(|wanted| wanted.admits(&self.name)) {
            return Some(true);
        }
        match self.settings() {
            Err(_) => None,
            // Variables that could not be decrypted are not variables that are not there.
            Ok(Some(settings)) if environment_error(settings).is_some() => None,
            Ok(settings) => {
                Some(settings.is_some_and(|settings| setting(settings, "TENANCY_TABLE").is_some()))
            }
        }
    }
}

/// Why Lambda could not give the variables of a function, such as a key that may not be used.
#[must_use]
pub fn environment_error(settings: &Configuration) -> Option<&str> {
    let error = settings.environment()?.error()?;
    Some(error.message().or(error.error_code()).unwrap_or("no reason given"))
}

/// The names of a function's settings, in order.
#[must_use]
pub fn setting_names(settings: &Configuration) -> Vec<&str> {
    let variables = settings.environment().and_then(|environment| environment.variables());
    let mut names: Vec<&str> = variables.into_iter().flat_map(HashMap::keys).map(String::as_str).collect();
    names.sort_unstable();
    names
}

/// A setting of a function, an environment variable that is not blank.
#[must_use]
pub fn setting<'a>(settings: &'a Configuration, name: &str) -> Option<&'a str> {
    let variables: &HashMap<String, String> = settings.environment()?.variables()?;
    variables.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
}

/// A function's name: bare, `name:alias`, partial (`account:function:name`) or a whole ARN.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FunctionName {
    /// Of a whole ARN.
    pub region: Option<String>,
    /// Of an ARN.
    pub account: Option<String>,
    /// The name.
    pub name: String,
    /// Alias, version or `$LATEST`.
    pub qualifier: Option<String>,
}

impl std::str::FromStr for FunctionName {
    type Err = &'static str;

    fn from_str(raw: &str) -> Result<Self, Self::Err> {
        let owned = |part: &str| (!part.is_empty()).then(|| part.to_owned());
        let parts: Vec<&str> = raw.trim().split(':').collect();
        let (region, account, name, rest) = match parts.as_slice() {
            ["arn", _, "lambda", region, account, "function", name, rest @ ..] => {
                (owned(region), owned(account), *name, rest)
            }
            ["arn", ..] => return Err("not the ARN of a Lambda function"),
            [account, "function", name, rest @ ..] => (None, owned(account), *name, rest),
            [name, rest @ ..] => (None, None, *name, rest),
            [] => return Err("no name of a function"),
        };
        let qualifier = match rest {
            [] => None,
            [qualifier] => owned(qualifier),
            _ => return Err("too many parts for the name of a function"),
        };
        if name.is_empty() {
            return Err("no name of a function");
        }
        Ok(Self { region, account, name: name.to_owned(), qualifier })
    }
}

impl FunctionName {
    /// Whether `other` is this function: what this one says must be equal, what it leaves open may be anything.
    #[must_use]
    pub fn admits(&self, other: &Self) -> bool {
        let fits = |wanted: &Option<String>, found: &Option<String>| wanted.is_none() || wanted == found;
        self.name == other.name
            && fits(&self.qualifier, &other.qualifier)
            && fits(&self.region, &other.region)
            && fits(&self.account, &other.account)
    }

    /// The alias, when it is called by one: neither a version's number nor `$LATEST`.
    #[must_use]
    pub fn alias(&self) -> Option<&str> {
        let qualifier = self.qualifier.as_deref()?;
        let is_version = qualifier == "$LATEST" || qualifier.bytes().all(|byte| byte.is_ascii_digit());
        (!is_version).then_some(qualifier)
    }

    /// Whether whatever was uploaded last is called.
    #[must_use]
    pub fn is_latest(&self) -> bool {
        self.qualifier.as_deref().is_none_or(|qualifier| qualifier == "$LATEST")
    }
}

impl std::fmt::Display for FunctionName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)?;
        match &self.qualifier {
            Some(qualifier) => write!(f, ":{qualifier}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::FunctionName;

    #[test]
    fn a_function_is_known_by_as_much_of_its_name_as_was_given() {
        let attached: FunctionName =
            "arn:aws:lambda:eu-west-1:123456789012:function:join:live".parse().unwrap();
        let rows = [
            ("join", true),
            ("join:live", true),
            ("123456789012:function:join", true),
            ("arn:aws:lambda:eu-west-1:123456789012:function:join", true),
            ("arn:aws:lambda:eu-west-1:123456789012:function:join:live", true),
            ("join:next", false),
            ("join:$LATEST", false),
            ("210987654321:function:join", false),
            ("arn:aws:lambda:us-east-1:123456789012:function:join", false),
            ("joins", false),
        ];

        for (wanted, expected) in rows {
            let wanted: FunctionName = wanted.parse().unwrap();
            assert_eq!(wanted.admits(&attached), expected, "{wanted:?}");
        }
    }

    #[test]
    fn what_is_no_name_of_a_function_is_refused() {
        for raw in ["", ":live", "arn:aws:s3:::bucket", "a:b:c", "arn:aws:lambda:eu-west-1:1:function:"] {
            assert!(raw.parse::<FunctionName>().is_err(), "{raw}");
        }
    }

    #[test]
    fn an_alias_is_told_from_a_version() {
        let rows = [("f:live", Some("live")), ("f:7", None), ("f:$LATEST", None), ("f", None)];

        for (raw, expected) in rows {
            assert_eq!(raw.parse::<FunctionName>().unwrap().alias(), expected, "{raw}");
        }
    }
}
