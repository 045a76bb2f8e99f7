use std::{collections::BTreeSet, time::Duration};

use crate::{ClaimNames, Issuer};

/// What a token must be like. [`Verifier::new`](crate::Verifier::new) checks that the rules make sense.
///
/// | Rule | Default |
/// | --- | --- |
/// | issuers and app clients | none: you say which |
/// | [`token_use`](Self::token_use) | access tokens only |
/// | [`scope`](Self::scope) | no scope is required |
/// | [`claim_names`](Self::claim_names) | `tenant_id`, `tenant_name`, `tenant_tier`, `tenant_roles`, `tenant_features` |
/// | [`leeway`](Self::leeway) | 30 s |
/// | [`max_age`](Self::max_age) | none: `exp` alone decides |
/// | [`keys_fresh_for`](Self::keys_fresh_for) | 1 h |
///
/// ```
/// use tenant_token::{Clients, Issuer, IssuerForm, Rules};
///
/// let issuers = Issuer::of_pool("eu-west-1_AbCdEf123", IssuerForm::Original)?;
/// let rules = Rules::new(issuers, Clients::listed(["6g1example"])).scope("orders/read");
/// # Ok::<(), tenant_token::InvalidIssuer>(())
/// ```
#[derive(Clone, Debug)]
pub struct Rules {
    pub(crate) issuers: Vec<Issuer>,
    pub(crate) clients: Clients,
    pub(crate) token_use: AcceptedUse,
    pub(crate) scopes: BTreeSet<String>,
    pub(crate) names: ClaimNames,
    pub(crate) leeway: Duration,
    pub(crate) max_age: Option<Duration>,
    pub(crate) keys_fresh_for: Duration,
}

/// Which app clients' tokens are accepted. There is no default, because the right answer depends on who else has an app
/// client in your pool.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Clients {
    /// These app client ids only.
    Listed(BTreeSet<String>),
    /// Every app client of the issuers' pools, also those that are created later.
    OfThePools,
}

impl Clients {
    /// A list of app client ids.
    pub fn listed<C: Into<String>>(clients: impl IntoIterator<Item = C>) -> Self {
        Self::Listed(clients.into_iter().map(Into::into).collect())
    }
}

/// What Cognito issued a token for: the claim `token_use`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum TokenUse {
    /// For an API.
    Access,
    /// For the app itself, to know its user.
    Id,
}

/// Which kinds of tokens are accepted.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum AcceptedUse {
    /// Access tokens. The right choice for an API.
    #[default]
    Access,
    /// ID tokens. For pools whose pre-token-generation trigger has event version `V1_0`: it cannot add a tenant to access
    /// tokens.
    Id,
    /// Both.
    Either,
}

/// Rules that contradict themselves, or are out of range.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RulesFault {
    /// There are 1 to 32 issuers.
    #[error("{0} issuers: there must be 1 to 32")]
    IssuerCount(usize),
    /// Two issuers have the same URL.
    #[error("issuer {0} is listed twice")]
    IssuerTwice(String),
    /// The list of app clients is empty, or has an empty id. For all app clients there is [`Clients::OfThePools`].
    #[error("the list of app clients is empty, or has an empty id")]
    NoClients,
    /// A scope is empty, or has a blank, a quote, a backslash or a character that is not printable ASCII (RFC 6749,
    /// section 3.3).
    #[error("`{0}` is not one scope")]
    Scope(String),
    /// A scope is required of ID tokens. They have no scopes, so all would be refused.
    #[error("ID tokens have no scopes: they cannot be accepted where a scope is required")]
    ScopeOfIdTokens,
    /// A claim name is malformed, is used twice, belongs to OIDC or to Cognito, or begins with `custom:`.
    ///
    /// Users can write their own attributes, standard ones and `custom:` ones, where the app client allows it. So the tenant
    /// must never come from one.
    #[error("`{name}` cannot be the name of the claim {claim}")]
    ClaimName {
        /// The field of [`ClaimNames`], such as `tenant_id`.
        claim: &'static str,
        /// The name that it has.
        name: String,
    },
    /// The leeway is at most 300 s.
    #[error("the leeway is {0:?}: it can be 300 s at most")]
    Leeway(Duration),
    /// The keys are fresh for 300 to 86,400 s.
    #[error("the keys are to be fresh for {0:?}: it can be 300 to 86,400 s")]
    KeysFreshFor(Duration),
}

impl Rules {
    /// Rules with the defaults of the [table](Rules), for the pools `issuers` (1 to 32) and their app clients.
    pub fn new(issuers: impl IntoIterator<Item = Issuer>, clients: Clients) -> Self {
        Self {
            issuers: issuers.into_iter().collect(),
            clients,
            token_use: AcceptedUse::default(),
            scopes: BTreeSet::new(),
            names: ClaimNames::default(),
            leeway: Duration::from_secs(30),
            max_age: None,
            keys_fresh_for: Duration::from_hours(1),
        }
    }

    /// Which kinds of tokens are accepted.
    #[must_use]
    pub fn token_use(mut self, accepted: AcceptedUse) -> Self {
        self.token_use = accepted;
        self
    }

    /// Requires one more scope. A token must have all scopes that were named, not only one of them.
    #[must_use]
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.scopes.insert(scope.into());
        self
    }

    /// How the claims about the tenant are called.
    #[must_use]
    pub fn claim_names(mut self, names: ClaimNames) -> Self {
        self.names = names;
        self
    }

    /// How far this machine's clock may be from Cognito's, 0 to 300 s. A token is accepted for so long after `exp`.
    #[must_use]
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }

    /// Refuses tokens that were issued longer ago than this, even if they have not expired. Any span; full seconds count.
    #[must_use]
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.max_age = Some(max_age);
        self
    }

    /// How long fetched keys are used before they are fetched again, 300 to 86,400 s. Up to 20 % less, by chance, so that
    /// the machines of a fleet do not all fetch at once.
    #[must_use]
    pub fn keys_fresh_for(mut self, span: Duration) -> Self {
        self.keys_fresh_for = span;
        self
    }

    /// Every fault of the rules, for programs that report all at once. [`Verifier::new`](crate::Verifier::new) gives the first.
    #[must_use]
    pub fn faults(&self) -> Vec<RulesFault> {
        let mut faults = Vec::new();
        if !(1..=32).contains(&self.issuers.len()) {
            faults.push(RulesFault::IssuerCount(self.issuers.len()));
        }
        let mut urls = BTreeSet::new();
        let twice = self.issuers.iter().find(|issuer| !urls.insert(issuer.url()));
        faults.extend(twice.map(|issuer| RulesFault::IssuerTwice(issuer.url().to_owned())));
        if let Clients::Listed(clients) = &self.clients
            && (clients.is_empty() || clients.contains(""))
        {
            faults.push(RulesFault::NoClients);
        }
        let scopes = self.scopes.iter().filter(|scope| !is_scope(scope));
        faults.extend(scopes.cloned().map(RulesFault::Scope));
        if !self.scopes.is_empty() && self.token_use != AcceptedUse::Access {
            faults.push(RulesFault::ScopeOfIdTokens);
        }
        faults.extend(self.names.faults());
        if self.leeway > Duration::from_mins(5) {
            faults.push(RulesFault::Leeway(self.leeway));
        }
        if !(Duration::from_mins(5)..=Duration::from_hours(24)).contains(&self.keys_fresh_for) {
            faults.push(RulesFault::KeysFreshFor(self.keys_fresh_for));
        }
        faults
    }
}

/// One scope token of RFC 6749, section 3.3.
fn is_scope(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\')
}
