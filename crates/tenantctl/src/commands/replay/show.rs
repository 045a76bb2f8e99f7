//! A replay on a page: the verdict first, then why, then everything else.

use serde_json::Value;

use super::advice::Advice;
use super::document::{Document, RefusalFacts};
use super::tokens::{ClaimChange, Token};
use crate::page::{BAD, BOLD, DIM, GOOD, Page, Show, WARN, styled};

impl Show for Document {
    fn show(&self, page: &mut Page) {
        let style = match (self.refused, self.outcome) {
            (true, _) => BAD,
            (false, "observed" | "admitted" | "passed") => WARN,
            (false, _) => GOOD,
        };
        page.line(styled(style.bold(), &self.summary));
        if let Some(refusal) = &self.refusal {
            show_refusal(refusal, if self.event.sub.is_some() { "user" } else { "app" }, page);
        }
        self.show_details(page);
    }
}

fn show_refusal(refusal: &RefusalFacts, who: &str, page: &mut Page) {
    let told = if refusal.let_through {
        format!("With MODE=enforce, the {who} would see")
    } else {
        format!("The {who} is told")
    };
    page.paragraph(2, &format!("{told}: \"{}\"", refusal.told));
    page.gap();
    page.paragraph(0, &refusal.why);
    show_advice(&refusal.advice, page);
}

/// What to do, each with the command to copy.
pub(super) fn show_advice(advice: &[Advice], page: &mut Page) {
    for advice in advice {
        let Some(command) = &advice.command else {
            page.paragraph(2, &format!("-> {}.", advice.what));
            continue;
        };
        page.paragraph(2, &format!("-> {}:", advice.what));
        // In two lines, so that it fits, and can be copied all the same.
        match command.split_once(" --") {
            Some((begin, options)) if command.len() > 74 => {
                page.line(format!("     {begin} \\"));
                page.line(format!("       --{options}"));
            }
            _ => page.line(format!("     {command}")),
        }
    }
}

impl Document {
    /// All behind the verdict and its reason.
    pub(super) fn show_details(&self, page: &mut Page) {
        page.gap();
        page.fields(self.head());
        self.show_memberships(page);
        self.show_redemptions(page);
        if let Some(tokens) = &self.tokens {
            show_token("ID token", tokens.id.as_ref(), self.claim_bytes_max, page);
            show_token("Access token", tokens.access.as_ref(), self.claim_bytes_max, page);
        }
        if !self.warnings.is_empty() {
            page.gap();
            page.line(styled(WARN.bold(), "Warnings"));
            for warning in &self.warnings {
                let reason = warning.reason.map_or(String::new(), |reason| format!(" ({reason})"));
                page.paragraph(2, &format!("{}{reason}: {}", warning.event, warning.what));
            }
        }
        if let Some(reply) = &self.reply {
            page.gap();
            page.heading("Reply");
            page.line(reply.get());
        }
    }

    fn head(&self) -> Vec<(&'static str, String)> {
        let none = || "none".to_owned();
        let event = &self.event;
        let source = event.trigger_source.as_deref().unwrap_or("malformed trigger source");
        let mut head = Vec::new();
        if let Some(tenant) = &self.tenant {
            let granted = if tenant.granted { "" } else { ", and is not granted" };
            head.push(("Tenant", format!("{}: {}{granted}", tenant.named(), tenant.why)));
        }
        if let Some(refusal) = &self.refusal {
            head.push(("Log reason", refusal.reason.to_owned()));
        }
        head.push(("Trigger", format!("{}, {source}", self.trigger)));
        head.push(("User", event.sub.clone().unwrap_or_else(none)));
        head.push(("User pool", event.user_pool_id.clone().unwrap_or_else(none)));
        let binding = self.client_binding.as_ref();
        let binding = binding.map(|binding| format!(", bound to {} ({})", binding.tenant_id, binding.mode));
        let client = event.client_id.clone().unwrap_or_else(none);
        head.push(("App client", client + &binding.unwrap_or_default()));
        let is_of_tokens = self.claim_bytes_max.is_some() && event.sub.is_some();
        if let Some(version) = event.reply_version.filter(|_| is_of_tokens) {
            let what =
                if version == 1 { "V1, no claims in the access token" } else { "V2, claims in both tokens" };
            head.push(("Reply form", what.to_owned()));
        }
        let settings: Vec<String> =
            self.settings.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !settings.is_empty() {
            head.push(("Settings", settings.join(", ")));
        }
        head.push(("Played at", self.at.to_string()));
        let store = &self.store;
        let counted = |count: u64, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
        let mut cost = format!("{} in {:.1} ms", counted(store.reads, "read"), store.read_ms);
        if store.withheld_writes > 0 {
            cost = format!("{cost}, {} withheld", counted(store.withheld_writes, "write"));
        }
        head.push(("Table", cost));
        head
    }

    fn show_memberships(&self, page: &mut Page) {
        let Some(memberships) = &self.memberships else { return };
        page.gap();
        page.heading("Memberships");
        let rows = memberships.iter().map(|membership| {
            let default = if membership.is_default { "default" } else { "" };
            let tenant = match (membership.tenant_status, membership.is_in_this_pool) {
                (None, _) => "not read",
                (Some("offboarded"), _) => "offboarded",
                (Some(_), Some(false)) => "not in this pool",
                (Some(status), _) => status,
            };
            [
                membership.tenant_id.clone(),
                membership.status.to_owned(),
                join(&membership.roles),
                default.to_owned(),
                tenant.to_owned(),
                membership.stamp.to_owned(),
            ]
        });
        page.table(&["Tenant", "Status", "Roles", "Default", "Tenant is", "Stamp"], rows, "None.");
        let is_default =
            |tenant: &String| memberships.iter().any(|membership| membership.tenant_id == *tenant);
        if let Some(tenant) = self.default_tenant_id.as_ref().filter(|tenant| !is_default(tenant)) {
            page.line(format!("The default tenant is {tenant}, of which the user is no member."));
        }
    }

    fn show_redemptions(&self, page: &mut Page) {
        let writes =
            [!self.would_redeem.is_empty(), self.would_move_default.is_some(), self.would_stamp.is_some()];
        if writes.contains(&true) {
            page.gap();
            page.heading("Would be written (nothing is)");
        }
        for redemption in &self.would_redeem {
            let how =
                opening(redemption.by, redemption.invite.as_ref(), redemption.identity_provider.as_ref());
            let membership =
                if redemption.membership == "create" { "a new membership" } else { "more roles" };
            let default = if redemption.becomes_default { "; the default tenant" } else { "" };
            let last = if redemption.is_last_use { "; the invite's last use" } else { "" };
            let roles = join(&redemption.roles);
            page.paragraph(
                2,
                &format!("{how}: {membership} in {}, roles {roles}{default}{last}", redemption.tenant_id),
            );
        }
        if let Some(default) = &self.would_move_default {
            page.paragraph(2, &format!("the default tenant becomes {}", default.to));
        }
        if let Some(stamp) = &self.would_stamp {
            page.paragraph(2, &format!("the user attribute {} = {}", stamp.attribute, stamp.tenant_id));
        }
        if self.not_redeemed.is_empty() {
            return;
        }
        page.gap();
        page.heading("Not redeemed");
        for refused in &self.not_redeemed {
            let how = opening(refused.by, refused.invite.as_ref(), refused.identity_provider.as_ref());
            let tenant = refused.tenant_id.as_ref().map_or(String::new(), |tenant| format!(", of {tenant}"));
            page.paragraph(2, &format!("{how}{tenant}: {} ({})", refused.why, refused.reason));
        }
    }
}

fn opening(by: &str, invite: Option<&String>, provider: Option<&String>) -> String {
    match (invite, provider) {
        (Some(invite), _) => format!("invite {invite}, by the {by}"),
        (None, Some(provider)) => format!("identity provider {provider}"),
        (None, None) => by.to_owned(),
    }
}

fn show_token(name: &str, token: Option<&Token>, most: Option<usize>, page: &mut Page) {
    let Some(token) = token else { return };
    page.gap();
    let most = most.map_or(String::new(), |most| format!(" of {most}"));
    page.line(format!(
        "{} {}",
        styled(BOLD, name),
        styled(DIM, format!("{}{most} bytes added", token.added_bytes))
    ));
    if token.changes.is_empty() {
        page.line("  as the pool makes it");
    }
    let longest = token.changes.iter().map(|change| change.claim.len()).max().unwrap_or(0);
    for change in &token.changes {
        page.line(claim(change, longest));
    }
}

fn claim(change: &ClaimChange, width: usize) -> String {
    let text = |value: &Option<Value>| value.as_ref().map_or(String::new(), ToString::to_string);
    let (before, after) = (text(&change.before), text(&change.after));
    let name = format!("{:width$}", change.claim);
    match change.change {
        "add" => format!("  {} {name}  {after}", styled(GOOD, "+")),
        "remove" => format!("  {} {name}  {before}", styled(BAD, "-")),
        "change" => format!("  {} {name}  {before} -> {after}", styled(WARN, "~")),
        _ => format!("    {name}  {after}"),
    }
}

fn join(roles: &[String]) -> String {
    if roles.is_empty() { "none".to_owned() } else { roles.join(", ") }
}
