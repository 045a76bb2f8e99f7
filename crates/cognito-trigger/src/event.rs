//! The event: read as tolerantly as Cognito's guide asks for ("events may gain fields or move elements"), and given back
//! as the bytes that came.
//!
//! A value of a wrong type counts as missing. What is ambiguous, because a name that matters stands twice, is refused.

use function::Call;
use serde_json::value::RawValue;
use tenancy::address::Identities;
use tenancy::join::Applicant;
use tenancy::{
    ClientId, EmailAddress, InviteCode, PoolId, Presented, Sub, TenantId, Timestamp, UserKey, Username,
};

use crate::identities;
use crate::json::{self, Ambiguous, Object, text};
use crate::settings::TriggerSettings;

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
    /// What fired.
    pub trigger_source: String,
    /// Which of Cognito's two response shapes is understood.
    pub version: EventVersion,
    /// The pool.
    pub pool: PoolId,
    /// The name for Cognito's admin calls.
    pub username: Result<Username, UnusableUsername>,
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
    /// The user's identities at identity providers.
    pub identities: Identities,
    /// The code that came with the request.
    pub invite_code: Presented<InviteCode>,
    /// The tenant that the request asks for.
    pub asked_tenant: Presented<TenantId>,
    /// The pool's own groups and IAM roles of the user.
    pub pool_groups: PoolGroups,
    /// What the tenant attribute says: a hint of what to read, never evidence.
    pub stamp: Presented<TenantId>,
}

/// Why there is no user name for Cognito's admin calls. `Display` is for operators.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum UnusableUsername {
    /// The event has none.
    #[error("the event has no user name")]
    Missing,
    /// It has more characters than Cognito allows.
    #[error("the user name is longer than 128 characters")]
    TooLong,
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
    /// Whether the event says which groups the user has in the pool.
    pub is_known: bool,
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
    pub fn read(text: &'a str) -> Result<Self, UnreadableEvent> {
        let event = Object::read(text).ok_or(UnreadableEvent::NotAnObject)?;
        let trigger_source = event.present("triggerSource")?.and_then(json::text).unwrap_or_default();
        let pool = event.present("userPoolId")?.and_then(json::text).and_then(|pool| pool.parse().ok());
        Ok(Self { text, event, trigger_source, pool })
    }

    /// Reads the rest; `tenant_attribute` is the user attribute that holds the stamp.
    ///
    /// # Errors
    ///
    /// [`UnreadableEvent`] when there is no pool, or a name that matters stands twice.
    pub fn open(self, tenant_attribute: &str) -> Result<Event<'a>, UnreadableEvent> {
        let event = &self.event;
        let pool = self.pool.ok_or(UnreadableEvent::NoPool)?;
        let request = event.object("request")?;
        let response = event.value("response")?;
        Ok(Event {
            text: self.text,
            trigger_source: self.trigger_source,
            response,
            is_empty: event.is_empty(),
            client: client(event),
            version: version(event, &request, response)?,
            username: username(event)?,
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

    /// The user as one who may join. Whether the attributes are fresh and the session is refreshed, the trigger knows.
    #[must_use]
    pub fn applicant<'e>(
        &'e self,
        user: &'e UserKey,
        settings: &'e TriggerSettings,
        call: &'e Call<'_>,
    ) -> Applicant<'e> {
        Applicant {
            user,
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
            pool_groups: PoolGroups::read(request)?,
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

/// The tenant that a value names; what is missing or blank names none.
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

/// V2 if the version is 2 or more, or the request has `scopes`, or the response has the container of V2. An event of
/// version 1 whose response has the container of V1 is V1, `scopes` or not.
fn version(
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

/// Exactly `true`: as a string, which is what Cognito sends, or as a JSON boolean, which its guide shows.
fn is_true(value: &RawValue) -> bool {
    value.get() == "true" || text(value).as_deref() == Some("true")
}
