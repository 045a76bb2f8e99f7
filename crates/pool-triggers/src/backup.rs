//! The backup file: written before a pool is changed, read to restore it.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::description::Description;
use crate::difference::Difference;
use crate::refused::{Choice, Refused};
use crate::update::update_from;
use crate::wire::{Mfa, mfa_request};

/// What a backup holds: both answers of Cognito as they came, what is about to change, and the two requests that put the
/// pool back, for those who have no `tenantctl` at hand.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Contents<'a> {
    taken_at: String,
    user_pool: Box<RawValue>,
    mfa_config: Option<&'a Value>,
    change: WrittenChange<'a>,
    restore: Requests,
}

#[derive(Serialize)]
struct WrittenChange<'a> {
    action: &'static str,
    plan: &'a [Difference],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Requests {
    update_user_pool: Box<RawValue>,
    set_user_pool_mfa_config: Option<Value>,
}

/// The text of a backup of `pool`, which `action` is about to change by `plan`.
pub fn contents(
    pool_id: &str,
    pool: &Description,
    mfa: &Mfa,
    now: SystemTime,
    action: &'static str,
    plan: &[Difference],
) -> Result<String, serde_json::Error> {
    let shown = match mfa {
        Mfa::Known(shown) => Some(shown),
        Mfa::Unknown(_) => None,
    };
    let raw = |text: &str| RawValue::from_string(text.to_owned());
    let contents = Contents {
        taken_at: humantime::format_rfc3339_seconds(now).to_string(),
        user_pool: raw(pool.text())?,
        mfa_config: shown,
        change: WrittenChange { action, plan },
        restore: Requests {
            update_user_pool: raw(&update_from(pool.value()).text(pool))?,
            set_user_pool_mfa_config: shown.map(|shown| mfa_request(pool_id, shown)),
        },
    };
    Ok(serde_json::to_string_pretty(&contents)? + "\n")
}

/// A pool that was saved.
#[derive(Clone, Debug)]
pub struct Saved {
    pub file: String,
    /// When it was made, as the file says it.
    pub taken_at: String,
    pub pool: Description,
    /// The MFA configuration.
    pub mfa: Mfa,
    /// What was about to change; `None` in files of older versions.
    plan: Option<Vec<Difference>>,
}

/// Reads a backup.
pub fn read(path: &Path) -> Result<Saved, Refused> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Contents {
        #[serde(default)]
        taken_at: Option<String>,
        user_pool: Box<RawValue>,
        #[serde(default)]
        mfa_config: Option<Value>,
        #[serde(default)]
        change: Option<Change>,
    }
    #[derive(Deserialize)]
    struct Change {
        plan: Vec<Difference>,
    }

    let shown = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|error| Refused::failed(format!("could not read the file {shown}: {error}")))?;
    let refused = |why: &str| {
        Refused::by("not-a-backup", format!("{shown} is not a backup of a user pool: {why}"))
            .or(Choice::BackupFile)
    };
    let contents: Contents = serde_json::from_str(&text).map_err(|error| refused(&error.to_string()))?;
    let pool = Description::parse(contents.user_pool.get())
        .ok_or_else(|| refused("its member userPool is not a description"))?;
    Ok(Saved {
        file: shown.to_string(),
        taken_at: contents.taken_at.unwrap_or_else(|| "a time that the file does not say".to_owned()),
        pool,
        mfa: contents
            .mfa_config
            .filter(Value::is_object)
            .map_or_else(|| Mfa::Unknown("it is not in the file".to_owned()), Mfa::Known),
        plan: contents.change.map(|change| change.plan),
    })
}

impl Saved {
    /// Refuses a file of another pool than `pool_id`.
    pub fn check_id(&self, pool_id: &str) -> Result<(), Refused> {
        match self.pool.value().get("Id").and_then(Value::as_str) {
            Some(id) if id == pool_id => Ok(()),
            id => Err(self.of_another(id.unwrap_or("a pool without an id"), pool_id)),
        }
    }

    /// Refuses a file of a pool in another account or Region: a replica has the id of its original.
    pub fn check_arn(&self, pool: &Description) -> Result<(), Refused> {
        let arn = |pool: &Description| pool.value().get("Arn").and_then(Value::as_str).map(str::to_owned);
        match (arn(&self.pool), arn(pool)) {
            (Some(saved), Some(now)) if saved != now => Err(self.of_another(&saved, &now)),
            _ => Ok(()),
        }
    }

    fn of_another(&self, saved: &str, now: &str) -> Refused {
        Refused::by("other-pool", format!("the file {} is of {saved}, not of {now}", self.file))
            .or(Choice::Pool)
    }

    /// Whether a difference between the pool now and the file is what was about to change when the file was made. Anything
    /// else has changed since.
    pub fn is_made_by_it(&self, now_to_saved: &Difference) -> bool {
        let Some(plan) = &self.plan else {
            return ["LambdaConfig.PostConfirmation", "LambdaConfig.PreTokenGeneration"]
                .iter()
                .any(|slot| now_to_saved.path.starts_with(slot));
        };
        // The file cannot tell null from nothing there.
        let same = |one: &Option<Value>, other: &Option<Value>| {
            one.as_ref().unwrap_or(&Value::Null) == other.as_ref().unwrap_or(&Value::Null)
        };
        plan.iter().any(|made| made.path == now_to_saved.path && same(&made.after, &now_to_saved.before))
    }
}

/// Writes a new file that its owner alone may read.
pub fn write(path: &Path, contents: &str) -> Result<(), Refused> {
    let cannot = |error: std::io::Error| {
        Refused::failed(format!(
            "could not write the backup {}: {error}; nothing was changed",
            path.display()
        ))
        .or(Choice::BackupPlace)
    };
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(path).map_err(cannot)?;
    file.write_all(contents.as_bytes()).and_then(|()| file.sync_all()).map_err(cannot)
}
