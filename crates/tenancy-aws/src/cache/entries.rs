//! Values of one kind, each with the time when it was read. Their number is limited.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::{Duration, SystemTime};

/// Largest random part by which the lifetime of an entry is shortened, so that environments that started at the same time
/// do not all read at the same time.
pub(crate) const JITTER: f64 = 0.2;

/// Most entries of each kind. A tenant takes a few hundred bytes.
pub(crate) const MAX_ENTRIES: usize = 2_000;

#[derive(Debug)]
pub(crate) struct Entries<K, V>(pub(crate) HashMap<K, Entry<V>>);

#[derive(Debug)]
pub(crate) struct Entry<V> {
    value: V,
    read_at: SystemTime,
    fresh_for: Duration,
}

impl<V> Entry<V> {
    /// Whether the entry was read less than `age` ago. `false` if it was read in the future, because the clock was set back.
    fn is_younger(&self, now: SystemTime, age: Duration) -> bool {
        now.duration_since(self.read_at).is_ok_and(|since| since < age)
    }
}

impl<K, V> Default for Entries<K, V> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<K: Eq + Hash + Clone, V> Entries<K, V> {
    pub(crate) fn fresh(&self, key: &K, now: SystemTime) -> Option<V>
    where
        V: Clone,
    {
        let entry = self.0.get(key)?;
        entry.is_younger(now, entry.fresh_for).then(|| entry.value.clone())
    }

    /// The value, if it was read less than `longest` ago.
    pub(crate) fn within(&self, key: &K, now: SystemTime, longest: Duration) -> Option<V>
    where
        V: Clone,
    {
        let entry = self.0.get(key)?;
        entry.is_younger(now, longest).then(|| entry.value.clone())
    }

    pub(crate) fn insert(&mut self, key: K, value: V, read_at: SystemTime, fresh_for: Duration) {
        if self.0.len() >= MAX_ENTRIES && !self.0.contains_key(&key) {
            self.make_room();
        }
        let fresh_for = fresh_for.mul_f64(1.0 - JITTER * fastrand::f64());
        self.0.insert(key, Entry { value, read_at, fresh_for });
    }

    pub(crate) fn remove(&mut self, key: &K) {
        self.0.remove(key);
    }

    /// The value, however old it is.
    pub(crate) fn peek(&self, key: &K) -> Option<&V> {
        self.0.get(key).map(|entry| &entry.value)
    }

    /// Removes the oldest entry.
    fn make_room(&mut self) {
        let oldest = self.0.iter().min_by_key(|(_, entry)| entry.read_at).map(|(key, _)| key.clone());
        if let Some(oldest) = oldest {
            self.0.remove(&oldest);
        }
    }
}
