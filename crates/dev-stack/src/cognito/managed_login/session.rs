//! What a browser's cookies stand for: a session of one hour, and a sign-up that waits for its code.

use super::{
    super::{federation::SESSION_SECONDS, pool::Pool},
    visit::Visit,
};
use crate::{clock, random};

const SESSION_COOKIE: &str = "cognito";
const SIGN_UP_COOKIE: &str = "page-data";

/// How long a browser may take from `/signup` to a right code. Not documented.
const SIGN_UP_SECONDS: u64 = 3_600;

/// A browser in which a user has signed in. It is good for every app client of the pool, and using it does not make it
/// longer.
#[derive(Clone, Debug)]
pub(crate) struct BrowserSession {
    pub(super) sub: String,
    /// The identity provider by which; the pool itself is none.
    pub(super) provider: Option<String>,
    pub(super) auth_time: u64,
}

/// A browser in which somebody has signed up, and not confirmed it.
#[derive(Clone, Debug)]
pub(crate) struct PendingSignUp {
    /// As it was entered.
    pub(super) username: String,
    expires: u64,
}

impl BrowserSession {
    /// A sign-in now.
    pub(super) fn new(sub: &str, provider: Option<&str>) -> Self {
        Self { sub: sub.to_owned(), provider: provider.map(str::to_owned), auth_time: clock::now_seconds() }
    }

    fn is_alive(&self) -> bool {
        self.auth_time.saturating_add(SESSION_SECONDS) > clock::now_seconds()
    }
}

impl Visit {
    /// The session of the browser, if its user is still there.
    pub(super) fn session(&self) -> Option<BrowserSession> {
        let token = self.cookie(SESSION_COOKIE)?;
        self.in_pool(|pool| {
            let session = pool.browser_sessions.get(token).filter(|session| session.is_alive())?;
            pool.users.by_sub(&session.sub)?;
            Some(session.clone())
        })
    }

    pub(super) fn begin_session(&mut self, session: BrowserSession) {
        let token = random::alphanumerics(64);
        self.in_pool(|pool| {
            pool.browser_sessions.retain(|_, session| session.is_alive());
            pool.browser_sessions.insert(token.clone(), session)
        });
        self.set_cookie(SESSION_COOKIE, &token, SESSION_SECONDS);
    }

    pub(super) fn end_session(&mut self) {
        if let Some(token) = self.cookie(SESSION_COOKIE) {
            self.in_pool(|pool| pool.browser_sessions.remove(token));
        }
        self.set_cookie(SESSION_COOKIE, "", 0);
    }

    /// The name that was signed up in this browser.
    pub(super) fn signed_up(&self) -> Option<String> {
        let token = self.cookie(SIGN_UP_COOKIE)?;
        self.in_pool(|pool| {
            let pending = pool.pending_sign_ups.get(token)?;
            (pending.expires > clock::now_seconds()).then(|| pending.username.clone())
        })
    }

    pub(super) fn remember_sign_up(&mut self, username: &str) {
        let token = random::alphanumerics(64);
        let now = clock::now_seconds();
        let pending =
            PendingSignUp { username: username.to_owned(), expires: now.saturating_add(SIGN_UP_SECONDS) };
        self.in_pool(|pool| {
            pool.pending_sign_ups.retain(|_, pending| pending.expires > now);
            pool.pending_sign_ups.insert(token.clone(), pending)
        });
        self.set_cookie(SIGN_UP_COOKIE, &token, SIGN_UP_SECONDS);
    }

    pub(super) fn forget_sign_up(&mut self) {
        if let Some(token) = self.cookie(SIGN_UP_COOKIE) {
            self.in_pool(|pool| pool.pending_sign_ups.remove(token));
        }
        self.set_cookie(SIGN_UP_COOKIE, "", 0);
    }

    fn in_pool<T>(&self, action: impl FnOnce(&mut Pool) -> Option<T>) -> Option<T> {
        self.cognito.with_pool(&self.pool_id, |pool| Ok(action(pool))).ok().flatten()
    }
}
