//! Managed login: the pages and endpoints below a pool's domain, where users sign in with a browser (developer guide,
//! "User pool endpoints and managed login reference").
//!
//! A pool with the domain prefix `acme` has them at `http://acme.auth.localhost:<port>`, on the port of the API. Browsers
//! resolve every name below `localhost` to loopback; `curl` does, too. Each domain has cookies of its own.
//!
//! Pre-token-generation runs before the authorization code is given, as the guide's table of local users says. So the
//! pages show what the trigger answers, and the code stands for tokens that it has agreed to.

mod authorize;
mod code;
mod log_in;
mod log_out;
mod page;
mod provider;
mod request;
mod session;
mod sign_up;
mod user_info;
mod visit;

use axum::{
    Router, middleware,
    routing::{get, post},
};

pub(super) use self::{
    code::{Code, spend},
    session::{BrowserSession, PendingSignUp},
    visit::pool_of_host,
};
use super::{cors, oauth, pool::Pool, service::Cognito};

/// What follows a domain's prefix in its host name, in place of `.auth.<region>.amazoncognito.com`.
const SUFFIX: &str = ".auth.localhost";

/// The pages have no CORS; the two endpoints that apps call have (developer guide, "User pool managed login").
pub(super) fn router() -> Router<Cognito> {
    let for_apps = Router::new()
        .route("/oauth2/token", post(oauth::token_of_domain))
        .route("/oauth2/userInfo", get(user_info::show))
        .layer(middleware::from_fn(cors::allow_any_origin));
    let pages = Router::new()
        .route("/oauth2/authorize", get(authorize::authorize))
        .route("/login", get(log_in::show).post(log_in::submit))
        .route("/provider", get(provider::show).post(provider::submit))
        .route("/signup", get(sign_up::show).post(sign_up::submit))
        .route("/confirm", get(sign_up::show_confirmation).post(sign_up::confirm))
        .route("/logout", get(log_out::log_out));
    for_apps.merge(pages)
}

impl Cognito {
    /// Address of a pool's managed login, if the pool has a domain.
    #[must_use]
    pub fn login_url(&self, pool_id: &str) -> Option<String> {
        self.with_pool(pool_id, |pool| Ok(self.login_url_of(pool))).ok().flatten()
    }

    pub(super) fn login_url_of(&self, pool: &Pool) -> Option<String> {
        let (_, port) = self.url().rsplit_once(':')?;
        Some(format!("http://{}{SUFFIX}:{port}", pool.text("Domain")?))
    }
}
