//! An invite: `INVITE#<h>` / `META`.

use tenancy::invite::RETENTION_SECONDS;
use tenancy::operate::invites::{InviteState, NewInvite};
use tenancy::{Damage, Invite, InviteHash, InviteStatus, TenantId, Timestamp};

use crate::change::Step;
use crate::item::{Attributes, Item, index_keys, new_item, number, role_list, text, text_of, time};
use crate::key::{INVITE_PREFIX, Key, META, tenant_partition};
use crate::write::Write;

const ENTITY: &str = "invite";

/// An invite with the attributes that only operators see.
#[derive(Clone, Debug)]
pub struct InviteRecord {
    pub invite: Invite,
    pub created_by: Option<String>,
    item: Attributes,
}

pub(crate) struct Decoded<'a> {
    pub(crate) invite: Invite,
    created_by: Option<&'a str>,
}

/// The partition of the invite and its uses.
pub(crate) fn partition(hash: &InviteHash) -> String {
    format!("{INVITE_PREFIX}{}", hash.as_str())
}

pub(crate) fn key(hash: &InviteHash) -> Key {
    Key::new(partition(hash), META)
}

pub(crate) fn encode(invite: &NewInvite, hash: &InviteHash, created_by: &str, now: Timestamp) -> Attributes {
    let attributes = [
        ("tid", text(invite.tenant.as_str())),
        ("roles", role_list(&invite.roles)),
        ("uses", number(0)),
        ("maxUses", number(invite.max_uses)),
        ("status", text(InviteStatus::Open.name())),
        ("expiresAt", time(invite.expires_at)),
        ("createdBy", text(created_by)),
        ("createdAt", time(now)),
        ("ttl", time(invite.expires_at.plus_seconds(RETENTION_SECONDS))),
    ];
    let index_sort_key = format!("{INVITE_PREFIX}{now}#{}", hash.short());
    let attributes = attributes
        .into_iter()
        .chain(invite.email.as_ref().map(|email| ("email", text(email.as_str()))))
        .chain(index_keys(tenant_partition(&invite.tenant), index_sort_key));
    new_item(key(hash), ENTITY, attributes)
}

pub(crate) fn decode<'a>(hash: &InviteHash, attributes: &'a Attributes) -> Result<Decoded<'a>, Damage> {
    let item = Item::open(ENTITY, attributes)?;
    let created_by = item.optional_text("createdBy")?;
    item.optional_number("ttl")?;
    let email = item.optional_parsed("email")?;
    let invite = Invite {
        hash: hash.clone(),
        tenant: item.parsed("tid")?,
        email,
        roles: item.roles("roles")?,
        uses: item.number("uses")?,
        max_uses: item.number("maxUses")?,
        status: item.one_of("status", &InviteStatus::ALL, InviteStatus::name)?,
        expires_at: Timestamp::from_epoch_seconds(item.number("expiresAt")?),
        created_at: item.optional_time("createdAt")?.unwrap_or_default(),
    };
    Ok(Decoded { invite, created_by })
}

/// Counts one more use, on the condition that the invite belongs to the tenant, is open and not expired, and has uses left.
pub(crate) fn count_use(hash: &InviteHash, tenant: &TenantId, now: Timestamp) -> Write {
    Write::update(key(hash), "SET uses = uses + :one")
        .when("#status = :open AND expiresAt > :now AND uses < maxUses AND tid = :tid")
        .name("#status", "status")
        .value(":one", number(1))
        .value(":open", text(InviteStatus::Open.name()))
        .value(":now", time(now))
        .value(":tid", text(tenant.as_str()))
}

impl InviteRecord {
    pub(crate) fn decode(hash: &InviteHash, item: Attributes) -> Result<Self, Damage> {
        let Decoded { invite, created_by } = decode(hash, &item)?;
        Ok(Self { invite, created_by: created_by.map(str::to_owned), item })
    }

    pub(crate) fn listed(item: Attributes) -> Result<Self, Damage> {
        let hash = text_of(&item, "pk").and_then(|pk| pk.strip_prefix(INVITE_PREFIX)?.parse().ok());
        match hash {
            Some(hash) => Self::decode(&hash, item),
            None => Err(Damage {
                key: text_of(&item, "gsi1pk").unwrap_or_default().to_owned(),
                problem: "`pk` is not the key of an invite".to_owned(),
            }),
        }
    }

    #[must_use]
    pub fn state(&self, now: Timestamp) -> InviteState {
        InviteState::of(&self.invite, now)
    }

    /// Revokes the invite, even if it was used since it was read. Otherwise, an invite that is redeemed often could not be
    /// revoked.
    pub(crate) fn revoked(&self) -> Step {
        self.revoked_if_unchanged(vec!["status"])
    }

    /// Revokes the invite, on the condition that it was not used since it was read. A new invite gets its remaining uses.
    pub(crate) fn replaced(&self) -> Step {
        self.revoked_if_unchanged(vec!["status", "uses"])
    }

    fn revoked_if_unchanged(&self, guard: Vec<&'static str>) -> Step {
        Step::update(&self.item, vec![("status", text(InviteStatus::Revoked.name()))], guard)
    }
}
