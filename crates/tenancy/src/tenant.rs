//! A tenant: one customer organisation in the user pool.

use std::collections::BTreeMap;

use crate::ids::PoolId;
use crate::role::{Group, Role};
use crate::text::{bytes_fit, displayable, text_type};

text_type! {
    /// Key of a tenant: 3 to 63 bytes of `a-z`, `0-9` and `-`. It never changes.
    TenantId, "tenant id", "3 to 63 of a-z, 0-9 and -", |raw| bytes_fit(raw, 3, 63, is_slug_byte)
}

text_type! {
    /// A tenant's name in URLs: 3 to 40 bytes of `a-z`, `0-9` and `-`. Unique; it can be changed.
    Slug, "slug", "3 to 40 of a-z, 0-9 and -", |raw| bytes_fit(raw, 3, 40, is_slug_byte)
}

text_type! {
    /// A tenant's name for people: 1 to 128 characters, none of them invisible. For display only.
    TenantName, "tenant name", "1 to 128 characters without control or invisible characters",
    |raw| displayable(raw, 128)
}

text_type! {
    /// What the tenant has bought, such as `pro`: 1 to 64 characters, none of them invisible.
    TenantTier, "tier", "1 to 64 characters without control or invisible characters", |raw| displayable(raw, 64)
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TenantStatus {
    /// Members get tokens.
    Active,
    /// Members get no tokens until the tenant is resumed.
    Suspended,
    /// Members get no tokens. This is final; the record is kept.
    Offboarded,
}

impl TenantStatus {
    pub const ALL: [Self; 3] = [Self::Active, Self::Suspended, Self::Offboarded];

    /// The name in the table and in output.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Offboarded => "offboarded",
        }
    }
}

/// The groups and the IAM role of one role in one tenant.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct RoleGrant {
    /// The groups in a token of a member with the role. If empty, the setting `GROUP_FORMAT` applies.
    pub groups: Vec<Group>,
    /// The IAM role for identity pools, as the operator wrote it. It is checked against the allow-list when it is used.
    pub iam_role: Option<String>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Tenant {
    pub id: TenantId,
    pub name: TenantName,
    pub tier: TenantTier,
    pub status: TenantStatus,
    /// Groups and IAM roles by role. `GROUP_FORMAT` applies to a role that is missing here.
    pub roles: BTreeMap<Role, RoleGrant>,
    /// The user pools in which members get tokens of the tenant and people join it: at most [`MAX_POOLS`]. If empty, these are
    /// all pools.
    pub pools: Vec<PoolId>,
}

/// The most pools that a tenant can name.
pub const MAX_POOLS: usize = 4;

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
