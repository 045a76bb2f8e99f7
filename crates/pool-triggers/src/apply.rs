//! The write: read once more, keep a backup, update, and look at everything again.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use aws_sdk_cognitoidentityprovider::Client;
use serde_json::Value;

use crate::backup;
use crate::difference::{Difference, comparable, difference, list, settled};
use crate::goal::mfa_difference;
use crate::plan::Plan;
use crate::refused::Refused;
use crate::update::update_from;
use crate::verify::{Looked, Looking, MfaOutcome, Seen};
use crate::wire::{self, Mfa, Sent};

/// What is to be written, and onto what.
pub struct Work<'a> {
    pub cognito: &'a Client,
    pub pool_id: &'a str,
    /// What the backup says of it: `attach`, `detach` or `restore`.
    pub action: &'static str,
    pub plan: &'a Plan,
    /// Where the pool is kept as it was.
    pub backup: PathBuf,
    pub now: SystemTime,
    /// How the pool is put back from that file, in words.
    pub put_back: &'a dyn Fn(&Path) -> String,
    /// Tells what is worth knowing before the end.
    pub note: &'a dyn Fn(&str),
}

/// What came of it.
#[derive(Debug)]
pub struct Outcome {
    /// The file with the pool as it was.
    pub backup: PathBuf,
    /// Where the pool is not as planned; empty when it is, in every member.
    pub differences: Vec<Difference>,
    pub mfa: MfaOutcome,
    pub notes: Vec<String>,
}

/// Writes it, and looks at everything again.
///
/// Refuses with `pool-changed` when the pool is no longer what the plan was made from. Fails when Cognito refuses, and nothing
/// is changed; or when nobody can tell what has happened.
pub async fn apply(work: Work<'_>) -> Result<Outcome, Refused> {
    let Work { cognito, pool_id, plan, backup: path, .. } = work;
    let mut mfa = wire::mfa(cognito, pool_id).await;
    match (&plan.mfa, &mfa) {
        (Mfa::Known(before), Mfa::Known(now)) => {
            refuse_if_changed(&settled(before.clone()), &settled(now.clone()))?;
        }
        (Mfa::Known(_), Mfa::Unknown(_)) => mfa = plan.mfa.clone(),
        (Mfa::Unknown(_), _) => {}
    }
    // The last thing that is read before the write: what is written is made from it, and compared with it.
    let fresh = wire::describe(cognito, pool_id).await?;
    refuse_if_changed(&comparable(plan.pool.value()), &comparable(fresh.value()))?;
    let planned = plan.goal.planned(&fresh);
    let update = update_from(planned.value());

    let contents = backup::contents(pool_id, &fresh, &mfa, work.now, work.action, &plan.differences)
        .map_err(|error| {
            Refused::failed(format!("could not write the backup: {error}; nothing was changed"))
        })?;
    backup::write(&path, &contents)?;
    let put_back = || (work.put_back)(&path);

    let wanted_mfa = plan.goal.mfa(&mfa);
    // Before the update: Cognito refuses an update that names an MFA mode for which the pool has no factor.
    if let Mfa::Known(wanted) = wanted_mfa
        && !mfa_difference(&mfa, wanted_mfa).is_empty()
    {
        wire::set_mfa(cognito, pool_id, &wire::mfa_request(pool_id, wanted)).await.map_err(|failure| {
            let path = path.display();
            failure.advise(format!("The pool itself was not updated. Its old configuration is in {path}."))
        })?;
    }
    let unsure = match wire::update(cognito, pool_id, update.text(&planned)).await {
        Sent::Done => None,
        Sent::Refused(failure) => return Err(refused(failure, &update.unknown, &path, &plan.differences)),
        Sent::Unknown(failure) => {
            (work.note)(&format!("{failure}. Cognito may have made the change anyway; checking."));
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
    let Looked { seen, mfa, differences, notes } = looking.look().await.map_err(|failure| {
        failure.advise(format!("The update was sent. Look at the pool. {}", put_back()))
    })?;
    if let (Some(failure), Seen::AsBefore) = (unsure, seen) {
        return Err(Refused::failed(format!(
            "{failure}. The user pool shows no change yet, but the update may still take effect"
        ))
        .advise(format!("Check the pool before you run the command again. {}", put_back())));
    }
    Ok(Outcome { backup: path, differences, mfa, notes })
}

/// An update that Cognito has refused.
fn refused(failure: Refused, unknown: &[String], path: &Path, planned: &[Difference]) -> Refused {
    let is_mfa_set = planned.iter().any(|d| d.path.starts_with("GetUserPoolMfaConfig."));
    let what = if is_mfa_set { "Only the MFA configuration is changed" } else { "Nothing is changed" };
    let mut failure = Refused {
        rule: "failed",
        what: format!("{failure}. {what}"),
        fallback: Some(
            "Cognito validates the whole pool at each update. Correct the setting that it names, then run the command again.",
        ),
        ..failure.needs("cognito-idp:UpdateUserPool, and iam:PassRole for a role that sends SMS")
    };
    if !unknown.is_empty() {
        failure = failure.advise(format!(
            "The update held settings that this version of tenantctl does not know, as Cognito described them: {}. If Cognito \
             names one of them, a newer tenantctl may know what to send.",
            unknown.join(", ")
        ));
    }
    failure.advise(format!("The pool's old configuration is in {}.", path.display()))
}

fn refuse_if_changed(before: &Value, now: &Value) -> Result<(), Refused> {
    let found = difference(before, now);
    if found.is_empty() {
        return Ok(());
    }
    Err(Refused::by(
        "pool-changed",
        format!(
            "nothing was written, because the user pool changed after the plan was made:{}",
            list(&found)
        ),
    )
    .advise("Run the command again, and check the new plan."))
}
