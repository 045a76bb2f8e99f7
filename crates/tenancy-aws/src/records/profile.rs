//! The profile of a user, which names the default tenant: `USER#<pool>#<sub>` / `PROFILE`.

use tenancy::join::DefaultChange;
use tenancy::{Damage, Profile, TenantId, UserKey};

use crate::change::Step;
use crate::item::{Attributes, Item, kind, new_item, next_version, number, text};
use crate::key::{Key, user_partition};
use crate::write::Write;

const ENTITY: &str = "profile";

pub(crate) const SORT_KEY: &str = "PROFILE";

fn key(user: &UserKey) -> Key {
    Key::new(user_partition(user), SORT_KEY)
}

pub(crate) fn decode(attributes: &Attributes) -> Result<Profile, Damage> {
    let item = Item::open(ENTITY, attributes)?;
    item.optional_number("ver")?;
    Ok(Profile { default_tenant: item.optional_parsed("defaultTid")? })
}

/// Moves the default tenant, on the condition that the profile still names the one that was read.
pub(crate) fn move_default(user: &UserKey, change: &DefaultChange) -> Write {
    let [et, v] = kind(ENTITY).map(|(_, value)| value);
    let write = Write::update(
        key(user),
        "SET et = :et, v = :v, defaultTid = :tid, ver = if_not_exists(ver, :zero) + :one",
    )
    .value(":et", et)
    .value(":v", v)
    .value(":tid", text(change.to.as_str()))
    .value(":zero", number(0))
    .value(":one", number(1));
    match &change.from {
        None => write.when("attribute_not_exists(defaultTid)"),
        Some(from) => write.when("defaultTid = :from").value(":from", text(from.as_str())),
    }
}

/// Sets the default tenant in the profile `item`, which was read before; `None` for `tenant` removes it.
pub(crate) fn with_default(user: &UserKey, item: Option<&Attributes>, tenant: Option<&TenantId>) -> Step {
    let named = tenant.map(|tenant| ("defaultTid", text(tenant.as_str())));
    match item {
        None => Step::Create(new_item(key(user), ENTITY, named.into_iter().chain([("ver", number(1))]))),
        Some(item) => Step::Update {
            before: item.clone(),
            remove: if named.is_none() { vec!["defaultTid"] } else { Vec::new() },
            set: named.into_iter().chain([next_version(item)]).collect(),
            guard: vec!["ver", "defaultTid"],
        },
    }
}
