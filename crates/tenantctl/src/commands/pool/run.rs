//! One run of a command, from the plan to the outcome.

use aws_sdk_cognitoidentityprovider::Client;
use serde_json::Value;

use super::apply::{self, Work};
use super::backup::PutBack;
use super::description::Description;
use super::difference::{Difference, comparable, difference};
use super::fragment::Change;
use super::goal::{Goal, mfa_difference, not_in_file};
use super::judge::Wish;
use super::members::{Fate, fate};
use super::options::ChangeOptions;
use super::report::{MfaOutcome, Report};
use super::triggers::{Wanted, covers, holder};
use super::update::{is_blank, predict, update_from};
use super::wire::{self, Mfa};
use super::{functions, owner};
use crate::context::Context;
use crate::failure::{Failure, Found};
use user_pool::Trigger;

/// One run of a command, after the judgement about the slots.
pub(super) struct Run<'a> {
    pub(super) context: &'a Context,
    pub(super) cognito: Client,
    pub(super) pool: Description,
    /// The description after the update.
    pub(super) planned: Description,
    pub(super) pool_arn: String,
    pub(super) goal: Goal,
    /// What the update would change besides the goal.
    pub(super) would_change_more: Vec<Difference>,
    pub(super) options: ChangeOptions,
    pub(super) report: Report,
}

impl<'a> Run<'a> {
    /// With the plan made.
    #[expect(clippy::too_many_arguments, reason = "the three commands differ in each of them")]
    pub(super) fn new(
        action: &'static str,
        context: &'a Context,
        cognito: Client,
        pool_id: String,
        pool: Description,
        goal: Goal,
        mut notes: Vec<String>,
        options: ChangeOptions,
    ) -> Self {
        let planned = goal.planned(&pool);
        let update = update_from(planned.value());
        let predicted = comparable(&predict(pool.value(), planned.value(), &update));
        let saved = goal.saved();
        let is_change = saved.is_some() || !goal.changes().is_empty();
        let plan = if is_change { difference(&comparable(pool.value()), &predicted) } else { Vec::new() };
        let would_change_more = match saved {
            Some(_) => difference(&comparable(planned.value()), &predicted),
            None => plan.iter().filter(|d| !is_wanted(goal.changes(), &d.path)).cloned().collect(),
        };
        let changed_since = plan.iter().filter(|d| saved.is_some_and(|saved| !saved.is_made_by_it(d)));
        let changed_since = changed_since.map(|d| d.path.clone()).collect();
        let text = |name: &str| pool.value().get(name).and_then(Value::as_str).map(str::to_owned);
        let owner = owner::owner(pool.value());
        if is_change && planned.value().get("UserPoolTier").is_none_or(is_blank) {
            notes.push(
                "The description names no feature plan, so none is sent: Cognito may then put the pool on Essentials."
                    .to_owned(),
            );
        }
        if let Some(kept) = saved.map(|saved| not_in_file(saved, &pool)).filter(|kept| !kept.is_empty()) {
            notes.push(format!(
                "The file does not have these settings, nor does this version know them, so they stay as they are now: {}.",
                kept.join(", ")
            ));
        }
        if let Some(Mfa::Unknown(_)) = saved.map(|saved| &saved.mfa) {
            notes.push("The file has no MFA configuration, so its factors are not put back.".to_owned());
        }
        if is_change && owner.is_none() {
            notes.push(
                "No tag tells who owns the pool. If a template does (CloudFormation, CDK, Terraform ..), change it \
                 there: its next deployment undoes this."
                    .to_owned(),
            );
        }
        let report = Report {
            action,
            pool_name: text("Name"),
            plan,
            left_out: if is_change { update.left_out } else { Vec::new() },
            unknown: if is_change { update.unknown } else { Vec::new() },
            file: saved.map(|saved| saved.file.clone()),
            taken_at: saved.map(|saved| saved.taken_at.clone()),
            changed_since,
            functions: Vec::new(),
            owner,
            fragment: None,
            notes,
            applied: false,
            verified: None,
            differences: Vec::new(),
            mfa: None,
            backup: None,
            put_back: None,
            is_shown: false,
            user_pool_id: pool_id,
        };
        let pool_arn = text("Arn").unwrap_or_default();
        Self { context, cognito, pool, planned, pool_arn, goal, would_change_more, options, report }
    }

    /// Whether a restore changes the function of a trigger.
    pub(super) fn puts_functions_back(&self) -> bool {
        Trigger::BOTH.into_iter().any(|slot| self.put_back_in(slot).is_some())
    }

    fn put_back_in(&self, slot: Trigger) -> Option<&str> {
        let wanted = holder(self.planned.value(), slot)?;
        (holder(self.pool.value(), slot) != Some(wanted)).then_some(wanted)
    }

    /// Asks Lambda about the functions that are put back: one that was deleted meanwhile locks users out.
    pub(super) async fn check_restored_functions(
        &mut self,
        lambda: &aws_sdk_lambda::Client,
    ) -> Result<(), Failure> {
        for slot in Trigger::BOTH {
            let Some(arn) = self.put_back_in(slot).map(str::to_owned) else { continue };
            let mut found = match arn.parse() {
                Ok(arn) => {
                    functions::check(lambda, slot, &arn, &self.pool_arn, &self.report.user_pool_id).await?
                }
                Err(error) => functions::unreadable(slot, arn, &error),
            };
            found.is_new = true;
            self.report.functions.push(found);
        }
        Ok(())
    }

    /// Asks Lambda about the functions that are to be attached, and about those that are attached already: somebody may
    /// have deleted one.
    pub(super) async fn check_functions(
        &mut self,
        lambda: &aws_sdk_lambda::Client,
        wish: &Wish<'_>,
    ) -> Result<(), Failure> {
        let named = [
            (Trigger::PostConfirmation, wish.post_confirmation),
            (Trigger::PreTokenGeneration, wish.pre_token_generation),
        ];
        let pool_id = self.report.user_pool_id.clone();
        for (slot, arn) in named {
            if let Some(arn) = arn {
                let mut found = functions::check(lambda, slot, arn, &self.pool_arn, &pool_id).await?;
                found.is_new = self.goal.changes().iter().any(|(changed, _)| *changed == slot);
                self.report.functions.push(found);
            }
        }
        Ok(())
    }

    /// Shows the plan, and carries it out if it may be and is to be.
    pub(super) async fn finish(mut self) -> Result<Found, Failure> {
        if self.goal.saved().is_none() && self.goal.changes().is_empty() {
            self.context.say(&self.report);
            return Ok(self.found());
        }
        let mfa = wire::mfa(&self.cognito, &self.report.user_pool_id).await;
        let of_mfa = mfa_difference(&mfa, self.goal.mfa(&mfa));
        self.report.changed_since.extend(of_mfa.iter().map(|d| d.path.clone()));
        self.report.plan.extend(of_mfa);
        if self.report.plan.is_empty() {
            self.context.say(&self.report);
            return Ok(self.found());
        }
        if let Mfa::Unknown(why) = &mfa {
            let note = format!("The MFA configuration will not be compared: {why}.");
            self.report.notes.push(note);
        }
        if let Some(owner) = self.report.owner.as_ref().filter(|_| self.options.ignore_owner) {
            self.report.notes.push(format!("The next deployment by {} will undo this.", owner.tool.name()));
        }
        if let Some(refusal) = self.refusal(&mfa) {
            self.context.say(&self.report);
            return Err(refusal);
        }
        if !self.options.apply.apply {
            self.context.say(&self.report);
            self.context.note("nothing is written; --apply does it");
            return Ok(self.found());
        }
        self.write(&mfa).await
    }

    /// Whether a function that is attached already cannot be invoked.
    fn found(&self) -> Found {
        let is_dead = self.report.functions.iter().any(|function| function.invocable == Some(false));
        if is_dead { Found::Problems } else { Found::Nothing }
    }

    async fn write(mut self, mfa: &Mfa) -> Result<Found, Failure> {
        if !self.context.is_json() {
            self.context.say(&self.report);
            self.report.is_shown = true;
        }
        self.context.confirm(&self.question(), self.options.apply.yes)?;
        let work = Work {
            context: self.context,
            cognito: &self.cognito,
            pool_id: &self.report.user_pool_id.clone(),
            pool: &self.pool,
            mfa,
            goal: &self.goal,
            ignore_owner: self.options.ignore_owner,
            backup: self.options.backup.clone(),
        };
        let planned_notes = self.report.notes.len();
        apply::apply(work, &mut self.report).await?;
        self.context.say(&self.report);
        for note in self.report.notes.iter().skip(planned_notes) {
            self.context.note(note);
        }
        if self.report.mfa == Some(MfaOutcome::Restored) {
            self.context
                .note("the update had weakened the MFA configuration; it has been put back as it was");
        }
        if self.report.verified == Some(true) {
            return Ok(self.found());
        }
        let how = self.report.put_back.as_ref().map(PutBack::command);
        Err(Failure::failed(format!(
            "the user pool was updated and is not as planned:{}",
            apply::list(&self.report.differences)
        ))
        .hint(format!(
            "{}Somebody else's change may be among the differences, and putting the pool back undoes it too. {}",
            no_update_sets(&self.report.differences),
            how.unwrap_or_default()
        )))
    }

    fn question(&self) -> String {
        if let Some(saved) = self.goal.saved() {
            return format!("Put user pool {} back as in {}?", self.report.pool(), saved.file);
        }
        let slots: Vec<String> = self
            .goal
            .changes()
            .iter()
            .map(|(slot, wanted)| match (wanted, holder(self.pool.value(), *slot)) {
                (Wanted::Function(arn, _), _) => format!("{} = {arn}", slot.name()),
                (Wanted::Empty, Some(arn)) => format!("{} without {arn}", slot.name()),
                (Wanted::Empty, None) => slot.name().to_owned(),
            })
            .collect();
        format!("Update user pool {} ({})?", self.report.pool(), slots.join(", "))
    }
}

/// Whether a path is of a trigger that is to change.
fn is_wanted(changes: &[Change], path: &str) -> bool {
    path == "LambdaConfig" || changes.iter().any(|(slot, _)| covers(*slot, path))
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
