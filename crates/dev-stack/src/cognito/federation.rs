//! Sign-in through an identity provider: what follows the provider's answer, which a test or the stand-in page of managed
//! login gives.

use std::collections::BTreeMap;

use serde_json::json;

use super::{
    error::CognitoError,
    firing::Firing,
    group::Group,
    issue::{Grant, Tokens, issue},
    service::Cognito,
    sign_up::CONFIRM_SIGN_UP,
    token::OAuth,
    user::{User, UserStatus},
};
use crate::{clock, random};

/// Life of a managed login's cookie.
pub(super) const SESSION_SECONDS: u64 = 3_600;

/// What an identity provider says about a user.
#[derive(Clone, Debug)]
pub struct FederatedUser {
    /// Name of the provider in the pool, such as `Google` or `AcmeSaml`.
    pub provider: String,
    /// The provider's own id of the user.
    pub subject: String,
    /// Attributes after mapping; they overwrite the profile's at every sign-in, and one that is missing stays as it was. An
    /// e-mail is unverified unless `email_verified` is mapped too.
    pub attributes: BTreeMap<String, String>,
}

impl Cognito {
    /// Signs a federated user in, as managed login does: the first time it creates the profile and fires
    /// `PostConfirmation_ConfirmSignUp`; every time it fires `TokenGeneration_HostedAuth`. A first sign-in
    /// that its trigger refuses leaves the profile behind, and the next one counts as a later one.
    ///
    /// # Errors
    ///
    /// [`CognitoError`], of the triggers or for an unknown pool, client or attribute.
    pub async fn federated_sign_in(
        &self,
        pool_id: &str,
        client_id: &str,
        user: FederatedUser,
    ) -> Result<Tokens, CognitoError> {
        let sub = self.federated_profile(pool_id, client_id, &user).await?;
        let tokens = issue(self, hosted_grant(pool_id, client_id, sub.clone())).await?;
        self.with_pool(pool_id, |pool| {
            let end = clock::now_seconds().saturating_add(SESSION_SECONDS);
            pool.hosted_sessions.insert(sub, end);
            Ok(tokens)
        })
    }

    /// Makes or updates the profile of a federated user, and gives its `sub`.
    pub(super) async fn federated_profile(
        &self,
        pool_id: &str,
        client_id: &str,
        user: &FederatedUser,
    ) -> Result<String, CognitoError> {
        let username = format!("{}_{}", user.provider, user.subject).to_lowercase();
        let group = format!("{pool_id}_{}", user.provider);
        let (sub, firing) = self.with_pool(pool_id, |pool| {
            pool.client(client_id)?;
            let attributes: Vec<_> = user.attributes.clone().into_iter().collect();
            pool.check_schema(&attributes)?;
            if let Some(known) = pool.users.by_username(&username) {
                known.check_enabled()?;
                let sub = known.sub.clone();
                // What is mapped is overwritten; an attribute whose claim stopped coming stays as it was.
                pool.write(&sub, attributes)?;
                return Ok((sub, None));
            }
            let mut profile = User::new(username.clone(), random::uuid(), UserStatus::ExternalProvider);
            profile.write(attributes);
            profile.write(vec![("identities".to_owned(), identities(user))]);
            profile.groups.insert(group.clone());
            let firing = Firing::post_confirmation(pool, &profile, CONFIRM_SIGN_UP, Some(client_id), None);
            let sub = profile.sub.clone();
            pool.groups.entry(group.clone()).or_insert_with(|| provider_group(group));
            pool.users.insert(profile);
            Ok((sub, firing))
        })?;
        if let Some(firing) = firing {
            firing.fire(self, |_| Ok(())).await?;
        }
        Ok(sub)
    }

    /// A browser comes back to managed login, at any app client of the pool, with the cookie that a sign-in of the last
    /// hour left: tokens without a new answer of the identity provider. Fires `TokenGeneration_HostedAuth` with the
    /// attributes of the profile. A global sign-out does not end such a session.
    ///
    /// # Errors
    ///
    /// [`CognitoError`], of the trigger, for an unknown pool, client or user, for a user who is disabled, and when there is
    /// no session.
    pub async fn federated_session_returns(
        &self,
        pool_id: &str,
        client_id: &str,
        provider: &str,
        subject: &str,
    ) -> Result<Tokens, CognitoError> {
        let username = format!("{provider}_{subject}").to_lowercase();
        let sub = self.with_pool(pool_id, |pool| {
            pool.client(client_id)?;
            let sub = pool.user(&username)?.sub.clone();
            let end = pool.hosted_sessions.get(&sub).copied().unwrap_or_default();
            if end <= clock::now_seconds() {
                return Err(CognitoError::not_authorized(
                    "There is no session: the user signs in at the provider.",
                ));
            }
            Ok(sub)
        })?;
        issue(self, hosted_grant(pool_id, client_id, sub)).await
    }
}

fn hosted_grant(pool_id: &str, client_id: &str, sub: String) -> Grant {
    Grant {
        pool_id: pool_id.to_owned(),
        client_id: client_id.to_owned(),
        sub,
        source: "TokenGeneration_HostedAuth",
        scopes: vec!["openid".to_owned()],
        metadata: None,
        session: None,
        auth_time: None,
        oauth: Some(OAuth::default()),
    }
}

/// The `identities` attribute: JSON in a string.
fn identities(user: &FederatedUser) -> String {
    let identity = json!({
        "userId": user.subject,
        "providerName": user.provider,
        "providerType": "OIDC",
        "issuer": null,
        "primary": true,
        "dateCreated": clock::now_ms().to_string(),
    });
    json!([identity]).to_string()
}

/// The group that Cognito makes for the users of a provider.
fn provider_group(name: String) -> Group {
    Group { name, description: None, precedence: None, role_arn: None, created: clock::now_seconds() }
}
