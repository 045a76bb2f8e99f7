//! The tenant's own app client, its binding, and its callback addresses; or a note about the shared one.

use aws_sdk_cognitoidentityprovider::types::UserPoolClientType;
use tenancy::{Cell, ClientId};

use super::super::report::Outcome;
use super::Onboarding;
use crate::clock;
use crate::commands::tenant::own_client::{AppClients, are_alike, is_open, name_of};
use crate::failure::Failure;

impl Onboarding<'_> {
    /// The tenant's own app client, shut as long as it is not bound; then its binding. `None`: a plan to make one.
    pub(super) async fn own_client(
        &mut self,
        cell: &Cell,
    ) -> Result<Option<(ClientId, UserPoolClientType)>, Failure> {
        let cognito = self.cognito(cell).await?;
        let clients = AppClients { cognito: &cognito, pool: &cell.pool };
        let model = self.model(cell, &clients).await?;
        let name = name_of(&self.tenant.id);
        let record = self.read_tenant().await?;
        let known = record.as_ref().and_then(|record| record.place.client.clone());
        let is_bound = known.is_some();
        let found = match known {
            Some(client) => Some(client),
            None => self.found_client(&clients, &name).await?,
        };
        let (client, outcome) = match found {
            Some(client) => (client, Outcome::Found),
            None if !self.options.apply => {
                self.report("app-client", Outcome::Planned, name);
                self.report("binding", Outcome::Planned, format!("only members of `{}`", self.tenant.id));
                return Ok(None);
            }
            None => (clients.create(&name, &model).await?, Outcome::Done),
        };
        self.report("app-client", outcome, client.as_str());
        let Some(described) = clients.describe(&client).await? else {
            let told =
                format!("user pool {} has no app client {client}, which is the tenant's own", cell.pool);
            return Err(Failure::refused("client-unknown", told));
        };
        let Some(record) = record else { return Ok(Some((client, described))) };
        let change = self.operator.bind_own_client(&record, &cell.pool, &client, clock::now()).await?;
        let bound = self.write("binding", change, format!("only members of `{}`", self.tenant.id)).await;
        if bound.is_err() && !is_bound && outcome == Outcome::Done {
            // Another run of the same command was faster, and has bound its own.
            let owner = self.read_tenant().await?.and_then(|record| record.place.client);
            if owner.is_some_and(|owner| owner != client) {
                clients.delete(&client).await?;
            }
        }
        bound?;
        Ok(Some((client, described)))
    }

    /// The app client that an earlier run made, and that is not noted with the tenant.
    async fn found_client(&self, clients: &AppClients<'_>, name: &str) -> Result<Option<ClientId>, Failure> {
        let mut named = clients.named(name).await?;
        let Some(client) = named.pop() else { return Ok(None) };
        if !named.is_empty() {
            let told =
                format!("user pool {} has {} app clients called `{name}`", clients.pool, named.len() + 1);
            return Err(Failure::refused("client-ambiguous", told).hint("Delete those that nobody uses."));
        }
        let described = clients.describe(&client).await?;
        let is_bound = self.operator.client(clients.pool, &client).await?.is_some();
        if !is_bound && described.is_some_and(|client| is_open(&client)) {
            let told =
                format!("app client {client} is called `{name}` and is open, but it is bound to no tenant");
            return Err(Failure::refused("client-open", told).hint(format!(
                "If it is this tenant's, bind it: `tenantctl client bind {client} --tenant {}`. If not, rename it.",
                self.tenant.id
            )));
        }
        Ok(Some(client))
    }

    /// The callback addresses and the ways to sign in. Only an app client that is bound gets them.
    pub(super) async fn open_client(
        &mut self,
        cell: &Cell,
        own: Option<(ClientId, UserPoolClientType)>,
    ) -> Result<(), Failure> {
        let cognito = self.cognito(cell).await?;
        let clients = AppClients { cognito: &cognito, pool: &cell.pool };
        let mut wanted = self.model(cell, &clients).await?;
        if !self.options.callback_urls.is_empty() {
            wanted.callback_urls = Some(self.options.callback_urls.clone());
            wanted.default_redirect_uri = None;
        }
        if !self.options.logout_urls.is_empty() {
            wanted.logout_urls = Some(self.options.logout_urls.clone());
        }
        if let Some(provider) = &self.options.provider {
            let providers = wanted.supported_identity_providers.get_or_insert_default();
            if !providers.iter().any(|known| known == provider.as_str()) {
                providers.push(provider.to_string());
            }
        }
        let detail = match wanted.callback_urls() {
            [] => "no callback addresses".to_owned(),
            urls => urls.join(", "),
        };
        let outcome = match own {
            Some((_, described)) if are_alike(&described, &wanted) => Outcome::Found,
            Some((client, _)) if self.options.apply => {
                wanted.client_name = Some(name_of(&self.tenant.id));
                clients.update(&client, wanted).await?;
                Outcome::Done
            }
            _ => Outcome::Planned,
        };
        self.report("callback-urls", outcome, detail);
        Ok(())
    }

    /// The cell's app client, whose settings the tenant's own one gets.
    pub(super) async fn model(
        &self,
        cell: &Cell,
        clients: &AppClients<'_>,
    ) -> Result<UserPoolClientType, Failure> {
        let none = |told: String| {
            Failure::refused("client-unknown", told)
                .hint(format!("Name one: `tenantctl cell set-client {} CLIENT`.", cell.name))
        };
        let Some(client) = &cell.client else {
            return Err(none(format!("cell `{}` has no app client to take the settings from", cell.name)));
        };
        let found = clients.describe(client).await?;
        found.ok_or_else(|| none(format!("user pool {} has no app client {client}", cell.pool)))
    }

    /// Says so when the tenant's users cannot be sent to the provider by the shared app client.
    pub(super) async fn note_shared_client(&self, cell: &Cell) -> Result<(), Failure> {
        let Some(client) = &cell.client else {
            self.context.note(&format!(
                "cell `{}` has no app client, so nobody is sent to the tenant's sign-in",
                cell.name
            ));
            return Ok(());
        };
        let Some(provider) = &self.options.provider else { return Ok(()) };
        let cognito = self.cognito(cell).await?;
        let described = AppClients { cognito: &cognito, pool: &cell.pool }.describe(client).await?;
        let is_listed = described.is_some_and(|described| {
            described.supported_identity_providers().iter().any(|known| known == provider.as_str())
        });
        if !is_listed {
            self.context.note(&format!(
                "app client {client} does not list {provider}: add it there, or use --client own"
            ));
        }
        Ok(())
    }
}
