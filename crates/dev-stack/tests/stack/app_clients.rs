//! App clients and identity providers, through the API.

use crate::fixture::{EMAIL, Fixture, refusal};
use aws_sdk_cognitoidentityprovider::types::{
    AttributeType, ExplicitAuthFlowsType, IdentityProviderTypeType, OAuthFlowType,
    PreventUserExistenceErrorTypes, TimeUnitsType, TokenValidityUnitsType, UserPoolClientType,
};
use dev_stack::{ClientSettings, DevStackError, PoolSettings};
use serde_json::{Value, json};

async fn describe(fixture: &Fixture, client_id: &str) -> UserPoolClientType {
    let describe = fixture.api.describe_user_pool_client().user_pool_id(&fixture.pool);
    describe.client_id(client_id).send().await.unwrap().user_pool_client.unwrap()
}

#[tokio::test]
async fn a_client_keeps_all_it_is_told_and_an_update_resets_the_rest() {
    let fixture = Fixture::start(PoolSettings::default()).await;
    let units = TokenValidityUnitsType::builder().access_token(TimeUnitsType::Minutes).build();
    let create = fixture
        .api
        .create_user_pool_client()
        .user_pool_id(&fixture.pool)
        .client_name("web")
        .generate_secret(true)
        .read_attributes("email")
        .write_attributes("name")
        .explicit_auth_flows(ExplicitAuthFlowsType::AllowUserSrpAuth)
        .allowed_o_auth_flows_user_pool_client(true)
        .allowed_o_auth_flows(OAuthFlowType::Code)
        .allowed_o_auth_scopes("openid")
        .callback_urls("https://app.example.com")
        .logout_urls("https://app.example.com/bye")
        .supported_identity_providers("COGNITO")
        .access_token_validity(10)
        .token_validity_units(units)
        .prevent_user_existence_errors(PreventUserExistenceErrorTypes::Enabled)
        .auth_session_validity(5);
    let made = create.send().await.unwrap().user_pool_client.unwrap();
    let id = made.client_id().unwrap().to_owned();
    assert_eq!(describe(&fixture, &id).await, made);
    assert_eq!(
        (made.read_attributes(), made.write_attributes()),
        (&["email".into()][..], &["name".into()][..])
    );
    assert_eq!((made.access_token_validity(), made.refresh_token_validity()), (Some(10), 30));
    assert_eq!((made.enable_token_revocation(), made.auth_session_validity()), (Some(true), Some(5)));
    assert!(made.client_secret().is_some());

    let update = fixture.api.update_user_pool_client().user_pool_id(&fixture.pool).client_id(&id);
    update.client_name("web").enable_token_revocation(false).send().await.unwrap();

    let after = describe(&fixture, &id).await;
    assert_eq!(after.enable_token_revocation(), Some(false));
    assert_eq!((after.read_attributes.clone(), after.write_attributes.clone()), (None, None));
    assert!(after.callback_urls().is_empty() && after.supported_identity_providers().is_empty());
    assert_eq!(after.prevent_user_existence_errors(), None);
    assert_eq!(after.client_secret(), made.client_secret(), "the secret is for life");
}

#[tokio::test]
async fn clients_are_listed_in_pages_by_id_and_name_alone() {
    let fixture = Fixture::start(PoolSettings::default()).await;
    for _ in 0..4 {
        fixture.stack.cognito().create_client(&fixture.pool, ClientSettings::default()).unwrap();
    }

    let list = fixture.api.list_user_pool_clients().user_pool_id(&fixture.pool);
    let mut pages = list.clone().max_results(2).into_paginator().send();
    let mut ids = Vec::new();
    let mut sizes = Vec::new();
    while let Some(page) = pages.next().await {
        let clients = page.unwrap().user_pool_clients.unwrap();
        sizes.push(clients.len());
        ids.extend(clients.into_iter().filter_map(|client| client.client_id));
    }

    assert_eq!(sizes, [2, 2, 1]);
    ids.dedup();
    assert_eq!(ids.len(), 5);
    for size in [0, 61] {
        let refused = refusal(list.clone().max_results(size).send().await.unwrap_err());
        assert_eq!(refused.0, "InvalidParameterException", "{size}");
    }
    let delete = fixture.api.delete_user_pool_client().user_pool_id(&fixture.pool);
    delete.client_id(&fixture.client_id).send().await.unwrap();
    assert_eq!(list.send().await.unwrap().user_pool_clients().len(), 4);
}

#[tokio::test]
async fn a_client_cannot_name_what_the_pool_does_not_have() {
    let fixture = Fixture::start(PoolSettings::default()).await;
    let create = || fixture.api.create_user_pool_client().user_pool_id(&fixture.pool).client_name("web");

    let rows = [
        (create().write_attributes("custom:nope"), "InvalidParameterException"),
        (create().write_attributes("email_verified"), "InvalidParameterException"),
        (create().read_attributes("custom:nope"), "InvalidParameterException"),
        (create().supported_identity_providers("Nobody"), "InvalidParameterException"),
        (create().allowed_o_auth_flows(OAuthFlowType::ClientCredentials), "InvalidOAuthFlowException"),
        (create().auth_session_validity(16), "InvalidParameterException"),
        (create().client_name(""), "InvalidParameterException"),
    ];
    for (request, code) in rows {
        let refused = refusal(request.send().await.unwrap_err());
        assert_eq!(refused.0, code, "{refused:?}");
    }
}

#[tokio::test]
async fn a_client_signs_in_by_the_flows_that_it_lists() {
    let fixture = Fixture::start(PoolSettings::default()).await;
    fixture.sign_up().await;
    fixture.confirm().await.unwrap();
    fixture.sign_in().await.unwrap();
    let patch = json!({ "ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH"] });

    fixture.stack.cognito().patch_client(&fixture.pool, &fixture.client_id, patch).unwrap();

    let (code, message) = fixture.sign_in().await.unwrap_err();
    assert_eq!(code, "InvalidParameterException");
    assert_eq!(message, "USER_PASSWORD_AUTH flow not enabled for this client");
    let unknown = fixture.stack.cognito().patch_client(&fixture.pool, "nobody", Value::Null).unwrap_err();
    assert!(matches!(unknown, DevStackError::UnknownClient(_)), "{unknown}");
}

#[tokio::test]
async fn what_a_client_may_write_follows_its_description() {
    let fixture = Fixture::start(PoolSettings::default()).await;
    let forge = || {
        let attribute = AttributeType::builder().name("custom:tenantId").value("victim").build().unwrap();
        let sign_up = fixture.api.sign_up().client_id(&fixture.client_id).username(EMAIL);
        sign_up.password(crate::fixture::PASSWORD).user_attributes(attribute).send()
    };
    let lists = json!({ "WriteAttributes": ["email", "name"] });

    fixture.stack.cognito().patch_client(&fixture.pool, &fixture.client_id, lists).unwrap();
    let refused = refusal(forge().await.unwrap_err());
    let open = json!({ "WriteAttributes": null });
    fixture.stack.cognito().patch_client(&fixture.pool, &fixture.client_id, open).unwrap();
    forge().await.unwrap();

    assert_eq!(refused.1, "A client attempted to write unauthorized attribute");
}

#[tokio::test]
async fn identity_providers_are_made_listed_described_and_deleted() {
    let fixture = Fixture::start(PoolSettings::default()).await;
    let create = |name: &str| {
        let create = fixture.api.create_identity_provider().user_pool_id(&fixture.pool).provider_name(name);
        create.provider_type(IdentityProviderTypeType::Oidc).provider_details("client_id", "1")
    };
    for name in ["A", "B", "C"] {
        create(name).attribute_mapping("email", "mail").idp_identifiers("example.com").send().await.unwrap();
    }
    let twice = refusal(create("A").send().await.unwrap_err());
    assert_eq!(twice.0, "DuplicateProviderException");

    let list = fixture.api.list_identity_providers().user_pool_id(&fixture.pool);
    let first = list.clone().max_results(2).send().await.unwrap();
    let rest = list.clone().max_results(2).set_next_token(first.next_token.clone()).send().await.unwrap();
    let names = |page: &[aws_sdk_cognitoidentityprovider::types::ProviderDescription]| {
        page.iter().filter_map(|provider| provider.provider_name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(
        (names(first.providers()), names(rest.providers())),
        (vec!["A".into(), "B".into()], vec!["C".into()])
    );
    assert_eq!(list.send().await.unwrap().providers().len(), 3);

    let describe = fixture.api.describe_identity_provider().user_pool_id(&fixture.pool).provider_name("A");
    let provider = describe.clone().send().await.unwrap().identity_provider.unwrap();
    assert_eq!(provider.attribute_mapping().unwrap()["email"], "mail");
    assert_eq!(provider.idp_identifiers(), ["example.com"]);
    let mapping = json!({ "AttributeMapping": { "custom:tenantId": "tenant" } });
    fixture.stack.cognito().patch_identity_provider(&fixture.pool, "A", mapping).unwrap();
    let provider = describe.clone().send().await.unwrap().identity_provider.unwrap();
    assert_eq!(provider.attribute_mapping().unwrap()["custom:tenantId"], "tenant");
    let delete = fixture.api.delete_identity_provider().user_pool_id(&fixture.pool).provider_name("A");
    delete.send().await.unwrap();
    assert_eq!(refusal(describe.send().await.unwrap_err()).0, "ResourceNotFoundException");
}
