//! What both commands take on the command line.

use std::path::PathBuf;

use clap::builder::PossibleValue;
use clap::{ArgGroup, Args, Subcommand, ValueEnum};

use crate::options::{ApplyOptions, PoolOption};
use user_pool::FunctionArn;
use user_pool::{EventVersion, Trigger};

/// What can be done with a pool's triggers.
#[derive(Debug, Subcommand)]
pub(crate) enum PoolCommand {
    /// Attach the two functions to a user pool, and change nothing else in it
    ///
    /// Shows the changes; add --apply to write them. Reads the whole pool, sends it back with the new triggers, reads it
    /// again, and compares every setting. Does not change a pool that another tool owns (CloudFormation, CDK, Terraform,
    /// Amplify ..): prints the lines to add to its code instead.
    Attach(AttachOptions),
    /// Detach the two functions from a user pool, and change nothing else in it
    ///
    /// Shows what would change; --apply does it. Without ARNs, it detaches both functions, if Lambda shows that they have the
    /// setting TENANCY_TABLE. --replace detaches any function.
    Detach(DetachOptions),
    /// Put a user pool back as it was before attach, detach or restore changed it
    ///
    /// Reads the file that those commands write before they change a pool (--backup), shows what putting the pool back would
    /// change, and marks what has changed since the file was made; --apply does it. The MFA configuration is put back too.
    /// The pool as it is now is kept in a new file first, and the whole pool is read again and compared afterwards.
    Restore(RestoreOptions),
}

/// `pool attach`.
#[derive(Args, Clone, Debug)]
#[command(group(ArgGroup::new("functions").required(true).multiple(true)
    .args(["post_confirmation", "pre_token_generation"])))]
pub(crate) struct AttachOptions {
    #[command(flatten)]
    pub(crate) pool: PoolOption,
    /// The function that redeems invites; best with an alias (..:function:NAME:ALIAS)
    #[arg(long, value_name = "ARN")]
    pub(crate) post_confirmation: Option<FunctionArn>,
    /// The function that puts tenants into tokens; best with an alias
    #[arg(long, value_name = "ARN")]
    pub(crate) pre_token_generation: Option<FunctionArn>,
    /// Event version of pre-token-generation [default: V2_0, or V3_0 if the pool already uses it]
    #[arg(long, value_enum, value_name = "VERSION", ignore_case = true, requires = "pre_token_generation")]
    pub(crate) event_version: Option<EventVersionArg>,
    /// Do not ask Lambda whether Cognito may invoke the functions
    #[arg(long)]
    pub(crate) skip_function_check: bool,
    #[command(flatten)]
    pub(crate) change: ChangeOptions,
}

/// `pool detach`.
#[derive(Args, Clone, Debug)]
pub(crate) struct DetachOptions {
    #[command(flatten)]
    pub(crate) pool: PoolOption,
    /// Detach this function from post-confirmation
    #[arg(long, value_name = "ARN")]
    pub(crate) post_confirmation: Option<FunctionArn>,
    /// Detach this function from pre-token-generation
    #[arg(long, value_name = "ARN")]
    pub(crate) pre_token_generation: Option<FunctionArn>,
    #[command(flatten)]
    pub(crate) change: ChangeOptions,
}

/// What both commands take.
#[derive(Args, Clone, Debug)]
pub(crate) struct ChangeOptions {
    /// Also change a trigger that holds another function
    #[arg(long)]
    pub(crate) replace: bool,
    /// Change a pool that another tool owns; its next deployment will undo it
    #[arg(long)]
    pub(crate) ignore_owner: bool,
    /// Accepted for old scripts: settings that this version does not know are always sent back as they are
    #[arg(long, hide = true)]
    pub(crate) send_unknown: bool,
    /// With --apply: file for the pool's old configuration [default: POOL-ID-TIME.json]
    #[arg(long, value_name = "FILE")]
    pub(crate) backup: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) apply: ApplyOptions,
}

/// `pool restore`.
#[derive(Args, Clone, Debug)]
pub(crate) struct RestoreOptions {
    /// The file that attach, detach or restore has written
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) pool: PoolOption,
    /// Do not ask Lambda whether Cognito may invoke the functions that are put back
    #[arg(long)]
    pub(crate) skip_function_check: bool,
    /// Change a pool that another tool owns; its next deployment sets what its code says
    #[arg(long)]
    pub(crate) ignore_owner: bool,
    /// With --apply: file for the pool's current configuration [default: POOL-ID-TIME.json]
    #[arg(long, value_name = "FILE")]
    pub(crate) backup: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) apply: ApplyOptions,
}

impl RestoreOptions {
    /// What all three commands take.
    pub(super) fn change(&self) -> ChangeOptions {
        ChangeOptions {
            replace: false,
            ignore_owner: self.ignore_owner,
            send_unknown: false,
            backup: self.backup.clone(),
            apply: self.apply,
        }
    }
}

/// An event version on the command line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EventVersionArg(pub(crate) EventVersion);

impl ValueEnum for EventVersionArg {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self(EventVersion::V1), Self(EventVersion::V2), Self(EventVersion::V3)]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let help = match self.0 {
            EventVersion::V1 => "The tenant in ID tokens only; every plan",
            EventVersion::V2 => "The tenant in access tokens too; the plans Essentials and Plus",
            EventVersion::V3 => "Machines too; the plans Essentials and Plus",
        };
        Some(PossibleValue::new(self.0.as_str()).help(help))
    }
}

/// The option of the command line that is about a trigger.
pub(super) fn option(trigger: Trigger) -> &'static str {
    match trigger {
        Trigger::PostConfirmation => "--post-confirmation",
        Trigger::PreTokenGeneration => "--pre-token-generation",
    }
}
