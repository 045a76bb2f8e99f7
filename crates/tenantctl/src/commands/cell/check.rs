//! What Cognito says of a cell: its pool, its managed login and its app client.

use tenancy::operate::Rule;
use tenancy::{Cell, ClientId, LoginDomain};
use user_pool::{AwsError, Meaning};

use crate::context::Context;
use crate::failure::{self, Failure};

const UNCHECKED: &str = "To write it without this check, add --unchecked.";

/// Refuses a pool that is not there, and a domain that is not the pool's.
pub(super) async fn pool(cell: &Cell, context: &Context) -> Result<(), Failure> {
    if !context.has_cognito() {
        return Ok(());
    }
    let cognito = context.cognito_in(&cell.region).await?;
    let answer = Box::pin(cognito.describe_user_pool().user_pool_id(cell.pool.as_str()).send())
        .await
        .map_err(|error| {
            let error = AwsError::of(&error);
            if error.meaning() == Meaning::NotFound {
                let told = format!("there is no user pool {} in {}", cell.pool, cell.region);
                return Failure::refused("pool-unknown", told).hint(UNCHECKED);
            }
            failure::of("describe the user pool", &error)
                .needs("cognito-idp:DescribeUserPool")
                .and_hint(UNCHECKED)
        })?;
    let Some(pool) = answer.user_pool else { return Ok(()) };
    let prefix = pool.domain().map(|prefix| format!("{prefix}.auth.{}.amazoncognito.com", cell.region));
    let fips = pool.domain().map(|prefix| format!("{prefix}.auth-fips.{}.amazoncognito.com", cell.region));
    let known = [pool.custom_domain(), prefix.as_deref(), fips.as_deref()];
    if is_local(&cell.domain) || known.contains(&Some(cell.domain.as_str())) {
        return Ok(());
    }
    let domains: Vec<&str> = known.into_iter().take(2).flatten().collect();
    let has = if domains.is_empty() {
        "no domain".to_owned()
    } else {
        format!("the domain {}", domains.join(" and "))
    };
    let told = format!("{} is not a domain of user pool {}, which has {has}", cell.domain, cell.pool);
    Err(Failure::refused("domain-unknown", told).hint(UNCHECKED))
}

/// Refuses a shared app client that is bound to a tenant, or that the pool does not have.
pub(super) async fn shared_client(
    cell: &Cell,
    client: &ClientId,
    unchecked: bool,
    context: &Context,
) -> Result<(), Failure> {
    if let Some(record) = context.reader().await?.client(&cell.pool, client).await? {
        let tenant = record.binding.tenant;
        return Err(tenancy_aws::operator::OperatorError::from(Rule::ClientBound {
            client: client.clone(),
            tenant,
        })
        .into());
    }
    if unchecked || !context.has_cognito() {
        return Ok(());
    }
    let asked = context.cognito_in(&cell.region).await?.describe_user_pool_client();
    let answer = asked.user_pool_id(cell.pool.as_str()).client_id(client.as_str()).send().await;
    answer.map(|_| ()).map_err(|error| {
        let error = AwsError::of(&error);
        if error.meaning() == Meaning::NotFound {
            let told = format!("user pool {} has no app client {client}", cell.pool);
            return Failure::refused("client-unknown", told).hint(UNCHECKED);
        }
        let failure = failure::of("ask the pool for the app client", &error);
        failure.needs("cognito-idp:DescribeUserPoolClient").and_hint(UNCHECKED)
    })
}

/// A local stack serves managed login on the loopback interface, under a host that no pool names.
fn is_local(domain: &LoginDomain) -> bool {
    domain.origin().starts_with("http://")
}
