//! What a refusal is on the command line, and the options that help.

use pool_triggers::{Choice, Refused};

use crate::failure::Failure;

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        let failure = if refused.is_failure {
            Self::failed(refused.what).coded(refused.rule)
        } else {
            Self::refused(refused.rule, refused.what)
        };
        let failure = match refused.meaning {
            Some(meaning) => failure.meant(meaning),
            None => failure,
        };
        let failure = match refused.needs {
            Some(permission) => failure.needs(permission),
            None => failure,
        };
        let failure = match refused.fallback {
            Some(advice) => failure.or_hint(advice),
            None => failure,
        };
        let failure = refused.advice.iter().fold(failure, |failure, advice| failure.and_hint(advice));
        match refused.choice {
            Some(choice) => failure.and_hint(option(choice)),
            None => failure,
        }
    }
}

fn option(choice: Choice) -> &'static str {
    match choice {
        Choice::Replace => "--replace attach the new function in its place.",
        Choice::DetachAny => "--replace detach it anyway.",
        Choice::TakeOffOld => "Add --replace to remove that function too.",
        Choice::EventVersion => {
            "A newer tenantctl may know it; --event-version says which one to set instead."
        }
        Choice::FirstVersion => {
            "Change the pool's plan first, which costs more per user, or give --event-version V1_0: ID tokens only."
        }
        Choice::IgnoreOwner => {
            "Write the lines above into its code and deploy. In an emergency, --ignore-owner changes the pool; the next \
             deployment undoes it."
        }
        Choice::RestoreOwned => {
            "Change its code and deploy it. In an emergency, --ignore-owner puts the pool back; the next deployment sets \
             what the code says."
        }
        Choice::SkipCheck => {
            "If Cognito may not invoke the function, all users are locked out. The check needs lambda:GetFunctionConfiguration \
             and lambda:GetPolicy. To skip it, add --skip-function-check."
        }
        Choice::BackupPlace => "Give another file with --backup FILE. An existing file is not overwritten.",
        Choice::BackupFile => {
            "`tenantctl pool attach`, `detach` and `restore` write such a file before they change a pool (--backup)."
        }
        Choice::Pool => "Nothing was written. --user-pool-id, --region and --profile choose the pool.",
    }
}
