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
    DevStackError, Lambda, Permission,
    lambda::ACCOUNT_ID,
    random,
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
    /// Base URL of the API.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.service.url
    }

    /// Creates a pool and gives its id. A pool of the same id is replaced, users and all.
    #[must_use]
    pub fn create_pool(&self, settings: PoolSettings) -> String {
        let id = settings.id.clone().unwrap_or_else(|| self.new_pool_id());
        let (auto_confirm, triggers) = (settings.auto_confirm, settings.triggers.clone());
        let description = description::of_settings(settings, |function| self.lambda().arn(function));
        let mut pool = Pool::new(id.clone(), self.region().to_owned(), self.issuer(&id), description);
        self.admit_named(&id, &triggers);
        pool.auto_confirm = auto_confirm;
        pool.temporary_days_set = true;
        self.pools().insert(id.clone(), pool);
        id
    }

    /// Creates an app client and gives its id: that of the settings, or 26 of `a-z0-9`.
    ///
    /// # Errors
    ///
    /// [`DevStackError::UnknownPool`].
    pub fn create_client(&self, pool_id: &str, settings: ClientSettings) -> Result<String, DevStackError> {
        let id = settings.id.clone().unwrap_or_else(|| random::lower_alphanumerics(26));
        let client = Client::of_settings(id.clone(), settings);
        self.change_pool(pool_id, |pool| {
            pool.clients.insert(id.clone(), client);
        })?;
        Ok(id)
    }

    /// The ids of all pools of this name.
    #[must_use]
    pub fn pools_named(&self, name: &str) -> Vec<String> {
        let pools = self.lock_pools();
        pools.values().filter(|pool| pool.text("Name") == Some(name)).map(|pool| pool.id.clone()).collect()
    }

    /// The ids of all app clients of this name in a pool.
    #[must_use]
    pub fn clients_named(&self, pool_id: &str, name: &str) -> Vec<String> {
        let pools = self.lock_pools();
        let clients = pools.get(pool_id).into_iter().flat_map(|pool| pool.clients.values());
        clients.filter(|client| client.name() == name).map(|client| client.id.clone()).collect()
    }

    /// What a person would call a user: the e-mail, or the username.
    #[must_use]
    pub fn name(&self, pool_id: &str, username: &str) -> Option<String> {
        let pools = self.lock_pools();
        let user = pools.get(pool_id)?.user(username).ok()?;
        Some(user.email().unwrap_or(&user.username).to_owned())
    }

    /// The `sub` of a user (username, `sub` or alias).
    #[must_use]
    pub fn sub(&self, pool_id: &str, username: &str) -> Option<String> {
        Some(self.lock_pools().get(pool_id)?.user(username).ok()?.sub.clone())
    }

    /// The secret of an app client that has one.
    #[must_use]
    pub fn client_secret(&self, pool_id: &str, client_id: &str) -> Option<String> {
        self.lock_pools().get(pool_id)?.clients.get(client_id)?.secret().map(str::to_owned)
    }

    /// Changes the two triggers in a pool's `LambdaConfig` from the next event on: another function, another event
    /// version, none. Other triggers stay. A function that is named, and not given as an ARN, gets a statement in its
    /// policy that lets the pool call it, as from the console; an ARN is taken as by the API, which gives none.
    ///
    /// # Errors
    ///
    /// [`DevStackError::UnknownPool`].
    pub fn set_triggers(&self, pool_id: &str, triggers: Triggers) -> Result<(), DevStackError> {
        self.admit_named(pool_id, &triggers);
        self.change_pool(pool_id, |pool| {
            description::set_triggers(&mut pool.description, triggers, |function| {
                self.lambda().arn(function)
            });
        })
    }

    /// What was last "mailed" to a user (username, `sub`, or e-mail in e-mail pools): a confirmation code or
    /// a reset code of 6 digits, or a temporary password. It stays readable after use.
    #[must_use]
    pub fn delivered_code(&self, pool_id: &str, username: &str) -> Option<String> {
        self.lock_pools().get(pool_id)?.user(username).ok()?.delivered.clone()
    }

    /// All mail from now on. A reader that falls more than 256 behind misses the oldest.
    #[must_use]
    pub fn mail(&self) -> broadcast::Receiver<Mail> {
        self.service.mail.subscribe()
    }

    /// The last firings of a pool's triggers (1,000 at most), oldest first.
    #[must_use]
    pub fn trigger_records(&self, pool_id: &str) -> Vec<TriggerRecord> {
        self.lock_pools().get(pool_id).map(|pool| pool.records.iter().cloned().collect()).unwrap_or_default()
    }

    /// The last firing of one trigger of a pool.
    #[must_use]
    pub fn last_record(&self, pool_id: &str, trigger: Trigger) -> Option<TriggerRecord> {
        self.lock_pools().get(pool_id)?.records.iter().rev().find(|record| record.trigger == trigger).cloned()
    }

    /// `iss` of a pool's tokens.
    #[must_use]
    pub fn issuer(&self, pool_id: &str) -> String {
        format!("{}/{pool_id}", self.service.url)
    }

    /// ARN of a pool that is or would be here: what a function's permission names as its source.
    #[must_use]
    pub fn pool_arn(&self, pool_id: &str) -> String {
        let region = pool_id.split_once('_').map_or(self.region(), |(region, _)| region);
        format!("arn:aws:cognito-idp:{region}:{ACCOUNT_ID}:userpool/{pool_id}")
    }

    /// Where the key set of a pool is.
    #[must_use]
    pub fn jwks_url(&self, pool_id: &str) -> String {
        format!("{}/.well-known/jwks.json", self.issuer(pool_id))
    }

    /// Lets a pool call the functions that are given by name.
    fn admit_named(&self, pool_id: &str, triggers: &Triggers) {
        let pre = triggers.pre_token_generation.as_ref().map(|(function, _)| function);
        for function in triggers.post_confirmation.iter().chain(pre).filter(|name| !name.starts_with("arn:"))
        {
            let permission =
                Permission { source_arn: Some(self.pool_arn(pool_id)), ..Permission::of_cognito("pool") };
            self.lambda().admit_pool(function, pool_id, permission);
        }
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
