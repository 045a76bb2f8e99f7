//! Whom a request asks for.

use crate::{EmailAddress, MailDomain, Slug};

#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Asked {
    /// Nobody, or a text that no tenant can have. Nothing is read for it but the default cell.
    Nobody,
    Slug(Slug),
    Domain(MailDomain),
}

impl Asked {
    /// A slug or an organization code: blanks around it and its case do not matter.
    #[must_use]
    pub fn code(raw: &str) -> Self {
        raw.trim().to_ascii_lowercase().parse().map_or(Self::Nobody, Self::Slug)
    }

    /// The domain of an e-mail address. A domain says nothing about its subdomains or its parents.
    #[must_use]
    pub fn email(raw: &str) -> Self {
        let address = raw.parse::<EmailAddress>().ok();
        address.as_ref().and_then(MailDomain::of).map_or(Self::Nobody, Self::Domain)
    }
}
