//! What a goal changes in a pool.

use serde_json::Value;

use crate::check::{Checked, check, unreadable};
use crate::description::Description;
use crate::difference::{Difference, comparable, difference};
use crate::fragment::Change;
use crate::goal::{Goal, mfa_difference, not_in_file};
use crate::judge::Wish;
use crate::owner::{Owner, owner};
use crate::refused::Refused;
use crate::slots::{covers, holder};
use crate::update::{LeftOut, is_blank, predict, update_from};
use crate::wire::{self, Mfa};
use user_pool::Trigger;

/// A plan, after the judgement about the slots.
#[derive(Debug)]
pub struct Plan {
    pub pool: Description,
    /// The description after the update.
    pub planned: Description,
    pub goal: Goal,
    /// The MFA configuration, as far as it was read.
    pub mfa: Mfa,
    /// What is to be different in the whole pool.
    pub differences: Vec<Difference>,
    /// What the update would change besides the goal.
    pub would_change_more: Vec<Difference>,
    /// What is described and not sent.
    pub left_out: Vec<LeftOut>,
    /// Settings that this version does not know. They are sent back as described.
    pub unknown: Vec<String>,
    /// Where the pool has changed since a backup in other ways than by what the backup was made for.
    pub changed_since: Vec<String>,
    /// The functions that were looked at.
    pub functions: Vec<Checked>,
    /// Who owns the pool, if a tag tells.
    pub owner: Option<Owner>,
    /// What is worth knowing.
    pub notes: Vec<String>,
}

impl Plan {
    pub fn new(pool: Description, goal: Goal, mut notes: Vec<String>) -> Self {
        let planned = goal.planned(&pool);
        let update = update_from(planned.value());
        let predicted = comparable(&predict(pool.value(), planned.value(), &update));
        let saved = goal.saved();
        let is_change = saved.is_some() || !goal.changes().is_empty();
        let differences =
            if is_change { difference(&comparable(pool.value()), &predicted) } else { Vec::new() };
        let would_change_more = match saved {
            Some(_) => difference(&comparable(planned.value()), &predicted),
            None => differences.iter().filter(|d| !is_wanted(goal.changes(), &d.path)).cloned().collect(),
        };
        let changed_since = differences.iter().filter(|d| saved.is_some_and(|saved| !saved.is_made_by_it(d)));
        let changed_since = changed_since.map(|d| d.path.clone()).collect();
        let owner = owner(pool.value());
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
                "No tag names an owner of the pool. If a template owns it (CloudFormation, CDK, Terraform ..), change the \
                 template instead: its next deployment undoes this change."
                    .to_owned(),
            );
        }
        let (left_out, unknown) =
            if is_change { (update.left_out, update.unknown) } else { Default::default() };
        Self {
            pool,
            planned,
            mfa: Mfa::Unknown("it was not read".to_owned()),
            differences,
            would_change_more,
            left_out,
            unknown,
            changed_since,
            functions: Vec::new(),
            owner,
            notes,
            goal,
        }
    }

    pub fn pool_arn(&self) -> &str {
        self.pool.value().get("Arn").and_then(Value::as_str).unwrap_or_default()
    }

    /// Reads the MFA configuration, which a restore may change too.
    pub async fn read_mfa(&mut self, cognito: &aws_sdk_cognitoidentityprovider::Client, pool_id: &str) {
        self.mfa = wire::mfa(cognito, pool_id).await;
        let differences = mfa_difference(&self.mfa, self.goal.mfa(&self.mfa));
        self.changed_since.extend(differences.iter().map(|d| d.path.clone()));
        self.differences.extend(differences);
    }

    /// Whether a restore changes the function of a trigger.
    pub fn puts_functions_back(&self) -> bool {
        Trigger::BOTH.into_iter().any(|slot| self.put_back_in(slot).is_some())
    }

    fn put_back_in(&self, slot: Trigger) -> Option<&str> {
        let wanted = holder(self.planned.value(), slot)?;
        (holder(self.pool.value(), slot) != Some(wanted)).then_some(wanted)
    }

    /// Asks Lambda about the functions that are put back: one that was deleted meanwhile locks users out.
    pub async fn check_restored_functions(
        &mut self,
        lambda: &aws_sdk_lambda::Client,
        pool_id: &str,
    ) -> Result<(), Refused> {
        let pool_arn = self.pool_arn().to_owned();
        for slot in Trigger::BOTH {
            let Some(arn) = self.put_back_in(slot).map(str::to_owned) else { continue };
            let mut found = match arn.parse() {
                Ok(arn) => check(lambda, slot, &arn, &pool_arn, pool_id).await?,
                Err(error) => unreadable(slot, arn, &error),
            };
            found.is_new = true;
            self.functions.push(found);
        }
        Ok(())
    }

    /// Asks Lambda about the functions that are to be attached, and about those that are attached already: somebody may
    /// have deleted one.
    pub async fn check_functions(
        &mut self,
        lambda: &aws_sdk_lambda::Client,
        pool_id: &str,
        wish: &Wish<'_>,
    ) -> Result<(), Refused> {
        let pool_arn = self.pool_arn().to_owned();
        let named = [
            (Trigger::PostConfirmation, wish.post_confirmation),
            (Trigger::PreTokenGeneration, wish.pre_token_generation),
        ];
        for (slot, arn) in named {
            if let Some(arn) = arn {
                let mut found = check(lambda, slot, arn, &pool_arn, pool_id).await?;
                found.is_new = self.goal.changes().iter().any(|(changed, _)| *changed == slot);
                self.functions.push(found);
            }
        }
        Ok(())
    }
}

/// Whether a path is of a trigger that is to change.
fn is_wanted(changes: &[Change], path: &str) -> bool {
    path == "LambdaConfig" || changes.iter().any(|(slot, _)| covers(*slot, path))
}
