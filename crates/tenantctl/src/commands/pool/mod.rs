//! The triggers of a live user pool: attach, detach.
//!
//! `UpdateUserPool` resets everything that it is not sent, so a change of one trigger sends the whole pool back:
//!
//! | Module | What it holds |
//! | --- | --- |
//! | `members` | every member of a description, and what becomes of it |
//! | `update` | the whole request, from a description |
//! | `difference` | what is different between two descriptions |
//! | `triggers`, `judge` | the two slots, and whether they may change |
//! | `functions` | whether Cognito may invoke a function |
//! | `owner`, `fragment` | who owns a pool, and what it writes into its own code |
//! | `wire`, `backup`, `apply` | the calls, and the write with all that is around it |

mod apply;
mod arn;
mod backup;
mod difference;
mod fragment;
mod functions;
mod judge;
mod members;
mod owner;
mod report;
#[cfg(test)]
mod round_trip;
mod triggers;
mod update;
mod wire;

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand};
use serde_json::Value;

pub use self::arn::{FunctionArn, InvalidFunctionArn};
pub use self::triggers::EventVersion;

use self::apply::Work;
use self::difference::{comparable, difference};
use self::judge::{Verdict, Wish};
use self::report::Report;
use self::triggers::{Wanted, with_slot};
use self::update::{predict, update_from};
use self::wire::Mfa;
use crate::cli::{ApplyOptions, PoolOption};
use crate::context::Context;
use crate::failure::{Failure, Found};

/// What can be done with a pool's triggers.
#[derive(Debug, Subcommand)]
pub enum PoolCommand {
    /// Attach the two functions to a user pool, and change nothing else in it
    ///
    /// Shows what would change; --apply does it. The whole pool is read, sent back with the new triggers, read again and
    /// compared in every setting. A pool that another tool made from code (CloudFormation, CDK, Terraform, Amplify ..)
    /// is not changed: the lines to add to that code are printed.
    Attach(AttachOptions),
    /// Empty the two triggers of a user pool, and change nothing else in it
    ///
    /// Shows what would change; --apply does it. Without a function both are emptied, whatever they hold.
    Detach(DetachOptions),
}

/// `pool attach`.
#[derive(Args, Clone, Debug)]
#[command(group(ArgGroup::new("functions").required(true).multiple(true)
    .args(["post_confirmation", "pre_token_generation"])))]
pub struct AttachOptions {
    /// The pool.
    #[command(flatten)]
    pub pool: PoolOption,
    /// The function that redeems invites; best with an alias (..:function:NAME:ALIAS)
    #[arg(long, value_name = "ARN")]
    pub post_confirmation: Option<FunctionArn>,
    /// The function that puts tenants into tokens; best with an alias
    #[arg(long, value_name = "ARN")]
    pub pre_token_generation: Option<FunctionArn>,
    /// What pre-token-generation is called with [default: V2_0, or what it is called with already]
    #[arg(long, value_enum, value_name = "VERSION", ignore_case = true, requires = "pre_token_generation")]
    pub event_version: Option<EventVersion>,
    /// Do not ask Lambda whether Cognito may invoke the functions
    #[arg(long)]
    pub skip_function_check: bool,
    /// What both commands take.
    #[command(flatten)]
    pub change: ChangeOptions,
}

/// `pool detach`.
#[derive(Args, Clone, Debug)]
pub struct DetachOptions {
    /// The pool.
    #[command(flatten)]
    pub pool: PoolOption,
    /// Empty post-confirmation, if it holds this function
    #[arg(long, value_name = "ARN")]
    pub post_confirmation: Option<FunctionArn>,
    /// Empty pre-token-generation, if it holds this function
    #[arg(long, value_name = "ARN")]
    pub pre_token_generation: Option<FunctionArn>,
    /// What both commands take.
    #[command(flatten)]
    pub change: ChangeOptions,
}

/// What both commands take.
#[derive(Args, Clone, Debug)]
pub struct ChangeOptions {
    /// Also when a trigger holds another function
    #[arg(long)]
    pub replace: bool,
    /// Change a pool that another tool owns; its next deployment will undo it
    #[arg(long)]
    pub ignore_owner: bool,
    /// Send settings that this version does not know back as they are
    #[arg(long)]
    pub send_unknown: bool,
    /// With --apply: where to keep the pool as it was [default: POOL-ID-TIME.json]
    #[arg(long, value_name = "FILE")]
    pub backup: Option<PathBuf>,
    /// Whether to write.
    #[command(flatten)]
    pub apply: ApplyOptions,
}

/// Runs one.
///
/// # Errors
///
/// [`Failure`]: see the commands.
pub async fn run(command: PoolCommand, context: &Context) -> Result<Found, Failure> {
    match command {
        PoolCommand::Attach(options) => attach(options, context).await,
        PoolCommand::Detach(options) => detach(options, context).await,
    }
}

async fn attach(options: AttachOptions, context: &Context) -> Result<Found, Failure> {
    let pool_id = options.pool.user_pool_id.to_string();
    let cognito = context.cognito().await?;
    let pool = wire::describe(&cognito, &pool_id).await?;
    let wish = Wish {
        post_confirmation: options.post_confirmation.as_ref(),
        pre_token_generation: options.pre_token_generation.as_ref(),
        event_version: options.event_version,
        replace: options.change.replace,
    };
    let verdict = judge::attach(&pool, &pool_id, &wish)?;
    let mut run = Run::new("attach", context, cognito, pool_id, pool, verdict, options.change);
    if !options.skip_function_check {
        run.check_functions().await?;
    }
    run.finish().await
}

async fn detach(options: DetachOptions, context: &Context) -> Result<Found, Failure> {
    let pool_id = options.pool.user_pool_id.to_string();
    let cognito = context.cognito().await?;
    let pool = wire::describe(&cognito, &pool_id).await?;
    let wish = Wish {
        post_confirmation: options.post_confirmation.as_ref(),
        pre_token_generation: options.pre_token_generation.as_ref(),
        event_version: None,
        replace: options.change.replace,
    };
    let verdict = judge::detach(&pool, &wish)?;
    Run::new("detach", context, cognito, pool_id, pool, verdict, options.change).finish().await
}

/// One run of either command, after the judgement about the slots.
struct Run<'a> {
    context: &'a Context,
    cognito: aws_sdk_cognitoidentityprovider::Client,
    pool: Value,
    pool_arn: String,
    changes: Vec<fragment::Change>,
    unknown: Vec<String>,
    options: ChangeOptions,
    report: Report,
}

impl<'a> Run<'a> {
    fn new(
        action: &'static str,
        context: &'a Context,
        cognito: aws_sdk_cognitoidentityprovider::Client,
        pool_id: String,
        pool: Value,
        verdict: Verdict,
        options: ChangeOptions,
    ) -> Self {
        let Verdict { changes, notes } = verdict;
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
        let report = Report {
            action,
            pool_name: text("Name"),
            plan,
            left_out: if is_change { update.left_out } else { Vec::new() },
            functions: Vec::new(),
            owner: owner::owner(&pool),
            fragment: None,
            notes,
            applied: false,
            verified: None,
            differences: Vec::new(),
            mfa: None,
            backup: None,
            is_shown: false,
            user_pool_id: pool_id,
        };
        let pool_arn = text("Arn").unwrap_or_default();
        Self { context, cognito, pool, pool_arn, changes, unknown: update.unknown, options, report }
    }

    async fn check_functions(&mut self) -> Result<(), Failure> {
        let wanted: Vec<_> = self.changes.clone();
        for (slot, wanted) in wanted {
            if let Wanted::Function(arn, _) = wanted {
                let lambda = self.context.lambda().await?;
                let checked = functions::check(&lambda, slot, &arn, &self.pool_arn).await;
                self.report.functions.push(checked);
            }
        }
        Ok(())
    }

    async fn finish(mut self) -> Result<Found, Failure> {
        if self.changes.is_empty() {
            self.context.say(&self.report);
            return Ok(Found::Nothing);
        }
        let mfa = wire::mfa(&self.cognito, &self.report.user_pool_id).await;
        if let Mfa::Unknown(why) = &mfa {
            let note = format!("The MFA configuration will not be compared: {why}.");
            self.report.notes.push(note);
        }
        if let Some(refusal) = self.refusal(&mfa) {
            self.context.say(&self.report);
            return Err(refusal);
        }
        if !self.options.apply.apply {
            self.context.say(&self.report);
            self.context.note("nothing is written; --apply does it");
            return Ok(Found::Nothing);
        }
        self.write(&mfa).await
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
        if self.report.mfa == Some(report::MfaOutcome::Restored) {
            self.context.note("the update had changed the MFA configuration; it has been put back as it was");
        }
        if self.report.verified == Some(true) {
            return Ok(Found::Nothing);
        }
        let path = PathBuf::from(self.report.backup.unwrap_or_default());
        Err(Failure::failed(format!(
            "the user pool was updated and is not as planned:{}",
            apply::list(&self.report.differences)
        ))
        .hint(backup::how_to_put_back(&path, self.report.mfa)))
    }

    fn question(&self) -> String {
        let slots: Vec<String> = self
            .changes
            .iter()
            .map(|(slot, wanted)| match (wanted, triggers::holder(&self.pool, *slot)) {
                (Wanted::Function(arn, _), _) => format!("{} = {arn}", slot.name()),
                (Wanted::Empty, Some(arn)) => format!("{} without {arn}", slot.name()),
                (Wanted::Empty, None) => slot.name().to_owned(),
            })
            .collect();
        format!("Update user pool {} ({})?", self.report.pool(), slots.join(", "))
    }

    /// Why the plan may not be carried out.
    fn refusal(&mut self, mfa: &Mfa) -> Option<Failure> {
        if let Some(owner) = self.report.owner.as_ref().filter(|_| !self.options.ignore_owner) {
            self.report.fragment = Some(fragment::fragment(owner, &self.pool_arn, &self.changes));
            return Some(
                Failure::refused(
                    "owned",
                    format!("the user pool belongs to {}, by its tag {}", owner.tool.name(), owner.tag),
                )
                .hint("Write the lines above into its code and deploy. In an emergency, --ignore-owner changes the pool; the next deployment undoes it."),
            );
        }
        if !self.unknown.is_empty() && !self.options.send_unknown {
            return Some(
                Failure::refused(
                    "unknown-member",
                    format!("the user pool has settings that this version does not know: {}", self.unknown.join(", ")),
                )
                .hint("They would be reset. A newer tenantctl may know them; --send-unknown sends them back as they are."),
            );
        }
        let is_wanted = |path: &str| {
            path == "LambdaConfig" || self.changes.iter().any(|(slot, _)| path.starts_with(slot.path()))
        };
        let more: Vec<_> = self.report.plan.iter().filter(|d| !is_wanted(&d.path)).cloned().collect();
        if !more.is_empty() && self.unknown.is_empty() {
            // No description that Cognito gives is known to come here.
            return Some(
                Failure::refused(
                    "would-change-more",
                    format!("an update would change more than asked for:{}", apply::list(&more)),
                )
                .hint("Nothing was written. Please report it with the shape of this description."),
            );
        }
        // The MFA mode is sent along; factors are not, and could not be put back.
        let mode = self.pool.get("MfaConfiguration").and_then(Value::as_str).unwrap_or("OFF");
        if matches!(mfa, Mfa::Unknown(_)) && mode != "OFF" {
            return Some(
                Failure::refused(
                    "mfa-unreadable",
                    "MFA is on in this pool, and its configuration cannot be read",
                )
                .hint("An update can touch it. Allow cognito-idp:GetUserPoolMfaConfig."),
            );
        }
        self.function_refusal()
    }

    fn function_refusal(&self) -> Option<Failure> {
        let bad = self.report.functions.iter().find(|function| function.invocable != Some(true))?;
        let problem = bad.problem.as_deref().unwrap_or("it could not be checked");
        let failure = Failure::refused(
            "function-not-invocable",
            format!("{} is not attached: {problem} ({})", bad.trigger, bad.arn),
        );
        let permission = bad.arn.parse().map(|arn| fragment::add_permission(&arn, &self.pool_arn));
        Some(match (bad.invocable, permission) {
            (Some(false), Ok(command)) if problem.contains("policy does not let") => {
                failure.hint(format!("Every user would be locked out. This lets Cognito in:\n{command}"))
            }
            (Some(false), _) => failure.hint("Every user would be locked out."),
            _ => failure.hint(
                "A function that Cognito may not invoke locks every user out. --skip-function-check goes on without \
                 the check, which needs lambda:GetFunctionConfiguration and lambda:GetPolicy.",
            ),
        })
    }
}
