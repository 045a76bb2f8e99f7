//! The write: read once more, keep a backup, update, and look at everything again.

use std::path::PathBuf;
use std::time::Duration;

use aws_sdk_cognitoidentityprovider::Client;
use serde_json::Value;

use super::backup;
use super::difference::{Difference, comparable, difference, settled};
use super::fragment::Change;
use super::members::DIAGNOSES;
use super::report::{MfaOutcome, Report, plain};
use super::triggers::with_slot;
use super::update::update_from;
use super::wire::{self, Mfa};
use crate::context::Context;
use crate::failure::Failure;

/// How long to wait before looking again, while a pool does not show what was written.
const WAITS: [Duration; 4] =
    [Duration::from_millis(250), Duration::from_millis(500), Duration::from_secs(1), Duration::from_secs(2)];

/// What is to be written, and onto what.
pub(super) struct Work<'a> {
    pub(super) context: &'a Context,
    pub(super) cognito: &'a Client,
    pub(super) pool_id: &'a str,
    /// The description that the plan was made from.
    pub(super) pool: &'a Value,
    pub(super) mfa: &'a Mfa,
    pub(super) changes: &'a [Change],
    pub(super) send_unknown: bool,
    pub(super) backup: Option<PathBuf>,
}

/// Writes it, and says in `report` what came of it. Without an error the pool has been verified, or `verified` is false
/// and `differences` says where it is wrong.
///
/// # Errors
///
/// [`Failure`]: `pool-changed` when it is no longer what the plan was made from; when Cognito refuses, and nothing is
/// changed; when nobody can tell what has happened.
pub(super) async fn apply(work: Work<'_>, report: &mut Report) -> Result<(), Failure> {
    let Work { context, cognito, pool_id, .. } = work;
    let fresh = wire::describe(cognito, pool_id).await?;
    refuse_if_changed(&comparable(work.pool), &comparable(&fresh))?;
    if let (Mfa::Known(before), Mfa::Known(now)) = (work.mfa, &wire::mfa(cognito, pool_id).await) {
        refuse_if_changed(&settled(before.clone()), &settled(now.clone()))?;
    }
    let planned =
        work.changes.iter().fold(fresh.clone(), |pool, (slot, wanted)| with_slot(pool, *slot, wanted));
    let update = update_from(&planned, work.send_unknown);

    let now = context.clock();
    let path = work.backup.unwrap_or_else(|| backup::default_path(pool_id, now));
    backup::write(&path, &backup::contents(pool_id, &fresh, work.mfa, now))?;
    report.backup = Some(path.display().to_string());

    if let Err((failure, is_refused)) = wire::update(cognito, pool_id, &update.body).await {
        if is_refused {
            return Err(Failure::failed(format!("{failure}. Nothing is changed"))
                .hint("Cognito checks the whole pool at each update: the setting that it names has to be mended first."));
        }
        let after = wire::describe(cognito, pool_id).await;
        if after.as_ref().is_ok_and(|after| comparable(after) == comparable(&fresh)) {
            return Err(Failure::failed(format!("{failure}. The pool is as it was")));
        }
        context.note(&format!("{failure}. It may have been done all the same; looking."));
    }
    report.applied = true;
    verify(cognito, pool_id, &planned, work.mfa, report).await.map_err(|failure| {
        failure.hint(format!("The update was sent. {}", backup::how_to_put_back(&path, None)))
    })
}

/// Looks at everything again, a few times.
async fn verify(
    cognito: &Client,
    pool_id: &str,
    planned: &Value,
    mfa: &Mfa,
    report: &mut Report,
) -> Result<(), Failure> {
    let wanted = comparable(planned);
    let mut waits = WAITS.iter();
    let mut is_restored = false;
    loop {
        let after = wire::describe(cognito, pool_id).await?;
        let (told, mut wrong): (Vec<_>, Vec<_>) = difference(&wanted, &comparable(&after))
            .into_iter()
            .partition(|difference| DIAGNOSES.contains(&difference.member()));
        let mfa_now = wire::mfa(cognito, pool_id).await;
        let lost = mfa_difference(mfa, &mfa_now);
        if let (false, false, Mfa::Known(before)) = (lost.is_empty(), is_restored, mfa) {
            is_restored = true;
            match wire::set_mfa(cognito, pool_id, &wire::mfa_request(pool_id, before)).await {
                Ok(()) => continue,
                Err(failure) => report.notes.push(failure.to_string()),
            }
        }
        report.mfa = Some(match (&mfa_now, lost.is_empty(), is_restored) {
            (Mfa::Known(_), true, true) => MfaOutcome::Restored,
            (Mfa::Known(_), true, false) if matches!(mfa, Mfa::Known(_)) => MfaOutcome::Unchanged,
            (Mfa::Known(_), false, _) => MfaOutcome::Changed,
            _ => MfaOutcome::Unknown,
        });
        wrong.extend(lost);
        if !wrong.is_empty()
            && let Some(wait) = waits.next()
        {
            tokio::time::sleep(*wait).await;
            continue;
        }
        report.notes.extend(told.iter().map(|d| format!("Cognito now says {}: {}", d.path, plain(&d.after))));
        report.verified = Some(wrong.is_empty());
        report.differences = wrong;
        return Ok(());
    }
}

/// What is different in the MFA configuration; nothing when it was not known before, and its absence when it no longer
/// is.
fn mfa_difference(before: &Mfa, after: &Mfa) -> Vec<Difference> {
    let named = |found: Vec<Difference>| {
        found
            .into_iter()
            .map(|d| Difference { path: format!("GetUserPoolMfaConfig.{}", d.path), ..d })
            .collect()
    };
    match (before, after) {
        (Mfa::Known(before), Mfa::Known(after)) => {
            named(difference(&settled(before.clone()), &settled(after.clone())))
        }
        (Mfa::Known(before), Mfa::Unknown(why)) => vec![Difference {
            path: "GetUserPoolMfaConfig".to_owned(),
            before: before.clone(),
            after: Value::from(why.as_str()),
        }],
        (Mfa::Unknown(_), _) => Vec::new(),
    }
}

fn refuse_if_changed(before: &Value, now: &Value) -> Result<(), Failure> {
    let found = difference(before, now);
    if found.is_empty() {
        return Ok(());
    }
    Err(Failure::refused(
        "pool-changed",
        format!(
            "somebody has changed the user pool since the plan was made, and nothing was written:{}",
            list(&found)
        ),
    )
    .hint("Look at the plan again."))
}

/// One difference a line.
pub(super) fn list(found: &[Difference]) -> String {
    let lines = found.iter().map(|d| format!("{}: {} -> {}", d.path, plain(&d.before), plain(&d.after)));
    lines.fold(String::new(), |text, line| text + "\n  " + &line)
}
