//! Invites as they are shown.

use serde::Serialize;
use tenancy::{InviteCode, Timestamp};
use tenancy_aws::operator::{InviteRecord, InviteUse};

use super::super::arguments::{minute, rfc3339, role_names};
use super::super::tenant::styled_status;
use super::Terms;
use crate::listing::Column;
use crate::page::{BOLD, DIM, Page, Show, styled};

/// An invite.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct InviteView {
    reference: String,
    hash: String,
    tenant: String,
    email: Option<String>,
    roles: Vec<String>,
    uses: u64,
    max_uses: u64,
    state: &'static str,
    expires_at: String,
    created_at: String,
    created_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    redeemed_by: Option<Vec<UseView>>,
    #[serde(skip)]
    shown: Shown,
}

/// The same for people.
struct Shown {
    roles: String,
    expires: String,
    created: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UseView {
    user_pool_id: String,
    sub: String,
    at: String,
}

/// A code that was just made.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewCode {
    reference: String,
    /// Not of a dry run: that one is never stored.
    code: Option<String>,
    link: Option<String>,
    expires_at: String,
}

impl InviteView {
    pub(super) const TENANT: Column<Self> = ("tenant", |invite| invite.tenant.clone());

    pub(super) const COLUMNS: [Column<Self>; 6] = [
        ("invite", |invite| invite.reference.clone()),
        ("e-mail", |invite| invite.email.clone().unwrap_or_else(|| "-".to_owned())),
        ("roles", |invite| invite.shown.roles.clone()),
        ("uses", |invite| format!("{}/{}", invite.uses, invite.max_uses)),
        ("state", |invite| styled_status(invite.state)),
        ("expires (utc)", |invite| invite.shown.expires.clone()),
    ];

    pub(super) fn of(record: &InviteRecord, now: Timestamp) -> Self {
        let invite = &record.invite;
        Self {
            reference: invite.hash.short().to_owned(),
            hash: invite.hash.as_str().to_owned(),
            tenant: invite.tenant.to_string(),
            email: invite.email.as_ref().map(|email| email.as_str().to_owned()),
            roles: invite.roles.iter().map(ToString::to_string).collect(),
            uses: invite.uses,
            max_uses: invite.max_uses,
            state: record.state(now).name(),
            expires_at: rfc3339(invite.expires_at),
            created_at: rfc3339(invite.created_at),
            created_by: record.created_by.clone(),
            redeemed_by: None,
            shown: Shown {
                roles: role_names(&invite.roles),
                expires: minute(invite.expires_at),
                created: minute(invite.created_at),
            },
        }
    }

    /// The oldest first; of one second in the order of their addresses.
    pub(super) fn by_age(left: &Self, right: &Self) -> std::cmp::Ordering {
        let key = |view: &Self| (view.created_at.clone(), view.email.clone(), view.hash.clone());
        key(left).cmp(&key(right))
    }

    pub(super) fn is_older_than(&self, other: &Self) -> bool {
        self.created_at < other.created_at
    }

    pub(super) fn with_uses(mut self, uses: &[InviteUse]) -> Self {
        let view = |usage: &InviteUse| UseView {
            user_pool_id: usage.user.pool.to_string(),
            sub: usage.user.sub.to_string(),
            at: rfc3339(usage.at),
        };
        self.redeemed_by = Some(uses.iter().map(view).collect());
        self
    }
}

impl NewCode {
    pub(super) fn of(code: &InviteCode, terms: &Terms, expires_at: Timestamp, is_dry_run: bool) -> Self {
        Self {
            reference: code.hash().short().to_owned(),
            code: (!is_dry_run).then(|| code.reveal()),
            link: if is_dry_run { None } else { terms.link(code) },
            expires_at: rfc3339(expires_at),
        }
    }
}

impl Show for InviteView {
    fn show(&self, page: &mut Page) {
        page.fields([
            ("invite", self.reference.clone()),
            ("tenant", self.tenant.clone()),
            ("e-mail", self.email.clone().unwrap_or_else(|| "- (whoever has the code)".to_owned())),
            ("roles", self.shown.roles.clone()),
            ("uses", format!("{} of {}", self.uses, self.max_uses)),
            ("state", styled_status(self.state)),
            ("expires", format!("{} UTC", self.shown.expires)),
            (
                "created",
                format!("{} UTC by {}", self.shown.created, self.created_by.as_deref().unwrap_or("-")),
            ),
            ("hash", self.hash.clone()),
        ]);
        if let Some(uses) = self.redeemed_by.as_ref().filter(|uses| !uses.is_empty()) {
            page.gap();
            let rows =
                uses.iter().map(|usage| [usage.sub.clone(), usage.user_pool_id.clone(), usage.at.clone()]);
            page.table(&["redeemed by", "user pool", "at"], rows, "");
        }
    }
}

impl Show for NewCode {
    fn show(&self, page: &mut Page) {
        let Some(code) = &self.code else { return };
        page.gap();
        page.line(format!("  {}  {}", styled(BOLD, code), styled(DIM, "(shown once, and stored nowhere)")));
        if let Some(link) = &self.link {
            page.line(format!("  {link}"));
        }
    }
}
