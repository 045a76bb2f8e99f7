//! Tenants and roles as they are shown.

use std::collections::BTreeMap;

use serde::Serialize;
use tenancy::{Role, RoleGrant, Tenant};
use tenancy_aws::operator::TenantRecord;

use crate::issuable::FunctionSettings;
use crate::listing::{Column, Entry};
use crate::moment::Moment;
use crate::page::{Page, Show, WARN, joined, or_dash, styled, styled_status};
use crate::token_estimate::TokenEstimate;

/// A tenant as it is shown.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TenantView {
    id: String,
    name: String,
    slug: Option<String>,
    tier: String,
    status: &'static str,
    roles: BTreeMap<String, RoleView>,
    cell: Option<String>,
    /// Empty: all.
    pools: Vec<String>,
    /// The tenant's own.
    client_id: Option<String>,
    identity_provider: Option<String>,
    version: Option<u64>,
    created_at: Option<Moment>,
}

/// What a role means, as it is shown.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RoleView {
    groups: Vec<String>,
    iam_role: Option<String>,
    /// Of a member with this role alone, by the functions' default settings.
    token: Option<TokenEstimate>,
    #[serde(skip)]
    warning: Option<String>,
}

/// What `roles set` says besides what it writes; the warning goes to standard error.
#[derive(Serialize)]
pub(super) struct RoleSet {
    pub(super) token: TokenEstimate,
}

impl Show for RoleSet {
    fn show(&self, _: &mut Page) {}
}

#[derive(Serialize)]
pub(super) struct RolesView {
    pub(super) tenant: String,
    pub(super) roles: BTreeMap<String, RoleView>,
}

impl From<&TenantRecord> for TenantView {
    fn from(record: &TenantRecord) -> Self {
        let tenant = &record.tenant;
        Self {
            id: tenant.id.to_string(),
            name: tenant.name.to_string(),
            slug: record.slug.as_ref().map(ToString::to_string),
            tier: tenant.tier.to_string(),
            status: tenant.status.name(),
            roles: roles_of(tenant),
            cell: record.place.cell.as_ref().map(ToString::to_string),
            pools: tenant.pools.iter().map(ToString::to_string).collect(),
            client_id: record.place.client.as_ref().map(ToString::to_string),
            identity_provider: record.place.provider.as_ref().map(ToString::to_string),
            version: record.version,
            created_at: record.created_at.map(Moment),
        }
    }
}

impl TenantView {
    /// The columns of a list where there are cells, before the last one.
    pub(super) const OF_CELLS: [Column<Self>; 2] = [
        ("cell", |tenant| or_dash(tenant.cell.clone())),
        ("pools", |tenant| joined(tenant.pools.iter().map(String::as_str))),
    ];
}

impl Show for TenantView {
    fn show(&self, page: &mut Page) {
        let mut fields = vec![
            ("id", self.id.clone()),
            ("name", self.name.clone()),
            ("slug", self.slug.clone().unwrap_or_else(|| "-".to_owned())),
            ("tier", self.tier.clone()),
            ("status", styled_status(self.status)),
        ];
        // Without cells nobody misses them.
        if self.cell.is_some() || !self.pools.is_empty() {
            fields.push(("cell", or_dash(self.cell.clone())));
            fields.push(("pools", joined(self.pools.iter().map(String::as_str))));
        }
        fields.extend(self.client_id.clone().map(|client| ("app client", client)));
        fields.extend(self.identity_provider.clone().map(|provider| ("provider", provider)));
        fields.push(("created", or_dash(self.created_at.map(Moment::minute))));
        page.fields(fields);
        page.gap();
        show_roles(&self.roles, page);
    }
}

impl Entry for TenantView {
    const NAME: &'static str = "tenants";
    const NONE: &'static str = "There are no such tenants.";
    const COLUMNS: &'static [Column<Self>] = &[
        ("id", |tenant| tenant.id.clone()),
        ("name", |tenant| tenant.name.clone()),
        ("tier", |tenant| tenant.tier.clone()),
        ("status", |tenant| styled_status(tenant.status)),
        ("created", |tenant| or_dash(tenant.created_at.map(Moment::minute))),
    ];
}

impl Show for RolesView {
    fn show(&self, page: &mut Page) {
        show_roles(&self.roles, page);
    }
}

fn show_roles(roles: &BTreeMap<String, RoleView>, page: &mut Page) {
    let rows = roles.iter().map(|(role, view)| {
        let groups = if view.groups.is_empty() {
            "(by GROUP_FORMAT)".to_owned()
        } else {
            joined(view.groups.iter().map(String::as_str))
        };
        [role.clone(), groups, view.iam_role.clone().unwrap_or_else(|| "-".to_owned())]
    });
    page.table(&["role", "groups", "iam role"], rows, "No roles are listed: groups follow GROUP_FORMAT.");
    for warning in roles.values().filter_map(|view| view.warning.as_ref()) {
        page.gap();
        page.paragraph(0, &format!("{} {warning}.", styled(WARN, "Warning:")));
    }
}

pub(super) fn roles_of(tenant: &Tenant) -> BTreeMap<String, RoleView> {
    let functions = FunctionSettings::default();
    let view = |role: &Role, grant: &RoleGrant| {
        let role = std::slice::from_ref(role);
        let token = functions.estimate(tenant, role);
        RoleView {
            groups: grant.groups.iter().map(ToString::to_string).collect(),
            iam_role: grant.iam_role.clone(),
            warning: token.as_ref().and_then(|token| token.warning(role)),
            token,
        }
    };
    tenant.roles.iter().map(|(role, grant)| (role.to_string(), view(role, grant))).collect()
}
