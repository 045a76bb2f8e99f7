//! Two user pools, five customers and their people.

use std::collections::BTreeMap;

use serde_json::json;

use tenancy::{Cell, CellStatus};

use super::{FrontDoorOptions, Site};
use crate::{
    ClientSettings, DevStack, DevStackError, EventVersion, FunctionBinaries, FunctionSpec, PoolSettings,
    Seed, Trigger, Triggers, functions, seed::failed,
};

/// The cell of most customers.
pub(super) const SHARED_CELL: &str = "shared-1";
/// The cell of one customer, and its user pool.
const SILO: &str = "acme";

const PASSWORD: &str = "Correct-Horse-9";

struct Customer {
    /// Tenant id and slug; its mail domain is this and `.com`.
    id: &'static str,
    name: &'static str,
    tier: &'static str,
    cell: &'static str,
    client: OwnClient,
    is_listed: bool,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum OwnClient {
    /// The cell's.
    None,
    ForPasswords,
    /// For users of this identity provider.
    For(&'static str),
}

const CUSTOMERS: [Customer; 5] = [
    Customer {
        id: "acme",
        name: "Acme Corporation",
        tier: "enterprise",
        cell: SILO,
        client: OwnClient::None,
        is_listed: true,
    },
    Customer {
        id: "globex",
        name: "Globex",
        tier: "pro",
        cell: SHARED_CELL,
        client: OwnClient::None,
        is_listed: true,
    },
    Customer {
        id: "umbrella",
        name: "Umbrella",
        tier: "pro",
        cell: SHARED_CELL,
        client: OwnClient::ForPasswords,
        is_listed: true,
    },
    Customer {
        id: "hooli",
        name: "Hooli",
        tier: "pro",
        cell: SHARED_CELL,
        client: OwnClient::For("HooliOkta"),
        is_listed: false,
    },
    Customer {
        id: "initech",
        name: "Initech",
        tier: "free",
        cell: SHARED_CELL,
        client: OwnClient::None,
        is_listed: false,
    },
];

/// Somebody to be at the start page.
#[derive(Clone, Debug)]
pub struct Person {
    pub email: &'static str,
    /// `None`: the person has no account yet, or one at an identity provider.
    pub password: Option<&'static str>,
    /// What happens at the sign-in.
    pub about: &'static str,
}

const PEOPLE: [Person; 7] = [
    Person { email: "ana@acme.com", password: Some(PASSWORD), about: "signs in at Acme's own user pool" },
    Person { email: "bob@globex.com", password: Some(PASSWORD), about: "signs in at the shared user pool" },
    Person {
        email: "uma@umbrella.com",
        password: Some(PASSWORD),
        about: "signs in at the shared user pool, at an app client for Umbrella alone",
    },
    Person { email: "gil@hooli.com", password: None, about: "is sent to Hooli's identity provider" },
    Person { email: "pat@initech.com", password: Some(PASSWORD), about: "is refused: Initech is suspended" },
    Person { email: "eva@globex.com", password: None, about: "has an invite: choose \"Create an account\"" },
    Person { email: "zoe@example.com", password: None, about: "is unknown, and comes to the default login" },
];

pub(super) struct World {
    pub(super) people: Vec<Person>,
    /// By cell.
    pub(super) pools: BTreeMap<String, String>,
    pub(super) login_urls: Vec<String>,
}

struct Maker<'a> {
    stack: &'a DevStack,
    seed: &'a Seed,
    site: &'a Site,
}

impl World {
    pub(super) async fn make(
        stack: &DevStack,
        seed: &Seed,
        binaries: &FunctionBinaries,
        options: &FrontDoorOptions,
        site: &Site,
    ) -> Result<Self, DevStackError> {
        if !seed.create_table().await? {
            return Err(DevStackError::Seed(format!("the table `{}` is there already", options.table)));
        }
        let maker = Maker { stack, seed, site };
        let mut pools = BTreeMap::new();
        let mut login_urls = Vec::new();
        for cell in [SHARED_CELL, SILO] {
            let pool = maker.cell(cell, binaries, options).await?;
            login_urls.extend(stack.cognito().login_url(&pool));
            pools.insert(cell.to_owned(), pool);
        }
        for customer in &CUSTOMERS {
            let pool = pools.get(customer.cell).map(String::as_str).unwrap_or_default();
            maker.customer(customer, pool).await?;
        }
        Ok(Self { people: PEOPLE.to_vec(), pools, login_urls })
    }
}

impl Maker<'_> {
    /// A user pool with its own functions, and the app client that its tenants share.
    async fn cell(
        &self,
        name: &str,
        binaries: &FunctionBinaries,
        options: &FrontDoorOptions,
    ) -> Result<String, DevStackError> {
        let cognito = self.stack.cognito();
        let function = |function: &str| format!("{function}-{name}");
        let triggers = Triggers::default()
            .with(Trigger::PostConfirmation, function(functions::POST_CONFIRMATION))
            .with_version(
                Trigger::PreTokenGeneration,
                function(functions::PRE_TOKEN_GENERATION),
                EventVersion::V2,
            );
        let settings = PoolSettings {
            name: name.to_owned(),
            domain: Some(name.to_owned()),
            triggers,
            ..PoolSettings::default()
        };
        let pool = cognito.create_pool(settings);
        for (program_name, program) in binaries.programs() {
            if functions::TRIGGERS.contains(&program_name) {
                let mut env = self.stack.endpoints().environment();
                env.insert("TENANCY_TABLE".to_owned(), options.table.clone());
                env.insert("USER_POOL_IDS".to_owned(), pool.clone());
                if name == SILO {
                    env.insert("POOL_TENANT".to_owned(), SILO.to_owned());
                }
                env.extend(options.settings.clone());
                let spec = FunctionSpec { env, ..FunctionSpec::new(function(program_name), program) };
                self.stack.lambda().add_function(spec);
            }
        }
        let sharing = |customer: &&Customer| customer.cell == name && customer.client == OwnClient::None;
        let slugs = CUSTOMERS.iter().filter(sharing).map(|customer| customer.id);
        let own = (name == SHARED_CELL).then(|| self.site.address(""));
        let bases = slugs.map(|slug| self.site.tenant_address(slug, "")).chain(own);
        let client = cognito.create_client(&pool, app_client(name, bases, &[]))?;
        let login = cognito.login_url(&pool).unwrap_or_default();
        let region = pool.split_once('_').map_or("", |(region, _)| region);
        let cell = Cell {
            name: name.parse().map_err(failed)?,
            pool: pool.parse().map_err(failed)?,
            region: region.parse().map_err(failed)?,
            status: CellStatus::Open,
            capacity: if name == SILO { 1 } else { 900 },
            tenants: 0,
            tiers: Vec::new(),
            client: Some(client.parse().map_err(failed)?),
            domain: login.trim_start_matches("http://").parse().map_err(failed)?,
            issuer: Some(cognito.issuer(&pool).parse().map_err(failed)?),
            scopes: Vec::new(),
        };
        self.seed.add_cell(&cell).await?;
        Ok(pool)
    }

    async fn customer(&self, customer: &Customer, pool: &str) -> Result<(), DevStackError> {
        let Customer { id, name, tier, cell, client, is_listed } = *customer;
        let cognito = self.stack.cognito();
        let cell = self.seed.cell(cell).await?;
        let tenant = self.seed.tenant_in(Some(&cell), id, name, tier).await?;
        let domain = format!("{id}.com");
        let provider = if let OwnClient::For(provider) = client { Some(provider) } else { None };
        if let Some(provider) = provider {
            cognito.patch_identity_provider(pool, provider, json!({ "ProviderType": "SAML" }))?;
            self.seed.own_provider(&tenant, pool, provider).await?;
        }
        if client != OwnClient::None {
            let bases = [self.site.tenant_address(id, "")];
            let made = cognito.create_client(pool, app_client(id, bases, provider.as_slice()))?;
            self.seed.own_client(&tenant, pool, &made).await?;
        }
        self.seed.domain(&tenant, &domain).await?;
        if is_listed {
            self.seed.list(&tenant, id, name).await?;
        }
        let of_domain = |person: &&Person| person.email.split_once('@').is_some_and(|(_, it)| it == domain);
        for person in PEOPLE.iter().filter(of_domain) {
            if let Some(password) = person.password {
                let sub = self.seed.user(pool, person.email, password).await?;
                self.seed.member(&tenant, pool, &sub).await?;
            } else if provider.is_none() {
                self.seed.invite(&tenant, &["admin"], Some(person.email)).await?;
            }
        }
        if id == "initech" {
            self.seed.suspend(&tenant).await?;
        }
        Ok(())
    }
}

/// An app client of the app at these addresses.
fn app_client(name: &str, bases: impl IntoIterator<Item = String>, providers: &[&str]) -> ClientSettings {
    let bases: Vec<_> = bases.into_iter().collect();
    ClientSettings {
        name: name.to_owned(),
        callback_urls: bases.iter().map(|base| format!("{base}callback")).collect(),
        logout_urls: bases.iter().map(|base| format!("{base}signed-out")).collect(),
        providers: providers.iter().map(|name| (*name).to_owned()).collect(),
        ..ClientSettings::with_protected_tenant()
    }
}
