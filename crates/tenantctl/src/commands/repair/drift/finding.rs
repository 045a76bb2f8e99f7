//! What can be found.

use serde::Serialize;
use tenancy::{Membership, MembershipStatus};

/// Something about one user, or about one item, that is not as it should be.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Finding {
    #[serde(flatten)]
    pub(crate) kind: Kind,
    /// How bad it is.
    pub(crate) severity: Severity,
    /// The user, unless it is about no single one.
    pub(crate) sub: Option<String>,
    /// What `--apply` does about it; nothing, when only a person can.
    pub(crate) mend: Option<Mend>,
    /// What came of it; nothing unless it was tried.
    pub(crate) outcome: Option<Mended>,
}

/// How bad it is, the worst last.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Severity {
    /// As it is to be expected; not counted as drift.
    Info,
    /// Drift.
    Medium,
    /// Drift that may be somebody's doing.
    High,
}

#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub(crate) enum Kind {
    /// The stamp names a tenant in which the user never was, or none at all: somebody else wrote it.
    #[serde(rename = "stamp-possibly-forged")]
    StampForeign {
        /// The tenant that it names; nothing when it cannot be a tenant's id, and it is not repeated then.
        found: Option<String>,
        /// The tenant that it should name; nothing when there should be no stamp.
        expected: Option<String>,
    },
    /// The stamp names another of the user's tenants than it should, or one that the user has left.
    StampStale {
        /// The tenant that it names.
        found: String,
        /// The tenant that it should name; nothing when there should be no stamp.
        expected: Option<String>,
    },
    /// There should be a stamp.
    StampMissing {
        /// The tenant that it should name.
        expected: String,
        /// Whether the table knows; then `repair stamps` writes it too.
        pending: bool,
    },
    /// The default tenant gives no token, and will not again.
    DefaultStale {
        tenant: String,
        /// Why.
        reason: Stale,
        /// The tenant that the next sign-in makes the default; nothing when there is no other.
        falls_back_to: Option<String>,
    },
    /// The membership in the default tenant, or the tenant, is suspended, and the user has another tenant.
    DefaultSuspended {
        tenant: String,
        /// The tenant that the next sign-in makes the default.
        falls_back_to: String,
    },
    /// The pool has no such user any more.
    UserMissing {
        /// The tenants of the memberships that are not removed.
        tenants: Vec<String>,
    },
    /// A user of the pool is no active member of any tenant.
    NoMembership {
        /// `UserStatus` of Cognito.
        user_status: String,
        /// Whether the user may sign in.
        enabled: bool,
        /// What the memberships are, if there are any.
        past: Past,
    },
    /// A membership names a tenant that does not exist.
    TenantMissing { tenant: String },
    /// An item that could not be read.
    Damaged {
        /// Its key.
        item: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The pool's schema does not have the attribute; stamps were not looked at.
    AttributeMissing { attribute: String },
}

/// Why a default tenant gives no token any more.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Stale {
    /// The user was never a member: somebody else wrote it.
    NeverMember,
    /// The membership was removed.
    Removed,
    /// The tenant is in other user pools.
    OtherPool,
    /// The tenant is offboarded.
    Offboarded,
}

/// What a user is, or was, where they are no active member.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Past {
    /// Never a member.
    None,
    Removed,
    Suspended,
}

impl Past {
    /// Of a membership that is not active, if there is one.
    pub(crate) fn of(membership: Option<&Membership>) -> Self {
        match membership.map(|membership| membership.status) {
            None | Some(MembershipStatus::Active) => Self::None,
            Some(MembershipStatus::Removed) => Self::Removed,
            Some(MembershipStatus::Suspended) => Self::Suspended,
        }
    }
}

/// What can be done about it.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Mend {
    /// The profile forgets the default.
    ClearDefault,
    RemoveMemberships,
    /// The stamp is written.
    WriteStamp,
    DeleteStamp,
}

/// What came of it.
#[expect(clippy::enum_variant_names, reason = "the names in JSON")]
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(tag = "result", rename_all = "kebab-case")]
pub(crate) enum Mended {
    Mended,
    /// It was no longer so.
    SettledMeanwhile,
    /// It could not be mended.
    Failed {
        /// A stable name.
        reason: &'static str,
        /// In words.
        detail: String,
    },
}

impl Finding {
    /// About a user.
    pub(crate) fn of_user(sub: &tenancy::Sub, kind: Kind) -> Self {
        Self { sub: Some(sub.to_string()), ..Self::of(kind) }
    }

    /// About no single user.
    pub(crate) fn of(kind: Kind) -> Self {
        let (severity, mend) = (kind.severity(), kind.mend());
        Self { kind, severity, sub: None, mend, outcome: None }
    }

    /// Whether it is still to be dealt with.
    pub(crate) fn is_left(&self) -> bool {
        self.severity > Severity::Info
            && !matches!(self.outcome, Some(Mended::Mended | Mended::SettledMeanwhile))
    }
}

impl Kind {
    fn severity(&self) -> Severity {
        match self {
            Self::StampForeign { .. } => Severity::High,
            // The next sign-in moves a default that was lost.
            Self::DefaultStale { reason: Stale::Removed | Stale::Offboarded | Stale::OtherPool, .. }
            | Self::DefaultSuspended { .. } => Severity::Info,
            // Who has not signed in yet has not redeemed an invite yet; who was removed or suspended was so by an operator.
            Self::NoMembership { user_status, past, .. }
                if *past != Past::None
                    || matches!(user_status.as_str(), "UNCONFIRMED" | "FORCE_CHANGE_PASSWORD") =>
            {
                Severity::Info
            }
            _ => Severity::Medium,
        }
    }

    fn mend(&self) -> Option<Mend> {
        let stamp = |expected: &Option<String>| {
            if expected.is_some() { Mend::WriteStamp } else { Mend::DeleteStamp }
        };
        match self {
            Self::StampForeign { expected, .. } | Self::StampStale { expected, .. } => Some(stamp(expected)),
            Self::StampMissing { .. } => Some(Mend::WriteStamp),
            Self::DefaultStale { reason: Stale::NeverMember, .. } => Some(Mend::ClearDefault),
            Self::UserMissing { .. } => Some(Mend::RemoveMemberships),
            // Without the default of the profile that of the membership joined first counts: to forget a default that was
            // lost could move sessions to another tenant.
            Self::DefaultStale { .. }
            | Self::DefaultSuspended { .. }
            | Self::NoMembership { .. }
            | Self::TenantMissing { .. }
            | Self::Damaged { .. }
            | Self::AttributeMissing { .. } => None,
        }
    }
}
