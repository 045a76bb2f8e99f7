//! Invites, as operators see and change them. Their codes are made by the caller, and never stored.

use std::fmt;

use aws_sdk_dynamodb::primitives::{DateTime, DateTimeFormat};
use aws_sdk_dynamodb::types::AttributeValue;
use tenancy::invite::{LONGEST_LIFE_SECONDS, MOST_USES, RETENTION_SECONDS};
use tenancy::ports::Offers;
use tenancy::{
    Damage, EmailAddress, EmailHash, Invite, InviteCode, InviteHash, InviteStatus, Role, TenantId,
    TenantStatus, Timestamp, UserKey,
};

use super::change::{Change, Write};
use super::members::roles_detail;
use super::tenants::TenantRecord;
use super::{Listed, Operator, OperatorError, refused, text_of};
use crate::item::{Attributes, Item, new_item, number, role_list, text};
use crate::key::{Key, tenant_partition};
use crate::store::decode_invite;

/// An invite to be made.
#[derive(Clone, Debug)]
pub struct NewInvite {
    /// The tenant to join.
    pub tenant: TenantId,
    /// If given, only this address may redeem it.
    pub email: Option<EmailAddress>,
    /// The roles that come with it, in order of precedence.
    pub roles: Vec<Role>,
    /// How many users may redeem it.
    pub max_uses: u64,
    /// From this moment on it is expired.
    pub expires_at: Timestamp,
}

/// An invite with what is kept for operators.
#[derive(Clone, Debug)]
pub struct InviteRecord {
    /// What a redemption is decided from.
    pub invite: Invite,
    /// Who made it.
    pub created_by: Option<String>,
    item: Attributes,
}

/// That a user has redeemed an invite.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InviteUse {
    /// Who.
    pub user: UserKey,
    /// When.
    pub at: Timestamp,
}

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

    fn decode(hash: &InviteHash, item: Attributes) -> Result<Self, Damage> {
        let invite = decode_invite(hash, &item)?;
        Ok(Self { invite, created_by: text_of(&item, "createdBy").map(str::to_owned), item })
    }

    fn listed(item: Attributes) -> Result<Self, Damage> {
        let hash = text_of(&item, "pk").and_then(|pk| pk.strip_prefix("INVITE#")?.parse().ok());
        match hash {
            Some(hash) => Self::decode(&hash, item),
            None => Err(Damage {
                key: text_of(&item, "gsi1pk").unwrap_or_default().to_owned(),
                problem: "an invite's `pk` is not one".to_owned(),
            }),
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
        let item = self.store.get("read an invite", Key::invite(hash)).await?;
        Ok(item.map(|item| InviteRecord::decode(hash, item)).transpose()?)
    }

    /// The invites of a tenant, in any state, the oldest first, from the index.
    ///
    /// # Errors
    ///
    /// [`OperatorError::Store`].
    pub async fn invites(&self, tenant: &TenantId) -> Result<Listed<InviteRecord>, OperatorError> {
        let items = self.index("list the invites", &tenant_partition(tenant), "INVITE#").await?;
        Ok(items.into_iter().map(InviteRecord::listed).collect())
    }

    /// Who has redeemed an invite, and when, strongly consistent, in the order of their pools and subs. Items that cannot
    /// be read are left out: nothing is decided by this.
    ///
    /// # Errors
    ///
    /// [`OperatorError::Store`].
    pub async fn uses(&self, hash: &InviteHash) -> Result<Vec<InviteUse>, OperatorError> {
        let partition = Key::invite(hash).pk;
        let items = self.store.query("read the uses of an invite", partition, "USE#").await?;
        let uses = items.iter().filter_map(|item| {
            let (pool, sub) = text_of(item, "sk")?.strip_prefix("USE#")?.split_once('#')?;
            let at = item.get("at")?.as_n().ok()?.parse().ok()?;
            let user = UserKey { pool: pool.parse().ok()?, sub: sub.parse().ok()? };
            Some(InviteUse { user, at: Timestamp::from_epoch_seconds(at) })
        });
        Ok(uses.collect())
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
            Some(Pointer { hash, .. }) => self.invite(&hash).await,
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
        let mut writes = vec![tenant.require_status(), Write::Create(self.new_invite(invite, &hash, now))];
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
            writes.push(pointer_write(pointer, email, invite, &hash, number(now.epoch_seconds())));
        }
        writes.push(self.audit_item(
            &invite.tenant,
            ("invite.create", &target(&hash)),
            Some(terms(invite)),
            now,
        ));
        Ok(Change::of(writes))
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
        let mut writes = vec![revocation(record, &["status"])];
        writes.extend(self.spent_pointer(invite).await?);
        writes.push(self.audit_item(&invite.tenant, ("invite.revoke", &target(&invite.hash)), None, now));
        Ok(Change::of(writes))
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
        let mut writes = vec![
            tenant.require_status(),
            revocation(record, &["status", "uses"]),
            Write::Create(self.new_invite(&new, &hash, now)),
        ];
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
            let kept = pointer
                .as_ref()
                .filter(|pointer| pointer.hash == old.hash && record.state(now) == InviteState::Open)
                .and_then(|pointer| pointer.item.get("createdAt").cloned());
            let created_at = kept.unwrap_or_else(|| number(now.epoch_seconds()));
            writes.push(pointer_write(pointer, email, &new, &hash, created_at));
        }
        let detail = Some(format!("in place of invite:{}: {}", old.hash.short(), terms(&new)));
        writes.push(self.audit_item(&new.tenant, ("invite.resend", &target(&hash)), detail, now));
        Ok(Change::of(writes))
    }

    fn new_invite(&self, invite: &NewInvite, hash: &InviteHash, now: Timestamp) -> Attributes {
        let mut meta = new_item(Key::invite(hash), "invite");
        meta.insert("tid".to_owned(), text(invite.tenant.as_str()));
        meta.insert("roles".to_owned(), role_list(&invite.roles));
        meta.insert("uses".to_owned(), number(0));
        meta.insert("maxUses".to_owned(), number(invite.max_uses));
        meta.insert("status".to_owned(), text("open"));
        meta.insert("expiresAt".to_owned(), number(invite.expires_at.epoch_seconds()));
        meta.insert("createdBy".to_owned(), text(self.actor()));
        meta.insert("createdAt".to_owned(), number(now.epoch_seconds()));
        meta.insert(
            "ttl".to_owned(),
            number(invite.expires_at.plus_seconds(RETENTION_SECONDS).epoch_seconds()),
        );
        meta.insert("gsi1pk".to_owned(), text(tenant_partition(&invite.tenant)));
        meta.insert("gsi1sk".to_owned(), text(format!("INVITE#{now}#{}", hash.short())));
        if let Some(email) = &invite.email {
            meta.insert("email".to_owned(), text(email.as_str()));
        }
        meta
    }

    async fn pointer(
        &self,
        tenant: &TenantId,
        email: &EmailAddress,
    ) -> Result<Option<Pointer>, OperatorError> {
        let key = Key::email_pointer(&EmailHash::of(email), tenant);
        let Some(item) = self.store.get("read the invite of an address", key.clone()).await? else {
            return Ok(None);
        };
        let hash = Item::open(&key, "mail", &item)?.parsed("h")?;
        Ok(Some(Pointer { hash, item }))
    }

    async fn open_invite_of(
        &self,
        pointer: Option<&Pointer>,
        now: Timestamp,
    ) -> Result<Option<InviteRecord>, OperatorError> {
        let Some(pointer) = pointer else { return Ok(None) };
        Ok(self.invite(&pointer.hash).await?.filter(|record| record.state(now) == InviteState::Open))
    }

    /// The pointer of the invite's address goes, if it points at this invite.
    async fn spent_pointer(&self, invite: &Invite) -> Result<Option<Write>, OperatorError> {
        let Some(email) = &invite.email else { return Ok(None) };
        let pointer =
            self.pointer(&invite.tenant, email).await?.filter(|pointer| pointer.hash == invite.hash);
        Ok(pointer.map(|pointer| Write::Delete { before: pointer.item, guard: vec!["h"] }))
    }
}

/// That an address has an invite of a tenant.
struct Pointer {
    hash: InviteHash,
    item: Attributes,
}

fn pointer_write(
    pointer: Option<Pointer>,
    email: &EmailAddress,
    invite: &NewInvite,
    hash: &InviteHash,
    created_at: AttributeValue,
) -> Write {
    let expires_at = number(invite.expires_at.epoch_seconds());
    let keep_until = number(invite.expires_at.plus_seconds(RETENTION_SECONDS).epoch_seconds());
    if let Some(pointer) = pointer {
        return Write::Update {
            before: pointer.item,
            set: vec![
                ("h", text(hash.as_str())),
                ("createdAt", created_at),
                ("expiresAt", expires_at),
                ("ttl", keep_until),
            ],
            remove: Vec::new(),
            guard: vec!["h"],
        };
    }
    let mut item = new_item(Key::email_pointer(&EmailHash::of(email), &invite.tenant), "mail");
    item.insert("h".to_owned(), text(hash.as_str()));
    item.insert("createdAt".to_owned(), created_at);
    item.insert("expiresAt".to_owned(), expires_at);
    item.insert("ttl".to_owned(), keep_until);
    Write::Create(item)
}

/// The invite is revoked, if what `guard` names is as it was read. What goes by the uses that are left names them; what only
/// ends the invite does not, or it would never end one that is redeemed all the time.
fn revocation(record: &InviteRecord, guard: &[&'static str]) -> Write {
    Write::Update {
        before: record.item.clone(),
        set: vec![("status", text("revoked"))],
        remove: Vec::new(),
        guard: guard.to_vec(),
    }
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

fn target(hash: &InviteHash) -> String {
    format!("invite:{}", hash.short())
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
