//! What the program that runs the stack does without the API: makes pools and app clients, and looks at what happened.

use std::time::Instant;

use super::{
    client::{Client, ClientSettings},
    description, lambda_config,
    pool::Pool,
    pool_settings::PoolSettings,
    service::Cognito,
    trigger::{Trigger, TriggerRecord, Triggers},
};
use crate::{DevStackError, Permission, account::ACCOUNT_ID, random};

impl Cognito {
    /// Creates a pool and gives its id. A pool of the same id is replaced, users and all.
    #[must_use]
    pub fn create_pool(&self, settings: PoolSettings) -> String {
        let description = description::of_settings(&settings, |function| self.lambda().arn(function));
        let PoolSettings { id, auto_confirm, triggers, .. } = settings;
        let id = id.unwrap_or_else(|| self.new_pool_id());
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

    #[must_use]
    pub fn pools_named(&self, name: &str) -> Vec<String> {
        let pools = self.lock_pools();
        pools.values().filter(|pool| pool.text("Name") == Some(name)).map(|pool| pool.id.clone()).collect()
    }

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
    pub fn set_triggers(&self, pool_id: &str, triggers: &Triggers) -> Result<(), DevStackError> {
        self.admit_named(pool_id, triggers);
        self.change_pool(pool_id, |pool| {
            lambda_config::set_triggers(&mut pool.description, triggers, |function| {
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

    /// The last firings of a pool's triggers (1,000 at most), oldest first.
    #[must_use]
    pub fn trigger_records(&self, pool_id: &str) -> Vec<TriggerRecord> {
        self.lock_pools().get(pool_id).map(|pool| pool.records.iter().cloned().collect()).unwrap_or_default()
    }

    #[must_use]
    pub fn last_record(&self, pool_id: &str, trigger: Trigger) -> Option<TriggerRecord> {
        self.lock_pools().get(pool_id)?.records.iter().rev().find(|record| record.trigger == trigger).cloned()
    }

    /// ARN of a pool that is or would be here: what a function's permission names as its source.
    #[must_use]
    pub fn pool_arn(&self, pool_id: &str) -> String {
        let region = pool_id.split_once('_').map_or(self.region(), |(region, _)| region);
        format!("arn:aws:cognito-idp:{region}:{ACCOUNT_ID}:userpool/{pool_id}")
    }

    #[must_use]
    pub fn jwks_url(&self, pool_id: &str) -> String {
        format!("{}/.well-known/jwks.json", self.issuer(pool_id))
    }

    /// Lets a pool call the functions that are given by name.
    fn admit_named(&self, pool_id: &str, triggers: &Triggers) {
        for function in triggers.functions().filter(|name| !name.starts_with("arn:")) {
            let permission =
                Permission { source_arn: Some(self.pool_arn(pool_id)), ..Permission::of_cognito("pool") };
            self.lambda().admit_pool(function, pool_id, permission);
        }
    }

    /// Admits so many calls of `AdminUpdateUserAttributes` and `AdminDeleteUserAttributes` within any second, of
    /// all pools together as the account's quota does, and refuses others with `TooManyRequestsException`.
    /// `None`, as a stack begins: all.
    pub fn limit_user_updates(&self, per_second: Option<u32>) {
        self.user_update_calls().limit(per_second);
    }

    /// When the last 100,000 of these calls arrived, refused ones too, oldest first.
    #[must_use]
    pub fn user_updates(&self) -> Vec<Instant> {
        self.user_update_calls().arrived()
    }

    /// The most of [`Cognito::user_updates`] that arrived within any one second.
    #[must_use]
    pub fn user_updates_peak(&self) -> usize {
        self.user_update_calls().peak()
    }
}
