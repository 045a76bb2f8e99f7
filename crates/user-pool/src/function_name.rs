//! How Lambda functions are named.

use std::fmt;
use std::str::FromStr;

/// A function's name: bare, `name:alias`, partial (`account:function:name`) or a whole ARN.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FunctionName {
    /// Of a whole ARN, such as `aws`.
    pub partition: Option<String>,
    /// Of a whole ARN.
    pub region: Option<String>,
    /// Of an ARN, whole or partial.
    pub account: Option<String>,
    pub name: String,
    /// Alias, version or `$LATEST`.
    pub qualifier: Option<String>,
}

impl FromStr for FunctionName {
    type Err = &'static str;

    fn from_str(raw: &str) -> Result<Self, Self::Err> {
        let owned = |part: &str| (!part.is_empty()).then(|| part.to_owned());
        let parts: Vec<&str> = raw.trim().split(':').collect();
        let (partition, region, account, name, rest) = match parts.as_slice() {
            ["arn", partition, "lambda", region, account, "function", name, rest @ ..] => {
                (owned(partition), owned(region), owned(account), *name, rest)
            }
            ["arn", ..] => return Err("not the ARN of a Lambda function"),
            [account, "function", name, rest @ ..] => (None, None, owned(account), *name, rest),
            [name, rest @ ..] => (None, None, None, *name, rest),
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
        Ok(Self { partition, region, account, name: name.to_owned(), qualifier })
    }
}

impl FunctionName {
    pub fn bare(name: String) -> Self {
        Self { partition: None, region: None, account: None, name, qualifier: None }
    }

    /// Whether `other` is this function: what this one says must be equal, what it leaves open may be anything.
    pub fn admits(&self, other: &Self) -> bool {
        let fits = |wanted: &Option<String>, found: &Option<String>| wanted.is_none() || wanted == found;
        self.name == other.name
            && fits(&self.qualifier, &other.qualifier)
            && fits(&self.region, &other.region)
            && fits(&self.account, &other.account)
    }

    /// The alias, when it is called by one: neither a version's number nor `$LATEST`.
    pub fn alias(&self) -> Option<&str> {
        let qualifier = self.qualifier.as_deref()?;
        let is_version = qualifier == "$LATEST" || qualifier.bytes().all(|byte| byte.is_ascii_digit());
        (!is_version).then_some(qualifier)
    }

    /// Whether what runs changes with each upload of code: no qualifier, or `$LATEST`.
    pub fn is_latest(&self) -> bool {
        self.qualifier.as_deref().is_none_or(|qualifier| qualifier == "$LATEST")
    }

    /// What Lambda's calls take, without the qualifier: the bare name, or the ARN for a function of another account than
    /// `account`.
    pub fn called_from(&self, account: Option<&str>) -> String {
        self.arn().filter(|_| self.account.as_deref() != account).unwrap_or_else(|| self.name.clone())
    }

    /// The ARN without the qualifier.
    fn arn(&self) -> Option<String> {
        let (partition, region, account) =
            (self.partition.as_ref()?, self.region.as_ref()?, self.account.as_ref()?);
        Some(format!("arn:{partition}:lambda:{region}:{account}:function:{}", self.name))
    }
}

impl fmt::Display for FunctionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        self.qualifier.as_ref().map_or(Ok(()), |qualifier| write!(f, ":{qualifier}"))
    }
}

/// A whole ARN, with or without a version or an alias, as a user pool's trigger takes it:
/// `arn:<partition>:lambda:<region>:<12 digits>:function:<name>[:<qualifier>]`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FunctionArn(FunctionName);

#[derive(Debug, thiserror::Error)]
#[error(
    "no ARN of a Lambda function; it looks like arn:aws:lambda:eu-west-1:111122223333:function:NAME:ALIAS"
)]
pub struct InvalidFunctionArn;

impl FunctionArn {
    /// Without the qualifier.
    pub fn base(&self) -> String {
        self.0.arn().unwrap_or_default()
    }

    pub fn region(&self) -> &str {
        self.0.region.as_deref().unwrap_or_default()
    }

    /// 12 digits.
    pub fn account(&self) -> &str {
        self.0.account.as_deref().unwrap_or_default()
    }

    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The version or the alias.
    pub fn qualifier(&self) -> Option<&str> {
        self.0.qualifier.as_deref()
    }

    /// Whether what runs changes with each upload of code.
    pub fn is_unpinned(&self) -> bool {
        self.0.is_latest()
    }

    /// Whether both are one function, whatever the version or alias.
    pub fn is_same_function(&self, other: &Self) -> bool {
        self.base() == other.base()
    }
}

impl FromStr for FunctionArn {
    type Err = InvalidFunctionArn;

    fn from_str(raw: &str) -> Result<Self, Self::Err> {
        let function: FunctionName = raw.parse().map_err(|_| InvalidFunctionArn)?;
        let (Some(partition), Some(region), Some(account)) =
            (&function.partition, &function.region, &function.account)
        else {
            return Err(InvalidFunctionArn);
        };
        let is_word = |text: &str, more: &str, most: usize| {
            let fits = |c: char| c.is_ascii_alphanumeric() || more.contains(c);
            !text.is_empty() && text.len() <= most && text.chars().all(fits)
        };
        let is_fine = (partition == "aws" || partition.starts_with("aws-"))
            && is_word(partition, "-", 20)
            && is_word(region, "-", 32)
            && account.len() == 12
            && account.bytes().all(|b| b.is_ascii_digit())
            && is_word(&function.name, "-_", 140)
            && function.qualifier.as_ref().is_none_or(|qualifier| is_word(qualifier, "$-_", 128));
        // What was left out in reading, such as blanks, is no part of an ARN.
        let arn = Self(function);
        if is_fine && arn.to_string() == raw { Ok(arn) } else { Err(InvalidFunctionArn) }
    }
}

impl fmt::Display for FunctionArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.base())?;
        self.qualifier().map_or(Ok(()), |qualifier| write!(f, ":{qualifier}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn an_arn_is_read_and_written_as_it_was() {
        for (raw, qualifier, unpinned) in [
            ("arn:aws:lambda:eu-west-1:111122223333:function:pre-token", None, true),
            ("arn:aws:lambda:eu-west-1:111122223333:function:pre-token:live", Some("live"), false),
            ("arn:aws:lambda:eu-west-1:111122223333:function:pre_token:7", Some("7"), false),
            ("arn:aws-us-gov:lambda:us-gov-west-1:111122223333:function:f:$LATEST", Some("$LATEST"), true),
            ("arn:aws-cn:lambda:cn-north-1:111122223333:function:f", None, true),
        ] {
            let arn: FunctionArn = raw.parse().unwrap();

            assert_eq!(arn.to_string(), raw);
            assert_eq!((arn.qualifier(), arn.is_unpinned()), (qualifier, unpinned), "{raw}");
        }
    }

    #[test]
    fn what_is_no_arn_of_a_function_is_refused() {
        for raw in [
            "",
            "pre-token",
            "arn:aws:lambda:eu-west-1:111122223333:function:",
            "arn:aws:lambda:eu-west-1:111122223333:function:f:",
            "arn:aws:lambda:eu-west-1:111122223333:function:f:live:more",
            "arn:aws:lambda:eu-west-1:111122223333:layer:f",
            "arn:aws:lambda:eu-west-1:1111:function:f",
            "arn:aws:lambda::111122223333:function:f",
            "arn:awsome:lambda:eu-west-1:111122223333:function:f",
            "arn:aws:iam::111122223333:role/f",
            " arn:aws:lambda:eu-west-1:111122223333:function:f",
            "arn:aws:lambda:eu-west-1:111122223333:function:f$",
        ] {
            assert!(raw.parse::<FunctionArn>().is_err(), "{raw}");
        }
    }
}
