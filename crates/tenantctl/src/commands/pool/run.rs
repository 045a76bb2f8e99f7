//! One run of a command, from the plan to the outcome.

use aws_sdk_cognitoidentityprovider::Client;
use serde_json::Value;

use super::apply::{self, Work};
use super::difference::{Difference, comparable, difference};
use super::fragment::Change;
use super::judge::{Verdict, Wish};
use super::members::{Fate, fate};
use super::options::ChangeOptions;
use super::report::{MfaOutcome, Report};
use super::triggers::{Slot, Wanted, holder, with_slot};
use super::update::{is_blank, predict, update_from};
use super::wire::{self, Mfa};
use super::{functions, owner};
use crate::context::Context;
use crate::failure::{Failure, Found};

/// One run of either command, after the judgement about the slots.
pub(super) struct Run<'a> {
    pub(super) context: &'a Context,
    pub(super) cognito: Client,
    pub(super) pool: Value,
    pub(super) pool_arn: String,
    pub(super) changes: Vec<Change>,
    pub(super) unknown: Vec<String>,
    pub(super) options: ChangeOptions,
    pub(super) report: Report,
}

impl<'a> Run<'a> {
    /// With the plan made.
    pub(super) fn new(
        action: &'static str,
        context: &'a Context,
        cognito: Client,
        pool_id: String,
        pool: Value,
        verdict: Verdict,
        options: ChangeOptions,
    ) -> Self {
        let Verdict { changes, mut notes } = verdict;
        let planned =
            changes.iter().fold(pool.clone(), |pool, (slot, wanted)| with_slot(pool, *slot, wanted));
        let update = update_from(&planned, options.send_unknown);
        let is_change = !changes.is_empty();
        let plan = if is_change {
            difference(&comparable(&pool), &comparable(&predict(&pool, &update)))
        } else {
            Vec::new()
        };
        let text = |name: &str| pool.get(name).and_then(Value::as_str).map(str::to_owned);
        let owner = owner::owner(&pool);
        if is_change && pool.get("UserPoolTier").is_none_or(is_blank) {
            notes.push(
                "The description names no feature plan, so none is sent: Cognito may then put the pool on Essentials."
                    .to_owned(),
            );
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
        Self { context, cognito, pool, pool_arn, changes, unknown: update.unknown, options, report }
    }

    /// Asks Lambda about the functions that are to be attached, and about those that are attached already: somebody may
    /// have deleted one.
    pub(super) async fn check_functions(&mut self, lambda: &aws_sdk_lambda::Client, wish: &Wish<'_>) {
        let named = [
            (Slot::PostConfirmation, wish.post_confirmation),
            (Slot::PreTokenGeneration, wish.pre_token_generation),
        ];
        let pool_id = self.report.user_pool_id.clone();
        for (slot, arn) in named {
            if let Some(arn) = arn {
                let mut found = functions::check(lambda, slot, arn, &self.pool_arn, &pool_id).await;
                found.is_new = self.changes.iter().any(|(changed, _)| *changed == slot);
                self.report.functions.push(found);
            }
        }
    }

    /// Shows the plan, and carries it out if it may be and is to be.
    pub(super) async fn finish(mut self) -> Result<Found, Failure> {
        if self.changes.is_empty() {
            self.context.say(&self.report);
            return Ok(self.found());
        }
        let mfa = wire::mfa(&self.cognito, &self.report.user_pool_id).await;
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
            changes: &self.changes,
            send_unknown: self.options.send_unknown,
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
        let how = self.report.put_back.as_ref().map(|put_back| put_back.commands(self.report.mfa));
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
        let slots: Vec<String> = self
            .changes
            .iter()
            .map(|(slot, wanted)| match (wanted, holder(&self.pool, *slot)) {
                (Wanted::Function(arn, _), _) => format!("{} = {arn}", slot.name()),
                (Wanted::Empty, Some(arn)) => format!("{} without {arn}", slot.name()),
                (Wanted::Empty, None) => slot.name().to_owned(),
            })
            .collect();
        format!("Update user pool {} ({})?", self.report.pool(), slots.join(", "))
    }
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
