//! Invites as they are shown.

use serde::Serialize;
use tenancy::{InviteCode, Timestamp};
use tenancy_aws::operator::{InviteRecord, InviteUse};

use super::Terms;
use crate::listing::{Column, Entry};
use crate::moment::Moment;
use crate::page::joined;
use crate::page::styled_status;
use crate::page::{BOLD, DIM, Page, Show, styled};

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
    expires_at: Moment,
    created_at: Moment,
    created_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    redeemed_by: Option<Vec<UseView>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UseView {
    user_pool_id: String,
    sub: String,
    at: Moment,
}

/// A code that was just made.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NewCode {
    reference: String,
    /// Not of a dry run: that one is never stored.
    code: Option<String>,
    link: Option<String>,
    expires_at: Moment,
}

impl InviteView {
    pub(super) const TENANT: Column<Self> = ("tenant", |invite| invite.tenant.clone());

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
            expires_at: Moment(invite.expires_at),
            created_at: Moment(invite.created_at),
            created_by: record.created_by.clone(),
            redeemed_by: None,
        }
    }

    fn roles(&self) -> String {
        joined(self.roles.iter().map(String::as_str))
    }

    /// The oldest first; of one second in the order of their addresses.
    pub(super) fn by_age(left: &Self, right: &Self) -> std::cmp::Ordering {
        let key = |view: &Self| (view.created_at, view.email.clone(), view.hash.clone());
        key(left).cmp(&key(right))
    }

    pub(super) fn is_older_than(&self, other: &Self) -> bool {
        self.created_at < other.created_at
    }

    pub(super) fn with_uses(mut self, uses: &[InviteUse]) -> Self {
        let view = |usage: &InviteUse| UseView {
            user_pool_id: usage.user.pool.to_string(),
            sub: usage.user.sub.to_string(),
            at: Moment(usage.at),
        };
        self.redeemed_by = Some(uses.iter().map(view).collect());
        self
    }
}

impl NewCode {
    pub(crate) fn of(code: &InviteCode, terms: &Terms, expires_at: Timestamp, is_dry_run: bool) -> Self {
        Self {
            reference: code.hash().short().to_owned(),
            code: (!is_dry_run).then(|| code.reveal()),
            link: if is_dry_run { None } else { terms.link(code) },
            expires_at: Moment(expires_at),
        }
    }
}

impl Show for InviteView {
    fn show(&self, page: &mut Page) {
        page.fields([
            ("invite", self.reference.clone()),
            ("tenant", self.tenant.clone()),
            ("e-mail", self.email.clone().unwrap_or_else(|| "- (whoever has the code)".to_owned())),
            ("roles", self.roles()),
            ("uses", format!("{} of {}", self.uses, self.max_uses)),
            ("state", styled_status(self.state)),
            ("expires", format!("{} UTC", self.expires_at.minute())),
            (
                "created",
                format!("{} UTC by {}", self.created_at.minute(), self.created_by.as_deref().unwrap_or("-")),
            ),
            ("hash", self.hash.clone()),
        ]);
        if let Some(uses) = self.redeemed_by.as_ref().filter(|uses| !uses.is_empty()) {
            page.gap();
            let rows = uses
                .iter()
                .map(|usage| [usage.sub.clone(), usage.user_pool_id.clone(), usage.at.to_string()]);
            page.table(&["redeemed by", "user pool", "at"], rows, "");
        }
    }
}

impl Entry for InviteView {
    const NAME: &'static str = "invites";
    const NONE: &'static str = "There are no such invites.";
    const COLUMNS: &'static [Column<Self>] = &[
        ("invite", |invite| invite.reference.clone()),
        ("e-mail", |invite| invite.email.clone().unwrap_or_else(|| "-".to_owned())),
        ("roles", Self::roles),
        ("uses", |invite| format!("{}/{}", invite.uses, invite.max_uses)),
        ("state", |invite| styled_status(invite.state)),
        ("expires (utc)", |invite| invite.expires_at.minute()),
    ];
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
