//! The ARN of a Lambda function, as a user pool's trigger takes it.

use std::fmt;
use std::str::FromStr;

/// ARN of a function, with or without a version or an alias:
/// `arn:<partition>:lambda:<region>:<12 digits>:function:<name>[:<qualifier>]`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FunctionArn {
    /// Without the qualifier.
    base: String,
    region: String,
    account: String,
    name: String,
    qualifier: Option<String>,
}

/// Not the ARN of a Lambda function.
#[derive(Debug, thiserror::Error)]
#[error(
    "no ARN of a Lambda function; it looks like arn:aws:lambda:eu-west-1:111122223333:function:NAME:ALIAS"
)]
pub struct InvalidFunctionArn;

impl FunctionArn {
    /// Without the qualifier.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The region, such as `eu-west-1`.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The account, 12 digits.
    #[must_use]
    pub fn account(&self) -> &str {
        &self.account
    }

    /// The function's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The version or the alias.
    #[must_use]
    pub fn qualifier(&self) -> Option<&str> {
        self.qualifier.as_deref()
    }

    /// Whether what runs changes with each upload of code: no qualifier, or `$LATEST`.
    #[must_use]
    pub fn is_unpinned(&self) -> bool {
        self.qualifier().is_none_or(|qualifier| qualifier == "$LATEST")
    }

    /// Whether both are one function, whatever the version or alias.
    #[must_use]
    pub fn is_same_function(&self, other: &Self) -> bool {
        self.base == other.base
    }
}

impl FromStr for FunctionArn {
    type Err = InvalidFunctionArn;

    fn from_str(raw: &str) -> Result<Self, Self::Err> {
        let parts: Vec<&str> = raw.split(':').collect();
        let (head, qualifier) = match parts.as_slice() {
            [head @ .., qualifier] if parts.len() == 8 => (head, Some(*qualifier)),
            head => (head, None),
        };
        let ["arn", partition, "lambda", region, account, "function", name] = head else {
            return Err(InvalidFunctionArn);
        };
        let is_word = |text: &str, more: &str, most: usize| {
            let fits = |c: char| c.is_ascii_alphanumeric() || more.contains(c);
            !text.is_empty() && text.len() <= most && text.chars().all(fits)
        };
        let is_fine = (*partition == "aws" || partition.starts_with("aws-"))
            && is_word(partition, "-", 20)
            && is_word(region, "-", 32)
            && account.len() == 12
            && account.bytes().all(|b| b.is_ascii_digit())
            && is_word(name, "-_", 140)
            && qualifier.is_none_or(|qualifier| is_word(qualifier, "$-_", 128));
        if !is_fine {
            return Err(InvalidFunctionArn);
        }
        Ok(Self {
            base: head.join(":"),
            region: (*region).to_owned(),
            account: (*account).to_owned(),
            name: (*name).to_owned(),
            qualifier: qualifier.map(str::to_owned),
        })
    }
}

impl fmt::Display for FunctionArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.qualifier {
            Some(qualifier) => write!(f, "{}:{qualifier}", self.base),
            None => f.write_str(&self.base),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
