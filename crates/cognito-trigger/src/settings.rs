//! Settings: environment variables, read once at start. Every fault is named, not only the first.

use std::fmt::Display;
use std::str::FromStr;

use tenancy::{PoolId, ProviderName};

/// Reads settings through a look-up and collects what is wrong with them. A blank value counts as not set, because
/// that is how templates leave a setting out.
pub struct Settings<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
    faults: Vec<String>,
}

/// Settings with which a function cannot start. `Display` names every fault.
#[derive(Debug, thiserror::Error)]
#[error("the settings are not usable: {}", .0.join("; "))]
pub struct InvalidSettings(pub Vec<String>);

impl<'a> Settings<'a> {
    /// Reads through `lookup`, such as the environment.
    #[must_use]
    pub fn new(lookup: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { lookup, faults: Vec::new() }
    }

    /// The value of `name`, if it is set.
    #[must_use]
    pub fn raw(&self, name: &str) -> Option<String> {
        (self.lookup)(name).filter(|value| !value.trim().is_empty())
    }

    /// `TENANCY_TABLE`: a DynamoDB table's name, 3 to 255 of `A-Z a-z 0-9 _ . -`, or its ARN. Required.
    pub fn table(&mut self) -> String {
        let Some(raw) = self.raw("TENANCY_TABLE") else {
            self.fault("TENANCY_TABLE", "is not set");
            return String::new();
        };
        let name = match raw.strip_prefix("arn:") {
            Some(arn) => arn.rsplit_once(":table/").map_or("", |(_, name)| name),
            None => &raw,
        };
        let is_name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-');
        if !(3..=255).contains(&name.len()) || !name.bytes().all(is_name) {
            self.fault("TENANCY_TABLE", "is not a table's name (3 to 255 of A-Z a-z 0-9 _ . -) or ARN");
        }
        raw
    }

    /// A value of a type with rules of its own; `default` when it is not set.
    pub fn parsed<T>(&mut self, name: &str, default: T) -> T
    where
        T: FromStr<Err: Display>,
    {
        match self.raw(name).map(|raw| raw.parse::<T>()) {
            None => default,
            Some(Ok(value)) => value,
            Some(Err(error)) => {
                self.fault(name, &format!("is not usable: {error}"));
                default
            }
        }
    }

    /// One of `choices`; the first when it is not set.
    pub fn one_of<T: Copy>(&mut self, name: &str, choices: [(&str, T); 2]) -> T {
        let [(first, default), (second, other)] = choices;
        match self.raw(name) {
            None => default,
            Some(raw) if raw == first => default,
            Some(raw) if raw == second => other,
            Some(raw) => {
                self.fault(name, &format!("is `{raw}`, and must be `{first}` or `{second}`"));
                default
            }
        }
    }

    /// A whole number in `range`; `default` when it is not set.
    pub fn number(&mut self, name: &str, default: u64, range: std::ops::RangeInclusive<u64>) -> u64 {
        let Some(raw) = self.raw(name) else { return default };
        raw.parse().ok().filter(|number| range.contains(number)).unwrap_or_else(|| {
            let (min, max) = (range.start(), range.end());
            self.fault(name, &format!("is `{raw}`, and must be a whole number from {min} to {max}"));
            default
        })
    }

    /// `USER_POOL_IDS`: the pools that may call, comma-separated.
    pub fn allowed_pools(&mut self) -> AllowedPools {
        let Some(raw) = self.raw("USER_POOL_IDS") else { return AllowedPools(None) };
        match raw.split(',').map(|id| id.trim().parse()).collect::<Result<Vec<PoolId>, _>>() {
            Ok(pools) => AllowedPools(Some(pools)),
            Err(error) => {
                self.fault("USER_POOL_IDS", &format!("is not usable: {error}"));
                AllowedPools(None)
            }
        }
    }

    /// `EMAIL_VERIFIED_PROVIDERS`: SAML and OIDC providers, comma-separated by name, whose `email_verified` is as good as
    /// Cognito's own. None by default.
    pub fn verified_providers(&mut self) -> Vec<ProviderName> {
        let Some(raw) = self.raw("EMAIL_VERIFIED_PROVIDERS") else { return Vec::new() };
        match raw.split(',').map(|name| name.trim().parse()).collect() {
            Ok(providers) => providers,
            Err(error) => {
                self.fault("EMAIL_VERIFIED_PROVIDERS", &format!("is not usable: {error}"));
                Vec::new()
            }
        }
    }

    /// `TENANT_ATTRIBUTE`: the user attribute that is stamped. Always a custom one, so that no setting makes the stamp
    /// overwrite an e-mail address or a name.
    pub fn tenant_attribute(&mut self) -> String {
        let raw = self.raw("TENANT_ATTRIBUTE").unwrap_or_else(|| "custom:tenantId".to_owned());
        let name = raw.strip_prefix("custom:").unwrap_or_default();
        let is_name = |b: u8| b.is_ascii_graphic() && !matches!(b, b'"' | b'\\');
        // 20 characters: API reference, `CustomAttributeNameType`.
        if !(1..=20).contains(&name.len()) || !name.bytes().all(is_name) {
            self.fault("TENANT_ATTRIBUTE", "must be `custom:` and a name of 1 to 20 characters");
        }
        raw
    }

    /// Notes a fault of the setting `name`.
    pub fn fault(&mut self, name: &str, problem: &str) {
        self.faults.push(format!("{name} {problem}"));
    }

    /// All that is wrong, `faults` that were found elsewhere included.
    #[must_use]
    pub fn failed(mut self, faults: Vec<String>) -> InvalidSettings {
        self.faults.extend(faults);
        InvalidSettings(self.faults)
    }

    /// `value`, if nothing was wrong.
    ///
    /// # Errors
    ///
    /// [`InvalidSettings`] with every fault.
    pub fn finish<T>(self, value: T) -> Result<T, InvalidSettings> {
        if self.faults.is_empty() { Ok(value) } else { Err(InvalidSettings(self.faults)) }
    }
}

/// The pools that may call; without a list, any.
#[derive(Clone, Debug)]
pub struct AllowedPools(Option<Vec<PoolId>>);

impl AllowedPools {
    /// Whether `pool` may call; an event without a pool may only where there is no list.
    #[must_use]
    pub fn admit(&self, pool: Option<&PoolId>) -> bool {
        self.0.as_ref().is_none_or(|pools| pool.is_some_and(|pool| pools.contains(pool)))
    }
}
