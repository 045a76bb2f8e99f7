//! The event: read as tolerantly as Cognito's guide asks for ("events may gain fields or move elements"), and given back
//! as the bytes that came.
//!
//! A value of a wrong type counts as missing. What is ambiguous, because a name that matters stands twice, is refused.

use serde_json::value::RawValue;
use tenancy::choice::AskedTenant;
use tenancy::{ClientId, EmailAddress, PoolId, PresentedCode, ProviderName, Sub, UserKey, Username};

use crate::json::{Ambiguous, Object, text};

/// The outside of an event: enough to tell whether it is any business of the trigger.
pub struct Envelope<'a> {
    text: &'a str,
    event: Object<'a>,
    /// What fired, such as `TokenGeneration_RefreshTokens`; unknown ones are normal, a missing one is empty.
    pub trigger_source: String,
    /// The pool, if there is one that can be.
    pub pool: Option<PoolId>,
}

/// An event as a trigger acts upon it.
#[derive(Clone, Debug)]
pub struct Event<'a> {
    text: &'a str,
    response: Option<&'a RawValue>,
    is_empty: bool,
    client: Result<Option<ClientId>, UnreadableEvent>,
    /// Which of Cognito's two response shapes is understood.
    pub version: EventVersion,
    /// The pool.
    pub pool: PoolId,
    /// The name for Cognito's admin calls.
    pub username: Option<Username>,
    /// Who signs in or was confirmed, and what came with the request.
    pub request: Request,
}

/// The shapes of a pre-token-generation reply.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum EventVersion {
    /// `claimsOverrideDetails`: ID token claims, which are strings.
    V1,
    /// `claimsAndScopeOverrideDetails`, of event versions 2 and 3: both tokens, claims of any type.
    V2,
}

/// The part `request` of an event.
#[derive(Clone, Debug)]
pub struct Request {
    /// Who, if the event is about somebody.
    pub subject: Subject,
    /// The e-mail address, if there is a readable one.
    pub email: Option<EmailAddress>,
    /// Whether Cognito says that it is verified.
    pub is_email_verified: bool,
    /// The identity provider of a federated user. A native user with linked identities is none: that one signs in with a
    /// password too, and owns the attributes.
    pub federation: Option<Federation>,
    /// The code that came with the request.
    pub invite_code: PresentedCode,
    /// The tenant that the request asks for.
    pub asked_tenant: AskedTenant,
    /// The pool's own groups and IAM roles of the user.
    pub pool_groups: PoolGroups,
    /// What the tenant attribute says: a hint of what to read, never evidence.
    pub stamp: AskedTenant,
}

/// Where a federated user comes from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Federation {
    /// The identity provider.
    pub provider: ProviderName,
    /// Whether there is no other that the attributes could be of.
    pub is_only_identity: bool,
}

impl Request {
    /// The identity provider, if there is one.
    #[must_use]
    pub fn provider(&self) -> Option<&ProviderName> {
        self.federation.as_ref().map(|federation| &federation.provider)
    }

    /// Whether the attributes can be nobody's but the provider's, when they are fresh from a federated sign-in.
    #[must_use]
    pub fn has_one_identity(&self) -> bool {
        self.federation.as_ref().is_some_and(|federation| federation.is_only_identity)
    }
}

/// Whom an event is about.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Subject {
    /// Nobody: there is no `sub`.
    None,
    /// A `sub` that cannot be one.
    Invalid,
    /// This user.
    User(UserKey),
}

/// What `groupConfiguration` says, with `null`, missing and mistyped parts as empty.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct PoolGroups {
    /// Whether a part is mistyped, so that nobody can say which groups the user has.
    pub is_damaged: bool,
    /// The user's groups in the pool.
    pub groups: Vec<String>,
    /// The IAM roles of the groups.
    pub iam_roles: Vec<String>,
    /// The one that comes first.
    pub preferred_role: Option<String>,
}

/// An event that cannot be acted upon. `Display` names what is wrong and quotes nothing.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum UnreadableEvent {
    /// Not a JSON object.
    #[error("the event is not a JSON object")]
    NotAnObject,
    /// No user pool, or not one's id.
    #[error("`userPoolId` is missing or not a user pool's id")]
    NoPool,
    /// An app client that cannot be one.
    #[error("`callerContext.clientId` is not an app client's id")]
    BadClient,
    /// A name that matters stands twice.
    #[error("a name that matters stands twice in one object")]
    Ambiguous,
    /// Nobody and no machine.
    #[error("`request.userAttributes.sub` is missing or cannot be one")]
    NoSubject,
    /// A machine without an app client.
    #[error("a machine's event without an app client")]
    NoClient,
}

impl From<Ambiguous> for UnreadableEvent {
    fn from(Ambiguous: Ambiguous) -> Self {
        Self::Ambiguous
    }
}

impl<'a> Envelope<'a> {
    /// Reads the outside of an event.
    ///
    /// # Errors
    ///
    /// [`UnreadableEvent`] when it is no object, or `triggerSource` or `userPoolId` stands twice.
    pub fn read(raw: &'a RawValue) -> Result<Self, UnreadableEvent> {
        let event = Object::read(raw.get()).ok_or(UnreadableEvent::NotAnObject)?;
        let trigger_source = event.present("triggerSource")?.and_then(text).unwrap_or_default();
        let pool = event.present("userPoolId")?.and_then(text).and_then(|pool| pool.parse().ok());
        Ok(Self { text: raw.get(), event, trigger_source, pool })
    }

    /// Reads the rest; `tenant_attribute` is the user attribute that holds the stamp.
    ///
    /// # Errors
    ///
    /// [`UnreadableEvent`] when there is no pool, or a name that matters stands twice.
    pub fn open(&self, tenant_attribute: &str) -> Result<Event<'a>, UnreadableEvent> {
        let event = &self.event;
        let pool = self.pool.clone().ok_or(UnreadableEvent::NoPool)?;
        let request = event.object("request")?;
        let response = event.value("response")?;
        Ok(Event {
            text: self.text,
            response,
            is_empty: event.is_empty(),
            client: client(event),
            version: version(event, &request, response)?,
            username: event.present("userName")?.and_then(text).and_then(|name| Username::new(&name)),
            request: Request::read(&request, &pool, tenant_attribute)?,
            pool,
        })
    }
}

impl Event<'_> {
    /// The app client, if one took part (an administrator's confirmation has none).
    ///
    /// # Errors
    ///
    /// [`UnreadableEvent::BadClient`] when what is there cannot be one.
    pub fn client(&self) -> Result<Option<&ClientId>, UnreadableEvent> {
        self.client.as_ref().map(Option::as_ref).map_err(|error| *error)
    }

    /// The event as it came, with only `response` replaced by `response`, a JSON text: every other byte is kept.
    ///
    /// # Errors
    ///
    /// The error of `serde_json` when `response` is not JSON, which a reply of this crate always is.
    pub fn with_response(&self, response: &str) -> Result<Box<RawValue>, serde_json::Error> {
        let Some(current) = self.response else {
            let open = self.text.trim_end().strip_suffix('}').unwrap_or_default();
            let name = if self.is_empty { "\"response\":" } else { ",\"response\":" };
            return RawValue::from_string([open, name, response, "}"].concat());
        };
        // The value is a part of the event's own text, so where it begins can be told by its address.
        let begin = current.get().as_ptr().addr().saturating_sub(self.text.as_ptr().addr());
        let end = begin.saturating_add(current.get().len());
        let before = self.text.get(..begin).unwrap_or_default();
        let after = self.text.get(end..).unwrap_or_default();
        RawValue::from_string([before, response, after].concat())
    }
}

impl Request {
    fn read(request: &Object<'_>, pool: &PoolId, tenant_attribute: &str) -> Result<Self, UnreadableEvent> {
        let attributes = request.object("userAttributes")?;
        let subject = match attributes.present("sub")? {
            None => Subject::None,
            Some(sub) => match text(sub).and_then(|sub| sub.parse::<Sub>().ok()) {
                Some(sub) => Subject::User(UserKey { pool: pool.clone(), sub }),
                None => Subject::Invalid,
            },
        };
        let is_verified = attributes.present("email_verified")?.is_some_and(is_true);
        let email = attributes.present("email")?.and_then(text).and_then(|email| email.parse().ok());
        let stamp = match attributes.present(tenant_attribute)?.map(text) {
            None => AskedTenant::None,
            Some(Some(stamp)) if stamp.is_empty() => AskedTenant::None,
            Some(stamp) => stamp.map_or(AskedTenant::Malformed, |stamp| AskedTenant::parse(&stamp)),
        };
        let metadata = request.object("clientMetadata")?;
        let invite_code = match metadata.present("inviteCode")? {
            None => PresentedCode::None,
            Some(code) => text(code).map_or(PresentedCode::Malformed, |code| PresentedCode::parse(&code)),
        };
        let asked_tenant = match metadata.present("tenantId")? {
            None => AskedTenant::None,
            Some(tenant) => text(tenant).map_or(AskedTenant::Malformed, |id| AskedTenant::parse(&id)),
        };
        Ok(Self {
            subject,
            email,
            is_email_verified: is_verified,
            federation: provider(&attributes)?,
            invite_code,
            asked_tenant,
            pool_groups: PoolGroups::read(request)?,
            stamp,
        })
    }
}

impl PoolGroups {
    fn read(request: &Object<'_>) -> Result<Self, Ambiguous> {
        let mut groups = Self::default();
        let Some(configuration) = request.present("groupConfiguration")? else { return Ok(groups) };
        let Some(configuration) = Object::read(configuration.get()) else {
            return Ok(Self { is_damaged: true, ..groups });
        };
        let mut list = |name| -> Result<Vec<String>, Ambiguous> {
            let list = configuration.present(name)?.map(|list| serde_json::from_str(list.get()));
            groups.is_damaged |= matches!(list, Some(Err(_)));
            Ok(list.and_then(Result::ok).unwrap_or_default())
        };
        (groups.groups, groups.iam_roles) = (list("groupsToOverride")?, list("iamRolesToOverride")?);
        groups.preferred_role = configuration.present("preferredRole")?.and_then(text);
        Ok(groups)
    }
}

/// The provider in `identities`, a JSON text that lists where the user comes from, if Cognito says that the profile is a
/// provider's (`EXTERNAL_PROVIDER`) and there is one alone, or one that is primary.
fn provider(attributes: &Object<'_>) -> Result<Option<Federation>, Ambiguous> {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Identity {
        provider_name: String,
        #[serde(default)]
        primary: serde_json::Value,
    }

    let status = attributes.present("cognito:user_status")?.and_then(text);
    let identities = attributes.present("identities")?.and_then(text);
    let (Some("EXTERNAL_PROVIDER"), Some(identities)) = (status.as_deref(), identities) else {
        return Ok(None);
    };
    let identities: Vec<Identity> = serde_json::from_str(&identities).unwrap_or_default();
    let mut primary =
        identities.iter().filter(|identity| identity.primary == true || identity.primary == "true");
    let named = match (identities.as_slice(), primary.next(), primary.next()) {
        ([only], _, _) => Some(only),
        (_, Some(first), None) => Some(first),
        _ => None,
    };
    let is_only_identity = identities.len() == 1;
    let provider = named.and_then(|identity| identity.provider_name.parse().ok());
    Ok(provider.map(|provider| Federation { provider, is_only_identity }))
}

fn client(event: &Object<'_>) -> Result<Option<ClientId>, UnreadableEvent> {
    let Some(client) = event.object("callerContext")?.present("clientId")? else { return Ok(None) };
    let client = text(client).and_then(|client| client.parse().ok());
    client.map(Some).ok_or(UnreadableEvent::BadClient)
}

/// V2 if the version is 2 or more, or the request has `scopes`, or the response has the container of V2.
fn version(
    event: &Object<'_>,
    request: &Object<'_>,
    response: Option<&RawValue>,
) -> Result<EventVersion, Ambiguous> {
    let number = event.present("version")?.and_then(|version| {
        let version = text(version).unwrap_or_else(|| version.get().to_owned());
        version.trim().parse::<f64>().ok()
    });
    let has_container = match response.and_then(|response| Object::read(response.get())) {
        Some(response) => response.value("claimsAndScopeOverrideDetails")?.is_some(),
        None => false,
    };
    let is_v2 =
        number.is_some_and(|number| number >= 2.0) || request.value("scopes")?.is_some() || has_container;
    Ok(if is_v2 { EventVersion::V2 } else { EventVersion::V1 })
}

/// Exactly `true`: as a string, which is what Cognito sends, or as a JSON boolean, which its guide shows.
fn is_true(value: &RawValue) -> bool {
    value.get() == "true" || text(value).as_deref() == Some("true")
}
