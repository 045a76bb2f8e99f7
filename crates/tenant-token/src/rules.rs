use std::{collections::BTreeSet, time::Duration};

use crate::Issuer;

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

/// How the claims about the tenant are called in the tokens. The defaults are those of Cognito Tenancy; its settings
/// `CLAIM_TENANT_ID` and so on change them.
///
/// ```
/// let mut names = tenant_token::ClaimNames::default();
/// names.tenant_id = "org_id".to_owned();
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ClaimNames {
    /// The tenant's id, a text. Default `tenant_id`.
    pub tenant_id: String,
    /// The tenant's name for people, a text. Default `tenant_name`.
    pub tenant_name: String,
    /// What the tenant has bought, a text. Default `tenant_tier`.
    pub tenant_tier: String,
    /// The member's roles, an array of texts or one text with blanks. Default `tenant_roles`.
    pub tenant_roles: String,
    /// The tenant's features, in the same form. Default `tenant_features`.
    pub tenant_features: String,
}

impl Default for ClaimNames {
    fn default() -> Self {
        Self {
            tenant_id: "tenant_id".to_owned(),
            tenant_name: "tenant_name".to_owned(),
            tenant_tier: "tenant_tier".to_owned(),
            tenant_roles: "tenant_roles".to_owned(),
            tenant_features: "tenant_features".to_owned(),
        }
    }
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
    /// A claim name is empty, is used twice, belongs to a standard or to Cognito, or begins with `custom:`.
    ///
    /// `custom:` claims are user attributes. Many app clients let users write their own attributes, so the tenant must
    /// never come from one.
    #[error("`{0}` cannot be the name of a claim about the tenant")]
    ClaimName(String),
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

    pub(crate) fn check(&self) -> Result<(), RulesFault> {
        if !(1..=32).contains(&self.issuers.len()) {
            return Err(RulesFault::IssuerCount(self.issuers.len()));
        }
        let mut urls = BTreeSet::new();
        if let Some(twice) = self.issuers.iter().find(|issuer| !urls.insert(issuer.url())) {
            return Err(RulesFault::IssuerTwice(twice.url().to_owned()));
        }
        if let Clients::Listed(clients) = &self.clients
            && (clients.is_empty() || clients.contains(""))
        {
            return Err(RulesFault::NoClients);
        }
        if let Some(scope) = self.scopes.iter().find(|scope| !is_scope(scope)) {
            return Err(RulesFault::Scope(scope.clone()));
        }
        if !self.scopes.is_empty() && self.token_use != AcceptedUse::Access {
            return Err(RulesFault::ScopeOfIdTokens);
        }
        self.names.check()?;
        if self.leeway > Duration::from_mins(5) {
            return Err(RulesFault::Leeway(self.leeway));
        }
        if !(Duration::from_mins(5)..=Duration::from_hours(24)).contains(&self.keys_fresh_for) {
            return Err(RulesFault::KeysFreshFor(self.keys_fresh_for));
        }
        Ok(())
    }
}

impl ClaimNames {
    fn check(&self) -> Result<(), RulesFault> {
        const TAKEN: [&str; 22] = [
            "acr",
            "amr",
            "at_hash",
            "aud",
            "auth_time",
            "azp",
            "client_id",
            "email",
            "event_id",
            "exp",
            "iat",
            "identities",
            "iss",
            "jti",
            "nbf",
            "nonce",
            "origin_jti",
            "scope",
            "sub",
            "token_use",
            "username",
            "version",
        ];
        let names = [
            &self.tenant_id,
            &self.tenant_name,
            &self.tenant_tier,
            &self.tenant_roles,
            &self.tenant_features,
        ];
        let mut seen = BTreeSet::new();
        let wrong = names.into_iter().find(|name| {
            let name = name.as_str();
            let attribute = ["custom:", "dev:", "cognito:"].iter().any(|prefix| name.starts_with(prefix));
            name.is_empty() || attribute || TAKEN.contains(&name) || !seen.insert(name)
        });
        wrong.map_or(Ok(()), |name| Err(RulesFault::ClaimName(name.clone())))
    }
}

/// One scope token of RFC 6749, section 3.3.
fn is_scope(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\')
}
