//! Members, as operators see and change them.

use tenancy::{MembershipStatus, Role, Sub, Tenant, TenantId, TenantStatus, Timestamp, UserKey, Username};

use super::{Change, Listed, MemberRecord, Operator, OperatorError, TenantRecord, UserRecord, refused};
use crate::change::Step;
use crate::key::{tenant_partition, user_partition};
use crate::records::{audit, member};

impl Operator {
    /// All that is known of a user, strongly consistent; empty when nothing is.
    ///
    /// # Errors
    ///
    /// [`OperatorError::Store`], also when any of the user's items is damaged.
    pub async fn user(&self, user: &UserKey) -> Result<UserRecord, OperatorError> {
        let items = self.table().query("read a user", user_partition(user), "").await?;
        Ok(UserRecord::decode(user.clone(), items)?)
    }

    /// The members of a tenant, of any status, in the order of their subs, from the index.
    ///
    /// # Errors
    ///
    /// [`OperatorError::Store`].
    pub async fn members(&self, tenant: &TenantId) -> Result<Listed<MemberRecord>, OperatorError> {
        let partition = tenant_partition(tenant);
        let items = self.table().index("list the members", partition, member::INDEX_PREFIX).await?;
        Ok(items.into_iter().map(MemberRecord::listed).collect())
    }

    /// The members of a tenant with this `sub`, one a pool, from the index.
    ///
    /// # Errors
    ///
    /// [`OperatorError::Store`].
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

    /// Plans a membership without an invite, or revives one that was removed. Empty when the user is an active member with
    /// exactly these roles.
    ///
    /// # Errors
    ///
    /// [`OperatorError::Refused`] when the tenant is offboarded, or the user is a member already: suspended, or with other
    /// roles.
    pub fn add_member(
        &self,
        tenant: &TenantRecord,
        user: &UserRecord,
        roles: &[Role],
        username: Option<&Username>,
        now: Timestamp,
    ) -> Result<Change, OperatorError> {
        let id = &tenant.tenant.id;
        not_offboarded(&tenant.tenant)?;
        let sub = &user.user.sub;
        let membership = match user.in_tenant(id) {
            None => Step::Create(member::encode(&user.user, id, roles, None, username, now)),
            Some(record) => match record.membership.status {
                MembershipStatus::Active if record.membership.roles == roles => return Ok(Change::default()),
                MembershipStatus::Active => {
                    return refused(
                        "member-exists",
                        format!(
                            "user {sub} is a member of `{id}` already, with other roles; use `tenantctl member set-roles`"
                        ),
                    );
                }
                MembershipStatus::Suspended => {
                    return refused(
                        "member-suspended",
                        format!("user {sub} is a suspended member of `{id}`; use `tenantctl member resume`"),
                    );
                }
                MembershipStatus::Removed => record.revived(roles),
            },
        };
        let mut steps = vec![tenant.require_status(), membership];
        let records = user.records();
        let keeps_default = match &user.default_tenant {
            Some(default) => records.is_active_in(default),
            None => records.active().next().is_some(),
        };
        if !keeps_default {
            steps.push(user.with_default(Some(id)));
        }
        steps.push(self.audit_member(user, id, "member.add", Some(roles_detail(roles)), now));
        Ok(Change::of(steps))
    }

    /// Plans other roles. Empty when they are these, in this order.
    ///
    /// # Errors
    ///
    /// [`OperatorError::Refused`] when the tenant is offboarded, there is no such member, or the membership was removed.
    pub fn set_member_roles(
        &self,
        user: &UserRecord,
        tenant: &TenantRecord,
        roles: &[Role],
        now: Timestamp,
    ) -> Result<Change, OperatorError> {
        not_offboarded(&tenant.tenant)?;
        let required = tenant.require_status();
        let tenant = &tenant.tenant.id;
        let record = member_of(user, tenant)?;
        if record.membership.status == MembershipStatus::Removed {
            return removed(&user.user, tenant);
        }
        if record.membership.roles == roles {
            return Ok(Change::default());
        }
        let detail = format!("{} -> {}", roles_detail(&record.membership.roles), roles_detail(roles));
        Ok(Change::of(vec![
            required,
            record.with_roles(roles),
            self.audit_member(user, tenant, "member.set-roles", Some(detail), now),
        ]))
    }

    /// Plans to let a suspended member in again. Empty when the membership is active already.
    ///
    /// # Errors
    ///
    /// [`OperatorError::Refused`] when the tenant is offboarded, there is no such member, or the membership was removed.
    pub fn resume_member(
        &self,
        user: &UserRecord,
        tenant: &TenantRecord,
        now: Timestamp,
    ) -> Result<Change, OperatorError> {
        not_offboarded(&tenant.tenant)?;
        let change = self.set_member_status(user, &tenant.tenant.id, MembershipStatus::Active, now)?;
        if change.is_empty() {
            return Ok(change);
        }
        Ok(Change::of(vec![tenant.require_status()]).and(change))
    }

    /// Plans another status: suspended, removed. [`Self::resume_member`] resumes. A removed membership is kept, as a record, and no invite revives
    /// it. The profile keeps naming its tenant as the default, so that a refresh is refused and does not move the session to
    /// another tenant; the next sign-in moves the default. Empty when the status is this one already.
    ///
    /// # Errors
    ///
    /// [`OperatorError::Refused`] when there is no such member, or a removed one is to be suspended or resumed.
    pub fn set_member_status(
        &self,
        user: &UserRecord,
        tenant: &TenantId,
        status: MembershipStatus,
        now: Timestamp,
    ) -> Result<Change, OperatorError> {
        let record = member_of(user, tenant)?;
        if record.membership.status == status {
            return Ok(Change::default());
        }
        if record.membership.status == MembershipStatus::Removed {
            return removed(&user.user, tenant);
        }
        let action = match status {
            MembershipStatus::Active => "member.resume",
            MembershipStatus::Suspended => "member.suspend",
            MembershipStatus::Removed => "member.remove",
        };
        Ok(Change::of(vec![record.with_status(status), self.audit_member(user, tenant, action, None, now)]))
    }

    /// Plans that tokens for which no tenant was asked are those of `tenant`. The stamp is to be written anew then, so it
    /// becomes pending. Empty when it is so already.
    ///
    /// # Errors
    ///
    /// [`OperatorError::Refused`] unless the user is an active member there, and the tenant is active.
    pub fn set_default_tenant(
        &self,
        user: &UserRecord,
        tenant: &TenantRecord,
        now: Timestamp,
    ) -> Result<Change, OperatorError> {
        let id = &tenant.tenant.id;
        let record = member_of(user, id)?;
        if !record.membership.is_active() || tenant.tenant.status != TenantStatus::Active {
            return refused(
                "member-not-active",
                format!(
                    "user {} is no active member of `{id}`, or the tenant is not active: no token could be made",
                    user.user.sub
                ),
            );
        }
        if user.default_tenant.as_ref() == Some(id) {
            return Ok(Change::default());
        }
        let before = user.default_tenant.as_ref().map_or("none", TenantId::as_str);
        Ok(Change::of(vec![
            tenant.require_status(),
            user.with_default(Some(id)),
            record.with_pending_stamp(),
            self.audit_member(user, id, "member.set-default", Some(format!("{before} -> {id}")), now),
        ]))
    }

    /// Plans to forget a default tenant of which the user has never been a member. Empty when there is none such: a default
    /// that was lost stays until the next sign-in moves it.
    pub fn clear_foreign_default(&self, user: &UserRecord, now: Timestamp) -> Change {
        match &user.default_tenant {
            Some(tenant) if user.in_tenant(tenant).is_none() => Change::of(vec![
                Step::RequireNone(member::key(&user.user, tenant)),
                user.with_default(None),
                self.audit_member(user, tenant, "member.clear-default", None, now),
            ]),
            _ => Change::default(),
        }
    }

    /// Plans the note that the user attribute is written for the membership in `tenant`. `detail` says what it was and is.
    /// Without a new `ver`: what tokens are made from stays.
    ///
    /// # Errors
    ///
    /// [`OperatorError::Refused`] when there is no such member.
    pub fn note_stamp(
        &self,
        user: &UserRecord,
        tenant: &TenantId,
        detail: &str,
        now: Timestamp,
    ) -> Result<Change, OperatorError> {
        let record = member_of(user, tenant)?;
        Ok(Change::of(vec![
            record.with_stamp_done(),
            self.audit_member(user, tenant, "member.stamp", Some(detail.to_owned()), now),
        ]))
    }

    /// Plans the audit item of a stamp that was written or deleted in the user pool alone.
    pub fn record_stamp(&self, user: &UserRecord, tenant: &TenantId, detail: &str, now: Timestamp) -> Change {
        Change::of(vec![self.audit_member(user, tenant, "member.stamp", Some(detail.to_owned()), now)])
    }

    /// Plans the audit item of a sign-out: the user pool has revoked the user's refresh tokens.
    pub fn record_sign_out(&self, user: &UserRecord, tenant: &TenantId, now: Timestamp) -> Change {
        Change::of(vec![self.audit_member(user, tenant, "member.sign-out", None, now)])
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

/// A tenant that can still be joined or bound.
pub(super) fn not_offboarded(tenant: &Tenant) -> Result<(), OperatorError> {
    match tenant.status {
        TenantStatus::Active | TenantStatus::Suspended => Ok(()),
        TenantStatus::Offboarded => {
            refused("tenant-offboarded", format!("tenant `{}` is offboarded, which is final", tenant.id))
        }
    }
}

fn member_of<'a>(user: &'a UserRecord, tenant: &TenantId) -> Result<&'a MemberRecord, OperatorError> {
    match user.in_tenant(tenant) {
        Some(record) => Ok(record),
        None => refused(
            "member-unknown",
            format!(
                "user {} is no member of `{tenant}`; see `tenantctl member list --tenant {tenant}`",
                user.user.sub
            ),
        ),
    }
}

fn removed<T>(user: &UserKey, tenant: &TenantId) -> Result<T, OperatorError> {
    refused(
        "member-removed",
        format!("user {} was removed from `{tenant}`; `tenantctl member add` takes them back", user.sub),
    )
}

pub(super) fn roles_detail(roles: &[Role]) -> String {
    if roles.is_empty() {
        return "no roles".to_owned();
    }
    roles.iter().map(Role::as_str).collect::<Vec<_>>().join(", ")
}
