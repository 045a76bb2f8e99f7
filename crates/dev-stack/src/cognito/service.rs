//! The service: what all operations work on.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::broadcast;

use super::{
    client::Client,
    delivery::Mail,
    error::CognitoError,
    kept::{self, Found, Keeper},
    keys::Keys,
    pool::{self, Pool},
    throttle::UserUpdates,
    trigger::TriggerRecord,
    user::User,
};
use crate::{
    DevStackError, Lambda, random,
    serve::{Shutdown, stopped},
};

/// Messages that a slow reader of [`Cognito::mail`] may be behind.
const MAIL_BACKLOG: usize = 256;

/// The local Cognito; clones are the same service.
#[derive(Clone)]
pub struct Cognito {
    service: Arc<Service>,
}

struct Service {
    region: String,
    url: String,
    trigger_timeout: Duration,
    lambda: Lambda,
    keys: Arc<Keys>,
    mail: broadcast::Sender<Mail>,
    user_updates: UserUpdates,
    /// Of a stack on a file.
    keeper: Option<Keeper>,
    pools: Mutex<BTreeMap<String, Pool>>,
}

impl Cognito {
    /// The service at `url`, with what an earlier run left.
    pub(super) async fn new(
        url: String,
        region: String,
        trigger_timeout: Duration,
        lambda: Lambda,
        keeper: Option<Keeper>,
        found: Option<Found>,
    ) -> Result<Self, DevStackError> {
        let (keys, kept_pools) = match found {
            Some(found) => (found.keys, found.pools),
            None => (Keys::of_this_process().await?, Vec::new()),
        };
        let (mail, _) = broadcast::channel(MAIL_BACKLOG);
        let (user_updates, pools) = (UserUpdates::default(), Mutex::default());
        let service =
            Service { region, url, trigger_timeout, lambda, keys, mail, user_updates, keeper, pools };
        let cognito = Self { service: Arc::new(service) };
        for mut pool in kept_pools {
            // The port may be another one.
            pool.issuer = cognito.issuer(&pool.id);
            cognito.pools().insert(pool.id.clone(), pool);
        }
        Ok(cognito)
    }

    /// Base URL of the API.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.service.url
    }

    /// `iss` of a pool's tokens.
    #[must_use]
    pub fn issuer(&self, pool_id: &str) -> String {
        format!("{}/{pool_id}", self.service.url)
    }

    pub(crate) fn region(&self) -> &str {
        &self.service.region
    }

    pub(crate) fn new_pool_id(&self) -> String {
        format!("{}_{}", self.region(), random::alphanumerics(9))
    }

    pub(crate) fn lambda(&self) -> &Lambda {
        &self.service.lambda
    }

    pub(crate) fn keys(&self) -> &Keys {
        &self.service.keys
    }

    pub(crate) fn trigger_timeout(&self) -> Duration {
        self.service.trigger_timeout
    }

    pub(crate) fn record(&self, pool_id: &str, record: TriggerRecord) {
        if let Some(pool) = self.lock_pools().get_mut(pool_id) {
            pool.record(record);
        }
    }

    /// Works on one pool, as its operations do.
    pub(crate) fn with_pool<T>(
        &self,
        pool_id: &str,
        action: impl FnOnce(&mut Pool) -> Result<T, CognitoError>,
    ) -> Result<T, CognitoError> {
        let mut pools = self.pools();
        action(pools.get_mut(pool_id).ok_or_else(|| pool::unknown_pool(pool_id))?)
    }

    /// Works on the pool that an app client belongs to.
    pub(crate) fn with_client<T>(
        &self,
        client_id: &str,
        action: impl FnOnce(&mut Pool, Client) -> Result<T, CognitoError>,
    ) -> Result<T, CognitoError> {
        let mut pools = self.pools();
        let pool = pools.values_mut().find(|pool| pool.clients.contains_key(client_id));
        let pool = pool.ok_or_else(|| pool::unknown_client(client_id))?;
        let client = pool.client(client_id)?.clone();
        action(pool, client)
    }

    /// All mail from now on. A reader that falls more than 256 behind misses the oldest.
    #[must_use]
    pub fn mail(&self) -> broadcast::Receiver<Mail> {
        self.service.mail.subscribe()
    }

    pub(super) fn user_update_calls(&self) -> &UserUpdates {
        &self.service.user_updates
    }

    /// "Mails" a secret to a user.
    pub(crate) fn deliver(&self, pool_id: &str, user: &mut User, subject: &'static str, secret: &str) {
        self.deliver_to(pool_id, user, user.email().map(str::to_owned), subject, secret);
    }

    /// "Mails" a secret to an address that may not be the user's yet.
    pub(crate) fn deliver_to(
        &self,
        pool_id: &str,
        user: &mut User,
        to: Option<String>,
        subject: &'static str,
        secret: &str,
    ) {
        user.delivered = Some(secret.to_owned());
        let mail = Mail {
            pool_id: pool_id.to_owned(),
            username: user.username.clone(),
            to,
            subject,
            secret: secret.to_owned(),
        };
        // Nobody has to read it.
        let _ = self.service.mail.send(mail);
    }

    pub(super) fn change_pool(
        &self,
        pool_id: &str,
        change: impl FnOnce(&mut Pool),
    ) -> Result<(), DevStackError> {
        let mut pools = self.pools();
        let pool = pools.get_mut(pool_id).ok_or_else(|| DevStackError::UnknownPool(pool_id.to_owned()))?;
        change(pool);
        Ok(())
    }

    pub(super) fn pools(&self) -> MutexGuard<'_, BTreeMap<String, Pool>> {
        let pools = self.lock_pools();
        if let Some(keeper) = self.keeper() {
            keeper.touch();
        }
        pools
    }

    fn keeper(&self) -> Option<&Keeper> {
        self.service.keeper.as_ref()
    }

    /// Writes what is to be kept, if it has changed since it was written.
    pub(crate) fn save(&self) {
        if let Some(keeper) = self.keeper() {
            keeper.save(|| kept::content(self.keys(), self.lock_pools().values()));
        }
    }

    /// Saves after changes, until the stack stops.
    pub(super) async fn save_changes(self, shutdown: Shutdown) {
        let Some(keeper) = self.keeper() else { return };
        let save = || {
            let cognito = self.clone();
            move || cognito.save()
        };
        tokio::select! {
            () = keeper.after_changes(save) => {}
            () = stopped(shutdown) => {}
        }
    }

    /// Without the mark that something may change.
    pub(super) fn lock_pools(&self) -> MutexGuard<'_, BTreeMap<String, Pool>> {
        self.service.pools.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Cognito {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pools: Vec<_> = self.lock_pools().keys().cloned().collect();
        f.debug_struct("Cognito").field("url", &self.service.url).field("pools", &pools).finish()
    }
}
