//! Settings: environment variables, read once at start. All faults are reported at once.

use std::fmt::Display;
use std::str::FromStr;

/// Reads settings and collects their faults. A blank value counts as not set, because templates leave settings out that way.
pub struct Settings<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
    faults: Vec<String>,
}

/// Faults that keep a function from starting. `Display` names them all.
#[derive(Debug, thiserror::Error)]
#[error("the settings are not usable: {}", .0.join("; "))]
pub struct InvalidSettings(pub Vec<String>);

impl<'a> Settings<'a> {
    /// `lookup` gives a variable's value, for example from the environment.
    #[must_use]
    pub fn new(lookup: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { lookup, faults: Vec::new() }
    }

    /// The value of `name`; `None` when it is not set or blank.
    #[must_use]
    pub fn raw(&self, name: &str) -> Option<String> {
        (self.lookup)(name).filter(|value| !value.trim().is_empty())
    }

    /// `TENANCY_TABLE`: name (3 to 255 of `A-Z a-z 0-9 _ . -`) or ARN of a DynamoDB table. Required.
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

    /// Parses the value of `name`; `default` when it is not set.
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

    /// One of the names. `default` counts when the variable is not set.
    pub fn one_of<T: Copy>(&mut self, name: &str, default: (&str, T), others: &[(&str, T)]) -> T {
        let Some(raw) = self.raw(name) else { return default.1 };
        let choices = || std::iter::once(&default).chain(others);
        choices().find(|(choice, _)| *choice == raw).map_or_else(
            || {
                let allowed: Vec<String> = choices().map(|(choice, _)| format!("`{choice}`")).collect();
                self.fault(name, &format!("is `{raw}`, but must be {}", allowed.join(" or ")));
                default.1
            },
            |(_, value)| *value,
        )
    }

    /// A whole number in `range`; `default` when it is not set.
    pub fn number(&mut self, name: &str, default: u64, range: std::ops::RangeInclusive<u64>) -> u64 {
        let Some(raw) = self.raw(name) else { return default };
        raw.parse().ok().filter(|number| range.contains(number)).unwrap_or_else(|| {
            let (min, max) = (range.start(), range.end());
            self.fault(name, &format!("is `{raw}`, but must be a whole number from {min} to {max}"));
            default
        })
    }

    pub fn fault(&mut self, name: &str, problem: &str) {
        self.faults.push(format!("{name} {problem}"));
    }

    /// `other`, unless there were faults here. The faults of both are combined.
    ///
    /// # Errors
    ///
    /// [`InvalidSettings`] with every fault.
    pub fn finish_with<T>(mut self, other: Result<T, Vec<String>>) -> Result<T, InvalidSettings> {
        match other {
            Ok(value) => self.finish(value),
            Err(faults) => {
                self.faults.extend(faults);
                Err(InvalidSettings(self.faults))
            }
        }
    }

    /// `value`, unless there were faults.
    ///
    /// # Errors
    ///
    /// [`InvalidSettings`] with every fault.
    pub fn finish<T>(self, value: T) -> Result<T, InvalidSettings> {
        if self.faults.is_empty() { Ok(value) } else { Err(InvalidSettings(self.faults)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `read` makes of settings in which `NAME` has this value, and the faults.
    fn read<T>(value: &str, read: impl FnOnce(&mut Settings<'_>) -> T) -> Result<T, String> {
        let lookup = |name: &str| matches!(name, "NAME" | "TENANCY_TABLE").then(|| value.to_owned());
        let mut settings = Settings::new(&lookup);
        let found = read(&mut settings);
        settings.finish(found).map_err(|error| error.to_string())
    }

    #[test]
    #[expect(clippy::redundant_closure_for_method_calls, reason = "the method itself has one lifetime alone")]
    fn a_table_is_a_name_or_an_arn() {
        let (longest, too_long) = ("t".repeat(255), "t".repeat(256));
        let rows = [
            ("tenancy", true),
            ("Az9_.-", true),
            ("abc", true),
            ("ab", false),
            (&longest, true),
            (&too_long, false),
            ("ten ancy", false),
            ("tenancy/index", false),
            ("arn:aws:dynamodb:eu-west-1:123456789012:table/tenancy", true),
            ("arn:aws:dynamodb:eu-west-1:123456789012:table/t", false),
            ("arn:aws:dynamodb:eu-west-1:123456789012:tenancy", false),
        ];

        for (raw, is_table) in rows {
            let table = read(raw, |settings| settings.table());
            assert_eq!(table.as_deref().ok(), is_table.then_some(raw), "{raw:?}");
        }
        let missing = read(" ", |settings| settings.table()).unwrap_err();
        assert_eq!(missing, "the settings are not usable: TENANCY_TABLE is not set");
    }

    #[test]
    fn a_number_is_in_its_range() {
        let number = |raw| read(raw, |settings| settings.number("NAME", 7, 2..=9)).ok();

        assert_eq!(["2", "9", "", "  "].map(number), [Some(2), Some(9), Some(7), Some(7)]);
        assert_eq!(["1", "10", "-3", "3.5", "three"].map(number), [None; 5]);
    }

    #[test]
    fn a_choice_is_one_of_the_names_as_written() {
        let choice = |raw| read(raw, |settings| settings.one_of("NAME", ("on", 1), &[("off", 2)]));

        assert_eq!(["on", "off", ""].map(|raw| choice(raw).unwrap()), [1, 2, 1]);
        for raw in ["On", "of", "true"] {
            let told = choice(raw).unwrap_err();
            assert_eq!(
                told,
                format!("the settings are not usable: NAME is `{raw}`, but must be `on` or `off`")
            );
        }
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let lookup = |_: &str| Some("x".to_owned());
        let mut settings = Settings::new(&lookup);
        assert_eq!(settings.parsed("PARSED", 3_u8), 3, "the default stands in");
        settings.number("NUMBER", 1, 0..=1);

        let told = settings.finish_with::<()>(Err(vec!["OTHER is not set".to_owned()])).unwrap_err();

        let names: Vec<&str> = told.0.iter().filter_map(|fault| fault.split(' ').next()).collect();
        assert_eq!(names, ["PARSED", "NUMBER", "OTHER"]);
        assert_eq!(Settings::new(&lookup).finish_with(Ok(1)).unwrap(), 1);
    }
}
