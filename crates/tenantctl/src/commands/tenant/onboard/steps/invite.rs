//! The first administrator's invite.

use tenancy::operate::Rule;
use tenancy_aws::operator::{InviteState, NewInvite, OperatorError};

use super::super::report::Outcome;
use super::Onboarding;
use crate::clock;
use crate::commands::invite::{self, NewCode};
use crate::failure::Failure;
use crate::page::role_names;

impl Onboarding<'_> {
    /// The first administrator's invite, bound to the address. One that is open or redeemed is found again.
    pub(super) async fn invite(&mut self) -> Result<Option<NewCode>, Failure> {
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
}
