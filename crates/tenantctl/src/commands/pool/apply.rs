//! The write: read once more, keep a backup, update, and look at everything again.

use std::path::PathBuf;

use aws_sdk_cognitoidentityprovider::Client;
use serde_json::Value;

use super::backup::{self, PutBack};
use super::description::Description;
use super::difference::{Difference, comparable, difference, settled};
use super::goal::{Goal, mfa_difference};
use super::judge::region;
use super::report::{Report, shown};
use super::update::update_from;
use super::verify::{Looking, Seen};
use super::wire::{self, Mfa, Sent};
use crate::context::Context;
use crate::failure::Failure;

/// What is to be written, and onto what.
pub(super) struct Work<'a> {
    pub(super) context: &'a Context,
    pub(super) cognito: &'a Client,
    pub(super) pool_id: &'a str,
    /// The description that the plan was made from.
    pub(super) pool: &'a Description,
    pub(super) mfa: &'a Mfa,
    pub(super) goal: &'a Goal,
    /// Whether the pool is changed although another tool owns it.
    pub(super) ignore_owner: bool,
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
    let mut mfa = wire::mfa(cognito, pool_id).await;
    match (work.mfa, &mfa) {
        (Mfa::Known(before), Mfa::Known(now)) => {
            refuse_if_changed(&settled(before.clone()), &settled(now.clone()))?;
        }
        (Mfa::Known(_), Mfa::Unknown(_)) => mfa = work.mfa.clone(),
        (Mfa::Unknown(_), _) => {}
    }
    // The last thing that is read before the write: what is written is made from it, and compared with it.
    let fresh = wire::describe(cognito, pool_id).await?;
    refuse_if_changed(&comparable(work.pool.value()), &comparable(fresh.value()))?;
    let planned = work.goal.planned(&fresh);
    let update = update_from(planned.value());

    let now = context.clock();
    let path = work.backup.unwrap_or_else(|| backup::default_path(pool_id, now));
    let contents =
        backup::contents(pool_id, &fresh, &mfa, now, report.action, &report.plan).map_err(|error| {
            Failure::failed(format!("could not write the backup: {error}; nothing was changed"))
        })?;
    backup::write(&path, &contents)?;
    report.backup = Some(path.display().to_string());
    let mut options = format!(" --user-pool-id {pool_id}");
    options += &context.aws_cli_options(region(fresh.value(), pool_id));
    if work.ignore_owner {
        options += " --ignore-owner";
    }
    let put_back = PutBack::new(&path, options);

    let wanted_mfa = work.goal.mfa(&mfa);
    // Before the update: Cognito refuses an update that names an MFA mode for which the pool has no factor.
    if let Mfa::Known(wanted) = wanted_mfa
        && !mfa_difference(&mfa, wanted_mfa).is_empty()
    {
        wire::set_mfa(cognito, pool_id, &wire::mfa_request(pool_id, wanted)).await.map_err(|failure| {
            let path = path.display();
            failure.and_hint(&format!("The pool itself was not updated. As it was, it stands in {path}."))
        })?;
    }
    let unsure = match wire::update(cognito, pool_id, update.text(&planned)).await {
        Sent::Done => None,
        Sent::Refused(failure) => return Err(refused(failure, &update.unknown, &path, report)),
        Sent::Unknown(failure) => {
            context.note(&format!("{failure}. It may have been done all the same; looking."));
            Some(failure)
        }
    };
    let looking = Looking {
        cognito,
        pool_id,
        before: fresh.value(),
        planned: planned.value(),
        mfa_before: &mfa,
        mfa: wanted_mfa,
    };
    let seen = looking.look(report).await.map_err(|failure| {
        failure.and_hint(&format!("The update was sent. Look at the pool. {}", put_back.command()))
    })?;
    if let (Some(failure), Seen::AsBefore) = (unsure, seen) {
        return Err(Failure::failed(format!(
            "{failure}. For some seconds the user pool has shown no change, but one may still come"
        ))
        .hint(format!("Look again before you repeat it. {}", put_back.command())));
    }
    report.applied = true;
    report.put_back = Some(put_back);
    Ok(())
}

/// An update that Cognito has refused.
fn refused(failure: Failure, unknown: &[String], path: &std::path::Path, report: &Report) -> Failure {
    let is_mfa_set = report.plan.iter().any(|d| d.path.starts_with("GetUserPoolMfaConfig."));
    let what = if is_mfa_set { "Only the MFA configuration is changed" } else { "Nothing is changed" };
    let mut failure =
        failure.needs("cognito-idp:UpdateUserPool, and iam:PassRole for a role that sends SMS").or_hint(
            "Cognito checks the whole pool at each update: the setting that it names has to be mended first.",
        );
    if !unknown.is_empty() {
        failure = failure.and_hint(&format!(
            "The update held settings that this version of tenantctl does not know, as Cognito described them: {}. If Cognito \
             names one of them, a newer tenantctl may know what to send.",
            unknown.join(", ")
        ));
    }
    failure
        .and_say(what)
        .coded("failed")
        .and_hint(&format!("The pool as it was stands in {}.", path.display()))
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
    let lines = found
        .iter()
        .map(|d| format!("{}: {} -> {}", d.path, shown(d.before.as_ref()), shown(d.after.as_ref())));
    lines.fold(String::new(), |text, line| text + "\n  " + &line)
}
