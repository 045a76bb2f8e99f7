//! The user attribute that holds the stamp.

use std::fmt;
use std::str::FromStr;

use clap::Args;

/// The name of a custom attribute, with its prefix: `custom:` and 1 to 20 printable ASCII characters without `"` and `\`, as
/// the functions' setting `TENANT_ATTRIBUTE` has it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct AttributeName(String);

/// The attribute, as every verb takes it.
#[derive(Args, Clone, Debug)]
pub(crate) struct AttributeOption {
    /// The user attribute of the stamp, as the functions have it
    #[arg(long, value_name = "NAME", env = "TENANT_ATTRIBUTE", default_value = "custom:tenantId")]
    pub(crate) tenant_attribute: AttributeName,
}

impl AttributeName {
    /// The name itself.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AttributeName {
    type Err = &'static str;

    fn from_str(raw: &str) -> Result<Self, Self::Err> {
        let fits = raw.strip_prefix("custom:").is_some_and(|name| {
            (1..=20).contains(&name.len())
                && name.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\'))
        });
        if fits { Ok(Self(raw.to_owned())) } else { Err("it must be `custom:` and 1 to 20 characters") }
    }
}

impl fmt::Display for AttributeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_custom_attribute_can_hold_the_stamp() {
        for (name, fits) in [
            ("custom:tenantId", true),
            ("custom:t", true),
            ("custom:", false),
            ("custom:twenty-characters-20", true),
            ("custom:twenty-one-characters", false),
            ("email", false),
            ("custom:a\"b", false),
        ] {
            assert_eq!(name.parse::<AttributeName>().is_ok(), fits, "{name}");
        }
    }
}
