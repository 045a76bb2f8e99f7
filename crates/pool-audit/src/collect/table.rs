//! The table, and what it ties to tenants.

use std::collections::BTreeMap;

use tenancy::{ClientId, Damage, MembershipStatus, PoolId, ProviderName, Tenant, TenantId};
use tenancy_aws::operator::{ClientRecord, Operator, OperatorError, ProviderRecord};
use tenancy_aws::table::TableState;

use super::{AT_ONCE, Clients, Table, for_each};
use crate::snapshot::{Bindings, BoundClient, BoundProvider, KnownTenant, Listed};
use crate::unread::{No, Read, Unread};

const DESCRIBE: &str = "dynamodb:DescribeTable";

/// Looks at the table.
pub(super) async fn inspect(clients: &Clients) -> Read<Option<TableState>> {
    let Table { client, name } = clients.table.as_ref().map_err(Clone::clone)?;
    let state = tenancy_aws::table::inspect(client, name).await;
    state.map_err(|error| Unread::of_table(DESCRIBE, &error))
}

fn reader(clients: &Clients) -> Read<Operator> {
    let Table { client, name } = clients.table.as_ref().map_err(Clone::clone)?;
    Ok(Operator::new(client.clone(), name.clone(), "nobody".to_owned()))
}

/// Why nothing of a table that is not there was read.
pub(super) fn missing() -> Unread {
    Unread { kind: No::Missing, reason: "there is no such table".to_owned(), action: DESCRIBE }
}

fn unread(error: OperatorError) -> Unread {
    const QUERY: &str = "dynamodb:Query";
    match error {
        OperatorError::Store(error) => Unread::of_table(QUERY, &error),
        error => Unread { kind: No::Failed, reason: error.to_string(), action: QUERY },
    }
}

/// What the table ties to tenants: of every app client and identity provider of the pool by its key, and of every tenant
/// from the index, which also has what the pool does not have.
pub(super) async fn bindings<C, P>(
    at: &Clients,
    (pool, pool_tenant): (&PoolId, Option<&str>),
    clients: &Read<Vec<Listed<C>>>,
    providers: &Read<Vec<Listed<P>>>,
) -> Read<Bindings> {
    let reader = reader(at)?;
    let mut found = Found::default();
    let mut bindings = Bindings::default();
    for tenant in reader.tenants().await.map_err(unread)? {
        match tenant {
            Ok(record) => bindings.tenants.push(known_tenant(&record.tenant)),
            Err(damage) => found.damaged(&damage),
        }
    }
    let ids: Vec<TenantId> = bindings.tenants.iter().filter_map(|one| one.id.parse().ok()).collect();
    let of_tenants = for_each(&*at.watch, "tenants", ids, |id| {
        let reader = reader.clone();
        async move { (reader.clients(&id).await, reader.providers(&id).await) }
    });
    for (clients, providers) in of_tenants.await {
        for client in clients.map_err(unread)? {
            found.client(pool, client);
        }
        for provider in providers.map_err(unread)? {
            found.provider(pool, provider);
        }
    }
    let ids: Vec<ClientId> = clients.iter().flatten().filter_map(|one| one.id.parse().ok()).collect();
    let of_clients = for_each(&*at.watch, "bindings", ids, |id| {
        let (reader, pool) = (reader.clone(), pool.clone());
        async move { reader.client(&pool, &id).await }
    });
    for client in of_clients.await {
        if let Some(client) = known(client)? {
            found.client(pool, client);
        }
    }
    let names: Vec<ProviderName> = providers.iter().flatten().filter_map(|one| one.id.parse().ok()).collect();
    let of_providers = for_each(&*at.watch, "bindings", names, |name| {
        let (reader, pool) = (reader.clone(), pool.clone());
        async move { reader.provider(&pool, &name).await }
    });
    for provider in of_providers.await {
        if let Some(provider) = known(provider)? {
            found.provider(pool, provider);
        }
    }
    bindings.clients = found.clients.into_values().collect();
    bindings.providers = found.providers.into_values().collect();
    bindings.damaged = found.damaged;
    find_unlisted_tenants(&reader, pool_tenant, &mut bindings).await?;
    Ok(bindings)
}

/// Whether a tenant has a member of the pool. A membership that was removed does not count. A few tenants are read at the
/// same time, and no more once a member was found: at most one `Query` for each MB of members.
pub(super) async fn has_members(at: &Clients, pool: &PoolId, tenants: &[KnownTenant]) -> Read<bool> {
    let reader = reader(at)?;
    let ids: Vec<TenantId> = tenants.iter().filter_map(|one| one.id.parse().ok()).collect();
    for few in ids.chunks(AT_ONCE) {
        let answers = for_each(&*at.watch, "tenants", few.to_vec(), |id| {
            let (reader, pool) = (reader.clone(), pool.clone());
            async move { has_member(&reader, &pool, &id).await }
        });
        for answer in answers.await {
            if answer.map_err(unread)? {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

async fn has_member(reader: &Operator, pool: &PoolId, tenant: &TenantId) -> Result<bool, OperatorError> {
    let mut pages = reader.member_pages(tenant, None);
    while let Some(page) = pages.next().await? {
        let is_live = |status| status != MembershipStatus::Removed;
        if page.iter().flatten().any(|one| one.user.pool == *pool && is_live(one.membership.status)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What was found, each once: the index and the table both have it.
#[derive(Default)]
struct Found {
    clients: BTreeMap<String, BoundClient>,
    providers: BTreeMap<String, BoundProvider>,
    damaged: Vec<String>,
}

impl Found {
    fn client(&mut self, pool: &PoolId, record: Result<ClientRecord, Damage>) {
        match record {
            Ok(record) if record.pool == *pool => {
                let (client, tenant) = (record.client.to_string(), record.binding.tenant.to_string());
                let bound = BoundClient { client: client.clone(), tenant, mode: record.binding.mode };
                self.clients.insert(client, bound);
            }
            Ok(_) => {}
            Err(damage) => self.damaged(&damage),
        }
    }

    fn provider(&mut self, pool: &PoolId, record: Result<ProviderRecord, Damage>) {
        match record {
            Ok(record) if record.pool == *pool => {
                let provider = record.provider.to_string();
                let bound = BoundProvider {
                    provider: provider.clone(),
                    tenant: record.binding.tenant.to_string(),
                    joins: record.binding.joins,
                    is_email_trusted: record.binding.is_email_trusted,
                };
                self.providers.insert(provider, bound);
            }
            Ok(_) => {}
            Err(damage) => self.damaged(&damage),
        }
    }

    fn damaged(&mut self, damage: &Damage) {
        let text = format!("{damage}.");
        if !self.damaged.contains(&text) {
            self.damaged.push(text);
        }
    }
}

/// One binding, if there is one; a damaged one stands for itself.
fn known<T>(record: Result<Option<T>, OperatorError>) -> Read<Option<Result<T, Damage>>> {
    match record {
        Ok(record) => Ok(record.map(Ok)),
        Err(OperatorError::Store(tenancy::ports::StoreError::Damaged(damage))) => Ok(Some(Err(damage))),
        Err(error) => Err(unread(error)),
    }
}

fn known_tenant(tenant: &Tenant) -> KnownTenant {
    let pools = tenant.pools.iter().map(ToString::to_string).collect();
    KnownTenant { id: tenant.id.to_string(), status: tenant.status, pools }
}

/// Tenants that `POOL_TENANT` or bindings name and the index does not have: made by hand without its keys, or not there at all.
async fn find_unlisted_tenants(
    reader: &Operator,
    pool_tenant: Option<&str>,
    bindings: &mut Bindings,
) -> Read<()> {
    let clients = bindings.clients.iter().map(|one| one.tenant.as_str());
    let providers = bindings.providers.iter().map(|one| one.tenant.as_str());
    let named = clients.chain(providers).chain(pool_tenant);
    let is_listed = |id: &str| bindings.tenants.iter().any(|known| known.id == id);
    let mut unlisted: Vec<String> = named.filter(|id| !is_listed(id)).map(str::to_owned).collect();
    unlisted.sort();
    unlisted.dedup();
    for id in unlisted {
        let Ok(tenant) = id.parse::<TenantId>() else { continue };
        match reader.tenant(&tenant).await {
            Ok(record) => bindings.tenants.push(known_tenant(&record.tenant)),
            Err(OperatorError::Refused { .. }) => {}
            Err(OperatorError::Store(tenancy::ports::StoreError::Damaged(damage))) => {
                let text = format!("{damage}.");
                if !bindings.damaged.contains(&text) {
                    bindings.damaged.push(text);
                }
            }
            Err(error) => return Err(unread(error)),
        }
    }
    Ok(())
}
