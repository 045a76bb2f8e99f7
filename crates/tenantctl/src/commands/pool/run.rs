//! One run of a command, from the plan to the outcome.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use aws_sdk_cognitoidentityprovider::Client;
use pool_triggers::difference::{Difference, list};
use pool_triggers::fragment::fragment;
use pool_triggers::judge::region;
use pool_triggers::members::{Fate, fate};
use pool_triggers::slots::{Wanted, holder};
use pool_triggers::wire::Mfa;
use pool_triggers::{MfaOutcome, Outcome, Plan, Work, apply};
use user_pool::words::shell_word;

use super::options::ChangeOptions;
use super::report::Report;
use crate::context::Context;
use crate::failure::{Failure, Found};
use crate::{clock, console};

/// One run of a command, with the plan made.
pub(super) struct Run<'a> {
    action: &'static str,
    context: &'a Context,
    cognito: Client,
    pool_id: String,
    plan: Plan,
    options: ChangeOptions,
    /// What the owner writes into its code; only when the pool is not changed for that reason.
    fragment: Option<String>,
    is_shown: bool,
    outcome: Option<Outcome>,
}

impl<'a> Run<'a> {
    pub(super) fn new(
        action: &'static str,
        context: &'a Context,
        cognito: Client,
        pool_id: String,
        plan: Plan,
        options: ChangeOptions,
    ) -> Self {
        let (fragment, is_shown, outcome) = (None, false, None);
        Self { action, context, cognito, pool_id, plan, options, fragment, is_shown, outcome }
    }

    /// Shows the plan, and carries it out if it may be and is to be.
    pub(super) async fn finish(mut self) -> Result<Found, Failure> {
        let goal = &self.plan.goal;
        let is_restore = goal.saved().is_some();
        if !is_restore && goal.changes().is_empty() {
            return Ok(self.say());
        }
        self.plan.read_mfa(&self.cognito, &self.pool_id).await;
        if self.plan.differences.is_empty() {
            return Ok(self.say());
        }
        if let Mfa::Unknown(why) = &self.plan.mfa {
            self.plan.notes.push(format!("The MFA configuration will not be compared: {why}."));
        }
        if let Some(owner) = self.plan.owner.as_ref().filter(|_| self.options.ignore_owner) {
            let note = format!("The next deployment by {} will undo this.", owner.tool.name());
            self.plan.notes.push(note);
        }
        if let Some(obstacle) = self.plan.obstacle(self.options.ignore_owner) {
            let owner = self.plan.owner.as_ref().filter(|_| !self.options.ignore_owner && !is_restore);
            self.fragment =
                owner.map(|owner| fragment(owner, self.plan.pool_arn(), self.plan.goal.changes()));
            self.say();
            return Err(obstacle.into());
        }
        if !self.options.apply.apply {
            let found = self.say();
            self.context.note("dry run: nothing was changed; add --apply to write");
            return Ok(found);
        }
        self.write().await
    }

    fn report(&self) -> Report<'_> {
        let outcome = self.outcome.as_ref();
        let outcome = outcome.map(|outcome| (outcome, self.put_back(&outcome.backup)));
        Report::of(self.action, &self.pool_id, &self.plan, self.fragment.as_deref(), outcome)
    }

    /// Says what there is to say, and whether a function that is attached already cannot be invoked.
    fn say(&self) -> Found {
        let mut report = self.report();
        report.is_shown = self.is_shown;
        self.context.say(&report);
        let is_dead = self.plan.functions.iter().any(|function| function.invocable == Some(false));
        if is_dead { Found::Problems } else { Found::Nothing }
    }

    async fn write(mut self) -> Result<Found, Failure> {
        if !self.context.is_json() {
            self.say();
            self.is_shown = true;
        }
        console::confirm(&self.question(), self.options.apply.yes)?;
        let now = clock::system();
        let backup = self.options.backup.clone();
        let outcome = apply(Work {
            cognito: &self.cognito,
            pool_id: &self.pool_id,
            action: self.action,
            plan: &self.plan,
            backup: backup.unwrap_or_else(|| default_backup(&self.pool_id, now)),
            now,
            put_back: &|file| self.put_back(file),
            note: &|text| self.context.note(text),
        })
        .await?;
        let outcome = self.outcome.insert(outcome);
        let (notes, is_restored) = (outcome.notes.clone(), outcome.mfa == MfaOutcome::Restored);
        let found = self.say();
        for note in notes {
            self.context.note(&note);
        }
        if is_restored {
            self.context
                .note("the update had weakened the MFA configuration; it has been put back as it was");
        }
        let Some(outcome) = self.outcome.as_ref().filter(|outcome| !outcome.differences.is_empty()) else {
            return Ok(found);
        };
        let what =
            format!("the user pool was updated, but differs from the plan:{}", list(&outcome.differences));
        Err(Failure::failed(what).hint(format!(
            "{}The differences may include changes by others. A restore undoes those too. {}",
            no_update_sets(&outcome.differences),
            self.put_back(&outcome.backup)
        )))
    }

    /// The command that shows how the pool is put back from a file.
    fn put_back(&self, file: &Path) -> String {
        let id = &self.pool_id;
        let place = self.context.aws_cli_options(region(self.plan.pool.value(), id));
        let ignore_owner = if self.options.ignore_owner { " --ignore-owner" } else { "" };
        put_back(file, &format!(" --user-pool-id {id}{place}{ignore_owner}"))
    }

    fn question(&self) -> String {
        let Plan { goal, pool, .. } = &self.plan;
        let name = self.report().pool();
        if let Some(saved) = goal.saved() {
            return format!("Put user pool {name} back as in {}?", saved.file);
        }
        let slots: Vec<String> = goal
            .changes()
            .iter()
            .map(|(slot, wanted)| match (wanted, holder(pool.value(), *slot)) {
                (Wanted::Function(arn, _), _) => format!("{} = {arn}", slot.name()),
                (Wanted::Empty, Some(arn)) => format!("{} without {arn}", slot.name()),
                (Wanted::Empty, None) => slot.name().to_owned(),
            })
            .collect();
        format!("Update user pool {name} ({})?", slots.join(", "))
    }
}

/// The name of a backup that was given none: `<pool id>-<time>.json` in the working directory.
fn default_backup(pool_id: &str, now: SystemTime) -> PathBuf {
    let moment = humantime::format_rfc3339_seconds(now).to_string().replace(['-', ':'], "");
    PathBuf::from(format!("{pool_id}-{moment}.json"))
}

fn put_back(file: &Path, options: &str) -> String {
    format!(
        "This command shows how to put the pool back; add --apply to do it:\n  tenantctl pool restore {} \\\n   {options}",
        shell_word(&file.display().to_string())
    )
}

/// A sentence about members among these that no update can lose or give back: Cognito keeps them, some emulators do not.
fn no_update_sets(differences: &[Difference]) -> String {
    let is_fixed = |name: &&str| matches!(fate(name), Some(Fate::Fixed(_)));
    let mut names: Vec<&str> = differences.iter().map(Difference::member).filter(is_fixed).collect();
    names.dedup();
    if names.is_empty() {
        return String::new();
    }
    format!(
        "UpdateUserPool cannot set {}: that is not of this update, unless the server is an emulator. ",
        names.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_any_name_can_be_put_back() {
        for (name, word) in [
            ("b.json", "b.json"),
            ("it's b.json", r"'it'\''s b.json'"),
            ("$(rm x).json", "'$(rm x).json'"),
            ("", "''"),
        ] {
            let command = put_back(Path::new(name), " --user-pool-id p --region eu-west-1");

            assert!(command.contains(&format!("tenantctl pool restore {word} \\\n")), "{command}");
            assert!(command.ends_with("    --user-pool-id p --region eu-west-1"), "{command}");
        }
    }
}
