//! The binding of the customer's identity provider.

use tenancy::{Cell, ProviderName};
use tenancy_aws::operator::ProviderTerms;
use user_pool::{AwsError, Meaning};

use super::super::report::Outcome;
use super::Onboarding;
use crate::clock;
use crate::commands::bindings::idp;
use crate::failure::{self, Failure};
use crate::page::role_names;

impl Onboarding<'_> {
    /// The identity provider's binding.
    pub(super) async fn provider(&mut self, cell: &Cell, provider: &ProviderName) -> Result<(), Failure> {
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

    pub(super) async fn check_provider(
        &self,
        cell: &Cell,
        provider: &ProviderName,
        joins: bool,
    ) -> Result<(), Failure> {
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
        if joins && kind.is_some_and(|kind| idp::PUBLIC.contains(&kind.as_str())) {
            let told =
                format!("anybody can have an account of {provider}, and would join `{}`", self.tenant.id);
            return Err(Failure::refused("idp-public", told)
                .hint("Leave --join-role out, or bind it by hand: `tenantctl idp bind`."));
        }
        Ok(())
    }

    pub(super) fn provider_terms(&self) -> ProviderTerms {
        let default_roles = tenancy::role::union(&[], &self.options.join_roles);
        ProviderTerms { joins: !default_roles.is_empty(), default_roles, is_email_trusted: false }
    }
}
