//! What has become of a pool after an update: everything is read again, a few times.

use std::time::Duration;

use aws_sdk_cognitoidentityprovider::Client;
use serde::Serialize;
use serde_json::Value;

use crate::difference::{Difference, comparable, difference, settled, shown};
use crate::goal;
use crate::members::DIAGNOSES;
use crate::refused::Refused;
use crate::wire::{self, Mfa};

/// How long to wait before looking again, while a pool does not show what was written.
const WAITS: [Duration; 4] =
    [Duration::from_millis(250), Duration::from_millis(500), Duration::from_secs(1), Duration::from_secs(2)];

pub(crate) struct Looking<'a> {
    pub(crate) cognito: &'a Client,
    pub(crate) pool_id: &'a str,
    /// The description directly before the update.
    pub(crate) before: &'a Value,
    pub(crate) planned: &'a Value,
    /// The MFA configuration directly before the update.
    pub(crate) mfa_before: &'a Mfa,
    pub(crate) mfa: &'a Mfa,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Seen {
    /// The pool as planned.
    AsPlanned,
    /// The pool as it was before the update, in everything.
    AsBefore,
    Otherwise,
}

/// What became of the MFA configuration.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MfaOutcome {
    Unchanged,
    /// The update had weakened it; it has been put back.
    Restored,
    Changed,
    /// It could not be read.
    Unknown,
}

/// What was seen, and where it is not as planned.
pub(crate) struct Looked {
    pub(crate) seen: Seen,
    pub(crate) mfa: MfaOutcome,
    pub(crate) differences: Vec<Difference>,
    /// What is worth knowing.
    pub(crate) notes: Vec<String>,
}

impl Looking<'_> {
    /// Looks until the pool is as planned, or often enough, and says what is different. An MFA configuration
    /// that has been weakened is put back; no other change of it is touched, since it is not of the update.
    pub(crate) async fn look(&self) -> Result<Looked, Refused> {
        let mut notes = Vec::new();
        let (before, wanted) = (comparable(self.before), comparable(self.planned));
        let mut waits = WAITS.iter();
        let mut is_restored = false;
        loop {
            let after = comparable(wire::describe(self.cognito, self.pool_id).await?.value());
            let (told, mut wrong): (Vec<_>, Vec<_>) =
                difference(&wanted, &after).into_iter().partition(is_no_loss);
            let mfa = wire::mfa(self.cognito, self.pool_id).await;
            let mfa_wrong = mfa_difference(self.mfa, &mfa);
            if let (false, Mfa::Known(before), Mfa::Known(now)) = (is_restored, self.mfa, &mfa)
                && is_weakened(before, now)
            {
                is_restored = true;
                let request = wire::mfa_request(self.pool_id, before);
                match wire::set_mfa(self.cognito, self.pool_id, &request).await {
                    Ok(()) => continue,
                    Err(failure) => notes.push(failure.to_string()),
                }
            }
            let is_as_before =
                after == before && mfa_difference(self.mfa_before, &mfa).is_empty() && !is_restored;
            let outcome = match (self.mfa, &mfa) {
                (Mfa::Known(_), Mfa::Known(_)) if !mfa_wrong.is_empty() => MfaOutcome::Changed,
                (Mfa::Known(_), Mfa::Known(_)) if is_restored => MfaOutcome::Restored,
                (Mfa::Known(_), Mfa::Known(_)) => MfaOutcome::Unchanged,
                _ => MfaOutcome::Unknown,
            };
            wrong.extend(mfa_wrong);
            if !wrong.is_empty()
                && let Some(wait) = waits.next()
            {
                tokio::time::sleep(*wait).await;
                continue;
            }
            let told =
                told.iter().map(|d| format!("Cognito now says {}: {}", d.path, shown(d.after.as_ref())));
            notes.extend(told);
            let seen = match (wrong.is_empty(), is_as_before) {
                (true, _) => Seen::AsPlanned,
                (false, true) => Seen::AsBefore,
                (false, false) => Seen::Otherwise,
            };
            return Ok(Looked { seen, mfa: outcome, differences: wrong, notes });
        }
    }
}

/// Whether a difference is told, and nothing is lost by it.
fn is_no_loss(difference: &Difference) -> bool {
    // The plan has said that a feature plan that is not described cannot be sent.
    let is_first_tier = difference.path == "UserPoolTier" && difference.before.is_none();
    is_first_tier || DIAGNOSES.contains(&difference.member())
}

/// What is different in the MFA configuration; nothing when it was not known before, and its absence when it no longer
/// is.
fn mfa_difference(before: &Mfa, after: &Mfa) -> Vec<Difference> {
    match (before, after) {
        (Mfa::Known(before), Mfa::Unknown(why)) => vec![Difference {
            path: "GetUserPoolMfaConfig".to_owned(),
            before: Some(before.clone()),
            after: Some(Value::from(format!("not known: {why}"))),
        }],
        _ => goal::mfa_difference(before, after),
    }
}

/// Whether MFA is weaker now and in nothing stronger or other: what an update can do to it. A change that is anything
/// else is somebody's own.
fn is_weakened(before: &Value, now: &Value) -> bool {
    let strength = |mode: Option<&Value>| match mode.and_then(Value::as_str) {
        Some("ON") => 2,
        Some("OPTIONAL") => 1,
        _ => 0,
    };
    let is_loss = |d: &Difference| match d.path.as_str() {
        "MfaConfiguration" => strength(d.after.as_ref()) < strength(d.before.as_ref()),
        _ => {
            d.after.as_ref().is_none_or(Value::is_null)
                || (d.before == Some(Value::Bool(true)) && d.after == Some(Value::Bool(false)))
        }
    };
    let found = difference(&settled(before.clone()), &settled(now.clone()));
    !found.is_empty() && found.iter().all(is_loss)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_a_weaker_mfa_configuration_is_of_the_update() {
        let totp = json!({ "Enabled": true });
        let before = json!({
            "MfaConfiguration": "OPTIONAL", "SoftwareTokenMfaConfiguration": totp,
            "SmsMfaConfiguration": { "SmsAuthenticationMessage": "{####}" },
        });
        for (what, change, weakened) in [
            ("the same", json!({}), false),
            ("off", json!({ "MfaConfiguration": "OFF" }), true),
            ("off, by its absence", json!({ "MfaConfiguration": null }), true),
            ("on", json!({ "MfaConfiguration": "ON" }), false),
            ("a factor gone", json!({ "SmsMfaConfiguration": null }), true),
            ("a factor off", json!({ "SoftwareTokenMfaConfiguration": { "Enabled": false } }), true),
            ("a factor more", json!({ "EmailMfaConfiguration": { "Subject": "s" } }), false),
            (
                "a factor for another",
                json!({ "SmsMfaConfiguration": null, "EmailMfaConfiguration": { "Subject": "s" } }),
                false,
            ),
            ("on, a factor gone", json!({ "MfaConfiguration": "ON", "SmsMfaConfiguration": null }), false),
            (
                "another text",
                json!({ "SmsMfaConfiguration": { "SmsAuthenticationMessage": "{####}!" } }),
                false,
            ),
        ] {
            let mut now = before.clone();
            now.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());

            assert_eq!(is_weakened(&before, &now), weakened, "{what}");
        }
    }
}
