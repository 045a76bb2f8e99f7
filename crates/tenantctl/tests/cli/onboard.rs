//! `tenantctl tenant onboard`, and the end of a tenant that it made.

mod killed;
mod steps;

use serde_json::json;

use crate::cell::fixtures::{Fixture, cell};
use crate::support::Desk;

/// A desk with the cell `shared`, whose app client has a callback address.
async fn desk() -> (Desk, Fixture) {
    let desk = Desk::new().await;
    let shared = cell(&desk, "shared", "");
    let call = desk.cognito().update_user_pool_client().user_pool_id(&shared.pool).client_id(&shared.client);
    call.client_name("shared")
        .callback_urls("https://app.example.com/callback")
        .logout_urls("https://app.example.com/")
        .allowed_o_auth_flows_user_pool_client(true)
        .allowed_o_auth_flows("code".into())
        .allowed_o_auth_scopes("openid")
        .supported_identity_providers("COGNITO")
        .explicit_auth_flows("ALLOW_USER_SRP_AUTH".into())
        .explicit_auth_flows("ALLOW_REFRESH_TOKEN_AUTH".into())
        .access_token_validity(5)
        .write_attributes("email")
        .send()
        .await
        .unwrap();
    (desk, shared)
}

/// The command that onboards a tenant with everything; its identity provider is made.
fn everything(desk: &Desk, shared: &Fixture, tenant: &str) -> String {
    let (name, provider) = (format!("Idp-{tenant}"), json!({ "ProviderType": "SAML" }));
    desk.stack.cognito().patch_identity_provider(&shared.pool, &name, provider).unwrap();
    format!(
        "tenant onboard {tenant} --name 'Acme Inc.' --tier pro --admin ana@{tenant}.example.com --client own \
         --domain {tenant}.example.com --provider {name} --join-role member"
    )
}
