//! What a replay says: the JSON document, from which the page for people is made too.

use serde::Serialize;
use serde_json::value::RawValue;

use super::advice::Advice;
use super::facts::{MembershipFacts, NotRedeemedFacts, RedemptionFacts, Warning};
use super::settings::Variables;
use super::tokens::Tokens;

/// What came of a replay.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Document {
    /// How it ends, as the functions' metric `Outcome` says it (docs/log-fields.md).
    pub(super) outcome: &'static str,
    /// Whether the user, or machine, is refused.
    pub(super) refused: bool,
    /// How it ends, in a sentence.
    pub(super) summary: String,
    /// The function: `pre-token-generation` or `post-confirmation`.
    pub(super) trigger: &'static str,
    pub(super) event: EventFacts,
    /// When the event was played to be: RFC 3339, UTC.
    pub(super) at: crate::moment::Moment,
    /// The tenant that was chosen, granted or not.
    pub(super) tenant: Option<TenantFacts>,
    /// Why there is no token or no membership; in observe mode, why there would be none.
    pub(super) refusal: Option<RefusalFacts>,
    /// The app client's binding; `None` when there is none, or none was read.
    pub(super) client_binding: Option<BindingFacts>,
    /// The user's memberships as they are in the table; `None` when none were read.
    pub(super) memberships: Option<Vec<MembershipFacts>>,
    /// The default tenant in the user's profile; `None`: that of the membership joined first counts.
    pub(super) default_tenant_id: Option<String>,
    /// `joined`, `already` or the reason of docs/log-fields.md; `None` when redeeming was not tried.
    pub(super) redemption: Option<&'static str>,
    pub(super) would_redeem: Vec<RedemptionFacts>,
    /// What was on offer and is refused.
    pub(super) not_redeemed: Vec<NotRedeemedFacts>,
    /// The change of the default tenant that a sign-in would write because the old one gives no token.
    pub(super) would_move_default: Option<DefaultFacts>,
    /// The user attribute that would be written.
    pub(super) would_stamp: Option<StampFacts>,
    /// What changes in the tokens; `None` when nothing does.
    pub(super) tokens: Option<Tokens>,
    /// `CLAIM_BYTES_MAX`, of pre-token-generation.
    pub(super) claim_bytes_max: Option<usize>,
    /// What the function would log as worth a look.
    pub(super) warnings: Vec<Warning>,
    pub(super) store: StoreFacts,
    /// The settings that are not left at their defaults.
    pub(super) settings: Variables,
    /// What goes back to Cognito, byte for byte; only when it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reply: Option<Box<RawValue>>,
}

/// The event, without personal data.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EventFacts {
    pub(super) trigger_source: Option<String>,
    /// The shape of the reply, 1 or 2; events of version 3 are answered in that of 2.
    pub(super) reply_version: Option<u8>,
    pub(super) user_pool_id: Option<String>,
    pub(super) sub: Option<String>,
    pub(super) client_id: Option<String>,
}

/// The tenant that was chosen.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TenantFacts {
    pub(super) tenant_id: String,
    /// Whether tokens carry it, or the user is in it; not so when it is suspended, for one.
    pub(super) granted: bool,
    /// `client_binding`, `asked`, `default`, `joined_first`, `fallback`; of post-confirmation `None`.
    pub(super) chosen_by: Option<&'static str>,
    pub(super) why: String,
}

/// Why not.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RefusalFacts {
    /// The code of docs/errors.md.
    pub(super) code: &'static str,
    /// What the user is told.
    pub(super) told: &'static str,
    /// The reason in the function's log.
    pub(super) reason: &'static str,
    /// The cause in the function's log.
    pub(super) cause: Option<String>,
    pub(super) why: String,
    pub(super) advice: Vec<Advice>,
    /// Whether MODE=observe lets it through all the same.
    pub(super) let_through: bool,
}

/// The app client's binding.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BindingFacts {
    pub(super) tenant_id: String,
    pub(super) mode: &'static str,
}

/// Another default tenant.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DefaultFacts {
    /// What the profile names now.
    pub(super) from: Option<String>,
    pub(super) to: String,
}

/// A user attribute that would be written.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StampFacts {
    pub(super) attribute: String,
    pub(super) tenant_id: String,
    /// The memberships that would be noted as stamped.
    pub(super) memberships: Vec<String>,
}

/// What it cost.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StoreFacts {
    /// Calls of the table, with nothing remembered from earlier events.
    pub(super) reads: u64,
    /// Their durations, summed, in milliseconds; from here, not from the function.
    pub(super) read_ms: f64,
    /// Writes that were not made: of the table, and of the user pool.
    pub(super) withheld_writes: u64,
}
