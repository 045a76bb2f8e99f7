//! Requests to the store that a start, a first call and a warm call make. They do not depend on the machine.

use std::path::Path;

use crate::Fallible;
use crate::instructions::Counted;
use crate::store::Store;
use crate::target::{Calls, Target};

/// Warm calls of a run.
const WARM: usize = 10;

pub(crate) fn count<'a>(
    targets: impl IntoIterator<Item = &'a Target>,
    store: &Store,
    work: &Path,
) -> Fallible<Vec<Counted>> {
    eprintln!("speed: counts the requests to the store");
    targets.into_iter().map(|target| one(target, store, work)).collect()
}

pub(crate) fn one(target: &Target, store: &Store, work: &Path) -> Fallible<Counted> {
    let after = |calls| -> Fallible<u64> {
        store.take()?;
        target.run(&[], Calls { all: calls, warm_from: calls }, |_| {}, &work.join("logs"))?;
        Ok(store.take()? as u64)
    };
    let (name, init) = (target.name.to_owned(), after(0)?);
    if target.starts_only {
        return Ok(Counted { name, init, first: None, warm: None });
    }
    let (first, all) = (after(1)?, after(1 + WARM)?);
    let warm = all.saturating_sub(first).div_ceil(WARM as u64);
    Ok(Counted { name, init, first: Some(first.saturating_sub(init)), warm: Some(warm) })
}
