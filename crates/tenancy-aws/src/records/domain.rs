//! The tenant that a mail domain leads to: `DOMAIN#<domain>` / `PTR`.

use aws_sdk_dynamodb::types::AttributeValue;
use tenancy::route::MailRoute;
use tenancy::{Damage, MailDomain, Timestamp};

use crate::change::Step;
use crate::item::{Attributes, Item, index_keys, key_of, new_item, next_version, number, text, time};
use crate::key::{Key, POINTER, tenant_partition};

const ENTITY: &str = "domain";

/// Prefix of the partition key and of the index sort key.
pub(crate) const PREFIX: &str = "DOMAIN#";

fn partition(domain: &MailDomain) -> String {
    format!("{PREFIX}{domain}")
}

pub(crate) fn key(domain: &MailDomain) -> Key {
    Key::new(partition(domain), POINTER)
}

/// A domain that an operator gave to a tenant.
pub(crate) fn encode(domain: &MailDomain, pointer: &MailRoute, at: Timestamp) -> Attributes {
    let attributes = [
        ("tid", text(pointer.tenant.as_str())),
        ("route", AttributeValue::Bool(pointer.is_routed)),
        ("join", AttributeValue::Bool(false)),
        ("method", text("operator")),
        ("verifiedAt", time(at)),
        ("checkedAt", time(at)),
        ("ver", number(1)),
    ];
    let index = index_keys(tenant_partition(&pointer.tenant), partition(domain));
    new_item(key(domain), ENTITY, attributes.into_iter().chain(index))
}

pub(crate) fn decode(attributes: &Attributes) -> Result<MailRoute, Damage> {
    let item = Item::open(ENTITY, attributes)?;
    Ok(MailRoute { tenant: item.parsed("tid")?, is_routed: item.flag("route")? })
}

/// A mail domain as operators see it.
#[derive(Clone, Debug)]
pub struct DomainRecord {
    pub domain: MailDomain,
    pub pointer: MailRoute,
    item: Attributes,
}

impl DomainRecord {
    pub(crate) fn decode(item: Attributes) -> Result<Self, Damage> {
        let pk = key_of(&item).pk;
        let Some(domain) = pk.strip_prefix(PREFIX).and_then(|domain| domain.parse().ok()) else {
            return Err(Damage { key: pk, problem: format!("`pk` is not the key of a {PREFIX} item") });
        };
        Ok(Self { domain, pointer: decode(&item)?, item })
    }

    pub(crate) fn routed(self, is_routed: bool, at: Timestamp) -> Step {
        let set = vec![
            ("route", AttributeValue::Bool(is_routed)),
            ("checkedAt", time(at)),
            next_version(&self.item),
        ];
        Step::update(&self.item, set, vec!["tid", "route", "ver"])
    }
}
