//! The audit items of a tenant: who did what, and when.

use aws_sdk_dynamodb::types::AttributeValue;
use tenancy::{TenantId, Timestamp};

use super::{Operator, OperatorError, text_of};
use crate::call_error::unavailable;
use crate::item::{Attributes, text};
use crate::key::tenant_partition;

/// The first moment of ten digits: 2001-09-09T01:46:40Z.
const TEN_DIGITS: u64 = 1_000_000_000;

/// One thing that was done.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AuditRecord {
    /// Where it stands in the tenant's audit: later things have greater positions.
    pub position: String,
    /// When.
    pub at: Timestamp,
    /// What, such as `tenant.set-tier`.
    pub action: String,
    /// By whom.
    pub actor: String,
    /// To what.
    pub target: String,
    /// How it ended.
    pub outcome: String,
    /// What was different afterwards.
    pub detail: Option<String>,
    /// The request of the function that did it.
    pub request_id: Option<String>,
}

/// Which audit items are asked for.
#[derive(Clone, Debug, Default)]
pub struct AuditQuery {
    /// Not before this moment.
    pub from: Option<Timestamp>,
    /// Before this moment.
    pub until: Option<Timestamp>,
    /// Only so many: the latest.
    pub limit: Option<usize>,
}

impl Operator {
    /// What was done in a tenant, the oldest first, strongly consistent.
    ///
    /// # Errors
    ///
    /// [`OperatorError::Store`].
    pub async fn audit(
        &self,
        tenant: &TenantId,
        query: &AuditQuery,
    ) -> Result<Vec<AuditRecord>, OperatorError> {
        // Keys are in the order of texts, which is that of times from 2001 to 2286, when they have ten digits.
        let position =
            |at: Timestamp| format!("AUDIT#{}", at.epoch_seconds().clamp(TEN_DIGITS, 10 * TEN_DIGITS - 1));
        let from = query.from.map_or_else(|| "AUDIT#".to_owned(), position);
        // `~` is after every digit and letter; `#` before them.
        let until = query.until.map_or_else(|| "AUDIT#~".to_owned(), position);
        if from > until {
            return Ok(Vec::new());
        }
        let request = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :until")
            .expression_attribute_values(":pk", text(tenant_partition(tenant)))
            .expression_attribute_values(":from", text(from))
            .expression_attribute_values(":until", text(until))
            .scan_index_forward(query.limit.is_none())
            .consistent_read(true);
        let mut records = Vec::new();
        let mut resume_after = None;
        loop {
            let page = request.clone().set_exclusive_start_key(resume_after).send();
            let page = Box::pin(page).await.map_err(|error| unavailable("read the audit", &error))?;
            records.extend(page.items.unwrap_or_default().iter().map(AuditRecord::decode));
            resume_after = page.last_evaluated_key;
            let is_enough = query.limit.is_some_and(|limit| records.len() >= limit);
            if resume_after.is_none() || is_enough {
                break;
            }
        }
        if let Some(limit) = query.limit {
            records.truncate(limit);
            records.reverse();
        }
        Ok(records)
    }
}

impl AuditRecord {
    /// Audit items decide nothing: what is odd about one is shown as it is.
    fn decode(item: &Attributes) -> Self {
        let owned = |name: &str| text_of(item, name).map(str::to_owned);
        let shown = |name: &str| match item.get(name) {
            Some(AttributeValue::S(text)) => text.clone(),
            Some(_) => "(not a text)".to_owned(),
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
