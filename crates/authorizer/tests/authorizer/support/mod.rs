//! The authorizer on a user pool and a table of the tests.

mod pool;
mod table;

use std::time::{Duration, UNIX_EPOCH};

use authorizer::report::Ended;
use authorizer::{Authorizer, Concluded, Live, LiveCheck, Response, TokenSource};
use function::Call;
use function::metrics::{Amount, Costs};
use serde_json::Value;
use tenancy::{ClientBindingMode, MembershipStatus, TenantStatus};
use tenant_token::{Clients, Issuer, IssuerForm, Rules, Verifier};
use tokio::time::Instant;

pub(crate) use pool::*;
pub(crate) use table::*;

/// A published event with this token.
pub(crate) fn event(case: &str, token: &str) -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/authorizer");
    std::fs::read_to_string(format!("{path}/{case}.json")).unwrap().replace("<token>", token)
}

/// The five forms, and the events in which a token is elsewhere.
pub(crate) const EVENTS: [&str; 7] = [
    "rest-token",
    "rest-request",
    "websocket-connect",
    "websocket-connect-query",
    "http-1",
    "http-2",
    "http-2-no-identity-source",
];

/// An authorizer, and what it stands on. By default nothing is read from the table, which has an active member.
pub(crate) struct Gateway {
    pub(crate) keys: Keys,
    pub(crate) table: Table,
    pub(crate) verifier: Verifier,
    pub(crate) check: LiveCheck,
    pub(crate) clients_are_bound: bool,
    pub(crate) response: Response,
    pub(crate) token_source: TokenSource,
    pub(crate) now: u64,
    /// Time for one call.
    pub(crate) time: Duration,
}

impl Gateway {
    pub(crate) fn new() -> Self {
        Self::with_rules(|rules| rules)
    }

    pub(crate) fn with_rules(change: impl FnOnce(Rules) -> Rules) -> Self {
        let keys = Keys::default();
        let issuers = Issuer::of_pool(POOL, IssuerForm::Original).unwrap();
        let rules = change(Rules::new(issuers, Clients::listed([CLIENT])));
        let table = Table::default();
        *table.tenant.lock().unwrap() = tenant(TenantStatus::Active);
        *table.membership.lock().unwrap() = membership(MembershipStatus::Active);
        *table.binding.lock().unwrap() = binding("acme", ClientBindingMode::Required);
        Self {
            verifier: Verifier::new(rules, keys.clone()).unwrap(),
            keys,
            table,
            check: LiveCheck::None,
            clients_are_bound: false,
            response: Response::Simple,
            token_source: TokenSource::Header,
            now: NOW_SECONDS,
            time: Duration::from_secs(3),
        }
    }

    /// What API Gateway gets for an event.
    pub(crate) async fn answer(&self, event: &str) -> Result<Value, String> {
        self.sent(&self.conclude(event).await)
    }

    /// What API Gateway gets for a call, or the text of the error.
    pub(crate) fn sent(&self, concluded: &Concluded) -> Result<Value, String> {
        let answer = concluded.answer(self.response);
        answer.map(|answer| serde_json::from_str(answer.get()).unwrap()).map_err(|error| {
            assert_eq!(error.error_type, error.error_message);
            error.error_message
        })
    }

    /// What the client of the API gets for a token, by the kind of gateway.
    pub(crate) async fn status(&self, case: &str, token: &str) -> u16 {
        status(&self.answer(&event(case, token)).await)
    }

    pub(crate) async fn conclude(&self, event: &str) -> Concluded {
        self.authorizer().conclude(&self.call(event)).await
    }

    /// A metric of the line that this call prints.
    pub(crate) fn metric(&self, concluded: &Concluded, name: &str) -> u64 {
        let ended = Ended { function: "f", call: &self.call(""), concluded, costs: Costs::default() };
        match ended.metrics().into_iter().find(|(metric, _)| *metric == name) {
            Some((_, Amount::Count(count))) => count,
            other => panic!("{name}: {other:?}"),
        }
    }

    fn authorizer(&self) -> Authorizer<'_, Table, Table, impl Fn() -> Costs> {
        let reads = self.clients_are_bound || self.check != LiveCheck::None;
        Authorizer {
            name: "authorizer".to_owned(),
            verifier: &self.verifier,
            response: self.response,
            token_source: &self.token_source,
            live: reads.then_some(Live {
                cached: &self.table,
                store: &self.table,
                check: self.check,
                clients_are_bound: self.clients_are_bound,
            }),
            clock: || UNIX_EPOCH,
            costs: Costs::default,
        }
    }

    fn call<'a>(&self, event: &'a str) -> Call<'a> {
        let began = Instant::now();
        let deadline = began + self.time;
        Call { event, request_id: "r", is_cold_start: false, now: at(self.now), began, deadline }
    }
}

/// What a gateway tells its client (developer guide, "Output from an API Gateway Lambda authorizer").
pub(crate) fn status(answer: &Result<Value, String>) -> u16 {
    match answer {
        Err(text) if text == "Unauthorized" => 401,
        Err(_) => 500,
        Ok(answer) if answer["isAuthorized"] == true => 200,
        Ok(answer) if answer["isAuthorized"] == false => 403,
        Ok(answer) => match answer["policyDocument"]["Statement"][0]["Effect"].as_str() {
            Some("Allow") => 200,
            Some("Deny") => 403,
            _ => 500,
        },
    }
}
