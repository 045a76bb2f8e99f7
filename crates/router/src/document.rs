//! The JSON documents of the service.

use serde::Serialize;
use tenancy::route::{Answer, ListedTenant};
use tenancy::{ProviderName, Scope};

/// `GET` and `POST /v1/route`. No tenant id, tier or status is in it: a page before the sign-in needs none.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RouteDocument<'a> {
    v: u8,
    region: &'a str,
    user_pool_id: &'a str,
    client_id: &'a str,
    issuer: &'a str,
    authorization_endpoint: String,
    token_endpoint: String,
    scopes: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    identity_provider: Option<&'a str>,
    login_url: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
}

impl<'a> RouteDocument<'a> {
    pub(crate) fn of(answer: &'a Answer, login_url: &'a str, name: Option<&'a str>) -> Self {
        let route = &answer.route;
        let login = route.domain.origin();
        Self {
            v: 1,
            region: route.region.as_str(),
            user_pool_id: route.pool.as_str(),
            client_id: route.client.as_str(),
            issuer: &route.issuer,
            authorization_endpoint: format!("{login}/oauth2/authorize"),
            token_endpoint: format!("{login}/oauth2/token"),
            scopes: route.scopes.iter().map(Scope::as_str).collect(),
            identity_provider: route.provider.as_ref().map(ProviderName::as_str),
            login_url,
            name,
        }
    }
}

/// `GET /v1/tenants`.
#[derive(Serialize)]
pub(crate) struct ListDocument<'a> {
    tenants: Vec<ListEntry<'a>>,
}

#[derive(Serialize)]
struct ListEntry<'a> {
    slug: &'a str,
    name: &'a str,
}

impl<'a> ListDocument<'a> {
    pub(crate) fn of(listed: &'a [ListedTenant]) -> Self {
        let entry =
            |tenant: &'a ListedTenant| ListEntry { slug: tenant.slug.as_str(), name: tenant.name.as_str() };
        Self { tenants: listed.iter().map(entry).collect() }
    }
}
