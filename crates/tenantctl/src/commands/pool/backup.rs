//! The pool as it was, in a file, before anything is written.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde_json::{Value, json};

use super::report::MfaOutcome;
use super::update::update_from;
use super::wire::{Mfa, mfa_request};
use crate::failure::Failure;

/// The name of a backup that was given none: `<pool id>-<time>.json` in the working directory.
pub(super) fn default_path(pool_id: &str, now: SystemTime) -> PathBuf {
    let moment = humantime::format_rfc3339_seconds(now).to_string().replace(['-', ':'], "");
    PathBuf::from(format!("{pool_id}-{moment}.json"))
}

/// What a backup holds: both answers, and the two requests that put the pool back.
pub(super) fn contents(pool_id: &str, pool: &Value, mfa: &Mfa, now: SystemTime) -> Value {
    let (shown, restore) = match mfa {
        Mfa::Known(shown) => (shown.clone(), mfa_request(pool_id, shown)),
        Mfa::Unknown(_) => (Value::Null, Value::Null),
    };
    json!({
        "takenAt": humantime::format_rfc3339_seconds(now).to_string(),
        "userPool": pool,
        "mfaConfig": shown,
        "restore": {
            "UpdateUserPool": update_from(pool, true).body,
            "SetUserPoolMfaConfig": restore,
        },
    })
}

/// Writes a new file that its owner alone may read.
///
/// # Errors
///
/// [`Failure`] when it is there already, or cannot be written.
pub(super) fn write(path: &Path, contents: &Value) -> Result<(), Failure> {
    let cannot = |error: std::io::Error| {
        Failure::failed(format!(
            "could not write the backup {}: {error}; nothing was changed",
            path.display()
        ))
        .hint("--backup FILE says another place. A file that is there is not overwritten.")
    };
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(path).map_err(cannot)?;
    let text = format!("{contents:#}\n");
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(cannot)
}

/// The commands that put the pool back.
pub(super) fn how_to_put_back(path: &Path, mfa: Option<MfaOutcome>) -> String {
    let file = path.display();
    let command = |operation: &str, name: &str| {
        format!(
            "\n  jq .restore.{operation} '{file}' > back.json\n  aws cognito-idp {name} --cli-input-json file://back.json"
        )
    };
    let pool = command("UpdateUserPool", "update-user-pool");
    match mfa {
        Some(MfaOutcome::Unchanged | MfaOutcome::Restored) => format!("This puts the pool back:{pool}"),
        _ => format!(
            "This puts the pool back:{pool}{}",
            command("SetUserPoolMfaConfig", "set-user-pool-mfa-config")
        ),
    }
}
