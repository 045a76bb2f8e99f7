//! A tenant: one customer organisation of the product that this pool signs users into.

use std::collections::BTreeMap;

use crate::role::{Group, Role};
use crate::text::{bytes_fit, displayable, text_type};

text_type! {
    /// Key of a tenant: 3 to 63 bytes of `a-z`, `0-9` and `-`. Never changes.
    TenantId, "tenant id", "3 to 63 of a-z, 0-9 and -", |raw| bytes_fit(raw, 3, 63, is_slug_byte)
}

text_type! {
    /// A tenant's name in addresses: 3 to 40 bytes of `a-z`, `0-9` and `-`. Unique, and can be changed.
    Slug, "slug", "3 to 40 of a-z, 0-9 and -", |raw| bytes_fit(raw, 3, 40, is_slug_byte)
}

text_type! {
    /// A tenant's name for people: 1 to 128 characters, none of them invisible. Display only.
    TenantName, "tenant name", "1 to 128 characters without control or invisible characters",
    |raw| displayable(raw, 128)
}

text_type! {
    /// What the tenant has bought, such as `pro`: 1 to 64 characters, none of them invisible.
    TenantTier, "tier", "1 to 64 characters without control or invisible characters", |raw| displayable(raw, 64)
}

/// Whether a tenant's users may have tokens for it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TenantStatus {
    /// They may.
    Active,
    /// They may not for now.
    Suspended,
    /// They may not any more; the record is kept.
    Offboarded,
}

impl TenantStatus {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Active, Self::Suspended, Self::Offboarded];

    /// Its name, in the table and wherever it is shown.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Offboarded => "offboarded",
        }
    }
}

/// What one role means in one tenant.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct RoleGrant {
    /// The groups that a token of the role carries; empty: the form of the setting `GROUP_FORMAT` applies.
    pub groups: Vec<Group>,
    /// The IAM role for identity pools, as the operator wrote it; checked against the allow-list when it is used.
    pub iam_role: Option<String>,
}

/// What a token says of a tenant, and whether it may say it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Tenant {
    /// Key.
    pub id: TenantId,
    /// Name for people.
    pub name: TenantName,
    /// What has been bought.
    pub tier: TenantTier,
    /// Whether its users may have tokens for it.
    pub status: TenantStatus,
    /// What each role means here; a role that is not listed has no groups and no IAM role of the tenant's own.
    pub roles: BTreeMap<Role, RoleGrant>,
}

fn is_slug_byte(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_id_is_lower_case_letters_digits_and_hyphens() {
        let rows = [
            ("acme", true),
            ("a-1", true),
            (&"a".repeat(63), true),
            ("ab", false),
            (&"a".repeat(64), false),
            ("Acme", false),
            ("acme corp", false),
            ("acme#x", false),
            ("äcme", false),
            ("", false),
        ];

        for (raw, valid) in rows {
            assert_eq!(raw.parse::<TenantId>().is_ok(), valid, "{raw:?}");
        }
    }

    #[test]
    fn a_tenant_name_cannot_hide_or_reorder_text() {
        let rows = [
            ("Acme", true),
            ("Ácme & Söhne 株式会社 🚀", true),
            (&"x".repeat(128), true),
            (&"x".repeat(129), false),
            ("", false),
            ("   ", false),
            ("Ac\u{0}me", false),
            ("Ac\nme", false),
            ("Ac\u{202e}me", false),
            ("Ac\u{2066}me", false),
            ("Ac\u{200f}me", false),
            ("Ac\u{200b}me", false),
            ("Ac\u{ad}me", false),
            ("Ac\u{2028}me", false),
            ("Ac\u{2060}me", false),
            ("Ac\u{feff}me", false),
            ("Ac\u{e0041}me", false),
            ("\u{3164}", false),
            ("Ac\u{200d}me", false),
            ("Acme\u{200c}", false),
            ("Ac\u{fe0f}me", false),
            ("\u{200d}Acme", false),
            ("خانه\u{200c}های ما", true),
            ("Love \u{2764}\u{fe0f}", true),
            ("\u{1f469}\u{200d}\u{1f4bb} Labs", true),
        ];

        for (raw, valid) in rows {
            assert_eq!(raw.parse::<TenantName>().is_ok(), valid, "{raw:?}");
            if raw.chars().count() <= 64 {
                assert_eq!(raw.parse::<TenantTier>().is_ok(), valid, "tier {raw:?}");
            }
        }
    }
}
