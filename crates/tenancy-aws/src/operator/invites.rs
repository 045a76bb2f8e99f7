//! Reads invites and plans changes to them. The caller makes the codes; the table holds only their hashes.

use aws_sdk_dynamodb::primitives::{DateTime, DateTimeFormat};
use tenancy::operate::{invites, roles_in_words};
use tenancy::ports::Offers;
use tenancy::{EmailAddress, EmailHash, Invite, InviteCode, InviteHash, TenantId, Timestamp};

use super::{
    Change, InviteRecord, InviteUse, ListPages, Listed, NewInvite, Operator, OperatorError, TenantRecord,
};
use crate::change::Step;
use crate::key::{INVITE_PREFIX, tenant_partition};
use crate::records::pointer::PointerRecord;
use crate::records::{audit, invite, invite_use, pointer};

impl Operator {
    /// Reads the invite with this hash, strongly consistent.
    pub async fn invite(&self, hash: &InviteHash) -> Result<Option<InviteRecord>, OperatorError> {
        let item = self.table().get("read an invite", invite::key(hash)).await?;
        Ok(item.map(|item| InviteRecord::decode(hash, item)).transpose()?)
    }

    /// The invites of a tenant from the index, in any state, oldest first, page by page.
    #[must_use]
    pub fn invite_pages(&self, tenant: &TenantId) -> ListPages<InviteRecord> {
        let partition = tenant_partition(tenant);
        let pages = self.table().index_pages("list the invites", partition, INVITE_PREFIX, None);
        ListPages::new(pages, InviteRecord::listed)
    }

    /// The users who redeemed an invite, and when, sorted by pool and sub, strongly consistent. Malformed items are left out,
    /// because no decision needs them.
    pub async fn uses(&self, hash: &InviteHash) -> Result<Vec<InviteUse>, OperatorError> {
        let partition = invite::partition(hash);
        let items = self.table().query("read the uses of an invite", partition, invite_use::PREFIX).await?;
        Ok(items.iter().filter_map(InviteUse::decode).collect())
    }

    /// The invite, in any state, to which the tenant's pointer for this address leads.
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

    /// The invites to which the address's pointers lead, at most one for each tenant, strongly consistent. They are open or
    /// expired.
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

    /// Plans a new invite with this code.
    pub async fn create_invite(
        &self,
        tenant: &TenantRecord,
        invite: &NewInvite,
        code: &InviteCode,
        now: Timestamp,
    ) -> Result<Change, OperatorError> {
        invites::check_terms(&tenant.tenant, invite, now)?;
        let hash = code.hash();
        let mut steps = vec![tenant.require_status(), self.invite_item(invite, &hash, now)];
        if let Some(email) = &invite.email {
            let pointer = self.pointer(&invite.tenant, email).await?;
            let pointed_at = match &pointer {
                Some(pointer) => self.invite(&pointer.hash).await?,
                None => None,
            };
            let pointed_at = pointed_at.as_ref().map(|record| &record.invite);
            invites::check_none_open(&invite.tenant, pointed_at, now)?;
            steps.push(pointed(pointer, email, invite, &hash, now, false));
        }
        let (target, detail) = (audit::invite_name(&hash), Some(terms(invite)));
        steps.push(self.audit_item(&invite.tenant, "invite.create", target, detail, now));
        Ok(Change::of(steps))
    }

    /// Plans to revoke an invite. The plan is empty if the invite is already revoked.
    pub async fn revoke_invite(
        &self,
        record: &InviteRecord,
        now: Timestamp,
    ) -> Result<Change, OperatorError> {
        let invite = &record.invite;
        if !invites::revoke(invite)? {
            return Ok(Change::default());
        }
        let mut steps = vec![record.revoked()];
        steps.extend(self.spent_pointer(invite).await?);
        let target = audit::invite_name(&invite.hash);
        steps.push(self.audit_item(&invite.tenant, "invite.revoke", target, None, now));
        Ok(Change::of(steps))
    }

    /// Plans to revoke `record` and to create a new invite with `code` in its place. The new invite has the same tenant,
    /// address and roles, and the remaining uses. If `record` is still open, the address's pointer keeps its creation time.
    pub async fn resend_invite(
        &self,
        tenant: &TenantRecord,
        record: &InviteRecord,
        code: &InviteCode,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<Change, OperatorError> {
        let old = &record.invite;
        let new = invites::resend(&tenant.tenant, old, expires_at, now)?;
        let hash = code.hash();
        let mut steps = vec![tenant.require_status(), record.replaced(), self.invite_item(&new, &hash, now)];
        if let Some(email) = &new.email {
            let pointer = self.pointer(&new.tenant, email).await?;
            let other = match &pointer {
                Some(pointer) if pointer.hash != old.hash => self.invite(&pointer.hash).await?,
                _ => None,
            };
            invites::check_none_newer(other.as_ref().map(|record| &record.invite), now)?;
            let keeps_place = invites::keeps_place(old, pointer.as_ref().map(|pointer| &pointer.hash), now);
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

    /// Deletes the pointer of the invite's address, if it names this invite.
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

/// The terms of an invite, for the audit. They contain neither the address nor the code.
fn terms(invite: &NewInvite) -> String {
    let bound = if invite.email.is_some() { ", bound to an address" } else { "" };
    format!(
        "{}, {} at most, until {}{bound}",
        roles_in_words(&invite.roles),
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
