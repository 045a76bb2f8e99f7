//! A tenant's own app client in the user pool. It is made shut: nobody can sign in at it. It is opened after it is bound, and
//! shut again before it is unbound. So no app client that lets users in is ever without its binding.

use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::types::{ExplicitAuthFlowsType, UserPoolClientType};
use tenancy::{ClientId, PoolId, TenantId};
use user_pool::{AwsError, Meaning};

use crate::failure::{self, Failure};

/// The app clients of one user pool.
pub(super) struct AppClients<'a> {
    pub(super) cognito: &'a Client,
    pub(super) pool: &'a PoolId,
}

/// The name by which a tenant's own app client is found again.
pub(super) fn name_of(tenant: &TenantId) -> String {
    format!("tenant-{tenant}")
}

impl AppClients<'_> {
    /// What the pool says of an app client; `None` if it has no such client.
    pub(super) async fn describe(&self, client: &ClientId) -> Result<Option<UserPoolClientType>, Failure> {
        let call = self.cognito.describe_user_pool_client().user_pool_id(self.pool.as_str());
        match call.client_id(client.as_str()).send().await {
            Ok(answer) => Ok(answer.user_pool_client),
            Err(error) => match AwsError::of(&error) {
                error if error.meaning() == Meaning::NotFound => Ok(None),
                error => Err(failure::of(&format!("read the app client {client}"), &error)
                    .needs("cognito-idp:DescribeUserPoolClient")),
            },
        }
    }

    /// The app clients with this name. Names are not unique in a pool.
    pub(super) async fn named(&self, name: &str) -> Result<Vec<ClientId>, Failure> {
        let call = self.cognito.list_user_pool_clients().user_pool_id(self.pool.as_str()).max_results(60);
        let mut pages = call.into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| {
                failure::aws("list the app clients of the pool", &error)
                    .needs("cognito-idp:ListUserPoolClients")
            })?;
            let clients = page.user_pool_clients.unwrap_or_default();
            let named = clients.into_iter().filter(|client| client.client_name() == Some(name));
            found.extend(named.filter_map(|client| client.client_id?.parse().ok()));
        }
        Ok(found)
    }

    /// Makes an app client under this name: with the attributes and lifetimes of `model`, and shut.
    pub(super) async fn create(&self, name: &str, model: &UserPoolClientType) -> Result<ClientId, Failure> {
        let is_secret = model.client_secret.as_ref().is_some_and(|secret| !secret.is_empty());
        let settings = shut(model);
        let call = self.cognito.create_user_pool_client().user_pool_id(self.pool.as_str());
        let call = call.client_name(name).generate_secret(is_secret);
        let answer = call
            .refresh_token_validity(settings.refresh_token_validity)
            .set_access_token_validity(settings.access_token_validity)
            .set_id_token_validity(settings.id_token_validity)
            .set_token_validity_units(settings.token_validity_units)
            .set_read_attributes(settings.read_attributes)
            .set_write_attributes(settings.write_attributes)
            .set_explicit_auth_flows(settings.explicit_auth_flows)
            .set_prevent_user_existence_errors(settings.prevent_user_existence_errors)
            .set_enable_token_revocation(settings.enable_token_revocation)
            .send()
            .await
            .map_err(|error| {
                failure::aws("make the tenant's app client", &error).needs("cognito-idp:CreateUserPoolClient")
            })?;
        let id = answer.user_pool_client.and_then(|client| client.client_id?.parse().ok());
        id.ok_or_else(|| Failure::failed("Cognito made an app client, and did not say its id"))
    }

    /// Gives an app client these settings, all of them: what an update leaves out is reset.
    pub(super) async fn update(
        &self,
        client: &ClientId,
        settings: UserPoolClientType,
    ) -> Result<(), Failure> {
        let call = self.cognito.update_user_pool_client().user_pool_id(self.pool.as_str());
        let call = call.client_id(client.as_str()).set_client_name(settings.client_name);
        let answer = call
            .refresh_token_validity(settings.refresh_token_validity)
            .set_access_token_validity(settings.access_token_validity)
            .set_id_token_validity(settings.id_token_validity)
            .set_token_validity_units(settings.token_validity_units)
            .set_read_attributes(settings.read_attributes)
            .set_write_attributes(settings.write_attributes)
            .set_explicit_auth_flows(settings.explicit_auth_flows)
            .set_supported_identity_providers(settings.supported_identity_providers)
            .set_callback_urls(settings.callback_urls)
            .set_logout_urls(settings.logout_urls)
            .set_default_redirect_uri(settings.default_redirect_uri)
            .set_allowed_o_auth_flows(settings.allowed_o_auth_flows)
            .set_allowed_o_auth_scopes(settings.allowed_o_auth_scopes)
            .set_allowed_o_auth_flows_user_pool_client(settings.allowed_o_auth_flows_user_pool_client)
            .set_analytics_configuration(settings.analytics_configuration)
            .set_prevent_user_existence_errors(settings.prevent_user_existence_errors)
            .set_enable_token_revocation(settings.enable_token_revocation)
            .set_enable_propagate_additional_user_context_data(
                settings.enable_propagate_additional_user_context_data,
            )
            .set_auth_session_validity(settings.auth_session_validity)
            .set_refresh_token_rotation(settings.refresh_token_rotation)
            .send()
            .await;
        answer.map(|_| ()).map_err(|error| {
            failure::aws(&format!("change the app client {client}"), &error)
                .needs("cognito-idp:UpdateUserPoolClient")
        })
    }

    /// Deletes an app client; one that is gone already is no error.
    pub(super) async fn delete(&self, client: &ClientId) -> Result<(), Failure> {
        let call = self.cognito.delete_user_pool_client().user_pool_id(self.pool.as_str());
        match call.client_id(client.as_str()).send().await {
            Ok(_) => Ok(()),
            Err(error) => match AwsError::of(&error) {
                error if error.meaning() == Meaning::NotFound => Ok(()),
                error => Err(failure::of(&format!("delete the app client {client}"), &error)
                    .needs("cognito-idp:DeleteUserPoolClient")),
            },
        }
    }
}

/// Whether two app clients have the same settings. Names, ids and secrets are no settings, and lists have no order.
pub(super) fn are_alike(one: &UserPoolClientType, other: &UserPoolClientType) -> bool {
    let settings = |client: &UserPoolClientType| {
        let mut client = client.clone();
        client.client_id = None;
        client.client_name = None;
        client.client_secret = None;
        client.creation_date = None;
        client.last_modified_date = None;
        for list in [
            &mut client.read_attributes,
            &mut client.write_attributes,
            &mut client.supported_identity_providers,
            &mut client.callback_urls,
            &mut client.logout_urls,
            &mut client.allowed_o_auth_scopes,
        ] {
            // Cognito may leave out an empty list.
            *list = list.take().filter(|list| !list.is_empty());
            if let Some(list) = list {
                list.sort();
            }
        }
        if let Some(flows) = &mut client.explicit_auth_flows {
            flows.sort();
        }
        client.allowed_o_auth_flows = client.allowed_o_auth_flows.filter(|flows| !flows.is_empty());
        if let Some(flows) = &mut client.allowed_o_auth_flows {
            flows.sort();
        }
        client
    };
    settings(one) == settings(other)
}

/// The settings of `client` without any way to sign in.
pub(super) fn shut(client: &UserPoolClientType) -> UserPoolClientType {
    let mut client = client.clone();
    // With an empty list, Cognito would allow some flows.
    client.explicit_auth_flows = Some(vec![ExplicitAuthFlowsType::AllowRefreshTokenAuth]);
    // It excludes the only flow.
    client.refresh_token_rotation = None;
    client.supported_identity_providers = None;
    client.callback_urls = None;
    client.logout_urls = None;
    client.default_redirect_uri = None;
    client.allowed_o_auth_flows = None;
    client.allowed_o_auth_scopes = None;
    client.allowed_o_auth_flows_user_pool_client = Some(false);
    client
}

/// Whether somebody can sign in at it.
pub(super) fn is_open(client: &UserPoolClientType) -> bool {
    !are_alike(client, &shut(client))
}
