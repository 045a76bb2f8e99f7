//! Tenants, as operators see and change them.

use std::collections::BTreeMap;

use tenancy::{Group, Role, RoleGrant, Slug, Tenant, TenantId, TenantStatus, Timestamp};

use super::{Change, Listed, Operator, OperatorError, TenantEdit, TenantRecord, refused};
use crate::change::Step;
use crate::records::{slug, tenant};

impl Operator {
    /// The tenant `id`, strongly consistent.
    ///
    /// # Errors
    ///
    /// [`OperatorError::Refused`] when there is none; [`OperatorError::Store`].
    pub async fn tenant(&self, id: &TenantId) -> Result<TenantRecord, OperatorError> {
        match self.table().get("read a tenant", tenant::key(id)).await? {
            Some(item) => Ok(TenantRecord::decode(id, item)?),
            None => {
                refused("tenant-unknown", format!("there is no tenant `{id}`; see `tenantctl tenant list`"))
            }
        }
    }

    /// All tenants, in the order of their ids, from the index.
    ///
    /// # Errors
    ///
    /// [`OperatorError::Store`].
    pub async fn tenants(&self) -> Result<Listed<TenantRecord>, OperatorError> {
        let items = self.table().index("list the tenants", tenant::ALL.to_owned(), "").await?;
        Ok(items.into_iter().map(TenantRecord::listed).collect())
    }

    /// The tenant that a slug points at.
    ///
    /// # Errors
    ///
    /// [`OperatorError::Store`].
    pub async fn tenant_of_slug(&self, slug: &Slug) -> Result<Option<TenantId>, OperatorError> {
        let item = self.table().get("read a slug", slug::key(slug)).await?;
        Ok(item.as_ref().map(slug::decode).transpose()?)
    }

    /// Plans a tenant that can be found by `slug`.
    ///
    /// # Errors
    ///
    /// [`OperatorError::Refused`] when the id or the slug is taken; [`OperatorError::Store`].
    pub async fn create_tenant(
        &self,
        tenant: &Tenant,
        slug: &Slug,
        now: Timestamp,
    ) -> Result<Change, OperatorError> {
        let id = &tenant.id;
        if self.table().get("read a tenant", tenant::key(id)).await?.is_some() {
            return refused(
                "tenant-exists",
                format!("there is a tenant `{id}` already; ids are never used again"),
            );
        }
        self.check_slug_is_free(slug).await?;
        Ok(Change::of(vec![
            Step::Create(tenant::encode(tenant, slug, now)),
            Step::Create(slug::encode(slug, id)),
            self.audit_item(id, "tenant.create", id.to_string(), None, now),
        ]))
    }

    /// Plans to change a tenant; tokens show it once the functions' caches have aged. Empty when it is so already.
    ///
    /// # Errors
    ///
    /// [`OperatorError::Refused`] when the new slug is taken, or the tenant is offboarded; [`OperatorError::Store`].
    pub async fn edit_tenant(
        &self,
        record: &TenantRecord,
        edit: TenantEdit,
        action: &str,
        now: Timestamp,
    ) -> Result<Change, OperatorError> {
        let (tenant, id) = (&record.tenant, &record.tenant.id);
        if tenant.status == TenantStatus::Offboarded {
            if edit.status == Some(TenantStatus::Offboarded) {
                return Ok(Change::default());
            }
            return refused(
                "tenant-offboarded",
                format!("tenant `{id}` is offboarded, which is final; make a new one"),
            );
        }
        let edit = differing(record, edit);
        let detail = edit_detail(record, &edit);
        if detail.is_empty() {
            return Ok(Change::default());
        }
        let mut steps = vec![record.edited(&edit)];
        if let Some(slug) = &edit.slug {
            self.check_slug_is_free(slug).await?;
            steps.push(Step::Create(slug::encode(slug, id)));
            if let Some(old) = &record.slug {
                let pointer = self.table().get("read a slug", slug::key(old)).await?;
                steps.extend(pointer.and_then(|pointer| slug::freed(pointer, id)));
            }
        }
        steps.push(self.audit_item(id, action, id.to_string(), Some(detail.join(", ")), now));
        Ok(Change::of(steps))
    }

    async fn check_slug_is_free(&self, slug: &Slug) -> Result<(), OperatorError> {
        match self.tenant_of_slug(slug).await? {
            None => Ok(()),
            Some(owner) => refused(
                "slug-taken",
                format!("the slug `{slug}` belongs to tenant `{owner}`; choose another"),
            ),
        }
    }
}

/// What of `edit` is not so already.
fn differing(record: &TenantRecord, edit: TenantEdit) -> TenantEdit {
    let tenant = &record.tenant;
    TenantEdit {
        name: edit.name.filter(|name| *name != tenant.name),
        slug: edit.slug.filter(|slug| record.slug.as_ref() != Some(slug)),
        tier: edit.tier.filter(|tier| *tier != tenant.tier),
        status: edit.status.filter(|status| *status != tenant.status),
        roles: edit.roles.filter(|roles| *roles != tenant.roles),
    }
}

/// What `edit` makes different, in words; empty when that is nothing.
fn edit_detail(record: &TenantRecord, edit: &TenantEdit) -> Vec<String> {
    let tenant = &record.tenant;
    let old_slug = record.slug.as_ref().map_or("none", Slug::as_str);
    let mut detail = Vec::new();
    detail.extend(edit.name.as_ref().map(|name| format!("name {} -> {name}", tenant.name)));
    detail.extend(edit.tier.as_ref().map(|tier| format!("tier {} -> {tier}", tenant.tier)));
    detail.extend(edit.status.map(|status| format!("status {} -> {}", tenant.status.name(), status.name())));
    detail.extend(edit.slug.as_ref().map(|slug| format!("slug {old_slug} -> {slug}")));
    detail.extend(edit.roles.iter().flat_map(|roles| roles_difference(&tenant.roles, roles)));
    detail
}

/// What is different about each role, in words: its groups and its IAM role, which is what an audit is asked for.
fn roles_difference(before: &BTreeMap<Role, RoleGrant>, after: &BTreeMap<Role, RoleGrant>) -> Vec<String> {
    let mut names: Vec<&Role> = before.keys().chain(after.keys()).collect();
    names.sort();
    names.dedup();
    let changed = names.into_iter().filter(|role| before.get(*role) != after.get(*role));
    changed
        .map(|role| format!("role {role} {} -> {}", meaning(before.get(role)), meaning(after.get(role))))
        .collect()
}

fn meaning(grant: Option<&RoleGrant>) -> String {
    let Some(grant) = grant else { return "(not listed)".to_owned() };
    let groups: Vec<&str> = grant.groups.iter().map(Group::as_str).collect();
    let arn = grant.iam_role.as_ref().map(|arn| format!(" with {arn}")).unwrap_or_default();
    format!("[{}]{arn}", groups.join(" "))
}
