//! The pointer of an address to its invite of a tenant: `EMAIL#<eh>` / `TENANT#<tid>`.

use tenancy::invite::RETENTION_SECONDS;
use tenancy::{Damage, EmailHash, InviteHash, InvitePointer, TenantId, Timestamp};

use crate::change::Step;
use crate::item::{Attributes, Item, new_item, tenant_of_sort_key, text, time};
use crate::key::{EMAIL_PREFIX, Key, tenant_partition};
use crate::write::Write;

const ENTITY: &str = "mail";

/// The part of a pointer that operators need.
pub(crate) struct PointerRecord {
    pub(crate) hash: InviteHash,
    item: Attributes,
}

pub(crate) fn partition(email: &EmailHash) -> String {
    format!("{EMAIL_PREFIX}{}", email.as_str())
}

pub(crate) fn key(email: &EmailHash, tenant: &TenantId) -> Key {
    Key::new(partition(email), tenant_partition(tenant))
}

pub(crate) fn decode(email: &EmailHash, attributes: &Attributes) -> Result<InvitePointer, Damage> {
    let tenant = tenant_of_sort_key(attributes).ok_or_else(|| Damage {
        key: format!("{EMAIL_PREFIX}{}", email.short()),
        problem: "`sk` does not name a tenant".to_owned(),
    })?;
    let item = Item::open(ENTITY, attributes)?;
    item.optional_number("ttl")?;
    Ok(InvitePointer {
        tenant,
        hash: item.parsed("h")?,
        created_at: item.optional_time("createdAt")?,
        expires_at: item.optional_time("expiresAt")?,
    })
}

/// Deletes the pointer, on the condition that it still names this invite.
pub(crate) fn spend(email: &EmailHash, tenant: &TenantId, hash: &InviteHash) -> Write {
    Write::delete(key(email, tenant)).when("h = :h").value(":h", text(hash.as_str()))
}

/// Creates the pointer, or changes `pointer` to name another invite. With `keeps_place`, the pointer keeps its `createdAt`, if
/// it has one: the oldest invite of an address is redeemed first.
pub(crate) fn pointed(
    pointer: Option<PointerRecord>,
    key: Key,
    hash: &InviteHash,
    (now, expires_at): (Timestamp, Timestamp),
    keeps_place: bool,
) -> Step {
    let kept = pointer.as_ref().filter(|_| keeps_place).and_then(|pointer| pointer.item.get("createdAt"));
    let attributes = [
        ("h", text(hash.as_str())),
        ("createdAt", kept.cloned().unwrap_or_else(|| time(now))),
        ("expiresAt", time(expires_at)),
        ("ttl", time(expires_at.plus_seconds(RETENTION_SECONDS))),
    ];
    match pointer {
        Some(pointer) => Step::update(&pointer.item, attributes.into(), vec!["h"]),
        None => Step::Create(new_item(key, ENTITY, attributes)),
    }
}

impl PointerRecord {
    pub(crate) fn decode(item: Attributes) -> Result<Self, Damage> {
        Ok(Self { hash: Item::open(ENTITY, &item)?.parsed("h")?, item })
    }

    pub(crate) fn deleted(self) -> Step {
        Step::Delete { before: self.item, guard: vec!["h"] }
    }
}
