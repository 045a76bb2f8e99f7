//! The steps, in their order. Each reads what is so, and does what is missing. Between two steps everything can end.

use aws_sdk_cognitoidentityprovider::types::{IdentityProviderTypeType, UserPoolClientType};
use tenancy::operate::cells::check_place;
use tenancy::operate::{Rule, bindings};
use tenancy::{Cell, ClientId, ProviderName, Role, Slug, Tenant, TenantStatus};
use tenancy_aws::operator::{
    CellRecord, Change, InviteState, NewInvite, Operator, OperatorError, Pick, ProviderTerms, TenantRecord,
};
use user_pool::{AwsError, Meaning};

use super::report::{Onboarded, Outcome, StepReport};
use super::{ClientKind, OnboardOptions};
use crate::clock;
use crate::commands::invite::{self, NewCode};
use crate::commands::tenant::own_client::{AppClients, are_alike, is_open, name_of};
use crate::commands::tenant::place::cells;
use crate::context::Context;
use crate::failure::{self, Failure};
use crate::page::role_names;

/// Providers where anybody can have an account.
const PUBLIC: [IdentityProviderTypeType; 4] = [
    IdentityProviderTypeType::Facebook,
    IdentityProviderTypeType::Google,
    IdentityProviderTypeType::LoginWithAmazon,
    IdentityProviderTypeType::SignInWithApple,
];

pub(super) struct Onboarding<'a> {
    options: &'a OnboardOptions,
    operator: &'a Operator,
    context: &'a Context,
    tenant: Tenant,
    slug: Slug,
    admin_roles: Vec<Role>,
    steps: Vec<StepReport>,
}

impl<'a> Onboarding<'a> {
    pub(super) fn new(
        options: &'a OnboardOptions,
        operator: &'a Operator,
        context: &'a Context,
    ) -> Result<Self, Failure> {
        let (tenant, slug) = options.tenant.clone().into_tenant()?;
        let mut admin_roles = options.roles.distinct();
        if admin_roles.is_empty() {
            admin_roles.extend("admin".parse::<Role>().ok());
        }
        options.functions.check_tenant(&tenant)?;
        options.functions.check_member(&tenant, &admin_roles)?.note(&admin_roles, context);
        Ok(Self { options, operator, context, tenant, slug, admin_roles, steps: Vec::new() })
    }

    /// Whether a step was done that stays.
    pub(super) fn has_written(&self) -> bool {
        self.steps.iter().any(|step| step.outcome == Outcome::Done)
    }

    pub(super) async fn run(&mut self) -> Result<Onboarded, Failure> {
        let found = self.found_tenant().await?;
        self.check_domain().await?;
        let cell = self.placed(found).await?;
        let mut client = cell.client.clone();
        let own = match self.options.client {
            ClientKind::Shared => {
                self.note_shared_client(&cell).await?;
                None
            }
            ClientKind::Own => {
                let own = self.own_client(&cell).await?;
                client = own.as_ref().map(|(id, _)| id.clone());
                own
            }
        };
        if let Some(provider) = &self.options.provider {
            self.provider(&cell, provider).await?;
        }
        if self.options.client == ClientKind::Own {
            self.open_client(&cell, own).await?;
        }
        self.domain().await?;
        let invite = self.invite().await?;
        Ok(Onboarded {
            tenant: self.tenant.id.to_string(),
            applied: self.options.apply,
            cell: cell.name.to_string(),
            user_pool_id: cell.pool.to_string(),
            client_id: client.map(|client| client.to_string()),
            steps: std::mem::take(&mut self.steps),
            invite,
        })
    }

    fn report(&mut self, step: &'static str, outcome: Outcome, detail: impl Into<String>) {
        self.steps.push(StepReport { step, outcome, detail: detail.into() });
    }

    /// Writes a change, if there is something to write, and reports it.
    async fn write(&mut self, step: &'static str, change: Change, detail: String) -> Result<(), Failure> {
        let outcome = if change.is_empty() {
            Outcome::Found
        } else if self.options.apply {
            self.operator.apply(change, &format!("tenant `{}`", self.tenant.id)).await?;
            Outcome::Done
        } else {
            Outcome::Planned
        };
        self.report(step, outcome, detail);
        Ok(())
    }

    /// The tenant as it is in the table. `None` before the first run, and in a plan.
    async fn read_tenant(&self) -> Result<Option<TenantRecord>, Failure> {
        match self.operator.tenant(&self.tenant.id).await {
            Ok(record) => Ok(Some(record)),
            Err(OperatorError::Refused(Rule::TenantUnknown(_))) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The tenant, if an earlier run made it. Another tenant with the same id is refused.
    async fn found_tenant(&self) -> Result<Option<TenantRecord>, Failure> {
        let Some(record) = self.read_tenant().await? else { return Ok(None) };
        let id = &self.tenant.id;
        match record.tenant.status {
            TenantStatus::Active => {}
            TenantStatus::Suspended => return Err(refused(Rule::TenantNotActive(id.clone()))),
            TenantStatus::Offboarded => return Err(refused(Rule::TenantFinal(id.clone()))),
        }
        let wanted = [self.tenant.name.as_str(), self.tenant.tier.as_str(), self.slug.as_str()];
        let slug = record.slug.as_ref().map_or("-", Slug::as_str);
        let found = [record.tenant.name.as_str(), record.tenant.tier.as_str(), slug];
        if wanted != found {
            let told = format!(
                "there is a tenant `{id}` already, with another name, tier or slug: {}",
                found.join(", ")
            );
            return Err(Failure::refused("tenant-exists", told));
        }
        if let (Some(cell), Some(named)) = (&record.place.cell, &self.options.place.cell)
            && cell != named
        {
            return Err(refused(Rule::TenantPlaced { tenant: id.clone(), cell: cell.clone() }));
        }
        Ok(Some(record))
    }

    /// Refuses what the cell's pool does not have, and what belongs to another tenant, before anything is written. Other
    /// placements may still fill the cell: a step that fails then can be done later, by the same command.
    async fn check_ahead(&self, cell: &Cell) -> Result<(), Failure> {
        if self.options.client == ClientKind::Own {
            let cognito = self.cognito(cell).await?;
            self.model(cell, &AppClients { cognito: &cognito, pool: &cell.pool }).await?;
        }
        let Some(provider) = &self.options.provider else { return Ok(()) };
        let terms = self.provider_terms();
        self.check_provider(cell, provider, terms.joins).await?;
        let bound = self.operator.provider(&cell.pool, provider).await?.map(|record| record.binding);
        bindings::bind_provider(&self.tenant, provider, bound.as_ref(), &terms).map_err(refused)?;
        Ok(())
    }

    fn provider_terms(&self) -> ProviderTerms {
        let default_roles = tenancy::role::union(&[], &self.options.join_roles);
        ProviderTerms { joins: !default_roles.is_empty(), default_roles, is_email_trusted: false }
    }

    /// Refuses a domain of another tenant before anything is written.
    async fn check_domain(&self) -> Result<(), Failure> {
        let Some(domain) = &self.options.domain else { return Ok(()) };
        match self.operator.mail_domain(domain).await?.map(|record| record.pointer.tenant) {
            Some(tenant) if tenant != self.tenant.id => {
                Err(refused(Rule::DomainTaken { domain: domain.clone(), tenant }))
            }
            _ => Ok(()),
        }
    }

    /// The tenant, its slug and its place: one transaction.
    async fn placed(&mut self, found: Option<TenantRecord>) -> Result<Cell, Failure> {
        let made = format!("tier {}, slug {}", self.tenant.tier, self.slug);
        if let Some(name) = found.as_ref().and_then(|record| record.place.cell.as_ref()) {
            let cell = self.operator.cell(name).await?.cell;
            self.check_ahead(&cell).await?;
            self.report("tenant", Outcome::Found, made);
            self.report("place", Outcome::Found, place_of(&cell));
            return Ok(cell);
        }
        let (operator, options) = (self.operator, self.options);
        let cells = cells(operator).await?;
        if cells.is_empty() && options.place.cell.is_none() {
            return Err(Failure::refused("no-cell", "there are no cells, and onboarding needs one")
                .hint("Make one of your user pool: `tenantctl cell create`."));
        }
        let in_use = match &found {
            Some(record) => {
                check_place(&record.tenant, &record.place).map_err(refused)?;
                operator.pools_in_use(&record.tenant.id).await?
            }
            None => Vec::new(),
        };
        let fit = options.place.check(&self.tenant.id, &cells, &in_use, self.context).await?;
        let plan = async |cell: &CellRecord| match &found {
            Some(_) => {
                let record = operator.tenant(&self.tenant.id).await?;
                operator.place_tenant(&record, cell, &in_use, clock::now())
            }
            None => operator.create_tenant(&self.tenant, &self.slug, Some(cell), clock::now()).await,
        };
        let (tier, named) = (&self.tenant.tier, options.place.cell.as_ref());
        let mut cell = operator.choose_cell(tier, named, &|cell| fit.admits(cell), Pick::Emptiest).await?;
        let _ = plan(&cell).await?;
        self.check_ahead(&cell.cell).await?;
        let mut outcome = Outcome::Planned;
        if options.apply {
            cell = operator.place(tier, named, &|cell| fit.admits(cell), plan).await?;
            outcome = Outcome::Done;
        }
        self.report("tenant", if found.is_some() { Outcome::Found } else { outcome }, made);
        self.report("place", outcome, place_of(&cell.cell));
        Ok(cell.cell)
    }

    /// The tenant's own app client, shut as long as it is not bound; then its binding. `None`: a plan to make one.
    async fn own_client(&mut self, cell: &Cell) -> Result<Option<(ClientId, UserPoolClientType)>, Failure> {
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

    /// The identity provider's binding.
    async fn provider(&mut self, cell: &Cell, provider: &ProviderName) -> Result<(), Failure> {
        let terms = self.provider_terms();
        let detail = if terms.joins {
            format!("{provider}: its users join as {}", role_names(&terms.default_roles))
        } else {
            format!("{provider}: its users need invites")
        };
        match self.read_tenant().await? {
            None => {
                self.report("identity-provider", Outcome::Planned, detail);
                Ok(())
            }
            Some(record) => {
                let now = clock::now();
                let change =
                    self.operator.bind_own_provider(&record, &cell.pool, provider, &terms, now).await?;
                self.write("identity-provider", change, detail).await
            }
        }
    }

    async fn check_provider(&self, cell: &Cell, provider: &ProviderName, joins: bool) -> Result<(), Failure> {
        let cognito = self.cognito(cell).await?;
        let asked = cognito.describe_identity_provider().user_pool_id(cell.pool.as_str());
        let answer = asked.provider_name(provider.as_str()).send().await.map_err(|error| {
            let error = AwsError::of(&error);
            if error.meaning() == Meaning::NotFound {
                let told = format!("user pool {} has no identity provider {provider}", cell.pool);
                return Failure::refused("idp-unknown", told);
            }
            failure::of("ask the pool for the identity provider", &error)
                .needs("cognito-idp:DescribeIdentityProvider")
        })?;
        let kind = answer.identity_provider.and_then(|provider| provider.provider_type);
        if joins && kind.is_some_and(|kind| PUBLIC.contains(&kind)) {
            let told =
                format!("anybody can have an account of {provider}, and would join `{}`", self.tenant.id);
            return Err(Failure::refused("idp-public", told)
                .hint("Leave --join-role out, or bind it by hand: `tenantctl idp bind`."));
        }
        Ok(())
    }

    /// The callback addresses and the ways to sign in. Only an app client that is bound gets them.
    async fn open_client(
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

    async fn domain(&mut self) -> Result<(), Failure> {
        let Some(domain) = &self.options.domain else { return Ok(()) };
        match self.read_tenant().await? {
            None => {
                self.report("domain", Outcome::Planned, domain.as_str());
                Ok(())
            }
            Some(record) => {
                let change = self.operator.set_mail_domain(&record, domain, true, clock::now()).await?;
                self.write("domain", change, domain.to_string()).await
            }
        }
    }

    /// The first administrator's invite, bound to the address. One that is open or redeemed is found again.
    async fn invite(&mut self) -> Result<Option<NewCode>, Failure> {
        let (email, now) = (&self.options.admin, clock::now());
        let roles = role_names(&self.admin_roles);
        let Some(record) = self.read_tenant().await? else {
            self.report("invite", Outcome::Planned, format!("{}, {roles}", email.as_str()));
            return Ok(None);
        };
        let mut found = None;
        let pages = self.operator.invite_pages(&self.tenant.id);
        let counts = [InviteState::Open, InviteState::UsedUp];
        pages
            .each(|listed| {
                let invite = listed.ok().filter(|record| record.invite.email.as_ref() == Some(email));
                found = found.take().or(invite.filter(|record| counts.contains(&record.state(now))));
            })
            .await?;
        if let Some(found) = found {
            let (hash, state) = (found.invite.hash.short(), found.state(now));
            let detail =
                format!("{}: {hash} is {state}; `tenantctl invite resend` makes a new code", email.as_str());
            self.report("invite", Outcome::Found, detail);
            return Ok(None);
        }
        let invite = NewInvite {
            tenant: self.tenant.id.clone(),
            email: Some(email.clone()),
            roles: self.admin_roles.clone(),
            max_uses: 1,
            expires_at: self.options.terms.expires_at(now),
        };
        let code = invite::new_code()?;
        let change = match self.operator.create_invite(&record, &invite, &code, now).await {
            // The index was behind.
            Err(OperatorError::Refused(Rule::InviteOpen { invite, .. })) => {
                self.report("invite", Outcome::Found, format!("{}: {}", email.as_str(), invite.short()));
                return Ok(None);
            }
            change => change?,
        };
        if !self.options.apply {
            self.report("invite", Outcome::Planned, format!("{}, {roles}", email.as_str()));
            return Ok(None);
        }
        invite::write(self.operator, change, &code, "the invite or its tenant", self.context).await?;
        self.report("invite", Outcome::Done, format!("{}, {roles}", email.as_str()));
        Ok(Some(NewCode::of(&code, &self.options.terms, invite.expires_at, false)))
    }

    /// The cell's app client, whose settings the tenant's own one gets.
    async fn model(&self, cell: &Cell, clients: &AppClients<'_>) -> Result<UserPoolClientType, Failure> {
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
    async fn note_shared_client(&self, cell: &Cell) -> Result<(), Failure> {
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

    async fn cognito(&self, cell: &Cell) -> Result<aws_sdk_cognitoidentityprovider::Client, Failure> {
        if self.context.has_cognito() {
            return self.context.cognito_in(&cell.region).await;
        }
        Err(Failure::usage("--local has no user pool").hint(
            "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER points at one, such as that of `cargo dev-stack`.",
        ))
    }
}

fn place_of(cell: &Cell) -> String {
    format!("cell {}, user pool {}", cell.name, cell.pool)
}

fn refused(rule: Rule) -> Failure {
    OperatorError::from(rule).into()
}
