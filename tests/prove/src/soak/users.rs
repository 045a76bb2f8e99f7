//! Users and their apps: they join, sign in, refresh, and show their tokens to an API.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dev_stack::functions::{AUTHORIZER, PRE_TOKEN_GENERATION, ROUTER};
use fastrand::Rng;
use serde_json::{Value, json};

use super::clock::{now, tick};
use super::judge::Wish;
use super::notes::Shown;
use super::staff::any_tenant;
use super::world::World;
use crate::schedules::schedule::{HERE, email};
use crate::schedules::table::text;

const PASSWORD: &str = "Correct-Horse-9";
/// Users who still come back: the newest ones.
const MOST_USERS: usize = 100;
/// Until there are so many, most calls are joins.
const FIRST_USERS: usize = 25;
/// Tokens that a user still has.
const MOST_TOKENS: usize = 6;

#[derive(Debug)]
pub(crate) struct User {
    pub(crate) email: String,
    pub(crate) sub: String,
    tokens: Mutex<Tokens>,
}

#[derive(Debug, Default)]
struct Tokens {
    /// With the app client.
    refresh: VecDeque<(String, String)>,
    access: VecDeque<(String, Shown)>,
}

impl World {
    /// What one user does next.
    pub(crate) async fn act(&self, mut rng: Rng) {
        let rng = &mut rng;
        let Some(user) = self.any_user(rng) else { return self.join(rng).await };
        if lock(&self.users).len() < FIRST_USERS && rng.bool() {
            return self.join(rng).await;
        }
        match rng.u32(0..100) {
            0..7 => self.join(rng).await,
            7..45 => self.sign_in(rng, &user).await,
            45..60 => self.refresh(rng, &user).await,
            60..75 => self.refresh_as_before(rng, &user).await,
            75..90 => self.show(rng, &user).await,
            _ => self.find_route(rng).await,
        }
    }

    pub(crate) fn any_user(&self, rng: &mut Rng) -> Option<Arc<User>> {
        let users = lock(&self.users);
        let at = rng.usize(0..users.len().max(1));
        users.get(at).cloned()
    }

    /// A new user: invited by address or with a code for anybody; or a stranger.
    async fn join(&self, rng: &mut Rng) {
        let email = email(self.next_user.fetch_add(1, Ordering::Relaxed));
        let way = rng.u32(0..10);
        let code = match way {
            0..8 => {
                let code = self.invite(rng, &email).await;
                // By the address alone, too.
                (way < 5).then_some(code)
            }
            8 => {
                let offers = lock(&self.offers);
                let at = rng.usize(0..offers.codes.len().max(1));
                offers.codes.get(at).cloned()
            }
            _ => None,
        };
        let client = &self.open_client;
        let attributes = json!([{ "Name": "email", "Value": email }]);
        let sign_up = json!({
            "ClientId": client, "Username": email, "Password": PASSWORD, "UserAttributes": attributes,
        });
        let Some(signed_up) = self.cognito("SignUp", &sign_up).await else { return };
        let sub = text(&signed_up, "UserSub").to_owned();
        let user = Arc::new(User { email, sub, tokens: Mutex::default() });
        let mailed = self.stack.cognito().delivered_code(HERE, &user.sub).unwrap_or_default();
        let metadata = code.map(|code| json!({ "inviteCode": code.reveal() }));
        let confirm = json!({
            "ClientId": client, "Username": user.email, "ConfirmationCode": mailed, "ClientMetadata": metadata,
        });
        self.cognito("ConfirmSignUp", &confirm).await;
        {
            let mut users = lock(&self.users);
            users.push_back(Arc::clone(&user));
            if users.len() > MOST_USERS {
                users.pop_front();
            }
        }
        self.sign_in(rng, &user).await;
    }

    async fn sign_in(&self, rng: &mut Rng, user: &User) {
        let bound = rng.choice(self.notes.bound.keys()).filter(|_| rng.u32(0..8) == 0);
        let client = bound.unwrap_or(&self.open_client);
        let parameters = json!({ "USERNAME": user.email, "PASSWORD": PASSWORD });
        let body =
            json!({ "ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": parameters });
        let wish = Wish { tenant: self.notes.bound.get(client).cloned(), ..user.wish() };
        self.tokens(rng, user, client, "InitiateAuth", &body, wish).await;
    }

    /// With `REFRESH_TOKEN_AUTH`.
    pub(crate) async fn refresh_as_before(&self, rng: &mut Rng, user: &User) {
        let Some((client, token)) = user.any_refresh_token(rng) else { return };
        let tenant = self.notes.bound.get(&client).cloned();
        let wish = Wish { tenant, is_refresh: true, ..user.wish() };
        let parameters = json!({ "REFRESH_TOKEN": token });
        let body =
            json!({ "ClientId": client, "AuthFlow": "REFRESH_TOKEN_AUTH", "AuthParameters": parameters });
        self.tokens(rng, user, &client, "InitiateAuth", &body, wish).await;
    }

    /// As newer apps do, with a tenant or an invite code.
    async fn refresh(&self, rng: &mut Rng, user: &User) {
        let Some((client, token)) = user.any_refresh_token(rng) else { return self.sign_in(rng, user).await };
        let bound = self.notes.bound.get(&client).cloned();
        let mut wish = Wish { tenant: bound.clone(), ..user.wish() };
        let mut metadata = None;
        if bound.is_none() && rng.u32(0..3) > 0 {
            let tenant = any_tenant(rng);
            wish.tenant = Some(tenant.to_owned());
            metadata = Some(json!({ "tenantId": tenant }));
        } else if bound.is_none() {
            let offers = lock(&self.offers);
            wish.code = rng.choice(&offers.codes).cloned();
            metadata = wish.code.as_ref().map(|code| json!({ "inviteCode": code.reveal() }));
        }
        let body = json!({ "ClientId": client, "RefreshToken": token, "ClientMetadata": metadata });
        self.tokens(rng, user, &client, "GetTokensFromRefreshToken", &body, wish).await;
    }

    /// Asks for tokens, keeps them, and shows the access token to the authorizer.
    async fn tokens(
        &self,
        rng: &mut Rng,
        user: &User,
        client: &str,
        operation: &str,
        body: &Value,
        wish: Wish,
    ) {
        let from = tick();
        let Some(answer) = self.cognito(operation, body).await else { return };
        let result = answer.get("AuthenticationResult").cloned().unwrap_or_default();
        let access = text(&result, "AccessToken").to_owned();
        let claims = payload(&access);
        self.notes.token(PRE_TOKEN_GENERATION, from, &wish, &claims);
        let shown = Shown {
            sub: user.sub.clone(),
            tenant: text(&claims, "tenant_id").to_owned(),
            expires_at: claims.get("exp").and_then(Value::as_u64).unwrap_or_default(),
            is_forged: false,
        };
        {
            let mut tokens = lock(&user.tokens);
            if let Some(refresh) = result.get("RefreshToken").and_then(Value::as_str) {
                tokens.refresh.push_back((client.to_owned(), refresh.to_owned()));
            }
            tokens.access.push_back((access.clone(), shown.clone()));
            let Tokens { refresh, access } = &mut *tokens;
            if refresh.len() > MOST_TOKENS {
                refresh.pop_front();
            }
            if access.len() > MOST_TOKENS {
                access.pop_front();
            }
        }
        if rng.bool() {
            self.pass_gate(&access, &shown).await;
        }
    }

    /// A token of earlier, which may have expired; or one that was never issued here.
    async fn show(&self, rng: &mut Rng, user: &User) {
        let kept = rng.choice(lock(&user.tokens).access.iter().cloned().collect::<Vec<_>>());
        let Some((token, shown)) = kept else { return };
        match rng.u32(0..10) {
            0 => self.pass_gate(&changed(&token), &Shown { is_forged: true, ..shown }).await,
            1 => {
                if let Some(token) = self.foreign_token().await {
                    self.pass_gate(&token, &Shown { is_forged: true, ..shown }).await;
                }
            }
            _ => self.pass_gate(&token, &shown).await,
        }
    }

    /// A good token of another pool, with a tenant of this one.
    async fn foreign_token(&self) -> Option<String> {
        let number = self.next_user.fetch_add(1, Ordering::Relaxed);
        let (client, email) = (&self.foreign_client, email(number));
        let attributes = json!([{ "Name": "email", "Value": email }]);
        let sign_up = json!({
            "ClientId": client, "Username": email, "Password": PASSWORD, "UserAttributes": attributes,
        });
        let sub = text(&self.cognito("SignUp", &sign_up).await?, "UserSub").to_owned();
        let parameters = json!({ "USERNAME": sub, "PASSWORD": PASSWORD });
        let body =
            json!({ "ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": parameters });
        let answer = self.cognito("InitiateAuth", &body).await?;
        Some(text(answer.get("AuthenticationResult")?, "AccessToken").to_owned())
    }

    async fn pass_gate(&self, token: &str, shown: &Shown) {
        const EVENT: &str = include_str!("../../../fixtures/authorizer/http-2.json");
        let ended = self.invoke(AUTHORIZER, &EVENT.replace("<token>", token)).await;
        self.notes.gate(shown, &ended);
    }

    async fn find_route(&self, rng: &mut Rng) {
        let movers = lock(&self.offers).movers.clone();
        let slug = match rng.u32(0..10) {
            0 => "nobody".to_owned(),
            1..5 => rng.choice(movers).unwrap_or_else(|| any_tenant(rng).to_owned()),
            _ => any_tenant(rng).to_owned(),
        };
        let event = json!({
            "version": "2.0", "routeKey": "$default", "rawPath": "/v1/route", "rawQueryString": format!("slug={slug}"),
            "headers": { "host": "app.example.com", "x-forwarded-proto": "https" },
            "requestContext": {
                "accountId": "123456789012", "apiId": "id", "domainName": "app.example.com", "domainPrefix": "app",
                "http": {
                    "method": "GET", "path": "/v1/route", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1",
                    "userAgent": "a",
                },
                "requestId": "id", "routeKey": "$default", "stage": "$default",
                "time": "12/Mar/2020:19:03:58 +0000", "timeEpoch": 1_583_348_638_390_i64,
            },
            "isBase64Encoded": false,
        });
        let ended = self.invoke(ROUTER, &event.to_string()).await;
        self.notes.route(&slug, &ended);
    }
}

impl User {
    /// With its app client.
    fn any_refresh_token(&self, rng: &mut Rng) -> Option<(String, String)> {
        rng.choice(lock(&self.tokens).refresh.iter().cloned().collect::<Vec<_>>())
    }

    fn wish(&self) -> Wish {
        Wish { sub: self.sub.clone(), email: self.email.clone(), ..Wish::default() }
    }
}

/// The token with a later expiry in it, and the old signature.
fn changed(token: &str) -> String {
    let mut parts: Vec<String> = token.split('.').map(str::to_owned).collect();
    let mut claims = payload(token);
    if let (Some(part), Some(members)) = (parts.get_mut(1), claims.as_object_mut()) {
        members.insert("exp".to_owned(), json!(now().epoch_seconds() + 3_600));
        *part = URL_SAFE_NO_PAD.encode(claims.to_string());
    }
    parts.join(".")
}

fn payload(token: &str) -> Value {
    let payload = token.split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
    payload.and_then(|payload| serde_json::from_slice(&payload).ok()).unwrap_or_default()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
