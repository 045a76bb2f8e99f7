//! Arguments that several nouns take: roles, moments, lengths of time, the base of a link.

use std::str::FromStr;
use std::time::{Duration, SystemTime};

use clap::Args;
use tenancy::{Role, TenantId, Timestamp};

use crate::failure::Failure;

/// The tenant that a command is about.
#[derive(Args, Clone, Debug)]
pub struct TenantOption {
    /// The tenant's id
    #[arg(long, value_name = "ID")]
    pub tenant: TenantId,
}

/// Roles in order of precedence.
#[derive(Args, Clone, Debug, Default)]
pub struct RolesOption {
    /// A role; may be repeated, the most important first
    #[arg(long = "role", value_name = "ROLE")]
    pub roles: Vec<Role>,
}

impl RolesOption {
    /// Each role once, in the order given.
    #[must_use]
    pub fn distinct(&self) -> Vec<Role> {
        tenancy::role::union(&[], &self.roles)
    }
}

/// A length of time as people write it: `7d`, `36h`, `90m`.
#[derive(Clone, Copy, Debug)]
pub struct Span(pub Duration);

impl FromStr for Span {
    type Err = String;

    fn from_str(raw: &str) -> Result<Self, Self::Err> {
        let span = humantime::parse_duration(raw.trim());
        span.map(Self).map_err(|_| "a length of time is written like 7d, 36h or 90m".to_owned())
    }
}

/// A moment, or how long ago it was: `2026-11-21T08:00:00Z`, `2026-11-21`, `24h`.
#[derive(Clone, Copy, Debug)]
pub enum Moment {
    /// This moment.
    At(SystemTime),
    /// So long before now.
    Ago(Duration),
}

impl FromStr for Moment {
    type Err = String;

    fn from_str(raw: &str) -> Result<Self, Self::Err> {
        let raw = raw.trim();
        let date = format!("{raw}T00:00:00Z");
        humantime::parse_rfc3339_weak(raw)
            .or_else(|_| humantime::parse_rfc3339(&date))
            .map(Self::At)
            .or_else(|_| humantime::parse_duration(raw).map(Self::Ago))
            .map_err(|_| {
                "a moment is written like 2026-11-21T08:00:00Z or 2026-11-21 (UTC), or 24h for 24 hours ago"
                    .to_owned()
            })
    }
}

impl Moment {
    /// As the table has it.
    #[must_use]
    pub fn timestamp(self, now: SystemTime) -> Timestamp {
        Timestamp::from(match self {
            Self::At(moment) => moment,
            Self::Ago(span) => now.checked_sub(span).unwrap_or(SystemTime::UNIX_EPOCH),
        })
    }
}

/// The page that a link leads to; the code goes behind it as the fragment, which browsers do not send to servers.
#[derive(Clone, Debug)]
pub struct LinkBase(String);

impl FromStr for LinkBase {
    type Err = String;

    fn from_str(raw: &str) -> Result<Self, Self::Err> {
        let raw = raw.trim();
        let is_local = ["http://localhost", "http://127.0.0.1"].iter().any(|local| {
            raw.strip_prefix(local).is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/', '?']))
        });
        if raw.contains(|c: char| c.is_whitespace() || c.is_control()) || raw.contains('#') {
            Err("must be a URL without blanks and without a fragment (#..): the code becomes the fragment"
                .to_owned())
        } else if (raw.starts_with("https://") && raw.len() > "https://".len()) || is_local {
            Ok(Self(raw.to_owned()))
        } else {
            Err("must begin with https:// (http:// only for localhost), since who reads the link can join"
                .to_owned())
        }
    }
}

impl LinkBase {
    /// The link for a code.
    #[must_use]
    pub fn link(&self, code: &str) -> String {
        format!("{}#{code}", self.0)
    }
}

/// A moment for scripts: RFC 3339, UTC.
#[must_use]
pub fn rfc3339(moment: Timestamp) -> String {
    // Later than the year 9999, which a hand-made item may say.
    const LAST: u64 = 253_402_300_799;
    let moment = SystemTime::UNIX_EPOCH + Duration::from_secs(moment.epoch_seconds().min(LAST));
    humantime::format_rfc3339_seconds(moment).to_string()
}

/// A moment for people: to the minute, UTC.
#[must_use]
pub fn minute(moment: Timestamp) -> String {
    let text = rfc3339(moment);
    match text.split_once('T') {
        Some((date, time)) => format!("{date} {}", time.get(..5).unwrap_or_default()),
        None => text,
    }
}

/// Texts in one, or a dash.
pub fn joined<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let text = texts.into_iter().collect::<Vec<_>>().join(", ");
    if text.is_empty() { "-".to_owned() } else { text }
}

/// The names of roles in one text, or a dash.
#[must_use]
pub fn role_names(roles: &[Role]) -> String {
    joined(roles.iter().map(Role::as_str))
}

/// Refuses a list that is empty where something must be in it.
///
/// # Errors
///
/// [`Failure`] of usage.
pub fn not_empty<T>(list: &[T], option: &str) -> Result<(), Failure> {
    if list.is_empty() { Err(Failure::usage(format!("{option} is missing"))) } else { Ok(()) }
}
