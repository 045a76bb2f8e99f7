//! Invites, as operators see and change them. Their codes are made by the caller, and never stored.

use std::fmt;

use aws_sdk_dynamodb::primitives::{DateTime, DateTimeFormat};
use tenancy::invite::{LONGEST_LIFE_SECONDS, MOST_USES};
use tenancy::ports::Invites;
use tenancy::{
    EmailAddress, EmailHash, Invite, InviteCode, InviteHash, InviteStatus, TenantId, TenantStatus, Timestamp,
};

use super::members::roles_detail;
use super::{
    Change, InviteRecord, InviteUse, Listed, NewInvite, Operator, OperatorError, TenantRecord, refused,
};
use crate::change::Step;
use crate::key::{INVITE_PREFIX, tenant_partition};
use crate::records::pointer::PointerRecord;
use crate::records::{audit, invite, invite_use, pointer};

/// What an invite is good for.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum InviteState {
    /// It can be redeemed.
    Open,
    /// As many as may have redeemed it.
    UsedUp,
    /// It was taken back.
    Revoked,
    /// Its time is over.
    Expired,
}

impl InviteState {
    /// Its name, such as `used-up`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::UsedUp => "used-up",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
        }
    }
}

impl fmt::Display for InviteState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl InviteRecord {
    /// What it is good for at the moment `now`.
    #[must_use]
    pub fn state(&self, now: Timestamp) -> InviteState {
        let invite = &self.invite;
        if invite.status == InviteStatus::Revoked {
            InviteState::Revoked
        } else if invite.uses >= invite.max_uses {
            InviteState::UsedUp
        } else if now >= invite.expires_at {
            InviteState::Expired
        } else {
            InviteState::Open
        }
    }
}

impl Operator {
    /// The invite stored under `hash`, strongly consistent.
    ///
    /// # Errors
    ///
    /// [`OperatorError::Store`].
    pub async fn invite(&self, hash: &InviteHash) -> Result<Option<InviteRecord>, OperatorError> {
        let item = self.table().get("read an invite", invite::key(hash)).await?;
        Ok(item.map(|item| InviteRecord::decode(hash, item)).transpose()?)
    }

    /// The invites of a tenant, in any state, the oldest first, from the index.
    ///
    /// # Errors
    ///
    /// [`OperatorError::Store`].
    pub async fn invites(&self, tenant: &TenantId) -> Result<Listed<InviteRecord>, OperatorError> {
        let partition = tenant_partition(tenant);
        let items = self.table().index("list the invites", partition, INVITE_PREFIX).await?;
        Ok(items.into_iter().map(InviteRecord::listed).collect())
    }

    /// Who has redeemed an invite, and when, strongly consistent, in the order of their pools and subs. Items that cannot
    /// be read are left out: nothing is decided by this.
    ///
    /// # Errors
    ///
    /// [`OperatorError::Store`].
    pub async fn uses(&self, hash: &InviteHash) -> Result<Vec<InviteUse>, OperatorError> {
        let partition = invite::partition(hash);
        let items = self.table().query("read the uses of an invite", partition, invite_use::PREFIX).await?;
        Ok(items.iter().filter_map(InviteUse::decode).collect())
    }

    /// The invite that is the tenant's one for an address, in any state.
    ///
    /// # Errors
    ///
    /// [`OperatorError::Store`].
    pub async fn invite_of_address(
        &self,
        tenant: &TenantId,
        email: &EmailAddress,
    ) -> Result<Option<InviteRecord>, OperatorError> {
        match self.pointer(tenant, email).await? {
            Some(pointer) => self.invite(&pointer.hash).await,
            None => Ok(None),
        }
    }

    /// The invites that tenants have for an address, one a tenant, in any state but revoked and used up, strongly consistent.
    ///
    /// # Errors
    ///
    /// [`OperatorError::Store`].
    pub async fn invites_of_address(
        &self,
        email: &EmailAddress,
    ) -> Result<Listed<InviteRecord>, OperatorError> {
        let mut found = Vec::new();
        for pointer in self.store.pointers(&EmailHash::of(email)).await? {
            match pointer {
                Ok(pointer) => found.extend(self.invite(&pointer.hash).await?.map(Ok)),
                Err(damage) => found.push(Err(damage)),
            }
        }
        Ok(found)
    }

    /// Plans an invite that `code` redeems. The code itself is not stored.
    ///
    /// # Errors
    ///
    /// [`OperatorError::Refused`] when the tenant is not active, the address has an open invite of the tenant, the expiry is
    /// over or more than 30 days away, or the uses are none or too many; [`OperatorError::Store`].
    pub async fn create_invite(
        &self,
        tenant: &TenantRecord,
        invite: &NewInvite,
        code: &InviteCode,
        now: Timestamp,
    ) -> Result<Change, OperatorError> {
        check_terms(tenant, invite, now)?;
        let hash = code.hash();
        let mut steps = vec![tenant.require_status(), self.invite_item(invite, &hash, now)];
        if let Some(email) = &invite.email {
            let pointer = self.pointer(&invite.tenant, email).await?;
            if let Some(open) = self.open_invite_of(pointer.as_ref(), now).await? {
                return refused(
                    "invite-open",
                    format!(
                        "this address has an open invite of `{}` already: {}; see `tenantctl invite resend` and `revoke`",
                        invite.tenant,
                        open.invite.hash.short()
                    ),
                );
            }
            steps.push(pointed(pointer, email, invite, &hash, now, false));
        }
        let (target, detail) = (audit::invite_name(&hash), Some(terms(invite)));
        steps.push(self.audit_item(&invite.tenant, "invite.create", target, detail, now));
        Ok(Change::of(steps))
    }

    /// Plans that nobody can redeem an invite any more. Empty when it was revoked before.
    ///
    /// # Errors
    ///
    /// [`OperatorError::Refused`] when it is used up: members are removed with `member remove`; [`OperatorError::Store`].
    pub async fn revoke_invite(
        &self,
        record: &InviteRecord,
        now: Timestamp,
    ) -> Result<Change, OperatorError> {
        let invite = &record.invite;
        if invite.status == InviteStatus::Revoked {
            return Ok(Change::default());
        }
        if invite.uses >= invite.max_uses {
            return refused(
                "invite-used-up",
                "the invite is used up, so there is nothing to revoke; `tenantctl member remove` ends a membership",
            );
        }
        let mut steps = vec![record.revoked()];
        steps.extend(self.spent_pointer(invite).await?);
        let target = audit::invite_name(&invite.hash);
        steps.push(self.audit_item(&invite.tenant, "invite.revoke", target, None, now));
        Ok(Change::of(steps))
    }

    /// Plans a new invite in place of `record`, which can then not be redeemed any more: same tenant, address and roles, the
    /// uses that were left, redeemed by `code`. The pointer of an address keeps the time of an invite that is still open.
    ///
    /// # Errors
    ///
    /// As [`Operator::create_invite`]; [`OperatorError::Refused`] also when the invite was revoked or is used up.
    pub async fn resend_invite(
        &self,
        tenant: &TenantRecord,
        record: &InviteRecord,
        code: &InviteCode,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<Change, OperatorError> {
        let old = &record.invite;
        if old.status == InviteStatus::Revoked {
            return refused(
                "invite-revoked",
                "the invite was revoked; make a new one with `tenantctl invite create`",
            );
        }
        let left = old.max_uses.saturating_sub(old.uses);
        if left == 0 {
            return refused(
                "invite-used-up",
                "the invite is used up; make a new one with `tenantctl invite create`",
            );
        }
        let new = NewInvite {
            tenant: old.tenant.clone(),
            email: old.email.clone(),
            roles: old.roles.clone(),
            max_uses: left,
            expires_at,
        };
        check_terms(tenant, &new, now)?;
        let hash = code.hash();
        let mut steps = vec![tenant.require_status(), record.replaced(), self.invite_item(&new, &hash, now)];
        if let Some(email) = &new.email {
            let pointer = self.pointer(&new.tenant, email).await?;
            if let Some(other) = pointer.as_ref().filter(|pointer| pointer.hash != old.hash)
                && let Some(open) = self.open_invite_of(Some(other), now).await?
            {
                return refused(
                    "invite-open",
                    format!(
                        "this address has a newer open invite: {}; resend that one",
                        open.invite.hash.short()
                    ),
                );
            }
            // The address keeps its place among its invites: others may have invited it meanwhile, and the oldest goes first.
            let keeps_place = record.state(now) == InviteState::Open
                && pointer.as_ref().is_some_and(|pointer| pointer.hash == old.hash);
            steps.push(pointed(pointer, email, &new, &hash, now, keeps_place));
        }
        let detail = Some(format!("in place of invite:{}: {}", old.hash.short(), terms(&new)));
        steps.push(self.audit_item(&new.tenant, "invite.resend", audit::invite_name(&hash), detail, now));
        Ok(Change::of(steps))
    }

    fn invite_item(&self, invite: &NewInvite, hash: &InviteHash, now: Timestamp) -> Step {
        Step::Create(invite::encode(invite, hash, self.actor(), now))
    }

    async fn pointer(
        &self,
        tenant: &TenantId,
        email: &EmailAddress,
    ) -> Result<Option<PointerRecord>, OperatorError> {
        let key = pointer::key(&EmailHash::of(email), tenant);
        let item = self.table().get("read the invite of an address", key).await?;
        Ok(item.map(PointerRecord::decode).transpose()?)
    }

    async fn open_invite_of(
        &self,
        pointer: Option<&PointerRecord>,
        now: Timestamp,
    ) -> Result<Option<InviteRecord>, OperatorError> {
        let Some(pointer) = pointer else { return Ok(None) };
        Ok(self.invite(&pointer.hash).await?.filter(|record| record.state(now) == InviteState::Open))
    }

    /// The pointer of the invite's address goes, if it points at this invite.
    async fn spent_pointer(&self, invite: &Invite) -> Result<Option<Step>, OperatorError> {
        let Some(email) = &invite.email else { return Ok(None) };
        let pointer = self.pointer(&invite.tenant, email).await?;
        Ok(pointer.filter(|pointer| pointer.hash == invite.hash).map(PointerRecord::deleted))
    }
}

fn pointed(
    pointer: Option<PointerRecord>,
    email: &EmailAddress,
    invite: &NewInvite,
    hash: &InviteHash,
    now: Timestamp,
    keeps_place: bool,
) -> Step {
    let key = pointer::key(&EmailHash::of(email), &invite.tenant);
    pointer::pointed(pointer, key, hash, (now, invite.expires_at), keeps_place)
}

/// What an invite gives, for the audit: no address, no code.
fn terms(invite: &NewInvite) -> String {
    let bound = if invite.email.is_some() { ", bound to an address" } else { "" };
    format!(
        "{}, {} at most, until {}{bound}",
        roles_detail(&invite.roles),
        invite.max_uses,
        date(invite.expires_at)
    )
}

/// RFC 3339 in UTC.
fn date(moment: Timestamp) -> String {
    let seconds = i64::try_from(moment.epoch_seconds()).ok();
    let date = seconds.and_then(|seconds| DateTime::from_secs(seconds).fmt(DateTimeFormat::DateTime).ok());
    date.unwrap_or_else(|| moment.to_string())
}

fn check_terms(tenant: &TenantRecord, invite: &NewInvite, now: Timestamp) -> Result<(), OperatorError> {
    let id = &tenant.tenant.id;
    if tenant.tenant.status != TenantStatus::Active {
        return refused(
            "tenant-not-active",
            format!(
                "tenant `{id}` is not active, and nobody could redeem the invite; see `tenantctl tenant resume`"
            ),
        );
    }
    if invite.expires_at <= now {
        return refused("invite-life", "the invite would be expired at once");
    }
    if invite.expires_at > now.plus_seconds(LONGEST_LIFE_SECONDS) {
        return refused(
            "invite-life",
            "an invite lives 30 days at most; make it shorter, and resend it when it is needed",
        );
    }
    if !(1..=MOST_USES).contains(&invite.max_uses) {
        return refused("invite-uses", format!("an invite is for 1 to {MOST_USES} users"));
    }
    Ok(())
}
