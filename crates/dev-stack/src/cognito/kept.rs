//! What a stack on a file keeps of Cognito from one run to the next: pools, app clients, groups, users, refresh tokens and
//! the signing keys. Challenges that wait for an answer and the records of triggers are not kept.

use std::{
    fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};
use tokio::{sync::Notify, task::spawn_blocking, time::sleep};

use super::{
    keys::{KeptKeys, Keys},
    pool::Pool,
};
use crate::DevStackError;

/// The layout of the file.
const FORMAT: u32 = 1;

/// Least time between two saves. A save that takes long is followed by ten times its length.
const INTERVAL: Duration = Duration::from_millis(250);

#[derive(Deserialize, Serialize)]
struct Kept<P> {
    format: u32,
    keys: KeptKeys,
    pools: P,
}

/// The file, and whether it is behind.
#[derive(Debug)]
pub(super) struct Keeper {
    path: PathBuf,
    behind: AtomicBool,
    changed: Notify,
    /// Hash of what was written last.
    written: Mutex<Option<u64>>,
}

/// What an earlier run left.
pub(super) struct Found {
    pub(super) keys: Arc<Keys>,
    pub(super) pools: Vec<Pool>,
}

/// The file beside the tables' file `data`.
fn path_beside(data: &Path) -> PathBuf {
    let mut name = data.as_os_str().to_owned();
    name.push(".cognito.json");
    PathBuf::from(name)
}

/// Reads what an earlier run left beside `data`.
pub(super) fn read(data: &Path) -> Result<Option<Found>, DevStackError> {
    let path = path_beside(data);
    let refused = |reason: String| DevStackError::Kept { path: path.clone(), reason };
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(refused(error.to_string())),
    };
    let kept: Kept<Vec<Pool>> = serde_json::from_slice(&bytes).map_err(|error| refused(error.to_string()))?;
    if kept.format != FORMAT {
        return Err(refused(format!("it has format {}, and this version reads {FORMAT}", kept.format)));
    }
    let keys = Keys::of_kept(&kept.keys).map_err(|error| refused(error.with_causes()))?;
    Ok(Some(Found { keys: Arc::new(keys), pools: kept.pools }))
}

/// What the file holds.
pub(super) fn content<'a>(keys: &Keys, pools: impl Iterator<Item = &'a Pool>) -> serde_json::Result<Vec<u8>> {
    serde_json::to_vec(&Kept { format: FORMAT, keys: keys.kept(), pools: pools.collect::<Vec<_>>() })
}

impl Keeper {
    pub(super) fn new(data: &Path) -> Self {
        let path = path_beside(data);
        Self { path, behind: AtomicBool::new(false), changed: Notify::new(), written: Mutex::default() }
    }

    /// Something may have changed.
    pub(super) fn touch(&self) {
        if !self.behind.swap(true, Ordering::AcqRel) {
            self.changed.notify_one();
        }
    }

    /// Writes `content`, if something may have changed since the last time and it is another one.
    pub(super) fn save(&self, content: impl FnOnce() -> serde_json::Result<Vec<u8>>) {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.behind.swap(false, Ordering::AcqRel) {
            return;
        }
        let Ok(content) = content() else { return };
        let mut hasher = DefaultHasher::new();
        content.hash(&mut hasher);
        let hash = hasher.finish();
        if *written == Some(hash) {
            return;
        }
        match self.write(&content) {
            Ok(()) => *written = Some(hash),
            Err(error) => eprintln!("dev-stack: could not write {}: {error}", self.path.display()),
        }
    }

    /// Runs what `save` gives, some time after each change.
    pub(super) async fn after_changes<S: FnOnce() + Send + 'static>(&self, save: impl Fn() -> S) {
        let mut pause = INTERVAL;
        loop {
            self.changed.notified().await;
            sleep(pause).await;
            let started = Instant::now();
            let _ = spawn_blocking(save()).await;
            pause = INTERVAL.max(started.elapsed() * 10);
        }
    }

    /// Writes `content` into a new file that takes the place of the old one.
    fn write(&self, content: &[u8]) -> io::Result<()> {
        let mut name = self.path.as_os_str().to_owned();
        name.push(".new");
        let mut file =
            fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&name)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&name, &self.path)
    }
}
