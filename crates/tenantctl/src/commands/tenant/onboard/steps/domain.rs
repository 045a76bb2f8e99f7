//! The customer's mail domain.

use tenancy::operate::Rule;

use super::super::report::Outcome;
use super::{Onboarding, refused};
use crate::clock;
use crate::commands::domain::forbidden;
use crate::failure::Failure;

impl Onboarding<'_> {
    /// Refuses a domain that is another tenant's or nobody's before anything is written.
    pub(super) async fn check_domain(&self) -> Result<(), Failure> {
        let Some(domain) = &self.options.domain else { return Ok(()) };
        forbidden::check(domain)?;
        match self.operator.mail_domain(domain).await?.map(|record| record.pointer.tenant) {
            Some(tenant) if tenant != self.tenant.id => {
                Err(refused(Rule::DomainTaken { domain: domain.clone(), tenant }))
            }
            _ => Ok(()),
        }
    }

    pub(super) async fn domain(&mut self) -> Result<(), Failure> {
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
}
