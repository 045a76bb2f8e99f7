//! The pool, its app clients and its identity providers.

use std::collections::BTreeMap;

use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::types::{IdentityProviderType, UserPoolClientType, UserPoolType};
use serde_json::Value;
use tenancy::PoolId;
use user_pool::AwsError;
use user_pool::answer::Answer;
use user_pool::pages::{self, Cut, PAGES_MAX};

use super::{Undescribed, Watch, for_each};
use crate::snapshot::{Listed, machine_flows};
use crate::unread::{No, Read, Unread};

/// Most that Cognito gives on one page.
const PAGE: i32 = 60;

/// What was seen of a list, and why it ends before its end, if it does.
pub(super) type Seen<T> = (Read<Vec<Listed<T>>>, Option<Unread>);

/// A list of which nothing was seen is one that could not be read.
fn seen<T>(list: Vec<Listed<T>>, cut: Option<Unread>) -> Seen<T> {
    match cut {
        Some(unread) if list.is_empty() => (Err(unread), None),
        cut => (Ok(list), cut),
    }
}

/// Asks for page after page, and gives why it ended before the last, if it did. What was seen until then stands.
pub(super) async fn pages(
    action: &'static str,
    page: impl AsyncFnMut(Option<String>) -> Read<Option<String>>,
) -> Option<Unread> {
    let reason = match pages::each(page).await.err()? {
        Cut::Failed(unread) => return Some(unread),
        Cut::SamePage => format!("the server gives the same page of {action} again and again"),
        Cut::TooMany => format!("{action} gave {PAGES_MAX} pages, and there are more"),
    };
    Some(Unread { kind: No::Failed, reason, action })
}

/// The pool itself, and its description as it came. Everything rests on it.
pub(super) async fn describe(cognito: &Client, pool: &PoolId) -> Result<(UserPoolType, Value), Undescribed> {
    let body = Answer::default();
    let call = cognito.describe_user_pool().user_pool_id(pool.as_str()).customize().interceptor(body.clone());
    let answer = call.send().await;
    let answer = answer.map_err(|error| Undescribed::Call(AwsError::of(&error)))?;
    let described = body.json().and_then(|mut body| body.get_mut("UserPool").map(Value::take));
    answer.user_pool.zip(described).ok_or(Undescribed::Empty)
}

/// Its app clients, each with its description. A secret is forgotten at once: that there is one is all that is asked.
pub(super) async fn clients(cognito: &Client, watch: &Watch, pool: &PoolId) -> Seen<UserPoolClientType> {
    const LIST: &str = "cognito-idp:ListUserPoolClients";
    const DESCRIBE: &str = "cognito-idp:DescribeUserPoolClient";
    let mut named = Vec::new();
    let cut = pages(LIST, async |token| {
        let request = cognito.list_user_pool_clients().user_pool_id(pool.as_str()).max_results(PAGE);
        let page = request.set_next_token(token).send().await.map_err(|error| Unread::of(LIST, &error))?;
        let clients = page.user_pool_clients.unwrap_or_default();
        named.extend(
            clients
                .into_iter()
                .filter_map(|client| Some((client.client_id?, client.client_name.unwrap_or_default()))),
        );
        Ok(page.next_token)
    });
    let cut = cut.await;
    let described = for_each(watch, "app clients", named, |(id, name)| {
        let (cognito, pool) = (cognito.clone(), pool.clone());
        async move {
            let request = cognito.describe_user_pool_client().user_pool_id(pool.as_str()).client_id(&id);
            let described = match request.send().await {
                Ok(answer) => answer.user_pool_client.ok_or_else(|| empty(DESCRIBE)),
                Err(error) => Err(Unread::of(DESCRIBE, &error)),
            };
            let described = described.map(|mut client| {
                client.client_secret =
                    client.client_secret.filter(|secret| !secret.is_empty()).map(|_| "(kept)".to_owned());
                client
            });
            Listed { id, name, described }
        }
    });
    seen(described.await, cut)
}

/// Looks for secrets of app clients whose description shows none, which is so once the first secret was rotated away. Only
/// where a rule depends on it. Gives the clients of which it could not be seen.
pub(super) async fn secrets(
    cognito: &Client,
    watch: &Watch,
    pool: &PoolId,
    clients: &mut Read<Vec<Listed<UserPoolClientType>>>,
) -> BTreeMap<String, Unread> {
    const LIST: &str = "cognito-idp:ListUserPoolClientSecrets";
    let Ok(clients) = clients else { return BTreeMap::new() };
    let depends = |listed: &&Listed<UserPoolClientType>| {
        listed
            .described
            .as_ref()
            .is_ok_and(|client| client.client_secret().is_none() && !machine_flows(client).is_empty())
    };
    let ids: Vec<String> = clients.iter().filter(depends).map(|client| client.id.clone()).collect();
    let answers = for_each(watch, "secrets", ids, |id| {
        let (cognito, pool) = (cognito.clone(), pool.clone());
        async move {
            let request = cognito.list_user_pool_client_secrets().user_pool_id(pool.as_str()).client_id(&id);
            let answer = request.send().await.map_err(|error| Unread::of(LIST, &error));
            (id, answer.map(|answer| !answer.client_secrets().is_empty()))
        }
    });
    let mut hidden = BTreeMap::new();
    for (id, answer) in answers.await {
        match answer {
            Ok(true) => {
                let client = clients.iter_mut().find(|client| client.id == id);
                if let Some(Ok(client)) = client.map(|client| &mut client.described) {
                    client.client_secret = Some("(kept)".to_owned());
                }
            }
            // A server that does not know the call rotates no secrets.
            Ok(false) | Err(Unread { kind: No::Unsupported, .. }) => {}
            Err(unread) => {
                hidden.insert(id, unread);
            }
        }
    }
    hidden
}

/// Its identity providers, each with its description. Secrets among the details are forgotten at once.
pub(super) async fn providers(cognito: &Client, watch: &Watch, pool: &PoolId) -> Seen<IdentityProviderType> {
    const LIST: &str = "cognito-idp:ListIdentityProviders";
    const DESCRIBE: &str = "cognito-idp:DescribeIdentityProvider";
    let mut names = Vec::new();
    let cut = pages(LIST, async |token| {
        let request = cognito.list_identity_providers().user_pool_id(pool.as_str()).max_results(PAGE);
        let page = request.set_next_token(token).send().await.map_err(|error| Unread::of(LIST, &error))?;
        names.extend(page.providers.into_iter().filter_map(|provider| provider.provider_name));
        Ok(page.next_token)
    });
    let cut = cut.await;
    let described = for_each(watch, "identity providers", names, |name| {
        let (cognito, pool) = (cognito.clone(), pool.clone());
        async move {
            let request =
                cognito.describe_identity_provider().user_pool_id(pool.as_str()).provider_name(&name);
            let described = match request.send().await {
                Ok(answer) => answer.identity_provider.ok_or_else(|| empty(DESCRIBE)),
                Err(error) => Err(Unread::of(DESCRIBE, &error)),
            };
            let described = described.map(|mut provider| {
                if let Some(details) = &mut provider.provider_details {
                    details.retain(|name, _| !name.contains("secret") && !name.contains("private"));
                }
                provider
            });
            Listed { id: name.clone(), name, described }
        }
    });
    seen(described.await, cut)
}

/// The scopes of the resource server that a marker scope names; none where there is no such server.
pub(super) async fn marker_server(cognito: &Client, pool: &PoolId, marker: &str) -> Read<Vec<String>> {
    let Some((server, _)) = marker.split_once('/') else { return Ok(Vec::new()) };
    let call = cognito.describe_resource_server().user_pool_id(pool.as_str()).identifier(server);
    match call.send().await.map_err(|error| Unread::of("cognito-idp:DescribeResourceServer", &error)) {
        Ok(answer) => {
            let scopes = answer.resource_server.and_then(|server| server.scopes).unwrap_or_default();
            Ok(scopes.into_iter().map(|scope| scope.scope_name).collect())
        }
        Err(Unread { kind: No::Missing, .. }) => Ok(Vec::new()),
        Err(unread) => Err(unread),
    }
}

fn empty(action: &'static str) -> Unread {
    Unread { kind: No::Failed, reason: format!("the server's answer to {action} is empty"), action }
}
