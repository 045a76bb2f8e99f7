//! The settings. `docs/settings.md` describes each.

use std::time::Duration;

use function::{InvalidSettings, Settings};
use tenancy::{ClientId, PoolId};
use tenancy_aws::{AwsSettings, CacheSettings};
use tenant_token::{AcceptedUse, ClaimNames, Clients, Issuer, IssuerForm, Rules, RulesFault};

/// The form of an answer to an event of payload format 2.0. The other forms take policies only.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Response {
    /// `{"isAuthorized": ..}`.
    Simple,
    Policy,
}

/// Where the token of a WebSocket connection is. The other forms have it in the header.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum TokenSource {
    Header,
    /// In the query parameter of this name: browsers cannot set the header.
    Query(String),
}

/// What is read from the table.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LiveCheck {
    None,
    /// The tenant is active, through the cache.
    Tenant,
    /// That, and the membership is active: read for each call.
    Member,
}

#[derive(Clone, Debug)]
pub struct Config {
    /// `USER_POOL_IDS`, `CLIENT_IDS`, `ISSUER_FORM`, `TOKEN_USE`, `REQUIRED_SCOPES`, `CLAIM_..`, `LEEWAY_SECONDS`,
    /// `MAX_TOKEN_AGE_SECONDS` and `JWKS_SECONDS`.
    pub rules: Rules,
    /// `CLIENT_IDS` is `bound`.
    pub clients_are_bound: bool,
    /// `RESPONSE`: `auto` (default, simple for payload format 2.0) or `policy`.
    pub response: Response,
    /// `TOKEN_SOURCE`: `header` (default) or `query:<name>`.
    pub token_source: TokenSource,
    /// `LIVE_CHECK`: `none` (default), `tenant` or `member`.
    pub live_check: LiveCheck,
    /// `TENANT_CACHE_SECONDS`: 0 to 3600, default 30. `TENANT_STALE_SECONDS`: 0 to 86400, default 600.
    pub cache: CacheSettings,
}

impl Config {
    /// Reads all settings; `TENANCY_TABLE` and those of the SDK only if the table is read.
    ///
    /// # Errors
    ///
    /// [`InvalidSettings`] with every fault.
    pub fn of_function(
        lookup: &dyn Fn(&str) -> Option<String>,
    ) -> Result<(Self, Option<(String, AwsSettings)>), InvalidSettings> {
        let mut settings = Settings::new(lookup);
        let config = Self::read(&mut settings);
        if !config.reads_table() {
            return settings.finish((config, None));
        }
        let table = settings.table();
        settings.finish_with(AwsSettings::read(lookup)).map(|aws| (config, Some((table, aws))))
    }

    /// Whether any setting needs the table.
    #[must_use]
    pub fn reads_table(&self) -> bool {
        self.clients_are_bound || self.live_check != LiveCheck::None
    }

    /// Notes faults in `settings` and uses the default in their place.
    #[must_use]
    pub fn read(settings: &mut Settings<'_>) -> Self {
        let (clients, clients_are_bound) = clients(settings);
        let names = claim_names(settings);
        let mut rules = Rules::new(issuers(settings), clients)
            .token_use(settings.one_of(
                "TOKEN_USE",
                ("access", AcceptedUse::Access),
                &[("id", AcceptedUse::Id), ("either", AcceptedUse::Either)],
            ))
            .claim_names(names.clone())
            .leeway(Duration::from_secs(settings.number("LEEWAY_SECONDS", 30, 0..=300)))
            .keys_fresh_for(Duration::from_secs(settings.number("JWKS_SECONDS", 3_600, 300..=86_400)));
        for scope in
            settings.raw("REQUIRED_SCOPES").unwrap_or_default().split(' ').filter(|scope| !scope.is_empty())
        {
            rules = rules.scope(scope);
        }
        if settings.raw("MAX_TOKEN_AGE_SECONDS").is_some() {
            let seconds = settings.number("MAX_TOKEN_AGE_SECONDS", 86_400, 60..=86_400);
            rules = rules.max_age(Duration::from_secs(seconds));
        }
        note_faults(&rules, &names, settings);
        Self {
            rules,
            clients_are_bound,
            response: settings.one_of(
                "RESPONSE",
                ("auto", Response::Simple),
                &[("policy", Response::Policy)],
            ),
            token_source: token_source(settings),
            live_check: settings.one_of(
                "LIVE_CHECK",
                ("none", LiveCheck::None),
                &[("tenant", LiveCheck::Tenant), ("member", LiveCheck::Member)],
            ),
            cache: CacheSettings {
                fresh_for: Duration::from_secs(settings.number("TENANT_CACHE_SECONDS", 30, 0..=3_600)),
                stale_for: Duration::from_secs(settings.number("TENANT_STALE_SECONDS", 600, 0..=86_400)),
            },
        }
    }
}

/// The issuers of the pools: AWS's, or those of a stack on this machine.
fn issuers(settings: &mut Settings<'_>) -> Vec<Issuer> {
    let form = settings.one_of(
        "ISSUER_FORM",
        ("original", IssuerForm::Original),
        &[("updated", IssuerForm::Updated), ("both", IssuerForm::Both)],
    );
    let Some(raw) = settings.raw("USER_POOL_IDS") else {
        settings.fault("USER_POOL_IDS", "is not set");
        return Vec::new();
    };
    let endpoint = ["AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", "AWS_ENDPOINT_URL"]
        .into_iter()
        .find_map(|name| settings.raw(name));
    let mut found = Vec::new();
    for pool in raw.split(',').map(str::trim) {
        match endpoint.as_deref().and_then(|url| local_issuer(url, pool)) {
            Some(local) => found.push(local),
            None => match Issuer::of_pool(pool, form) {
                Ok(issuers) => found.extend(issuers),
                Err(error) => settings.fault("USER_POOL_IDS", &format!("is not usable: {error}")),
            },
        }
    }
    found
}

/// The issuer of a pool on this machine. Plain http is for loopback addresses alone, so `None` for every other endpoint: AWS
/// signs its tokens under its own name, whatever endpoint is called.
fn local_issuer(endpoint: &str, pool: &str) -> Option<Issuer> {
    let is_pool = pool.parse::<PoolId>().is_ok();
    let url = format!("{}/{pool}", endpoint.trim_end_matches('/'));
    (is_pool && url.starts_with("http://")).then(|| Issuer::of_url(&url).ok()).flatten()
}

/// The clients that the verifier lets in, and whether a binding decides about them.
fn clients(settings: &mut Settings<'_>) -> (Clients, bool) {
    let Some(raw) = settings.raw("CLIENT_IDS") else {
        settings.fault("CLIENT_IDS", "is not set; it can be a list of app client ids, `bound` or `any`");
        return (Clients::OfThePools, false);
    };
    match raw.trim() {
        "any" => (Clients::OfThePools, false),
        "bound" => (Clients::OfThePools, true),
        list => {
            let clients: Vec<&str> = list.split(',').map(str::trim).collect();
            if clients.iter().any(|id| matches!(*id, "any" | "bound")) {
                settings.fault("CLIENT_IDS", "has `any` or `bound` in a list; they must stand alone");
            }
            if let Some(Err(error)) = clients.iter().map(|id| id.parse::<ClientId>()).find(Result::is_err) {
                settings.fault("CLIENT_IDS", &format!("is not usable: {error}"));
            }
            (Clients::listed(clients), false)
        }
    }
}

fn claim_names(settings: &Settings<'_>) -> ClaimNames {
    let mut names = ClaimNames::default();
    for (claim, name) in [
        ("tenant_id", &mut names.tenant_id),
        ("tenant_name", &mut names.tenant_name),
        ("tenant_tier", &mut names.tenant_tier),
        ("tenant_roles", &mut names.tenant_roles),
        ("tenant_features", &mut names.tenant_features),
    ] {
        if let Some(set) = settings.raw(&claim_setting(claim)) {
            *name = set;
        }
    }
    names
}

/// The setting of a claim's name.
fn claim_setting(claim: &str) -> String {
    format!("CLAIM_{}", claim.to_ascii_uppercase())
}

fn token_source(settings: &mut Settings<'_>) -> TokenSource {
    let raw = settings.raw("TOKEN_SOURCE").unwrap_or_else(|| "header".to_owned());
    match raw.strip_prefix("query:") {
        None if raw == "header" => TokenSource::Header,
        Some(name) if !name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic()) => {
            TokenSource::Query(name.to_owned())
        }
        _ => {
            settings.fault("TOKEN_SOURCE", &format!("is `{raw}`, but must be `header` or `query:<name>`"));
            TokenSource::Header
        }
    }
}

/// Notes what the verifier would refuse.
fn note_faults(rules: &Rules, names: &ClaimNames, settings: &mut Settings<'_>) {
    let faults = rules.faults();
    for fault in &faults {
        let setting = match fault {
            // Pools that are missing or malformed are noted already.
            RulesFault::IssuerCount(0) => continue,
            RulesFault::IssuerCount(_) | RulesFault::IssuerTwice(_) => "USER_POOL_IDS",
            RulesFault::NoClients => "CLIENT_IDS",
            RulesFault::Scope(_) | RulesFault::ScopeOfIdTokens => "REQUIRED_SCOPES",
            RulesFault::ClaimName { claim, name } => {
                match first_of_name(names, name).filter(|first| first != claim) {
                    // Either of the two settings can be the wrong one, and this one may have its default.
                    Some(first) if !is_refused(&faults, first) => {
                        let problem = format!("is `{name}`, the same as {}", claim_setting(first));
                        settings.fault(&claim_setting(claim), &problem);
                        continue;
                    }
                    _ => &claim_setting(claim),
                }
            }
            // The others have been kept to their limits where they were read.
            _ => "the settings",
        };
        settings.fault(setting, &format!("is not usable: {fault}"));
    }
}

/// The first claim that is called `name`.
fn first_of_name(names: &ClaimNames, name: &str) -> Option<&'static str> {
    let all = [
        ("tenant_id", &names.tenant_id),
        ("tenant_name", &names.tenant_name),
        ("tenant_tier", &names.tenant_tier),
        ("tenant_roles", &names.tenant_roles),
        ("tenant_features", &names.tenant_features),
    ];
    all.into_iter().find(|(_, is)| *is == name).map(|(claim, _)| claim)
}

fn is_refused(faults: &[RulesFault], wanted: &str) -> bool {
    faults.iter().any(|fault| matches!(fault, RulesFault::ClaimName { claim, .. } if *claim == wanted))
}
