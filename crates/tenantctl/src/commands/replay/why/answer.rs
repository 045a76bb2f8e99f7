//! The answer: one sentence, then the reasons, then what to do, then all that was seen.

use serde::Serialize;
use tenancy::PoolId;

use super::super::advice::Advice;
use super::super::document::{Document, TenantFacts};
use super::super::facts::MembershipFacts;
use super::super::show::show_advice;
use super::obstacle::Obstacle;
use super::pool::Trigger;
use crate::page::{BAD, GOOD, Page, Show, WARN, styled};
use user_pool::users::PoolUser;
use user_pool::words::shell_word;

/// Which token a user would get, and why.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Why {
    /// The answer in one sentence or two.
    answer: String,
    /// Whether the user gets a token.
    pub(super) token: bool,
    /// The tenant of the token.
    tenant: Option<String>,
    /// What the user is told instead of a token.
    told: Option<&'static str>,
    /// What the answer would be without the first obstacle, the first two, and so on; mostly empty.
    otherwise: Vec<String>,
    advice: Vec<Advice>,
    /// As the user pool has it, such as `CONFIRMED`.
    user_status: String,
    enabled: bool,
    /// What is attached to pre-token-generation.
    trigger: Option<TriggerFacts>,
    /// The sign-in, as `tenantctl replay` describes an event.
    replay: Document,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct TriggerFacts {
    function: String,
    event_version: u8,
}

impl Why {
    /// `who` is what the operator typed.
    pub(super) fn new(
        who: &str,
        user: &PoolUser,
        pool: &PoolId,
        trigger: Option<Trigger>,
        obstacles: &[Obstacle],
        replay: Document,
    ) -> Self {
        let mut sentences: Vec<String> =
            obstacles.iter().map(|obstacle| format!("{}.", obstacle.sentence(who))).collect();
        sentences.push(verdict(who, &replay));
        let answer = sentences.remove(0);
        let refusal = replay.refusal.as_ref();
        let is_plain = obstacles.is_empty();
        let of_obstacles = obstacles.iter().map(|obstacle| obstacle.advice.clone());
        let of_refusal = refusal.into_iter().flat_map(|refusal| refusal.advice.clone());
        let of_choice = granted(&replay).and_then(|tenant| another_default(user, pool, tenant, &replay));
        Self {
            answer,
            token: obstacles.first().map_or(!replay.refused, |obstacle| obstacle.token),
            tenant: granted(&replay).filter(|_| is_plain).map(|tenant| tenant.tenant_id.clone()),
            told: refusal.filter(|_| is_plain && replay.refused).map(|refusal| refusal.told),
            otherwise: sentences,
            advice: of_obstacles.chain(of_refusal).chain(of_choice).collect(),
            user_status: user.status.clone(),
            enabled: user.enabled,
            trigger: trigger
                .map(|trigger| TriggerFacts { function: trigger.function, event_version: trigger.version }),
            replay,
        }
    }
}

fn granted(replay: &Document) -> Option<&TenantFacts> {
    replay.tenant.as_ref().filter(|tenant| tenant.granted)
}

/// How the token becomes one of another tenant, if the user is in one and nothing but the default has decided.
fn another_default(
    user: &PoolUser,
    pool: &PoolId,
    tenant: &TenantFacts,
    replay: &Document,
) -> Option<Advice> {
    let is_by_default = matches!(tenant.chosen_by, Some("default" | "joined_first" | "fallback"));
    let memberships = replay.memberships.as_ref().filter(|_| is_by_default)?;
    let is_other = |other: &&MembershipFacts| {
        let is_live = other.tenant_status == Some("active") && other.is_in_this_pool == Some(true);
        other.status == "active" && is_live && other.tenant_id != tenant.tenant_id
    };
    let other = &memberships.iter().find(is_other)?.tenant_id;
    let sub = shell_word(user.sub.as_str());
    Some(Advice {
        what: format!("If the token is to be for {other} when the app asks for no tenant"),
        command: Some(format!("tenantctl member set-default {sub} --user-pool-id {pool} --tenant {other}")),
    })
}

/// What the function makes of the sign-in, in sentences.
fn verdict(who: &str, replay: &Document) -> String {
    if let Some(refusal) = &replay.refusal {
        let reason =
            if refusal.because.is_empty() { String::new() } else { format!(": {}", refusal.because) };
        return if refusal.let_through {
            format!(
                "{who} gets a token without a tenant{reason}. MODE=observe lets the sign-in through. With MODE=enforce the \
                 user is told: \"{}\"",
                refusal.told
            )
        } else {
            format!("{who} gets no token{reason}. The user is told: \"{}\"", refusal.told)
        };
    }
    let Some(tenant) = granted(replay) else { return format!("{who} gets a token without a tenant.") };
    format!("{who} gets a token for {}: {}.", tenant.named(), why(tenant, replay))
}

/// Why the tenant is granted: it is joined by this sign-in, or as the function chose.
fn why(tenant: &TenantFacts, replay: &Document) -> String {
    let joins = replay.would_redeem.iter().find(|redeemed| redeemed.tenant_id == tenant.tenant_id);
    match joins.map(|joins| (&joins.invite, &joins.identity_provider)) {
        Some((_, Some(provider))) => {
            format!("the sign-in makes the user a member, through the identity provider {provider}")
        }
        Some((Some(invite), None)) => {
            format!("the sign-in redeems invite {invite} to the user's e-mail address")
        }
        _ => tenant.why.clone(),
    }
}

impl Show for Why {
    fn show(&self, page: &mut Page) {
        let style = match (self.token, &self.tenant) {
            (true, Some(_)) => GOOD,
            (true, None) => WARN,
            (false, _) => BAD,
        };
        page.paragraph(0, &styled(style.bold(), &self.answer));
        let more = self.replay.refusal.as_ref().map_or("", |refusal| refusal.more.as_str());
        let paragraphs = self.otherwise.iter().map(|other| format!("Apart from that: {other}"));
        for paragraph in paragraphs.chain([more.to_owned()]).filter(|text| !text.is_empty()) {
            page.gap();
            page.paragraph(0, &paragraph);
        }
        if self.user_status == "FORCE_CHANGE_PASSWORD" {
            page.gap();
            page.paragraph(0, "First the user must replace the temporary password, which may have expired.");
        }
        if !self.advice.is_empty() {
            page.gap();
            show_advice(&self.advice, page);
        }
        if self.replay.event.client_id.is_none() && !self.replay.settings.contains_key("POOL_TENANT") {
            page.gap();
            page.paragraph(0, "An app client that is bound to a tenant may change this: see --client ID.");
        }
        self.replay.show_details(page);
    }
}
