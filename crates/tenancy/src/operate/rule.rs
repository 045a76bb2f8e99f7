//! The rules that forbid a change.

use crate::invite::MOST_USES;
use crate::{
    CellName, CellStatus, ClientId, InviteHash, MailDomain, PoolId, ProviderName, Slug, Sub, TenantId,
    TenantTier,
};

/// A rule that forbids a change. `Display` is for operators; `tenantctl` adds the command that helps.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Rule {
    #[error("there is no tenant `{0}`")]
    TenantUnknown(TenantId),
    #[error("there is a tenant `{0}` already; ids are never used again")]
    TenantExists(TenantId),
    /// The change is to the tenant itself.
    #[error("tenant `{0}` is offboarded, which is final; make a new one")]
    TenantFinal(TenantId),
    /// The change is to a member, an app client or an identity provider of the tenant.
    #[error("tenant `{0}` is offboarded, which is final")]
    TenantOffboarded(TenantId),
    #[error("tenant `{0}` is not active, and nobody could redeem the invite")]
    TenantNotActive(TenantId),
    #[error("tenant `{0}` has no slug")]
    TenantWithoutSlug(TenantId),
    #[error("the slug `{slug}` belongs to tenant `{owner}`; choose another")]
    SlugTaken { slug: Slug, owner: TenantId },
    #[error("app client {client} is bound to tenant `{tenant}`")]
    ClientBound { client: ClientId, tenant: TenantId },
    #[error("identity provider {provider} is bound to tenant `{tenant}`")]
    ProviderBound { provider: ProviderName, tenant: TenantId },
    #[error("mail domain {domain} belongs to tenant `{tenant}`")]
    DomainTaken { domain: MailDomain, tenant: TenantId },
    #[error("user {sub} is no member of `{tenant}`")]
    MemberUnknown { sub: Sub, tenant: TenantId },
    #[error("user {sub} is a member of `{tenant}` already, with other roles")]
    MemberExists { sub: Sub, tenant: TenantId },
    #[error("user {sub} is a suspended member of `{tenant}`")]
    MemberSuspended { sub: Sub, tenant: TenantId },
    #[error("user {sub} was removed from `{tenant}`")]
    MemberRemoved { sub: Sub, tenant: TenantId },
    #[error(
        "user {sub} is no active member of `{tenant}`, or the tenant is not active: no token could be made"
    )]
    MemberNotActive { sub: Sub, tenant: TenantId },
    #[error("this address has an open invite of `{tenant}` already: {}", .invite.short())]
    InviteOpen { tenant: TenantId, invite: InviteHash },
    /// The change is to resend an older invite.
    #[error("this address has a newer open invite: {}; resend that one", .0.short())]
    NewerInviteOpen(InviteHash),
    #[error("the invite was revoked")]
    InviteRevoked,
    /// The change is to resend the invite.
    #[error("the invite is used up")]
    InviteUsedUp,
    /// The change is to revoke the invite.
    #[error("the invite is used up, so there is nothing to revoke")]
    NothingToRevoke,
    #[error("the invite would be expired at once")]
    InviteExpired,
    #[error("an invite lives 30 days at most; make it shorter, and resend it when it is needed")]
    InviteTooLong,
    #[error("an invite is for 1 to {MOST_USES} users")]
    InviteUses,
    #[error("there is no cell `{0}`")]
    CellUnknown(CellName),
    #[error("there is a cell `{0}` already")]
    CellExists(CellName),
    #[error("user pool {pool} belongs to cell `{cell}`")]
    CellPoolTaken { pool: PoolId, cell: CellName },
    #[error("cell `{cell}` is {}, and takes no tenants", .status.name())]
    CellNotOpen { cell: CellName, status: CellStatus },
    #[error("cell `{cell}` does not take the tier `{tier}`")]
    CellTier { cell: CellName, tier: TenantTier },
    #[error("cell `{0}` is full")]
    CellFull(CellName),
    /// No cell was named.
    #[error("every open cell that takes the tier `{0}` is full")]
    CellsFull(TenantTier),
    /// No cell was named.
    #[error("no open cell takes the tier `{0}`")]
    NoCell(TenantTier),
    /// The change is to close the cell.
    #[error("cell `{cell}` is not empty (tenants: {tenants})")]
    CellNotEmpty { cell: CellName, tenants: u32 },
    #[error("tenant `{tenant}` is in cell `{cell}` already")]
    TenantPlaced { tenant: TenantId, cell: CellName },
    /// The tenant has members, app clients or identity providers in the pool.
    #[error(
        "tenant `{tenant}` has members or bindings in user pool {pool}, which is not the pool of cell `{cell}`"
    )]
    TenantElsewhere { tenant: TenantId, pool: PoolId, cell: CellName },
}

impl Rule {
    /// A stable name for scripts.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::TenantUnknown(_) => "tenant-unknown",
            Self::TenantExists(_) => "tenant-exists",
            Self::TenantFinal(_) | Self::TenantOffboarded(_) => "tenant-offboarded",
            Self::TenantNotActive(_) => "tenant-not-active",
            Self::TenantWithoutSlug(_) => "tenant-without-slug",
            Self::SlugTaken { .. } => "slug-taken",
            Self::ClientBound { .. } => "client-bound",
            Self::ProviderBound { .. } => "idp-bound",
            Self::DomainTaken { .. } => "domain-taken",
            Self::MemberUnknown { .. } => "member-unknown",
            Self::MemberExists { .. } => "member-exists",
            Self::MemberSuspended { .. } => "member-suspended",
            Self::MemberRemoved { .. } => "member-removed",
            Self::MemberNotActive { .. } => "member-not-active",
            Self::InviteOpen { .. } | Self::NewerInviteOpen(_) => "invite-open",
            Self::InviteRevoked => "invite-revoked",
            Self::InviteUsedUp | Self::NothingToRevoke => "invite-used-up",
            Self::InviteExpired | Self::InviteTooLong => "invite-life",
            Self::InviteUses => "invite-uses",
            Self::CellUnknown(_) => "cell-unknown",
            Self::CellExists(_) => "cell-exists",
            Self::CellPoolTaken { .. } => "cell-pool-taken",
            Self::CellNotOpen { .. } => "cell-not-open",
            Self::CellTier { .. } => "cell-tier",
            Self::CellFull(_) | Self::CellsFull(_) => "cell-full",
            Self::NoCell(_) => "no-cell",
            Self::CellNotEmpty { .. } => "cell-not-empty",
            Self::TenantPlaced { .. } => "tenant-placed",
            Self::TenantElsewhere { .. } => "tenant-elsewhere",
        }
    }
}
