//! The operations on app clients.

use serde::Deserialize;
use serde_json::json;

use super::{
    client::{self, Client},
    error::CognitoError,
    page,
    pool::{Pool, unknown_client},
    pool_shape::POOL_ID,
    resource_servers, schema,
    service::Cognito,
    shape::{
        self, Members, Object,
        Shape::{self, Choice, Flag, List as ListOf, Number, Structure, Text},
        take_text,
    },
    unknowns,
    wire::Answer,
};
use crate::{
    json::{member, put, texts},
    random,
};

const UNIT: Shape = Choice(&["seconds", "minutes", "hours", "days"]);
const URL: Shape = Text(1, 1_024);

/// What both operations may set, and what an update that leaves it out resets.
const UPDATABLE: Members = &[
    ("RefreshTokenValidity", Number(0, 315_360_000)),
    ("AccessTokenValidity", Number(1, 86_400)),
    ("IdTokenValidity", Number(1, 86_400)),
    ("TokenValidityUnits", Structure(&[("AccessToken", UNIT), ("IdToken", UNIT), ("RefreshToken", UNIT)])),
    ("ReadAttributes", ListOf(&Text(1, 2_048), 1_000)),
    ("WriteAttributes", ListOf(&Text(1, 2_048), 1_000)),
    (
        "ExplicitAuthFlows",
        ListOf(
            &Choice(&[
                "ADMIN_NO_SRP_AUTH",
                "CUSTOM_AUTH_FLOW_ONLY",
                "USER_PASSWORD_AUTH",
                "ALLOW_ADMIN_USER_PASSWORD_AUTH",
                "ALLOW_CUSTOM_AUTH",
                "ALLOW_USER_PASSWORD_AUTH",
                "ALLOW_USER_SRP_AUTH",
                "ALLOW_REFRESH_TOKEN_AUTH",
                "ALLOW_USER_AUTH",
            ]),
            9,
        ),
    ),
    ("SupportedIdentityProviders", ListOf(&Text(1, 32), 1_000)),
    ("CallbackURLs", ListOf(&URL, 100)),
    ("LogoutURLs", ListOf(&URL, 100)),
    ("DefaultRedirectURI", URL),
    ("AllowedOAuthFlows", ListOf(&Choice(&["code", "implicit", "client_credentials"]), 3)),
    ("AllowedOAuthScopes", ListOf(&Text(1, 256), 50)),
    ("AllowedOAuthFlowsUserPoolClient", Flag),
    (
        "AnalyticsConfiguration",
        Structure(&[
            ("ApplicationId", Text(1, 64)),
            ("ApplicationArn", Text(20, 2_048)),
            ("RoleArn", Text(20, 2_048)),
            ("ExternalId", Text(0, 131_072)),
            ("UserDataShared", Flag),
        ]),
    ),
    ("PreventUserExistenceErrors", Choice(&["LEGACY", "ENABLED"])),
    ("EnableTokenRevocation", Flag),
    ("EnablePropagateAdditionalUserContextData", Flag),
    ("AuthSessionValidity", Number(3, 15)),
    (
        "RefreshTokenRotation",
        Structure(&[
            ("Feature", Choice(&["ENABLED", "DISABLED"])),
            ("RetryGracePeriodSeconds", Number(0, 60)),
        ]),
    ),
];

/// What the operations have besides.
const ALONE: Members = &[
    ("UserPoolId", POOL_ID),
    ("ClientId", Text(1, 128)),
    ("ClientName", Text(1, 128)),
    ("GenerateSecret", Flag),
    ("ClientSecret", Text(24, 64)),
];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct OfClient {
    user_pool_id: String,
    client_id: String,
}

/// `CreateUserPoolClient`.
pub(super) fn create(cognito: &Cognito, input: Object) -> Answer {
    let (mut alone, mut sent) = split(input)?;
    let pool_id = take_text(&mut alone, "UserPoolId")?;
    sent.insert("ClientName".to_owned(), json!(take_text(&mut alone, "ClientName")?));
    if let Some(secret) = alone.remove("ClientSecret") {
        sent.insert("ClientSecret".to_owned(), secret);
    } else if alone.remove("GenerateSecret") == Some(json!(true)) {
        sent.insert("ClientSecret".to_owned(), json!(random::lower_alphanumerics(52)));
    }
    cognito.with_pool(&pool_id, |pool| {
        check(pool, &sent, sent.contains_key("ClientSecret"))?;
        let client = Client::of_description(random::lower_alphanumerics(26), sent);
        let answer = json!({ "UserPoolClient": client.describe(&pool.id) });
        pool.clients.insert(client.id.clone(), client);
        Ok(answer)
    })
}

/// `UpdateUserPoolClient`: what is not sent is reset.
pub(super) fn update(cognito: &Cognito, input: Object) -> Answer {
    let (mut alone, sent) = split(input)?;
    let pool_id = take_text(&mut alone, "UserPoolId")?;
    let client_id = take_text(&mut alone, "ClientId")?;
    cognito.with_pool(&pool_id, |pool| {
        check(pool, &sent, pool.client(&client_id)?.secret().is_some())?;
        let name = take_text(&mut alone, "ClientName");
        let name = name.ok().or_else(|| unknowns::name_when_left_out(&client_id));
        let pool_id = pool.id.clone();
        let client = pool.clients.get_mut(&client_id).ok_or_else(|| unknown_client(&client_id))?;
        let description = client.description_mut();
        for (name, _) in UPDATABLE {
            description.remove(*name);
        }
        description.extend(client::defaults());
        description.extend(sent);
        description.extend(name.map(|name| ("ClientName".to_owned(), json!(name))));
        description.insert("LastModifiedDate".to_owned(), json!(crate::clock::now_seconds()));
        Ok(json!({ "UserPoolClient": client.describe(&pool_id) }))
    })
}

/// `DescribeUserPoolClient`.
pub(super) fn describe(cognito: &Cognito, input: &OfClient) -> Answer {
    cognito.with_pool(&input.user_pool_id, |pool| {
        Ok(json!({ "UserPoolClient": pool.client(&input.client_id)?.describe(&pool.id) }))
    })
}

/// `DeleteUserPoolClient`.
pub(super) fn delete(cognito: &Cognito, input: &OfClient) -> Answer {
    cognito.with_pool(&input.user_pool_id, |pool| {
        pool.clients.remove(&input.client_id).ok_or_else(|| unknown_client(&input.client_id))?;
        pool.sessions.retain(|_, session| session.client_id != input.client_id);
        Ok(json!({}))
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct List {
    user_pool_id: String,
    max_results: Option<i64>,
    next_token: Option<String>,
}

/// `ListUserPoolClients`: ids and names, by id.
pub(super) fn list(cognito: &Cognito, input: &List) -> Answer {
    let size = page::size(input.max_results, 1, 60)?;
    cognito.with_pool(&input.user_pool_id, |pool| {
        let page = page::page(
            pool.clients.iter(),
            input.next_token.as_deref(),
            size,
            |client| json!({ "UserPoolId": pool.id, "ClientId": client.id, "ClientName": client.name() }),
        )?;
        let mut answer = json!({ "UserPoolClients": page.items });
        if let Some(next) = page.next {
            put(&mut answer, "NextToken", json!(next));
        }
        Ok(answer)
    })
}

/// Checks a request and takes it apart. 0 days of refresh are the default.
fn split(input: Object) -> Result<(Object, Object), CognitoError> {
    let is_alone = |name: &str| ALONE.iter().any(|(known, _)| *known == name);
    let (alone, rest): (Object, Object) = input.into_iter().partition(|(name, _)| is_alone(name));
    let mut sent = shape::checked(UPDATABLE, rest)?;
    if sent.get("RefreshTokenValidity") == Some(&json!(0)) {
        sent.remove("RefreshTokenValidity");
    }
    Ok((shape::checked(ALONE, alone)?, sent))
}

/// Refuses what the pool does not have, and flows that do not go together.
fn check(pool: &Pool, sent: &Object, has_secret: bool) -> Result<(), CognitoError> {
    let known = |name: &str| pool.schema().iter().any(|attribute| schema::name_of(attribute) == name);
    let writable = |name: &str| known(name) && !client::is_for_administrators(name);
    let faults = [
        ("read", texts(sent, &["ReadAttributes"]).into_iter().all(known)),
        ("write", texts(sent, &["WriteAttributes"]).into_iter().all(writable)),
    ];
    if let Some((kind, _)) = faults.into_iter().find(|(_, admitted)| !admitted) {
        let message = format!("Invalid {kind} attributes specified while creating a client");
        return Err(CognitoError::invalid_parameter(message));
    }
    let missing = texts(sent, &["SupportedIdentityProviders"])
        .into_iter()
        .find(|name| *name != "COGNITO" && !pool.providers.contains_key(*name));
    if let Some(name) = missing {
        let message = format!("The provider {name} does not exist for User Pool {}.", pool.id);
        return Err(CognitoError::invalid_parameter(message));
    }
    let rotates =
        member(sent, &["RefreshTokenRotation", "Feature"]).is_some_and(|feature| feature == "ENABLED");
    let refreshes = texts(sent, &["ExplicitAuthFlows"]).contains(&"ALLOW_REFRESH_TOKEN_AUTH");
    if rotates && refreshes && unknowns::ROTATION_EXCLUDES_THE_REFRESH_FLOW {
        let message = "Refresh token rotation cannot be enabled together with ALLOW_REFRESH_TOKEN_AUTH.";
        return Err(CognitoError::invalid_parameter(message));
    }
    resource_servers::check_scopes(pool, &texts(sent, &["AllowedOAuthScopes"]))?;
    let flows = texts(sent, &["AllowedOAuthFlows"]);
    if flows.contains(&"client_credentials") {
        let fault = if flows.len() > 1 {
            "client_credentials flow can not be selected along with code flow or implicit flow."
        } else if has_secret {
            return Ok(());
        } else {
            "client_credentials flow can not be selected if client does not have a client secret."
        };
        return Err(CognitoError::new("InvalidOAuthFlowException", fault));
    }
    Ok(())
}
