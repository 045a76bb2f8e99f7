//! Reads the event tolerantly, as Cognito's guide asks ("events may gain fields or move elements"), and gives its original
//! bytes back.
//!
//! A value of a wrong type counts as missing. An event is refused if a name that matters stands twice in one object.

use function::Call;
use serde_json::value::RawValue;
use tenancy::address::Identities;
use tenancy::join::Applicant;
use tenancy::{
    ClientId, EmailAddress, InviteCode, PoolId, Presented, Sub, TenantId, Timestamp, UserKey, Username,
};

use crate::identities;
use crate::settings::TriggerSettings;
use function::json::{self, Ambiguous, Object, text};

/// The outer part of an event: enough to decide whether the trigger acts on it.
pub struct Envelope<'a> {
    text: &'a str,
    event: Object<'a>,
    /// Such as `TokenGeneration_RefreshTokens`. Empty when it is missing; unknown values are normal.
    pub trigger_source: String,
    /// `None` when `userPoolId` is missing or malformed.
    pub pool: Option<PoolId>,
}

/// An event that the trigger acts on.
#[derive(Clone, Debug)]
pub struct Event<'a> {
    text: &'a str,
    response: Option<&'a RawValue>,
    outer: Object<'a>,
    inner: Object<'a>,
    client: Result<Option<ClientId>, UnreadableEvent>,
    pub trigger_source: String,
    pub pool: PoolId,
    /// For Cognito's administrator calls.
    pub username: Result<Username, UnusableUsername>,
    pub request: Request,
}

/// What only a reply about tokens needs.
#[derive(Clone, Debug)]
pub struct TokenRequest {
    /// Which of the two response shapes the reply has.
    pub version: EventVersion,
    /// The user's groups and IAM roles in the pool.
    pub pool_groups: PoolGroups,
    /// The scopes that the access token has without a reply. Empty on V1.
    pub scopes: Vec<String>,
}

/// The two response shapes of pre-token-generation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum EventVersion {
    /// `claimsOverrideDetails`: claims of the ID token only, and only as text.
    V1,
    /// `claimsAndScopeOverrideDetails` of event versions 2 and 3: claims of both tokens, of any type.
    V2,
}

/// The part `request` of an event.
#[derive(Clone, Debug)]
pub struct Request {
    /// The user, or nobody for a machine.
    pub subject: Subject,
    /// `None` when the address is missing or malformed.
    pub email: Option<EmailAddress>,
    /// Whether `email_verified` is exactly `true`.
    pub is_email_verified: bool,
    pub identities: Identities,
    /// `clientMetadata.inviteCode`.
    pub invite_code: Presented<InviteCode>,
    /// `clientMetadata.tenantId`.
    pub asked_tenant: Presented<TenantId>,
    /// The value of the tenant attribute: a hint for what to read, never evidence.
    pub stamp: Presented<TenantId>,
}

/// Why the event has no username that Cognito's administrator calls take. `Display` is for operators.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum UnusableUsername {
    #[error("the event has no user name")]
    Missing,
    #[error("the user name is longer than 128 characters")]
    TooLong,
}

/// The `sub` of an event.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Subject {
    /// There is no `sub`, as in a machine's event.
    None,
    /// The `sub` is malformed.
    Invalid,
    User(UserKey),
}

/// `groupConfiguration` of the request. Null, missing and mistyped parts read as empty.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct PoolGroups {
    /// Whether the event lists the user's groups in the pool.
    pub is_known: bool,
    pub groups: Vec<String>,
    pub iam_roles: Vec<String>,
    pub preferred_role: Option<String>,
}

/// The trigger cannot act on the event. `Display` says what is wrong and quotes nothing.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum UnreadableEvent {
    #[error("the event is not a JSON object")]
    NotAnObject,
    #[error("`userPoolId` is missing or not a user pool's id")]
    NoPool,
    #[error("`callerContext.clientId` is not an app client's id")]
    BadClient,
    #[error("a name that matters stands twice in one object")]
    Ambiguous,
    #[error("`request.userAttributes.sub` is missing or malformed")]
    NoSubject,
    #[error("a machine's event without an app client")]
    NoClient,
}

impl From<Ambiguous> for UnreadableEvent {
    fn from(Ambiguous: Ambiguous) -> Self {
        Self::Ambiguous
    }
}

impl<'a> Envelope<'a> {
    /// Reads the outer part of an event.
    ///
    /// # Errors
    ///
    /// [`UnreadableEvent`] when the text is not a JSON object, or `triggerSource` or `userPoolId` occurs twice.
    pub fn read(text: &'a str) -> Result<Self, UnreadableEvent> {
        let event = Object::read(text).ok_or(UnreadableEvent::NotAnObject)?;
        let trigger_source = event.present("triggerSource")?.and_then(json::text).unwrap_or_default();
        let pool = event.present("userPoolId")?.and_then(json::text).and_then(|pool| pool.parse().ok());
        Ok(Self { text, event, trigger_source, pool })
    }

    /// Reads the rest. `tenant_attribute` is the user attribute that holds the stamp.
    ///
    /// # Errors
    ///
    /// [`UnreadableEvent`] when the pool is missing or malformed, or a name that matters occurs twice.
    pub fn open(self, tenant_attribute: &str) -> Result<Event<'a>, UnreadableEvent> {
        let outer = self.event;
        let pool = self.pool.ok_or(UnreadableEvent::NoPool)?;
        let inner = outer.object("request")?;
        Ok(Event {
            text: self.text,
            trigger_source: self.trigger_source,
            response: outer.value("response")?,
            client: client(&outer),
            username: username(&outer)?,
            request: Request::read(&inner, &pool, tenant_attribute)?,
            pool,
            outer,
            inner,
        })
    }
}

impl Event<'_> {
    /// Reads what only a reply about tokens needs.
    ///
    /// # Errors
    ///
    /// [`UnreadableEvent::Ambiguous`] when a name that matters for it occurs twice.
    pub fn token_request(&self) -> Result<TokenRequest, UnreadableEvent> {
        let version = version(&self.outer, &self.inner, self.response)?;
        Ok(TokenRequest {
            version,
            pool_groups: PoolGroups::read(&self.inner)?,
            scopes: scopes(&self.inner)?,
        })
    }

    /// The app client; `None` in an event without one, such as an administrator's confirmation.
    ///
    /// # Errors
    ///
    /// [`UnreadableEvent::BadClient`] when the client id is malformed.
    pub fn client(&self) -> Result<Option<&ClientId>, UnreadableEvent> {
        self.client.as_ref().map(Option::as_ref).map_err(|error| *error)
    }

    /// The user as an applicant. The trigger knows whether the attributes are fresh and whether this is a refresh.
    #[must_use]
    pub fn applicant<'e>(
        &'e self,
        user: &'e UserKey,
        settings: &'e TriggerSettings,
        call: &'e Call<'_>,
    ) -> Applicant<'e> {
        Applicant {
            user,
            pool_tenant: settings.pool_tenant.as_ref(),
            redeem: settings.redeem,
            username: self.username.as_ref().ok(),
            email: self.request.email.as_ref(),
            is_email_verified: self.request.is_email_verified,
            identities: &self.request.identities,
            is_fresh_from_provider: false,
            verified_providers: &settings.verified_providers,
            is_refresh: false,
            code: &self.request.invite_code,
            request_id: call.request_id,
            now: Timestamp::from(call.now),
        }
    }

    /// The event with only `response` replaced by the JSON text `response`. Every other byte is kept.
    ///
    /// # Errors
    ///
    /// The error of `serde_json` when `response` is not JSON. Replies of this crate always are.
    pub fn with_response(&self, response: &str) -> Result<Box<RawValue>, serde_json::Error> {
        with_response(self.text, &self.outer, self.response, response)
    }
}

/// `text` with only `current`, its `response`, replaced.
pub(crate) fn with_response(
    text: &str,
    outer: &Object<'_>,
    current: Option<&RawValue>,
    response: &str,
) -> Result<Box<RawValue>, serde_json::Error> {
    let Some(current) = current else {
        let open = text.trim_end().strip_suffix('}').unwrap_or_default();
        let name = if outer.is_empty() { "\"response\":" } else { ",\"response\":" };
        return RawValue::from_string([open, name, response, "}"].concat());
    };
    // The value is a slice of the event's own text, so its address gives its position.
    let begin = current.get().as_ptr().addr().saturating_sub(text.as_ptr().addr());
    let end = begin.saturating_add(current.get().len());
    let before = text.get(..begin).unwrap_or_default();
    let after = text.get(end..).unwrap_or_default();
    RawValue::from_string([before, response, after].concat())
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
        let stamp = tenant_named(attributes.present(tenant_attribute)?);
        let metadata = request.object("clientMetadata")?;
        let invite_code = match metadata.present("inviteCode")? {
            None => Presented::None,
            Some(code) => text(code).map_or(Presented::Malformed, |code| Presented::parse(&code)),
        };
        let asked_tenant = tenant_named(metadata.present("tenantId")?);
        Ok(Self {
            subject,
            email,
            is_email_verified: is_verified,
            identities: identities::read(&attributes)?,
            invite_code,
            asked_tenant,
            stamp,
        })
    }
}

impl PoolGroups {
    fn read(request: &Object<'_>) -> Result<Self, Ambiguous> {
        let mut groups = Self::default();
        let configuration = request.present("groupConfiguration")?;
        let Some(configuration) = configuration.and_then(|configuration| Object::read(configuration.get()))
        else {
            return Ok(groups);
        };
        let list = |name| -> Result<Option<Vec<String>>, Ambiguous> {
            let list = configuration.present(name)?;
            Ok(list.and_then(|list| serde_json::from_str(list.get()).ok()))
        };
        let (listed, iam_roles) = (list("groupsToOverride")?, list("iamRolesToOverride")?);
        let iam_roles_are_mistyped =
            iam_roles.is_none() && configuration.present("iamRolesToOverride")?.is_some();
        groups.is_known = listed.is_some() && !iam_roles_are_mistyped;
        (groups.groups, groups.iam_roles) = (listed.unwrap_or_default(), iam_roles.unwrap_or_default());
        groups.preferred_role = configuration.present("preferredRole")?.and_then(text);
        Ok(groups)
    }
}

/// The scopes of the request, also if Cognito should send them as one text, as in a token. Other values than texts in the list
/// are passed over: they must not hide the others.
pub(crate) fn scopes(request: &Object<'_>) -> Result<Vec<String>, Ambiguous> {
    let Some(scopes) = request.present("scopes")? else { return Ok(Vec::new()) };
    let listed: Option<Vec<&RawValue>> = serde_json::from_str(scopes.get()).ok();
    Ok(match listed {
        Some(listed) => listed.into_iter().filter_map(text).collect(),
        None => text(scopes).unwrap_or_default().split_whitespace().map(str::to_owned).collect(),
    })
}

/// The tenant that a value names. A missing or blank value names none.
fn tenant_named(value: Option<&RawValue>) -> Presented<TenantId> {
    match value.map(text) {
        None => Presented::None,
        Some(raw) => raw.map_or(Presented::Malformed, |raw| Presented::parse(&raw)),
    }
}

fn username(event: &Object<'_>) -> Result<Result<Username, UnusableUsername>, Ambiguous> {
    let Some(name) = event.present("userName")?.and_then(text).filter(|name| !name.is_empty()) else {
        return Ok(Err(UnusableUsername::Missing));
    };
    Ok(Username::new(&name).ok_or(UnusableUsername::TooLong))
}

fn client(event: &Object<'_>) -> Result<Option<ClientId>, UnreadableEvent> {
    let Some(client) = event.object("callerContext")?.present("clientId")? else { return Ok(None) };
    let client = text(client).and_then(|client| client.parse().ok());
    client.map(Some).ok_or(UnreadableEvent::BadClient)
}

/// V2 if the version is 2 or more, if the request has `scopes`, or if the response has the container of V2. An event of
/// version 1 whose response has the container of V1 is V1 even with `scopes`.
pub(crate) fn version(
    event: &Object<'_>,
    request: &Object<'_>,
    response: Option<&RawValue>,
) -> Result<EventVersion, Ambiguous> {
    let number = event.present("version")?.and_then(|version| {
        let version = text(version).unwrap_or_else(|| version.get().to_owned());
        version.trim().parse::<f64>().ok()
    });
    let response = response.and_then(|response| Object::read(response.get())).unwrap_or(Object::empty());
    let has_v2_container = response.value("claimsAndScopeOverrideDetails")?.is_some();
    let has_v1_container = response.value("claimsOverrideDetails")?.is_some();
    let has_scopes = request.value("scopes")?.is_some();
    let is_marked_v1 = number == Some(1.0) && has_v1_container;
    let is_v2 =
        number.is_some_and(|number| number >= 2.0) || has_v2_container || (has_scopes && !is_marked_v1);
    Ok(if is_v2 { EventVersion::V2 } else { EventVersion::V1 })
}

/// Exactly `true`: the text, which Cognito sends, or the JSON boolean, which its guide shows.
fn is_true(value: &RawValue) -> bool {
    value.get() == "true" || text(value).as_deref() == Some("true")
}
