//! The HTTP side: the JSON 1.1 API, key sets, discovery, token endpoint, login pages.

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    middleware,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{
    account, admin, app_clients, auth, cors, domains, error::CognitoError, factors, groups,
    identity_providers, list_users, managed_login, mfa, oauth, refresh, resource_servers, respond,
    service::Cognito, sign_up, tags, user_pools, verification, wire::Answer,
};
use crate::{json::members, random};

const TARGET_PREFIX: &str = "AWSCognitoIdentityProviderService.";

pub(super) fn router(cognito: Cognito) -> Router {
    Router::new()
        .route("/", post(operation))
        .route("/{pool}/.well-known/jwks.json", get(key_set))
        .route("/{pool}/.well-known/openid-configuration", get(discovery))
        .route("/{pool}/oauth2/token", post(oauth::token))
        .layer(middleware::from_fn(cors::allow_any_origin))
        .merge(managed_login::router())
        .with_state(cognito)
}

async fn operation(State(cognito): State<Cognito>, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers.get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let operation = target.strip_prefix(TARGET_PREFIX).unwrap_or(target);
    let common =
        [("content-type", "application/x-amz-json-1.1".to_owned()), ("x-amzn-requestid", random::uuid())];
    match dispatch(&cognito, operation, &body).await {
        Ok(answer) => (common, answer.to_string()).into_response(),
        Err(error) => {
            let status = match error.code {
                "InternalErrorException" => StatusCode::INTERNAL_SERVER_ERROR,
                _ => StatusCode::BAD_REQUEST,
            };
            let body = json!({ "__type": error.code, "message": error.message }).to_string();
            (status, common, [("x-amzn-errortype", error.code)], body).into_response()
        }
    }
}

async fn dispatch(cognito: &Cognito, operation: &str, body: &[u8]) -> Answer {
    match operation {
        "SignUp" => sign_up::sign_up(cognito, input(body)?).await,
        "ConfirmSignUp" => sign_up::confirm_sign_up(cognito, input(body)?).await,
        "ResendConfirmationCode" => sign_up::resend_confirmation_code(cognito, &input(body)?),

        "InitiateAuth" => auth::initiate_auth(cognito, input(body)?).await,
        "AdminInitiateAuth" => auth::admin_initiate_auth(cognito, input(body)?).await,
        "RespondToAuthChallenge" => respond::respond(cognito, input(body)?).await,
        "AdminRespondToAuthChallenge" => respond::admin_respond(cognito, input(body)?).await,
        "GetTokensFromRefreshToken" => refresh::tokens_from_refresh_token(cognito, input(body)?).await,
        "RevokeToken" => refresh::revoke_token(cognito, &input(body)?),

        "GetUser" => account::get_user(cognito, &input(body)?),
        "UpdateUserAttributes" => account::update_user_attributes(cognito, &input(body)?),
        "GetUserAttributeVerificationCode" => verification::get_code(cognito, &input(body)?),
        "VerifyUserAttribute" => verification::verify(cognito, &input(body)?),
        "AssociateSoftwareToken" => factors::associate(cognito, &input(body)?),
        "VerifySoftwareToken" => factors::verify(cognito, &input(body)?),
        "SetUserMFAPreference" => factors::set_preference(cognito, &input(body)?),
        "AdminSetUserMFAPreference" => factors::admin_set_preference(cognito, &input(body)?),
        "GlobalSignOut" => account::global_sign_out(cognito, &input(body)?),
        "ForgotPassword" => account::forgot_password(cognito, &input(body)?),
        "ConfirmForgotPassword" => account::confirm_forgot_password(cognito, input(body)?).await,

        "AdminConfirmSignUp" => admin::confirm_sign_up(cognito, input(body)?).await,
        "AdminCreateUser" => admin::create_user(cognito, &input(body)?),
        "AdminSetUserPassword" => admin::set_user_password(cognito, &input(body)?),
        "AdminGetUser" => admin::get_user(cognito, &input(body)?),
        "AdminUpdateUserAttributes" => admin::update_user_attributes(cognito, &input(body)?),
        "AdminDeleteUserAttributes" => admin::delete_user_attributes(cognito, &input(body)?),
        "AdminDeleteUser" => admin::delete_user(cognito, &input(body)?),
        "AdminDisableUser" => admin::disable_user(cognito, &input(body)?),
        "AdminEnableUser" => admin::enable_user(cognito, &input(body)?),
        "AdminUserGlobalSignOut" => admin::user_global_sign_out(cognito, &input(body)?),
        "ListUsers" => list_users::list_users(cognito, &input(body)?),

        "CreateUserPool" => user_pools::create(cognito, input(body)?),
        "UpdateUserPool" => user_pools::update(cognito, input(body)?),
        "DescribeUserPool" => user_pools::describe(cognito, &input(body)?),
        "DeleteUserPool" => user_pools::delete(cognito, &input(body)?),
        "ListUserPools" => user_pools::list(cognito, &input(body)?),
        "ListUserPoolReplicas" => user_pools::list_replicas(cognito, &input(body)?),
        "AddCustomAttributes" => user_pools::add_custom_attributes(cognito, input(body)?),
        "GetUserPoolMfaConfig" => mfa::get(cognito, &input(body)?),
        "SetUserPoolMfaConfig" => mfa::set(cognito, input(body)?),
        "TagResource" => tags::tag(cognito, input(body)?),
        "UntagResource" => tags::untag(cognito, &input(body)?),
        "ListTagsForResource" => tags::list(cognito, &input(body)?),

        "CreateUserPoolClient" => app_clients::create(cognito, input(body)?),
        "UpdateUserPoolClient" => app_clients::update(cognito, input(body)?),
        "DescribeUserPoolClient" => app_clients::describe(cognito, &input(body)?),
        "DeleteUserPoolClient" => app_clients::delete(cognito, &input(body)?),
        "ListUserPoolClients" => app_clients::list(cognito, &input(body)?),

        "CreateIdentityProvider" => identity_providers::create(cognito, input(body)?),
        "UpdateIdentityProvider" => identity_providers::update(cognito, input(body)?),
        "DescribeIdentityProvider" => identity_providers::describe(cognito, &input(body)?),
        "DeleteIdentityProvider" => identity_providers::delete(cognito, &input(body)?),
        "ListIdentityProviders" => identity_providers::list(cognito, &input(body)?),

        "CreateUserPoolDomain" => domains::create(cognito, input(body)?),
        "DescribeUserPoolDomain" => Ok(domains::describe(cognito, &input(body)?)),
        "DeleteUserPoolDomain" => domains::delete(cognito, &input(body)?),
        "CreateResourceServer" => resource_servers::create(cognito, input(body)?),
        "DescribeResourceServer" => resource_servers::describe(cognito, &input(body)?),
        "DeleteResourceServer" => resource_servers::delete(cognito, &input(body)?),

        "CreateGroup" => groups::create(cognito, &input(body)?),
        "AdminAddUserToGroup" => groups::add_user(cognito, &input(body)?),
        "AdminRemoveUserFromGroup" => groups::remove_user(cognito, &input(body)?),
        "AdminListGroupsForUser" => groups::of_user(cognito, &input(body)?),

        other => Err(CognitoError::new(
            "UnknownOperationException",
            format!("The local stack does not have the operation `{other}` of Cognito."),
        )),
    }
}

fn input<T: DeserializeOwned>(body: &[u8]) -> Result<T, CognitoError> {
    serde_json::from_slice(body).map_err(|error| CognitoError::invalid_parameter(error.to_string()))
}

async fn key_set(State(cognito): State<Cognito>, Path(pool_id): Path<String>) -> Response {
    known_pool(&cognito, &pool_id, cognito.keys().jwks())
}

async fn discovery(State(cognito): State<Cognito>, Path(pool_id): Path<String>) -> Response {
    let issuer = cognito.issuer(&pool_id);
    let login = cognito.login_url(&pool_id);
    let at_domain = |path: &str| login.as_ref().map(|login| format!("{login}{path}"));
    let document = members(json!({
        "issuer": issuer,
        "jwks_uri": cognito.jwks_url(&pool_id),
        "authorization_endpoint": at_domain("/oauth2/authorize"),
        // Programs reach it too: many, such as Python, do not resolve the `.localhost` of the domain.
        "token_endpoint": format!("{issuer}/oauth2/token"),
        "userinfo_endpoint": at_domain("/oauth2/userInfo"),
        "end_session_endpoint": at_domain("/logout"),
        "response_types_supported": ["code"],
        "scopes_supported": ["openid", "email", "phone", "profile"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "subject_types_supported": ["public"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
    }));
    known_pool(&cognito, &pool_id, Value::Object(document))
}

fn known_pool(cognito: &Cognito, pool_id: &str, document: Value) -> Response {
    let (status, body) = match cognito.with_pool(pool_id, |_| Ok(())) {
        Ok(()) => (StatusCode::OK, document),
        Err(error) => (StatusCode::NOT_FOUND, json!({ "message": error.message })),
    };
    (status, [("content-type", "application/json")], body.to_string()).into_response()
}
