//! `InitiateAuth` and its sibling for administrators: which flow, and whether the client may use it.

use serde::Deserialize;

use super::{
    client::Client,
    error::CognitoError,
    refresh,
    service::Cognito,
    sign_in, srp_sign_in,
    wire::{Answer, Parameters, without_nulls},
};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct InitiateAuth {
    client_id: String,
    auth_flow: String,
    #[serde(default, deserialize_with = "without_nulls")]
    auth_parameters: Parameters,
}

/// `InitiateAuth`. Its `ClientMetadata` reaches neither of the two triggers.
pub(super) async fn initiate_auth(cognito: &Cognito, input: InitiateAuth) -> Answer {
    let pool_id = cognito.with_client(&input.client_id, |pool, client| {
        check_flow(&client, &input.auth_flow)?;
        Ok(pool.id.clone())
    })?;
    match input.auth_flow.as_str() {
        "USER_PASSWORD_AUTH" => {
            sign_in::by_password(cognito, &pool_id, &input.client_id, &input.auth_parameters).await
        }
        flow => of_both(cognito, &pool_id, &input.client_id, flow, &input.auth_parameters).await,
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AdminInitiateAuth {
    user_pool_id: String,
    client_id: String,
    auth_flow: String,
    #[serde(default, deserialize_with = "without_nulls")]
    auth_parameters: Parameters,
}

/// `AdminInitiateAuth`; the same triggers as [`initiate_auth`].
pub(super) async fn admin_initiate_auth(cognito: &Cognito, input: AdminInitiateAuth) -> Answer {
    let AdminInitiateAuth { user_pool_id, client_id, auth_flow, auth_parameters } = input;
    cognito.with_pool(&user_pool_id, |pool| check_flow(pool.client(&client_id)?, &auth_flow))?;
    match auth_flow.as_str() {
        "ADMIN_USER_PASSWORD_AUTH" | "ADMIN_NO_SRP_AUTH" => {
            sign_in::by_password(cognito, &user_pool_id, &client_id, &auth_parameters).await
        }
        flow => of_both(cognito, &user_pool_id, &client_id, flow, &auth_parameters).await,
    }
}

/// The flows that users and administrators have.
async fn of_both(
    cognito: &Cognito,
    pool_id: &str,
    client_id: &str,
    flow: &str,
    parameters: &Parameters,
) -> Answer {
    match flow {
        "USER_SRP_AUTH" => srp_sign_in::begin(cognito, pool_id, client_id, parameters),
        "REFRESH_TOKEN_AUTH" | "REFRESH_TOKEN" => refresh::by_flow(cognito, client_id, parameters).await,
        other => {
            let message = format!("The local stack does not have the auth flow {other}.");
            Err(CognitoError::invalid_parameter(message))
        }
    }
}

/// Refuses a flow that the client does not list. One that the stack does not have is refused later.
fn check_flow(client: &Client, flow: &str) -> Result<(), CognitoError> {
    match flow {
        "USER_PASSWORD_AUTH" | "USER_SRP_AUTH" => client.check_flow(flow),
        "ADMIN_USER_PASSWORD_AUTH" | "ADMIN_NO_SRP_AUTH" => {
            let old_name = client.check_flow("ADMIN_NO_SRP_AUTH");
            old_name.or_else(|_| client.check_flow("ADMIN_USER_PASSWORD_AUTH"))
        }
        "REFRESH_TOKEN_AUTH" | "REFRESH_TOKEN" => client.check_flow("REFRESH_TOKEN_AUTH"),
        _ => Ok(()),
    }
}
