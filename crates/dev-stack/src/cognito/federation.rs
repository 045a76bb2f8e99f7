//! Sign-in through an identity provider. There is no managed login here: the provider's answer is given by
//! the caller, and what follows in Cognito is done.

use std::collections::BTreeMap;

use serde_json::json;

use super::{
    Cognito, Tokens,
    error::CognitoError,
    group::Group,
    issue::{Grant, issue},
    sign_up::CONFIRM_SIGN_UP,
    trigger::Firing,
    user::{User, UserStatus},
};
use crate::{clock, random};

/// What an identity provider says about a user.
#[derive(Clone, Debug)]
pub struct FederatedUser {
    /// Name of the provider in the pool, such as `Google` or `AcmeSaml`.
    pub provider: String,
    /// The provider's own id of the user.
    pub subject: String,
    /// Attributes after mapping; they overwrite the profile's at every sign-in. An e-mail is unverified
    /// unless `email_verified` is mapped too.
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
        let username = format!("{}_{}", user.provider, user.subject).to_lowercase();
        let group = format!("{pool_id}_{}", user.provider);
        let (sub, firing) = self.with_pool(pool_id, |pool| {
            pool.client(client_id)?;
            let attributes: Vec<_> = user.attributes.clone().into_iter().collect();
            pool.check_schema(&attributes)?;
            if let Some(known) = pool.users.by_username(&username) {
                let sub = known.sub.clone();
                pool.write(&sub, attributes)?;
                return Ok((sub, None));
            }
            let mut profile = User::new(username.clone(), random::uuid(), UserStatus::ExternalProvider);
            profile.write(attributes);
            profile.write(vec![("identities".to_owned(), identities(&user))]);
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
        let grant = Grant {
            pool_id: pool_id.to_owned(),
            client_id: client_id.to_owned(),
            sub,
            source: "TokenGeneration_HostedAuth",
            scopes: vec!["openid".to_owned()],
            metadata: None,
            session: None,
        };
        issue(self, grant).await
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
