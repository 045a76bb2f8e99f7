//! Stamps that an operator writes, each with an audit item.

use tenancy::ports::{Stamps, StoreError};
use tenancy::{Stamp, TenantId, Timestamp, UserKey};
use tenancy_aws::operator::{Operator, OperatorError, UserRecord};

/// Notes stamps in the table, each in one transaction with its audit item.
#[derive(Debug)]
pub(crate) struct Recorded<'a> {
    /// The table, written by the operator.
    pub(crate) operator: &'a Operator,
    /// The user, as read before.
    pub(crate) user: &'a UserRecord,
    /// What the attribute was and is.
    pub(crate) detail: String,
    /// The time.
    pub(crate) now: Timestamp,
}

impl Stamps for Recorded<'_> {
    async fn mark_stamped(&self, user: &UserKey, tenant: &TenantId) -> Result<(), StoreError> {
        let written = match self.operator.note_stamp(self.user, tenant, &self.detail, self.now) {
            Ok(change) => {
                let what = format!("the membership of user {} in `{tenant}`", user.sub);
                self.operator.apply(change, &what).await
            }
            Err(error) => Err(error),
        };
        match written {
            Ok(()) => Ok(()),
            Err(OperatorError::Store(error)) => Err(error),
            // Another repair, or a sign-in, may have noted the same stamp.
            Err(OperatorError::Overtaken(_)) if self.is_noted(tenant).await? => Ok(()),
            Err(other) => Err(unavailable(other)),
        }
    }
}

impl Recorded<'_> {
    async fn is_noted(&self, tenant: &TenantId) -> Result<bool, StoreError> {
        let user = self.operator.user(&self.user.user).await.map_err(|error| match error {
            OperatorError::Store(error) => error,
            other => unavailable(other),
        })?;
        Ok(user.in_tenant(tenant).is_some_and(|member| member.membership.stamp == Stamp::Done))
    }
}

fn unavailable(error: OperatorError) -> StoreError {
    StoreError::Unavailable { operation: "record that a stamp is written", source: Box::new(error) }
}

/// What the stamp was and is, for the audit. A text that cannot be a tenant's id is not repeated: anybody may have written
/// it.
pub(crate) fn stamp_detail(before: Option<&str>, after: Option<&TenantId>) -> String {
    let before = match before {
        None => "none",
        Some(found) if found.parse::<TenantId>().is_ok() => found,
        Some(_) => "(not a tenant id)",
    };
    format!("stamp {before} -> {}", after.map_or("none", TenantId::as_str))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_audit_repeats_no_text_that_is_not_a_tenant_id() {
        let acme: TenantId = "acme".parse().unwrap();

        let rows = [
            (None, Some(&acme), "stamp none -> acme"),
            (Some("globex"), Some(&acme), "stamp globex -> acme"),
            (Some("acme"), None, "stamp acme -> none"),
            (Some("ana@example.com"), None, "stamp (not a tenant id) -> none"),
        ];

        for (before, after, detail) in rows {
            assert_eq!(stamp_detail(before, after), detail);
        }
    }
}
