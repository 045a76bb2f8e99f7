//! The keys of one issuer: when they are used, when they are fetched again, and what happens while they cannot be.

use std::{
    hash::{BuildHasher as _, RandomState},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use tokio::{runtime::Handle, sync};

use crate::{
    JwksUrl, Refusal,
    jwks::{KeySet, RsaKey},
    keys::AnySource,
};

/// How long keys are used when they cannot be fetched again, counted from the last good fetch.
const STALE_MAX: Duration = Duration::from_hours(24);
/// Between two fetches for a `kid` that is unknown. Anybody can send one, so they must not cause a fetch each.
const UNKNOWN_KEY_PAUSE: Duration = Duration::from_secs(30);
/// After the first failed fetch; doubled by each further one.
const RETRY_MIN: Duration = Duration::from_secs(1);
const RETRY_MAX: Duration = Duration::from_mins(1);

#[derive(Debug)]
pub(crate) struct KeyCache {
    url: JwksUrl,
    source: Arc<dyn AnySource>,
    fresh_for: Duration,
    state: Mutex<State>,
    /// Held by the one who fetches.
    flight: Arc<sync::Mutex<()>>,
}

#[derive(Debug, Default)]
struct State {
    known: Option<Known>,
    last_try: Option<SystemTime>,
    /// Failed fetches since the last good one.
    failures: u32,
}

#[derive(Debug)]
struct Known {
    keys: KeySet,
    fetched_at: SystemTime,
    fresh_for: Duration,
}

#[derive(Debug)]
enum Step {
    Use(Arc<RsaKey>),
    UseAndRefresh(Arc<RsaKey>),
    Fetch,
    Refuse(Refusal),
}

impl KeyCache {
    pub(crate) fn new(url: JwksUrl, source: Arc<dyn AnySource>, fresh_for: Duration) -> Self {
        Self { url, source, fresh_for, state: Mutex::default(), flight: Arc::default() }
    }

    /// The key `kid`, fetched if that is needed and allowed now.
    pub(crate) async fn key(self: &Arc<Self>, kid: &str, now: SystemTime) -> Result<Arc<RsaKey>, Refusal> {
        match self.step(Some(kid), now) {
            Step::Use(key) => return Ok(key),
            Step::UseAndRefresh(key) => {
                self.refresh(now).await;
                return Ok(key);
            }
            Step::Refuse(refusal) => return Err(refusal),
            Step::Fetch => self.fetch_if_still_needed(Some(kid), now).await,
        }
        match self.step(Some(kid), now) {
            Step::Use(key) | Step::UseAndRefresh(key) => Ok(key),
            Step::Refuse(refusal) => Err(refusal),
            Step::Fetch => Err(Refusal::KeysUnavailable),
        }
    }

    /// Fetches the keys if there are none. Gives whether there are some now.
    pub(crate) async fn prefetch(self: &Arc<Self>, now: SystemTime) -> bool {
        if matches!(self.step(None, now), Step::Fetch) {
            self.fetch_if_still_needed(None, now).await;
        }
        self.state().usable(now).is_some()
    }

    /// Waits for the fetch that is running, if there is one.
    pub(crate) async fn fetch_done(&self) {
        drop(self.flight.lock().await);
    }

    /// Whether the last fetch failed.
    pub(crate) fn is_stale(&self) -> bool {
        self.state().failures > 0
    }

    /// For a known `kid`, an unknown one, or for none when any key will do.
    fn step(&self, kid: Option<&str>, now: SystemTime) -> Step {
        self.state().step(kid, now)
    }

    /// Waits for the one fetch that is needed, whoever began it. The fetch is a task of its own, so that it ends even when
    /// its request is cancelled; without a tokio runtime it is part of the request.
    async fn fetch_if_still_needed(self: &Arc<Self>, kid: Option<&str>, now: SystemTime) {
        let (cache, kid) = (Arc::clone(self), kid.map(str::to_owned));
        let fetching = async move {
            let _one = cache.flight.lock().await;
            if matches!(cache.step(kid.as_deref(), now), Step::Fetch) {
                cache.fetch(now).await;
            }
        };
        match Handle::try_current() {
            // An error: the source panicked, or the runtime is stopping.
            Ok(runtime) => drop(runtime.spawn(fetching).await),
            Err(_) => fetching.await,
        }
    }

    /// Begins a fetch in the background, unless one is running.
    async fn refresh(self: &Arc<Self>, now: SystemTime) {
        let Ok(one) = Arc::clone(&self.flight).try_lock_owned() else { return };
        let cache = Arc::clone(self);
        let fetching = async move {
            let _one = one;
            cache.fetch(now).await;
        };
        match Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(fetching)),
            Err(_) => fetching.await,
        }
    }

    async fn fetch(&self, now: SystemTime) {
        let _counted = CountedPanic { cache: self, now };
        let document = self.source.fetch_any(&self.url).await;
        match document.and_then(|document| KeySet::parse(&document)) {
            Ok(keys) => {
                let fresh_for = shortened(self.fresh_for);
                self.state().fetched(Known { keys, fetched_at: now, fresh_for });
            }
            Err(error) => {
                let failures = self.state().failed(now);
                tracing::warn!(event = "keys.fetch_failed", url = %self.url, failures, %error, "could not fetch the keys");
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts a fetch as failed if its source panics, whoever waits for it. Without that, every call would try again.
struct CountedPanic<'a> {
    cache: &'a KeyCache,
    now: SystemTime,
}

impl Drop for CountedPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.cache.state().failed(self.now);
        }
    }
}

impl State {
    fn step(&self, kid: Option<&str>, now: SystemTime) -> Step {
        let pause = self.pause();
        let tried_within = |span| self.last_try.is_some_and(|last| is_within(last, now, span));
        let Some(known) = self.usable(now) else {
            return if tried_within(pause) { Step::Refuse(Refusal::KeysUnavailable) } else { Step::Fetch };
        };
        let Some(kid) = kid else { return Step::Refuse(Refusal::KeyUnknown) };
        match known.keys.key(kid) {
            Some(key) if is_within(known.fetched_at, now, known.fresh_for) || tried_within(pause) => {
                Step::Use(Arc::clone(key))
            }
            Some(key) => Step::UseAndRefresh(Arc::clone(key)),
            None if !tried_within(pause.max(UNKNOWN_KEY_PAUSE)) => Step::Fetch,
            // The key may be new, and the issuer cannot be asked.
            None if self.failures > 0 => Step::Refuse(Refusal::KeysUnavailable),
            None => Step::Refuse(Refusal::KeyUnknown),
        }
    }

    fn usable(&self, now: SystemTime) -> Option<&Known> {
        self.known.as_ref().filter(|known| is_within(known.fetched_at, now, STALE_MAX))
    }

    fn pause(&self) -> Duration {
        match self.failures {
            0 => Duration::ZERO,
            failures => RETRY_MIN.saturating_mul(2_u32.saturating_pow(failures - 1)).min(RETRY_MAX),
        }
    }

    fn fetched(&mut self, known: Known) {
        *self = Self { last_try: Some(known.fetched_at), known: Some(known), failures: 0 };
    }

    fn failed(&mut self, now: SystemTime) -> u32 {
        self.last_try = Some(now);
        self.failures = self.failures.saturating_add(1);
        self.failures
    }
}

/// Whether the two moments are less than `span` apart. The clock can be set back, so either can be the later one.
fn is_within(moment: SystemTime, now: SystemTime, span: Duration) -> bool {
    now.duration_since(moment).unwrap_or_else(|ahead| ahead.duration()) < span
}

/// Up to a fifth less, by chance.
fn shortened(span: Duration) -> Duration {
    let thousandth = RandomState::new().hash_one(()) % 200;
    span.saturating_sub(span / 1_000 * u32::try_from(thousandth).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn keys_are_fresh_for_up_to_a_fifth_less_and_not_for_the_same_time_everywhere() {
        let hour = Duration::from_hours(1);

        let spans: BTreeSet<Duration> = (0..1_000).map(|_| shortened(hour)).collect();

        assert!(spans.len() > 100, "{} different spans", spans.len());
        assert!(spans.iter().all(|span| *span <= hour && *span > hour * 4 / 5), "{spans:?}");
        assert!(spans.first().is_some_and(|least| *least < hour * 82 / 100), "they use the whole range");
    }
}
