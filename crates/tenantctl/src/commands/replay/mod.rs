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
//! | [`why`] | another command: it makes the event of a user's sign-in, and plays that |

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
pub(crate) mod why;

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use clap::Args;
use tenancy::Timestamp;

use self::assemble::{Setting, assemble};
use self::document::Document;
use self::settings::{SettingOptions, Variables};
use crate::clock;
use crate::context::Context;
use crate::failure::{Failure, Found};
use crate::options::When;

/// Which event, and as what.
#[derive(Args, Debug)]
#[command(after_help = "\
Writes nothing. Reads the current records, and ignores the caches of running functions.
An event is what Cognito hands to pre-token-generation or post-confirmation; docs/cognito.md says what
is in it. For a sign-in, `tenantctl why` makes the event by itself. Exit code 4: the user is refused.")]
pub(crate) struct ReplayOptions {
    /// The file with the event, as JSON; `-` is standard input
    #[arg(value_name = "EVENT.json")]
    event: PathBuf,
    #[command(flatten)]
    settings: SettingOptions,
    /// Set the clock to this time, such as 2026-11-21T08:00:00Z, or 24h for 24 hours ago. The records are still the current
    /// ones
    #[arg(long, value_name = "TIME")]
    at: Option<When>,
    /// Also print the reply to Cognito: the whole event, including personal data
    #[arg(long)]
    reply: bool,
}

/// Plays an event.
pub(crate) async fn run(options: ReplayOptions, context: &Context) -> Result<Found, Failure> {
    let recorded = input::read(&options.event)?;
    let function = options.settings.function.as_deref();
    let base = match function {
        Some(name) => {
            let variables = settings::of_function(&context.lambda().await?, name).await?;
            note_doubt(name, &variables, context)?;
            variables
        }
        None => Variables::new(),
    };
    if function.is_none() && options.settings.set.is_empty() {
        context.note(
            "using the functions' default settings; add --function NAME to use those of a deployed function",
        );
    }
    let (config, variables) = options.settings.read(recorded.trigger, function, base)?;
    let clock = clock::system();
    let at = options.at.map_or(Timestamp::from(clock), |at| at.timestamp(clock));
    if options.at.is_some() {
        context.note("--at changes only the clock: the records are the current ones");
    }
    let setting = Setting { recorded: &recorded, config: &config, variables, at, with_reply: options.reply };
    let document = rehearse(setting, context).await?;
    context.say(&document);
    Ok(if document.refused { Found::Problems } else { Found::Nothing })
}

/// Plays an event on the table, without a write.
async fn rehearse(setting: Setting<'_>, context: &Context) -> Result<Document, Failure> {
    let now = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(setting.at.epoch_seconds()));
    let now = now.ok_or_else(|| Failure::usage("--at is too late a moment"))?;
    let played = play::play(setting.recorded, setting.config, context.store().await?, now).await?;
    Ok(assemble(setting, played))
}

/// Says so when a function seems to be none of the two, or reads another table.
fn note_doubt(function: &str, variables: &Variables, context: &Context) -> Result<(), Failure> {
    if let Some(doubt) = settings::doubt(function, variables, &context.table_name()?) {
        context.note(&doubt);
    }
    Ok(())
}
