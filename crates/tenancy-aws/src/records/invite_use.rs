//! The use of an invite by a user: `INVITE#<h>` / `USE#<pool>#<sub>`.

use tenancy::{Damage, InviteHash, TenantId, Timestamp, UserKey};

use super::invite;
use crate::item::{Attributes, Item, new_item, text, text_of, time};
use crate::key::{Key, in_pool};

const ENTITY: &str = "use";

/// Prefix of the sort key.
pub(crate) const PREFIX: &str = "USE#";

#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InviteUse {
    pub user: UserKey,
    pub at: Timestamp,
}

pub(crate) fn key(hash: &InviteHash, user: &UserKey) -> Key {
    Key::new(invite::partition(hash), format!("{PREFIX}{}#{}", user.pool, user.sub))
}

pub(crate) fn encode(
    hash: &InviteHash,
    user: &UserKey,
    tenant: &TenantId,
    at: Timestamp,
    keep_until: Option<Timestamp>,
) -> Attributes {
    let attributes = [("tid", text(tenant.as_str())), ("at", time(at))].into_iter();
    new_item(key(hash, user), ENTITY, attributes.chain(keep_until.map(|until| ("ttl", time(until)))))
}

/// The tenant that the user joined with the invite.
pub(crate) fn decode(attributes: &Attributes) -> Result<TenantId, Damage> {
    let item = Item::open(ENTITY, attributes)?;
    item.optional_number("at")?;
    item.optional_number("ttl")?;
    item.parsed("tid")
}

impl InviteUse {
    /// `None` if the item is malformed. Operators only look at it; no decision needs it.
    pub(crate) fn decode(item: &Attributes) -> Option<Self> {
        let (pool, sub) = in_pool(text_of(item, "sk")?, PREFIX)?;
        let at = item.get("at")?.as_n().ok()?.parse().ok()?;
        Some(Self { user: UserKey { pool, sub }, at: Timestamp::from_epoch_seconds(at) })
    }
}
