//! Who joins at a sign-in. The rules are tested in `tenancy`; here is what of the event they are given.

use std::collections::BTreeMap;

use memory::{Store, invite, parsed};
use serde_json::{Value, json};
use tenancy::{Invite, ProviderBinding, TenantStatus};

use crate::store::{POOL, acme, ana, blocking, event, handled, store};

/// An invite of `acme` for Ana's address, which her provider asserts and `acme` trusts.
fn invited() -> Store {
    let store = store(&[("acme", TenantStatus::Active)], &[]);
    let binding =
        ProviderBinding { tenant: acme(), joins: false, default_roles: Vec::new(), is_email_trusted: true };
    store.table().providers.insert((parsed(POOL), parsed("Okta")), binding);
    let invite = invite(&parsed("inv_0123456789ABCDEFGHJKMNPQRS"), "acme");
    store.table().put_invite(Invite { email: Some(parsed("ana@corp.example")), ..invite });
    store
}

fn of_a_provider(source: &str) -> Value {
    let mut event = event("2", source, false, &[], None);
    let identity =
        json!([{ "userId": "1", "providerName": "Okta", "providerType": "SAML", "primary": true }]);
    event["request"]["userAttributes"] = json!({
        "sub": "ana", "email": "ana@corp.example", "cognito:user_status": "EXTERNAL_PROVIDER",
        "identities": identity.to_string(),
    });
    event
}

/// The user may have changed the address since the provider sent it.
#[test]
fn the_address_of_a_provider_opens_invites_only_when_the_user_comes_from_it() {
    let joins = |source: &str| {
        let (store, event) = (invited(), of_a_provider(source).to_string());
        let told = blocking(handled(&store, &BTreeMap::new(), &event)).outcome.told().outcome;
        let is_member = store.table().users[&ana()].is_active_in(&acme());
        (told, is_member)
    };

    assert_eq!(joins("TokenGeneration_HostedAuth"), ("issued", true));
    for source in ["Authentication", "RefreshTokens", "NewPasswordChallenge", "AuthenticateDevice"] {
        assert_eq!(joins(&format!("TokenGeneration_{source}")), ("denied", false), "{source}");
    }
}
