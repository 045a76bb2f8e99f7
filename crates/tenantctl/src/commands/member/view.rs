//! Members and users as they are shown. A member list has e-mail addresses, which the pools were asked for; a username may be
//! one too.

use std::collections::BTreeMap;

use serde::Serialize;
use tenancy::TenantId;
use tenancy_aws::operator::{MemberRecord, UserRecord};

use super::super::defaults::LostDefault;
use super::addresses::Address;
use crate::listing::{Column, Entry};
use crate::moment::Moment;
use crate::page::styled_status;
use crate::page::{DIM, Page, Show, styled};
use crate::page::{joined, or_dash};
use user_pool::users::PoolUser;

/// A membership.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MemberView {
    tenant: String,
    user_pool_id: String,
    sub: String,
    username: Option<String>,
    /// As the pool has it now; known in `member list` alone.
    email: Option<String>,
    email_verified: Option<bool>,
    roles: Vec<String>,
    status: &'static str,
    stamp: &'static str,
    is_default: Option<bool>,
    /// Of the tenant itself; known in `member show` alone.
    tenant_status: Option<&'static str>,
    invite: Option<String>,
    joined_at: Option<Moment>,
    version: u64,
}

/// A user and all their memberships.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UserView {
    user_pool_id: String,
    sub: String,
    username: Option<String>,
    /// Such as `CONFIRMED`; none when the pool was not asked.
    user_status: Option<String>,
    enabled: Option<bool>,
    email_verified: Option<bool>,
    /// Invites that are open for the user's address; none when the pool was not asked.
    open_invites: Option<Vec<OpenInvite>>,
    /// What the profile names.
    default_tenant: Option<String>,
    memberships: Vec<MemberView>,
}

/// An invite that is open for an address.
#[derive(Serialize)]
pub(super) struct OpenInvite {
    pub(super) tenant: String,
    pub(super) reference: String,
}

/// Tenants' statuses; none for one that does not exist.
pub(super) type TenantStatuses = BTreeMap<TenantId, Option<&'static str>>;

/// What a command that ends a membership says besides what it writes.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Ended {
    /// Whether refresh tokens were revoked; only when that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) signed_out: Option<bool>,
    /// The user, if this was the default tenant.
    pub(super) defaults_lost: Vec<LostDefault>,
}

impl MemberView {
    pub(super) const ADDRESS: Column<Self> = ("e-mail", Self::address);

    pub(super) fn of(record: &MemberRecord) -> Self {
        let membership = &record.membership;
        Self {
            tenant: membership.tenant.to_string(),
            user_pool_id: record.user.pool.to_string(),
            sub: record.user.sub.to_string(),
            username: record.username.as_ref().map(|name| name.as_str().to_owned()),
            email: None,
            email_verified: None,
            roles: membership.roles.iter().map(ToString::to_string).collect(),
            status: membership.status.name(),
            stamp: membership.stamp.name(),
            is_default: None,
            tenant_status: None,
            invite: record.invite.as_ref().map(|hash| hash.short().to_owned()),
            joined_at: record.joined_at.map(Moment),
            version: membership.version,
        }
    }

    pub(super) fn with_address(self, address: Option<Address>) -> Self {
        let email_verified = address.as_ref().map(|address| address.is_verified);
        Self { email_verified, email: address.map(|address| address.email), ..self }
    }

    /// Knowing the user's default tenant.
    fn of_user(record: &MemberRecord, default: Option<&TenantId>, tenants: &TenantStatuses) -> Self {
        let tenant_status = tenants.get(&record.membership.tenant).copied().flatten();
        let is_default = Some(default == Some(&record.membership.tenant));
        Self { is_default, tenant_status, ..Self::of(record) }
    }

    /// The address, and whether anybody could have written it.
    fn address(&self) -> String {
        match (&self.email, self.email_verified) {
            (Some(email), Some(true)) => email.clone(),
            (Some(email), _) => format!("{email} (not verified)"),
            (None, _) => "-".to_owned(),
        }
    }

    /// The membership's status, and the tenant's where that one is the hindrance.
    fn standing(&self) -> String {
        match self.tenant_status {
            Some("active") | None => styled_status(self.status),
            Some(tenant) => format!("{} (tenant {})", styled_status(self.status), styled_status(tenant)),
        }
    }

    fn roles(&self) -> String {
        joined(self.roles.iter().map(String::as_str))
    }
}

impl UserView {
    pub(super) fn of(
        user: &UserRecord,
        directory: Option<&PoolUser>,
        tenants: &TenantStatuses,
        open_invites: Option<Vec<OpenInvite>>,
    ) -> Self {
        let records = user.records();
        let default = records.default_tenant();
        Self {
            user_pool_id: user.user.pool.to_string(),
            sub: user.user.sub.to_string(),
            username: directory.map(|user| user.username.as_str().to_owned()),
            user_status: directory.map(|user| user.status.clone()),
            enabled: directory.map(|user| user.enabled),
            email_verified: directory.map(|user| user.attribute("email_verified") == Some("true")),
            open_invites,
            default_tenant: user.default_tenant.as_ref().map(ToString::to_string),
            memberships: user
                .memberships
                .iter()
                .map(|record| MemberView::of_user(record, default, tenants))
                .collect(),
        }
    }
}

impl Entry for MemberView {
    const NAME: &'static str = "members";
    const NONE: &'static str = "There are no such members.";
    const COLUMNS: &'static [Column<Self>] = &[
        ("sub", |member| member.sub.clone()),
        ("roles", Self::roles),
        ("status", |member| styled_status(member.status)),
        ("stamp", |member| member.stamp.to_owned()),
        ("joined", |member| or_dash(member.joined_at.map(Moment::minute))),
    ];
}

impl Show for UserView {
    fn show(&self, page: &mut Page) {
        let mut fields = vec![("sub", self.sub.clone()), ("user pool", self.user_pool_id.clone())];
        if let (Some(username), Some(status)) = (&self.username, &self.user_status) {
            let disabled = if self.enabled == Some(false) { ", disabled" } else { "" };
            fields.push(("username", username.clone()));
            let verified =
                if self.email_verified == Some(true) { "e-mail verified" } else { "e-mail not verified" };
            fields.push(("in the pool", format!("{status}{disabled}, {verified}")));
        } else {
            fields.push(("in the pool", styled(DIM, "not asked")));
        }
        let joined_first = self.memberships.iter().find(|member| member.is_default == Some(true));
        let default = match (&self.default_tenant, joined_first) {
            (Some(tenant), _) => tenant.clone(),
            (None, Some(first)) => format!("{} (joined first)", first.tenant),
            (None, None) => "-".to_owned(),
        };
        fields.push(("default", default));
        for invite in self.open_invites.iter().flatten() {
            fields.push(("open invite", format!("{} to {}", invite.reference, invite.tenant)));
        }
        page.fields(fields);
        page.gap();
        let rows = self.memberships.iter().map(|member| {
            let invite = member.invite.clone().unwrap_or_else(|| "-".to_owned());
            [
                member.tenant.clone(),
                member.roles(),
                member.standing(),
                member.stamp.to_owned(),
                invite,
                or_dash(member.joined_at.map(Moment::minute)),
            ]
        });
        let headings = ["tenant", "roles", "status", "stamp", "invite", "joined"];
        page.table(&headings, rows, "The user is a member of no tenant.");
    }
}

impl Show for Ended {
    fn show(&self, page: &mut Page) {
        if self.signed_out == Some(true) {
            page.line("The user's refresh tokens are revoked; access tokens stay valid until they expire.");
        }
    }
}
