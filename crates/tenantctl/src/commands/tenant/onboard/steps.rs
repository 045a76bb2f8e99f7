//! The steps, in their order. Each reads what is so, and does what is missing. Between two steps everything can end.

mod domain;
mod invite;
mod own_client;
mod place;
mod provider;

use tenancy::operate::Rule;
use tenancy::{Cell, Role, Slug, Tenant};
use tenancy_aws::operator::{Change, Operator, OperatorError, TenantRecord};

use super::report::{Onboarded, Outcome, StepReport};
use super::{ClientKind, OnboardOptions};
use crate::context::Context;
use crate::failure::Failure;

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

    async fn cognito(&self, cell: &Cell) -> Result<aws_sdk_cognitoidentityprovider::Client, Failure> {
        if self.context.has_cognito() {
            return self.context.cognito_in(&cell.region).await;
        }
        Err(Failure::usage("--local has no user pool").hint(
            "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER points at one, such as that of `cargo dev-stack`.",
        ))
    }
}

fn refused(rule: Rule) -> Failure {
    OperatorError::from(rule).into()
}
