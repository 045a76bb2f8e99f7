//! Reads members and plans changes to them.

use tenancy::operate::members::{self, MemberChange, MemberEdit};
use tenancy::{MembershipStatus, Role, Sub, TenantId, Timestamp, UserKey, Username};

use super::{Change, ListPages, Listed, MemberRecord, Operator, OperatorError, TenantRecord, UserRecord};
use crate::change::Step;
use crate::key::{tenant_partition, user_partition};
use crate::records::{audit, member};

impl Operator {
    /// Reads all items of a user, strongly consistent. The record is empty if there are no items. A damaged item is an error.
    pub async fn user(&self, user: &UserKey) -> Result<UserRecord, OperatorError> {
        let items = self.table().query("read a user", user_partition(user), "").await?;
        Ok(UserRecord::decode(user.clone(), items)?)
    }

    /// The members of a tenant from the index, of any status, sorted by sub, page by page. A page has at most `page_size`
    /// members.
    #[must_use]
    pub fn member_pages(&self, tenant: &TenantId, page_size: Option<i32>) -> ListPages<MemberRecord> {
        let partition = tenant_partition(tenant);
        let pages = self.table().index_pages("list the members", partition, member::INDEX_PREFIX, page_size);
        ListPages::new(pages, MemberRecord::listed)
    }

    /// The members of a tenant with this `sub` from the index, at most one for each pool.
    pub async fn members_by_sub(
        &self,
        tenant: &TenantId,
        sub: &Sub,
    ) -> Result<Listed<MemberRecord>, OperatorError> {
        let (partition, sort_key) = (tenant_partition(tenant), member::index_sort_key(sub));
        let items = self.table().index("find a member", partition, &sort_key).await?;
        let exact = items.into_iter().filter(|item| member::is_listed_by(item, sub));
        Ok(exact.map(MemberRecord::listed).collect())
    }

    /// Plans a membership without an invite, or revives a removed one: see [`members::add`].
    pub fn add_member(
        &self,
        tenant: &TenantRecord,
        user: &UserRecord,
        roles: &[Role],
        username: Option<&Username>,
        now: Timestamp,
    ) -> Result<Change, OperatorError> {
        let change = members::add(&tenant.tenant, &user.user, &user.records(), roles, username)?;
        Ok(self.member_change_in(tenant, user, change, now))
    }

    /// Plans to replace a member's roles: see [`members::set_roles`].
    pub fn set_member_roles(
        &self,
        user: &UserRecord,
        tenant: &TenantRecord,
        roles: &[Role],
        now: Timestamp,
    ) -> Result<Change, OperatorError> {
        let change = members::set_roles(&tenant.tenant, &user.user, &user.records(), roles)?;
        Ok(self.member_change_in(tenant, user, change, now))
    }

    /// Plans to make a suspended member active again: see [`members::resume`].
    pub fn resume_member(
        &self,
        user: &UserRecord,
        tenant: &TenantRecord,
        now: Timestamp,
    ) -> Result<Change, OperatorError> {
        let change = members::resume(&tenant.tenant, &user.user, &user.records())?;
        Ok(self.member_change_in(tenant, user, change, now))
    }

    /// Plans to suspend or remove a member. The tenant may have any status: see [`members::set_status`].
    pub fn set_member_status(
        &self,
        user: &UserRecord,
        tenant: &TenantId,
        status: MembershipStatus,
        now: Timestamp,
    ) -> Result<Change, OperatorError> {
        let change = members::set_status(tenant, &user.user, &user.records(), status)?;
        Ok(change.map(|change| self.member_change(tenant, user, change, now)).unwrap_or_default())
    }

    /// Plans to change the default tenant: see [`members::set_default`].
    pub fn set_default_tenant(
        &self,
        user: &UserRecord,
        tenant: &TenantRecord,
        now: Timestamp,
    ) -> Result<Change, OperatorError> {
        let change = members::set_default(&tenant.tenant, &user.user, &user.records())?;
        Ok(self.member_change_in(tenant, user, change, now))
    }

    /// Plans to clear a default tenant of which the user has never been a member: see [`members::foreign_default`].
    pub fn clear_foreign_default(&self, user: &UserRecord, now: Timestamp) -> Change {
        let records = user.records();
        let Some(tenant) = members::foreign_default(&records) else { return Change::default() };
        Change::of(vec![
            Step::RequireNone(member::key(&user.user, tenant)),
            user.with_default(None),
            self.audit_member(user, tenant, "member.clear-default", None, now),
        ])
    }

    /// Plans to record that the user attribute is written: see [`members::note_stamp`].
    pub fn note_stamp(
        &self,
        user: &UserRecord,
        tenant: &TenantId,
        detail: &str,
        now: Timestamp,
    ) -> Result<Change, OperatorError> {
        let change = members::note_stamp(tenant, &user.user, &user.records(), detail)?;
        Ok(self.member_change(tenant, user, change, now))
    }

    /// Plans the audit item of a stamp that was written or deleted in the user pool only.
    pub fn record_stamp(&self, user: &UserRecord, tenant: &TenantId, detail: &str, now: Timestamp) -> Change {
        Change::of(vec![self.audit_member(user, tenant, "member.stamp", Some(detail.to_owned()), now)])
    }

    /// Plans the audit item of a sign-out, in which the user pool revoked the user's refresh tokens.
    pub fn record_sign_out(&self, user: &UserRecord, tenant: &TenantId, now: Timestamp) -> Change {
        Change::of(vec![self.audit_member(user, tenant, "member.sign-out", None, now)])
    }

    /// Adds the condition that the tenant's status has not changed since it was read.
    fn member_change_in(
        &self,
        tenant: &TenantRecord,
        user: &UserRecord,
        change: Option<MemberChange>,
        now: Timestamp,
    ) -> Change {
        let Some(change) = change else { return Change::default() };
        let id = &tenant.tenant.id;
        Change::of(vec![tenant.require_status()]).and(self.member_change(id, user, change, now))
    }

    fn member_change(
        &self,
        tenant: &TenantId,
        user: &UserRecord,
        change: MemberChange,
        now: Timestamp,
    ) -> Change {
        let record = user.in_tenant(tenant);
        let step = |edit| match edit {
            MemberEdit::Add { roles, username } => {
                let item = member::encode(&user.user, tenant, &roles, None, username.as_ref(), now);
                Some(Step::Create(item))
            }
            MemberEdit::MakeDefault => Some(user.with_default(Some(tenant))),
            MemberEdit::Revive { roles } => record.map(|record| record.revived(&roles)),
            MemberEdit::SetRoles(roles) => record.map(|record| record.with_roles(&roles)),
            MemberEdit::SetStatus(status) => record.map(|record| record.with_status(status)),
            MemberEdit::RenewStamp => record.map(MemberRecord::with_pending_stamp),
            MemberEdit::NoteStamp => record.map(MemberRecord::with_stamp_done),
        };
        let mut steps: Vec<Step> = change.edits.into_iter().filter_map(step).collect();
        steps.push(self.audit_member(user, tenant, change.action, change.detail, now));
        Change::of(steps)
    }

    fn audit_member(
        &self,
        user: &UserRecord,
        tenant: &TenantId,
        action: &str,
        detail: Option<String>,
        now: Timestamp,
    ) -> Step {
        self.audit_item(tenant, action, audit::user_name(&user.user), detail, now)
    }
}
