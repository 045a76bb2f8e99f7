//! `replay`: a recorded trigger event through the real handlers, on the real table, without a write.
//!
//! | Module | What it does |
//! | --- | --- |
//! | `input` | reads the event, and tells it apart from what only looks like one |
//! | `settings` | the functions' settings: defaults, a deployed function's, the command line's |
//! | `rehearsal` | a store that can only read, keeps what would be written, and goes on as if it had been |
//! | `triggers` | the functions that can be replayed |
//! | `play` | the call of the handler |
//! | `tokens` | what a reply changes in the tokens |
//! | `explain`, `openings`, `advice` | why, in words for whoever helps a user, and what to do |
//! | `document`, `facts`, `assemble`, `show` | what is said: the JSON document, and the page |

mod advice;
mod assemble;
mod case;
mod document;
mod explain;
mod facts;
mod input;
mod openings;
mod play;
mod rehearsal;
mod settings;
mod show;
mod tokens;
mod triggers;

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use clap::Args;
use tenancy::Timestamp;

use self::assemble::{Setting, assemble};
use self::settings::{Assignment, Variables};
use crate::clock;
use crate::context::Context;
use crate::failure::{Failure, Found};
use crate::options::When;

/// Which event, and as what.
#[derive(Args, Debug)]
#[command(after_help = "\
Nothing is written. Records are read as they are now, without what a running function may remember.
An event is what Cognito hands to pre-token-generation or post-confirmation; docs/cognito.md says what
is in it. Exit code 4: the user is refused.")]
pub(crate) struct ReplayOptions {
    /// The file with the event, as JSON; `-` is standard input
    #[arg(value_name = "EVENT.json")]
    event: PathBuf,
    /// Play it with the settings of this deployed function: its name or ARN, also with a version or alias
    #[arg(long, value_name = "NAME")]
    function: Option<String>,
    /// Play it with this setting of the function, such as MODE=observe; may be repeated
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<Assignment>,
    /// Play it at this moment instead of now, such as 2026-11-21T08:00:00Z, or 24h ago; the records stay those of now
    #[arg(long, value_name = "TIME")]
    at: Option<When>,
    /// Also print what goes back to Cognito: the whole event, with all that is in it
    #[arg(long)]
    reply: bool,
}

/// Plays an event.
pub(crate) async fn run(options: ReplayOptions, context: &Context) -> Result<Found, Failure> {
    let recorded = input::read(&options.event)?;
    let base = match &options.function {
        Some(function) => {
            let variables = settings::of_function(context, function).await?;
            if let Some(doubt) = settings::doubt(function, &variables, &context.table_name()?) {
                context.note(&doubt);
            }
            variables
        }
        None => Variables::new(),
    };
    if options.function.is_none() && options.set.is_empty() {
        context.note(
            "played with the functions' default settings; --function NAME takes those of a deployed one",
        );
    }
    let variables = settings::merged(base, &options.set);
    let config = settings::read(recorded.trigger, &variables).map_err(|faults| match &options.function {
        None => Failure::usage(faults.to_string()).hint("docs/settings.md says what each may be."),
        Some(function) => Failure::failed(format!("{function} cannot start: {faults}"))
            .hint("--set NAME=VALUE goes before what the function has."),
    })?;
    let clock = clock::system();
    let at = options.at.map_or(Timestamp::from(clock), |at| at.timestamp(clock));
    let now = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(at.epoch_seconds()));
    let now = now.ok_or_else(|| Failure::usage("--at is too late a moment"))?;
    if options.at.is_some() {
        context.note("only the clock is moved: the records are those of now");
    }
    let store = context.store().await?;
    let played = play::play(&recorded, &config, store, now).await?;
    let document = assemble(
        Setting { recorded: &recorded, config: &config, variables, at, with_reply: options.reply },
        played,
    );
    context.say(&document);
    Ok(if document.refused { Found::Problems } else { Found::Nothing })
}
