//! Cognito user pools, as far as sign-up, sign-in and the two triggers go.
//!
//! The JSON API is served at `/`, each pool's key set at `/<pool id>/.well-known/jwks.json`, and its token endpoint at
//! `/<pool id>/oauth2/token`. The login pages of a pool with a domain are at `http://<prefix>.auth.localhost:<port>`. The
//! issuer of a token is `http://127.0.0.1:<port>/<pool id>`. Mail is not sent: see [`Cognito::delivered_code`].

mod account;
mod admin;
mod aliases;
mod api;
mod app_clients;
mod auth;
mod challenges;
mod client;
mod cors;
mod delivery;
mod description;
pub mod differences;
mod domains;
mod error;
mod factor;
mod factors;
mod federation;
mod firing;
mod group;
mod group_configuration;
mod groups;
mod identity_providers;
mod in_process;
mod issue;
mod kept;
mod keys;
mod lambda_config;
mod list_users;
mod managed_login;
mod mfa;
mod oauth;
mod own_account;
mod page;
mod password;
mod patch;
mod pool;
mod pool_settings;
mod pool_shape;
mod refresh;
mod reply;
mod resource_servers;
mod respond;
mod rules;
mod schema;
mod second_factor;
mod secret_hash;
mod service;
mod session;
mod shape;
mod sign_in;
mod sign_up;
mod srp;
mod srp_sign_in;
mod step;
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
mod wire;

use std::{path::Path, time::Duration};

use tokio::task::JoinHandle;

use self::kept::Keeper;
pub use self::{
    client::ClientSettings,
    delivery::Mail,
    error::CognitoError,
    federation::FederatedUser,
    issue::Tokens,
    pool_settings::PoolSettings,
    service::Cognito,
    trigger::{EventVersion, TRIGGER_TIMEOUT, Trigger, TriggerOutcome, TriggerRecord, Triggers},
};
use crate::{
    DevStackError, Lambda,
    serve::{self, Shutdown},
};

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
    let (listener, address) = serve::bind(port).await?;
    let url = format!("http://{address}");
    let cognito = Cognito::new(url, region, trigger_timeout, lambda, data.map(Keeper::new), found).await?;
    tokio::spawn(cognito.clone().save_changes(shutdown.clone()));
    let server = serve::spawn(listener, api::router(cognito.clone()), shutdown);
    Ok((cognito, server))
}
