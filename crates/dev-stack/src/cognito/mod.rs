//! Cognito user pools, as far as sign-up, sign-in and the two triggers go.
//!
//! The JSON API is served at `/`, each pool's key set at `/<pool id>/.well-known/jwks.json`, and, since there
//! are no domains here, the token endpoint of a pool at `/<pool id>/oauth2/token`. The issuer of a token is
//! `http://127.0.0.1:<port>/<pool id>`. Mail is not sent: see [`Cognito::delivered_code`].

mod account;
mod admin;
mod aliases;
mod api;
mod app_clients;
mod auth;
mod challenge;
mod client;
mod cors;
mod description;
pub mod differences;
mod domains;
mod error;
mod factors;
mod federation;
mod group;
mod groups;
mod identity_providers;
mod in_process;
mod issue;
mod kept;
mod keys;
mod list_users;
mod mfa;
mod oauth;
mod page;
mod password;
mod patch;
mod pool;
mod pool_shape;
mod refresh;
mod reply;
mod resource_servers;
mod rules;
mod schema;
mod second_factor;
mod secret_hash;
mod session;
mod shape;
mod sign_in;
mod sign_up;
mod srp;
mod srp_sign_in;
mod tags;
mod throttle;
mod token;
mod totp;
mod trigger;
pub mod unknowns;
mod user;
mod user_pools;
mod users;
mod verification;

use std::{
    collections::BTreeMap,
    fmt,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::broadcast, task::JoinHandle};

pub(crate) use self::patch::merge;
use self::{client::Client, kept::Keeper, keys::Keys, pool::Pool, throttle::UserUpdates};
pub use self::{
    client::ClientSettings,
    error::CognitoError,
    federation::FederatedUser,
    issue::Tokens,
    pool::{EventVersion, PoolSettings, Triggers},
    trigger::{TRIGGER_TIMEOUT, Trigger, TriggerOutcome, TriggerRecord},
};
use crate::{
    DevStackError, Lambda, random,
    serve::{self, Shutdown},
};

/// Messages that a slow reader of [`Cognito::mail`] may be behind.
const MAIL_BACKLOG: usize = 256;

/// Something that Cognito would have sent by e-mail.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Mail {
    /// The user's pool.
    pub pool_id: String,
    /// The user.
    pub username: String,
    /// The address, if the user has one.
    pub to: Option<String>,
    /// What it is for, as a heading: `confirmation code`.
    pub subject: &'static str,
    /// The code or the temporary password.
    pub secret: String,
}

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

/// Starts the service and its API, with what an earlier run kept beside `data`.
pub(crate) async fn start(
    port: Option<u16>,
    data: Option<&Path>,
    region: String,
    trigger_timeout: Duration,
    lambda: Lambda,
    shutdown: Shutdown,
) -> Result<(Cognito, JoinHandle<()>), DevStackError> {
    let found = data.map(kept::read).transpose()?.flatten();
    let (keys, kept_pools) = match found {
        Some(found) => (found.keys, found.pools),
        None => (Keys::of_this_process().await?, Vec::new()),
    };
    let (listener, address) = serve::bind(port).await?;
    let (mail, _) = broadcast::channel(MAIL_BACKLOG);
    let url = format!("http://{address}");
    let (user_updates, pools) = (UserUpdates::default(), Mutex::default());
    let keeper = data.map(Keeper::new);
    let service = Service { region, url, trigger_timeout, lambda, keys, mail, user_updates, keeper, pools };
    let cognito = Cognito { service: Arc::new(service) };
    for mut pool in kept_pools {
        // The port may be another one.
        pool.issuer = cognito.issuer(&pool.id);
        cognito.pools().insert(pool.id.clone(), pool);
    }
    tokio::spawn(cognito.clone().save_changes(shutdown.clone()));
    let server = serve::spawn(listener, api::router(cognito.clone()), shutdown);
    Ok((cognito, server))
}

impl Cognito {
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

    fn user_update_calls(&self) -> &UserUpdates {
        &self.service.user_updates
    }

    /// "Mails" a secret to a user.
    pub(crate) fn deliver(&self, pool_id: &str, user: &mut user::User, subject: &'static str, secret: &str) {
        self.deliver_to(pool_id, user, user.email().map(str::to_owned), subject, secret);
    }

    /// "Mails" a secret to an address that may not be the user's yet.
    pub(crate) fn deliver_to(
        &self,
        pool_id: &str,
        user: &mut user::User,
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

    fn change_pool(&self, pool_id: &str, change: impl FnOnce(&mut Pool)) -> Result<(), DevStackError> {
        let mut pools = self.pools();
        let pool = pools.get_mut(pool_id).ok_or_else(|| DevStackError::UnknownPool(pool_id.to_owned()))?;
        change(pool);
        Ok(())
    }

    fn pools(&self) -> MutexGuard<'_, BTreeMap<String, Pool>> {
        let pools = self.lock_pools();
        if let Some(keeper) = self.keeper() {
            keeper.touch();
        }
        pools
    }

    fn keeper(&self) -> Option<&Keeper> {
        self.service.keeper.as_ref()
    }

    /// Without the mark that something may change.
    fn lock_pools(&self) -> MutexGuard<'_, BTreeMap<String, Pool>> {
        self.service.pools.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Cognito {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pools: Vec<_> = self.lock_pools().keys().cloned().collect();
        f.debug_struct("Cognito").field("url", &self.service.url).field("pools", &pools).finish()
    }
}
