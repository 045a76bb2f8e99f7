//! A tenant in the public list: `LISTED` / `<slug>`.

use tenancy::route::ListedTenant;
use tenancy::{Damage, Slug, TenantId, TenantName};

use crate::change::Step;
use crate::item::{Attributes, Item, new_item, text, text_of};
use crate::key::Key;

const ENTITY: &str = "listed";

/// Partition of the public list.
pub(crate) const PARTITION: &str = "LISTED";

pub(crate) fn key(slug: &Slug) -> Key {
    Key::new(PARTITION, slug.as_str())
}

pub(crate) fn encode(slug: &Slug, tenant: &TenantId, name: &TenantName) -> Attributes {
    new_item(key(slug), ENTITY, [("tid", text(tenant.as_str())), ("name", text(name.as_str()))])
}

pub(crate) fn deleted(item: Attributes) -> Step {
    Step::Delete { before: item, guard: vec!["tid"] }
}

pub(crate) fn renamed(item: &Attributes, name: &TenantName) -> Step {
    Step::update(item, vec![("name", text(name.as_str()))], vec!["tid"])
}

pub(crate) fn decode(attributes: &Attributes) -> Result<ListedTenant, Damage> {
    let item = Item::open(ENTITY, attributes)?;
    let slug = text_of(attributes, "sk").and_then(|raw| raw.parse().ok());
    let slug = slug.ok_or_else(|| item.damage("`sk` is not a slug".to_owned()))?;
    Ok(ListedTenant { slug, name: item.parsed("name")? })
}
