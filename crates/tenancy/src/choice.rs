//! Which of a user's tenants a token carries.

use crate::{Membership, MembershipStatus, TenantId, UserRecords};

/// Why a token is refused. What the user is told stands in the `cognito-trigger` crate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Refusal {
    /// The user is in no tenant.
    NoTenant,
    /// A code came and redeemed nothing.
    InviteRequired,
    /// Not a member of the tenant that was asked for or that the app client is bound to.
    WrongTenant,
    /// In several, and none is chosen.
    ChooseTenant,
    /// The tenant, or the membership in it, is suspended or over.
    Suspended,
}

/// The tenant that a request asks for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum AskedTenant {
    /// None.
    None,
    /// Something that no tenant is called.
    Malformed,
    /// This one.
    Tenant(TenantId),
}

impl AskedTenant {
    /// Reads what came.
    #[must_use]
    pub fn parse(raw: &str) -> Self {
        raw.parse().map_or(Self::Malformed, Self::Tenant)
    }
}

/// By what a membership was chosen.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ChosenBy {
    /// The app client is bound to its tenant.
    ClientBinding,
    /// The request asked for its tenant.
    Asked,
    /// The profile names its tenant as the default.
    Default,
    /// It is the only active one.
    OnlyMembership,
}

impl ChosenBy {
    /// A stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ClientBinding => "client_binding",
            Self::Asked => "asked",
            Self::Default => "default",
            Self::OnlyMembership => "only_membership",
        }
    }
}

/// Chooses a membership, and says by what. The first that applies: the tenant that the app client is bound to; the one
/// asked for; the profile's default, if active; the only active one. There is never a silent move from a tenant that was
/// bound or asked for to another.
///
/// # Errors
///
/// [`Refusal`]; never [`Refusal::InviteRequired`].
pub fn choose<'a>(
    records: &'a UserRecords,
    bound: Option<&TenantId>,
    asked: &AskedTenant,
) -> Result<(&'a Membership, ChosenBy), Refusal> {
    let by = |by| move |membership| (membership, by);
    if let Some(bound) = bound {
        return match asked {
            AskedTenant::None => named(records, bound).map(by(ChosenBy::ClientBinding)),
            AskedTenant::Tenant(asked) if asked == bound => {
                named(records, bound).map(by(ChosenBy::ClientBinding))
            }
            AskedTenant::Tenant(_) | AskedTenant::Malformed => Err(Refusal::WrongTenant),
        };
    }
    match asked {
        AskedTenant::Tenant(asked) => return named(records, asked).map(by(ChosenBy::Asked)),
        AskedTenant::Malformed => return Err(Refusal::WrongTenant),
        AskedTenant::None => {}
    }
    let default = records.profile.default_tenant.as_ref();
    if let Some(membership) = default.and_then(|tenant| records.in_tenant(tenant)).filter(|m| m.is_active()) {
        return Ok((membership, ChosenBy::Default));
    }
    let mut active = records.active();
    match (active.next(), active.next()) {
        (Some(only), None) => Ok((only, ChosenBy::OnlyMembership)),
        (Some(_), Some(_)) => Err(Refusal::ChooseTenant),
        (None, _) if records.memberships.iter().any(|m| m.status == MembershipStatus::Suspended) => {
            Err(Refusal::Suspended)
        }
        (None, _) => Err(Refusal::NoTenant),
    }
}

/// The membership in a tenant that was named: active, or nothing.
fn named<'a>(records: &'a UserRecords, tenant: &TenantId) -> Result<&'a Membership, Refusal> {
    let membership = records.in_tenant(tenant).ok_or(Refusal::WrongTenant)?;
    match membership.status {
        MembershipStatus::Active => Ok(membership),
        MembershipStatus::Suspended => Err(Refusal::Suspended),
        MembershipStatus::Removed => Err(Refusal::WrongTenant),
    }
}
