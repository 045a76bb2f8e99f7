//! Changes to tenants.

use std::collections::BTreeMap;

use super::Rule;
use crate::{Group, Role, RoleGrant, Slug, Tenant, TenantId, TenantName, TenantStatus, TenantTier};

/// New values for a tenant. `None` keeps the present value.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct TenantEdit {
    pub name: Option<TenantName>,
    /// Frees the old slug at once.
    pub slug: Option<Slug>,
    pub tier: Option<TenantTier>,
    pub status: Option<TenantStatus>,
    /// Replaces the grants of all roles.
    pub roles: Option<BTreeMap<Role, RoleGrant>>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TenantChange {
    /// Only the values that differ from the present ones.
    pub edit: TenantEdit,
    /// The difference in words, for the audit.
    pub detail: String,
}

/// Changes a tenant; `slug` is its present slug. `None`: the tenant already has these values.
pub fn edit(tenant: &Tenant, slug: Option<&Slug>, edit: TenantEdit) -> Result<Option<TenantChange>, Rule> {
    if tenant.status == TenantStatus::Offboarded {
        return match edit.status {
            Some(TenantStatus::Offboarded) => Ok(None),
            _ => Err(Rule::TenantFinal(tenant.id.clone())),
        };
    }
    let edit = TenantEdit {
        name: edit.name.filter(|name| *name != tenant.name),
        slug: edit.slug.filter(|new| slug != Some(new)),
        tier: edit.tier.filter(|tier| *tier != tenant.tier),
        status: edit.status.filter(|status| *status != tenant.status),
        roles: edit.roles.filter(|roles| *roles != tenant.roles),
    };
    if edit == TenantEdit::default() {
        return Ok(None);
    }
    let detail = difference(tenant, slug, &edit).join(", ");
    Ok(Some(TenantChange { edit, detail }))
}

/// Checks that no tenant owns the slug. `owner` is the tenant that the slug points at.
pub fn check_slug_is_free(slug: &Slug, owner: Option<TenantId>) -> Result<(), Rule> {
    match owner {
        None => Ok(()),
        Some(owner) => Err(Rule::SlugTaken { slug: slug.clone(), owner }),
    }
}

/// Checks that the tenant is not offboarded: it gets no new members, app clients or identity providers.
pub fn check_not_offboarded(tenant: &Tenant) -> Result<(), Rule> {
    match tenant.status {
        TenantStatus::Active | TenantStatus::Suspended => Ok(()),
        TenantStatus::Offboarded => Err(Rule::TenantOffboarded(tenant.id.clone())),
    }
}

fn difference(tenant: &Tenant, slug: Option<&Slug>, edit: &TenantEdit) -> Vec<String> {
    let mut parts = Vec::new();
    parts.extend(edit.name.as_ref().map(|name| format!("name {} -> {name}", tenant.name)));
    parts.extend(edit.tier.as_ref().map(|tier| format!("tier {} -> {tier}", tenant.tier)));
    parts.extend(edit.status.map(|status| format!("status {} -> {}", tenant.status.name(), status.name())));
    let old_slug = slug.map_or("none", Slug::as_str);
    parts.extend(edit.slug.as_ref().map(|slug| format!("slug {old_slug} -> {slug}")));
    parts.extend(edit.roles.iter().flat_map(|roles| roles_difference(&tenant.roles, roles)));
    parts
}

/// Describes each role whose groups or IAM role differ.
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
