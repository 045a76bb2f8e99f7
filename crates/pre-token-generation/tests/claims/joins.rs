//! Who joins at a sign-in. The rules are tested in `tenancy`; here is what of the event they are given.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tenancy::{Invite, InviteCode, InviteStatus, ProviderBinding, TenantStatus, Timestamp};

use crate::store::{Store, blocking, event, handled};

/// An invite of `acme` for Ana's address, which her provider asserts and `acme` trusts.
fn invited() -> Store {
    let code: InviteCode = "inv_0123456789ABCDEFGHJKMNPQRS".parse().unwrap();
    let invite = Invite {
        hash: code.hash(),
        tenant: "acme".parse().unwrap(),
        email: Some("ana@corp.example".parse().unwrap()),
        roles: vec!["viewer".parse().unwrap()],
        uses: 0,
        max_uses: 1,
        status: InviteStatus::Open,
        expires_at: Timestamp::from_epoch_seconds(1_000),
        created_at: Timestamp::from_epoch_seconds(0),
    };
    let provider = ProviderBinding {
        tenant: "acme".parse().unwrap(),
        joins: false,
        default_roles: Vec::new(),
        is_email_trusted: true,
    };
    Store {
        tenants: vec![("acme".to_owned(), TenantStatus::Active)],
        provider: Some(provider),
        invite: Some(invite),
        ..Store::default()
    }
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
    let outcome = |source: &str| {
        let event = of_a_provider(source).to_string();
        blocking(handled(&invited(), &BTreeMap::new(), &event)).outcome.told().outcome
    };

    assert_eq!(outcome("TokenGeneration_HostedAuth"), "issued");
    for source in ["Authentication", "RefreshTokens", "NewPasswordChallenge", "AuthenticateDevice"] {
        assert_eq!(outcome(&format!("TokenGeneration_{source}")), "denied", "{source}");
    }
}
