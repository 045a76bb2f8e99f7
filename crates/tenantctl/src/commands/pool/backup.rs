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

/// Where a backup is, and how the `aws` command line is called.
#[derive(Clone, Debug)]
pub(super) struct PutBack {
    file: String,
    options: String,
    /// Whether the backup holds an MFA configuration.
    has_mfa: bool,
}

impl PutBack {
    /// With what the `aws` command line has to be told.
    pub(super) fn new(path: &Path, mfa: &Mfa, options: String) -> Self {
        Self { file: path.display().to_string(), options, has_mfa: matches!(mfa, Mfa::Known(_)) }
    }

    /// The commands that put the pool back, by what is known of the MFA configuration.
    pub(super) fn commands(&self, mfa: Option<MfaOutcome>) -> String {
        let command = |operation: &str, name: &str| {
            format!(
                "\n  jq .restore.{operation} {} > back.json\n  aws cognito-idp {name}{} \\\n    --cli-input-json file://back.json",
                shell_word(&self.file),
                self.options
            )
        };
        let pool = command("UpdateUserPool", "update-user-pool");
        let mfa_config = || command("SetUserPoolMfaConfig", "set-user-pool-mfa-config");
        match mfa {
            _ if !self.has_mfa => format!("This puts the pool back:{pool}"),
            Some(MfaOutcome::Unchanged | MfaOutcome::Restored) => format!("This puts the pool back:{pool}"),
            Some(MfaOutcome::Changed) => format!("This puts the pool back:{pool}{}", mfa_config()),
            Some(MfaOutcome::Unknown) | None => format!(
                "This puts the pool back:{pool}\nand, if it is different, the MFA configuration:{}",
                mfa_config()
            ),
        }
    }
}

/// A text as one word of a shell's command line.
pub(crate) fn shell_word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@=+,".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
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
            let put_back =
                PutBack::new(Path::new(name), &Mfa::Known(Value::Null), " --region eu-west-1".to_owned());

            let commands = put_back.commands(Some(MfaOutcome::Unchanged));

            assert!(commands.contains(&format!("jq .restore.UpdateUserPool {word} >")), "{commands}");
            assert!(commands.contains("update-user-pool --region eu-west-1 \\\n"), "{commands}");
        }
    }
}
