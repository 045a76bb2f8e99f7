//! The tenant that owns a slug: `SLUG#<slug>` / `PTR`.

use tenancy::{Damage, Slug, TenantId};

use crate::change::Step;
use crate::item::{Attributes, Item, new_item, text, text_of};
use crate::key::{Key, POINTER};

const ENTITY: &str = "slug";

pub(crate) fn key(slug: &Slug) -> Key {
    Key::new(format!("SLUG#{slug}"), POINTER)
}

pub(crate) fn encode(slug: &Slug, tenant: &TenantId) -> Attributes {
    new_item(key(slug), ENTITY, [("tid", text(tenant.as_str()))])
}

pub(crate) fn decode(attributes: &Attributes) -> Result<TenantId, Damage> {
    Item::open(ENTITY, attributes)?.parsed("tid")
}

/// Frees the slug. `None` if it belongs to a different tenant.
pub(crate) fn freed(item: Attributes, tenant: &TenantId) -> Option<Step> {
    (text_of(&item, "tid") == Some(tenant.as_str()))
        .then(|| Step::Delete { before: item, guard: vec!["tid"] })
}
