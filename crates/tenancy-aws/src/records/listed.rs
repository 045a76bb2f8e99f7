//! A tenant in the public list: `LISTED` / `<slug>`.

use tenancy::Damage;
use tenancy::route::ListedTenant;

use crate::item::{Attributes, Item, text_of};

const ENTITY: &str = "listed";

/// Partition of the public list.
pub(crate) const PARTITION: &str = "LISTED";

pub(crate) fn decode(attributes: &Attributes) -> Result<ListedTenant, Damage> {
    let item = Item::open(ENTITY, attributes)?;
    let slug = text_of(attributes, "sk").and_then(|raw| raw.parse().ok());
    let slug = slug.ok_or_else(|| item.damage("`sk` is not a slug".to_owned()))?;
    Ok(ListedTenant { slug, name: item.parsed("name")? })
}
