//! An audit item of a tenant or a cell: `TENANT#<tid>` or `CELL#<cell>` / `AUDIT#<time>#<id>`.

use aws_sdk_dynamodb::types::AttributeValue;
use tenancy::{
    CellName, ClientId, InviteHash, MailDomain, PoolId, ProviderName, TenantId, Timestamp, UserKey,
};

use crate::item::{Attributes, new_item, text, text_of};
use crate::key::{Key, tenant_partition};
use crate::records::cell;

const ENTITY: &str = "audit";

const PREFIX: &str = "AUDIT#";

/// The first timestamp with ten digits: 2001-09-09T01:46:40Z.
const TEN_DIGITS: u64 = 1_000_000_000;

/// The tenant or the cell that audit items belong to.
#[derive(Clone, Copy, Debug)]
pub enum AuditOf<'a> {
    Tenant(&'a TenantId),
    Cell(&'a CellName),
}

impl AuditOf<'_> {
    pub(crate) fn partition(self) -> String {
        match self {
            Self::Tenant(tenant) => tenant_partition(tenant),
            Self::Cell(name) => cell::partition(name),
        }
    }

    fn named(self) -> (&'static str, AttributeValue) {
        match self {
            Self::Tenant(tenant) => ("tid", text(tenant.as_str())),
            Self::Cell(name) => ("cell", text(name.as_str())),
        }
    }
}

pub(crate) struct NewAudit<'a> {
    pub(crate) of: AuditOf<'a>,
    pub(crate) at: Timestamp,
    /// Makes the key unique among audit items of the same second.
    pub(crate) id: String,
    pub(crate) action: &'a str,
    pub(crate) actor: String,
    pub(crate) target: String,
    pub(crate) outcome: &'a str,
    pub(crate) detail: Option<String>,
    pub(crate) request_id: Option<&'a str>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AuditRecord {
    /// The sort key. Later items have greater positions.
    pub position: String,
    pub at: Timestamp,
    /// Such as `tenant.set-tier`.
    pub action: String,
    /// The user or operator who did it.
    pub actor: String,
    /// The changed record.
    pub target: String,
    /// Such as `joined` or `done`.
    pub outcome: String,
    /// The difference, in words.
    pub detail: Option<String>,
    /// The request of the function, if a function did it.
    pub request_id: Option<String>,
}

impl NewAudit<'_> {
    pub(crate) fn encode(self) -> Attributes {
        let key = Key::new(self.of.partition(), format!("{PREFIX}{}#{}", self.at, self.id));
        let attributes = [
            self.of.named(),
            ("action", text(self.action)),
            ("actor", text(self.actor)),
            ("target", text(self.target)),
            ("outcome", text(self.outcome)),
        ];
        let detail = self.detail.map(|detail| ("detail", text(detail)));
        let request_id = self.request_id.map(|id| ("requestId", text(id)));
        new_item(key, ENTITY, attributes.into_iter().chain(detail).chain(request_id))
    }
}

/// The first and the last sort key of the items from `from` (inclusive) until `until` (exclusive). `None`: the range is
/// empty.
pub(crate) fn range(from: Option<Timestamp>, until: Option<Timestamp>) -> Option<(String, String)> {
    // DynamoDB sorts keys as text. Timestamps with ten digits, from 2001 to 2286, then sort by time.
    let position =
        |at: Timestamp| format!("{PREFIX}{}", at.epoch_seconds().clamp(TEN_DIGITS, 10 * TEN_DIGITS - 1));
    let from = from.map_or_else(|| PREFIX.to_owned(), position);
    // `~` sorts after all digits and letters; `#` sorts before them.
    let until = until.map_or_else(|| format!("{PREFIX}~"), position);
    (from <= until).then_some((from, until))
}

impl AuditRecord {
    /// Never fails, because no decision needs an audit item. A placeholder replaces a malformed attribute.
    pub(crate) fn decode(item: &Attributes) -> Self {
        let owned = |name: &str| text_of(item, name).map(str::to_owned);
        let shown = |name: &str| match item.get(name) {
            Some(AttributeValue::S(text)) => text.clone(),
            Some(_) => "(not a string)".to_owned(),
            None => "(missing)".to_owned(),
        };
        let position = text_of(item, "sk").unwrap_or_default().to_owned();
        let seconds = position.split('#').nth(1).and_then(|time| time.parse().ok()).unwrap_or(0);
        Self {
            at: Timestamp::from_epoch_seconds(seconds),
            action: shown("action"),
            actor: shown("actor"),
            target: shown("target"),
            outcome: shown("outcome"),
            detail: owned("detail"),
            request_id: owned("requestId"),
            position,
        }
    }
}

/// The name of a user in audit items.
pub(crate) fn user_name(user: &UserKey) -> String {
    format!("user:{}:{}", user.pool, user.sub)
}

pub(crate) fn invite_name(hash: &InviteHash) -> String {
    format!("invite:{}", hash.short())
}

pub(crate) fn cell_name(cell: &CellName) -> String {
    format!("cell:{cell}")
}

pub(crate) fn domain_name(domain: &MailDomain) -> String {
    format!("domain:{domain}")
}

pub(crate) fn client_name(pool: &PoolId, client: &ClientId) -> String {
    format!("client:{pool}:{client}")
}

pub(crate) fn provider_name(pool: &PoolId, provider: &ProviderName) -> String {
    format!("idp:{pool}:{provider}")
}
