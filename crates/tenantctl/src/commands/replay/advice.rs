//! What to do, as a sentence and, where there is one, the command to copy.

use cognito_trigger::event::Subject;
use serde::Serialize;
use tenancy::{InviteHash, TenantId};

use super::case::Case;

#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub(super) struct Advice {
    /// In words, without a full stop.
    pub(super) what: String,
    /// The command; what stands in capitals in it is to be filled in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) command: Option<String>,
}

impl Advice {
    /// Something that no command does.
    pub(super) fn text(what: impl Into<String>) -> Self {
        Self { what: what.into(), command: None }
    }

    fn command(what: impl Into<String>, words: &[&str]) -> Self {
        let words: Vec<String> = words.iter().map(|word| user_pool::words::shell_word(word)).collect();
        Self { what: what.into(), command: Some(format!("tenantctl {}", words.join(" "))) }
    }

    /// `tenantctl member VERB` for the user of the event.
    pub(super) fn member(verb: &str, case: Case<'_>, tenant: &TenantId, what: impl Into<String>) -> Self {
        Self::member_of(verb, case, tenant.as_str(), what)
    }

    /// The same, of a tenant to be filled in.
    pub(super) fn member_of_any(verb: &str, case: Case<'_>, what: impl Into<String>) -> Self {
        Self::member_of(verb, case, "TENANT", what)
    }

    fn member_of(verb: &str, case: Case<'_>, tenant: &str, what: impl Into<String>) -> Self {
        let user = case.event.map(|event| &event.request.subject);
        let (sub, pool) = match user {
            Some(Subject::User(user)) => (user.sub.as_str(), user.pool.as_str()),
            Some(Subject::None | Subject::Invalid) | None => ("SUB", "POOL"),
        };
        let mut words = vec!["member", verb, sub, "--user-pool-id", pool, "--tenant", tenant];
        if verb == "add" {
            words.extend(["--role", "ROLE"]);
        }
        Self::command(what, &words)
    }

    /// `tenantctl tenant resume`.
    pub(super) fn resume_tenant(tenant: &TenantId) -> Self {
        let what = format!("If {tenant} is to be served again");
        Self::command(what, &["tenant", "resume", tenant.as_str()])
    }

    /// `tenantctl invite create`; without a tenant, for one to be filled in.
    pub(super) fn invite(tenant: Option<&TenantId>, what: impl Into<String>) -> Self {
        let tenant = tenant.map_or("TENANT", TenantId::as_str);
        Self::command(what, &["invite", "create", "--tenant", tenant, "--role", "ROLE", "--email", "ADDRESS"])
    }

    /// `tenantctl invite resend`.
    pub(super) fn resend(hash: &InviteHash, tenant: &TenantId, what: impl Into<String>) -> Self {
        Self::command(what, &["invite", "resend", hash.short(), "--tenant", tenant.as_str()])
    }

    /// `tenantctl idp bind --trust-email`.
    pub(super) fn trust_provider(case: Case<'_>, provider: &str, what: impl Into<String>) -> Self {
        let pool = case.event.map_or("POOL", |event| event.pool.as_str());
        let words = ["idp", "bind", provider, "--user-pool-id", pool, "--tenant", "TENANT", "--trust-email"];
        Self::command(what, &words)
    }

    /// `tenantctl client unbind`.
    pub(super) fn unbind_client(case: Case<'_>, what: impl Into<String>) -> Self {
        let pool = case.event.map_or("POOL", |event| event.pool.as_str());
        let client = case.event.and_then(|event| event.client().ok().flatten());
        let client = client.map_or("CLIENT", tenancy::ClientId::as_str);
        Self::command(what, &["client", "unbind", client, "--user-pool-id", pool])
    }

    /// `tenantctl client bind`, for the client's own tokens.
    pub(super) fn bind_machine(case: Case<'_>) -> Self {
        let pool = case.event.map_or("POOL", |event| event.pool.as_str());
        let client = case.event.and_then(|event| event.client().ok().flatten());
        let client = client.map_or("CLIENT", tenancy::ClientId::as_str);
        Self::command(
            "Bind it",
            &["client", "bind", client, "--user-pool-id", pool, "--tenant", "TENANT", "--mode", "machine"],
        )
    }
}
