//! The five forms in which API Gateway asks, told apart by their shape.
//!
//! `aws_lambda_events` is not used: its structs refuse events without parts that this function never looks at.

use function::json::{self, Ambiguous, Object};
use serde_json::value::RawValue;

use crate::arn::StageArn;
use crate::config::TokenSource;

/// Who asks, and in which form.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Form {
    /// A REST API with a `TOKEN` authorizer.
    RestToken,
    /// A REST API with a `REQUEST` authorizer.
    RestRequest,
    /// `$connect` of a WebSocket API.
    WebSocket,
    /// An HTTP API, payload format 1.0.
    Http1,
    /// An HTTP API, payload format 2.0.
    Http2,
}

impl Form {
    pub const ALL: [Self; 5] =
        [Self::RestToken, Self::RestRequest, Self::WebSocket, Self::Http1, Self::Http2];

    /// The name in logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RestToken => "rest_token",
            Self::RestRequest => "rest_request",
            Self::WebSocket => "websocket",
            Self::Http1 => "http_1_0",
            Self::Http2 => "http_2_0",
        }
    }
}

/// What the caller of the API has sent as a token.
#[derive(Clone, Eq, PartialEq)]
pub enum Presented {
    Missing,
    /// Another scheme than `Bearer`, or more than one token.
    Malformed,
    /// In a header that is not among the identity sources. API Gateway caches the answer by those, for other tokens too.
    NotIdentitySource,
    Token(String),
}

/// Whether API Gateway may call the API.
#[derive(Debug)]
pub struct Event {
    pub form: Form,
    pub stage: StageArn,
    pub token: Presented,
}

/// The event is none of API Gateway's. `Display` quotes nothing of it.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum UnreadableEvent {
    #[error("the event is not a JSON object")]
    NotAnObject,
    #[error("a name that matters occurs twice in the event")]
    Ambiguous,
    #[error("the event has none of the five forms of API Gateway")]
    UnknownForm,
    #[error("`{0}` is missing or is not the ARN of a method or route")]
    NoArn(&'static str),
}

impl Event {
    /// # Errors
    ///
    /// [`UnreadableEvent`].
    pub fn read(text: &str, source: &TokenSource) -> Result<Self, UnreadableEvent> {
        let event = Object::read(text).ok_or(UnreadableEvent::NotAnObject)?;
        let form = form(&event)?;
        let arn_name = if form == Form::Http2 { "routeArn" } else { "methodArn" };
        let arn = event.text(arn_name)?;
        let stage = arn.as_deref().and_then(StageArn::of_method).ok_or(UnreadableEvent::NoArn(arn_name))?;
        let token = match (form, source) {
            (Form::RestToken, _) => {
                event.text("authorizationToken")?.map_or(Presented::Missing, |text| bearer(&text))
            }
            (Form::WebSocket, TokenSource::Query(name)) => {
                single(&event, ("queryStringParameters", "multiValueQueryStringParameters"), |found| {
                    found == name
                })?
            }
            (Form::Http1, _) => among(&identity_sources(&event)?, header(&event)?),
            (Form::Http2, _) => match identity_sources(&event)?.first() {
                Some(text) => bearer(text),
                None => header(&event)?,
            },
            _ => header(&event)?,
        };
        Ok(Self { form, stage, token })
    }
}

fn form(event: &Object<'_>) -> Result<Form, UnreadableEvent> {
    let (version, kind) = (event.text("version")?, event.text("type")?);
    match (version.as_deref(), kind.as_deref()) {
        (Some("2.0"), _) => Ok(Form::Http2),
        (_, Some("TOKEN")) => Ok(Form::RestToken),
        (Some("1.0"), _) => Ok(Form::Http1),
        (_, Some("REQUEST")) => {
            let is_connection = event.object("requestContext")?.present("connectionId")?.is_some();
            Ok(if is_connection { Form::WebSocket } else { Form::RestRequest })
        }
        _ => Err(UnreadableEvent::UnknownForm),
    }
}

/// The values by which API Gateway caches the answer: a list in payload format 2.0; in 1.0 a text, with commas between the
/// values. None when the authorizer has no identity source, and so no cache.
fn identity_sources(event: &Object<'_>) -> Result<Vec<String>, Ambiguous> {
    let Some(sources) = event.present("identitySource")? else { return Ok(Vec::new()) };
    // What is not a text equals no header and is no token.
    let text = |source: &RawValue| json::text(source).unwrap_or_else(|| source.get().to_owned());
    let mut values: Vec<String> = match serde_json::from_str::<Vec<&RawValue>>(sources.get()) {
        Ok(list) => list.into_iter().map(text).collect(),
        Err(_) => text(sources).split(',').map(|value| value.trim().to_owned()).collect(),
    };
    values.retain(|value| !value.is_empty());
    Ok(values)
}

/// `presented` in the header, if the header is an identity source or there is none.
fn among(sources: &[String], presented: Presented) -> Presented {
    match presented {
        Presented::Token(_)
            if !sources.is_empty() && !sources.iter().any(|text| bearer(text) == presented) =>
        {
            Presented::NotIdentitySource
        }
        _ => presented,
    }
}

fn header(event: &Object<'_>) -> Result<Presented, Ambiguous> {
    single(event, ("headers", "multiValueHeaders"), |name| name.eq_ignore_ascii_case("authorization"))
}

/// The value of a header or a query parameter that occurs once. Of several, API Gateway and the service behind it could
/// take different ones.
fn single(
    event: &Object<'_>,
    (one, many): (&str, &str),
    is_meant: impl Fn(&str) -> bool,
) -> Result<Presented, Ambiguous> {
    let (one, many) = (event.object(one)?, event.object(many)?);
    let lists = many.entries().filter(|(name, _)| is_meant(name));
    let listed: usize = lists
        .map(|(_, list)| serde_json::from_str(list.get()).map_or(1, |list: Vec<&RawValue>| list.len()))
        .sum();
    let mut values = one.entries().filter(|(name, _)| is_meant(name)).map(|(_, value)| value);
    Ok(match (values.next(), values.next()) {
        (_, Some(_)) => Presented::Malformed,
        (Some(_), None) if listed > 1 => Presented::Malformed,
        (Some(value), None) => json::text(value).map_or(Presented::Missing, |text| bearer(&text)),
        (None, None) => Presented::Missing,
    })
}

/// Takes the scheme off: `Bearer` in any case and one blank. A token alone is accepted too, as API Gateway's own authorizers
/// accept it.
fn bearer(value: &str) -> Presented {
    match value.split_once(' ') {
        None if value.is_empty() => Presented::Missing,
        None => Presented::Token(value.to_owned()),
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() => {
            Presented::Token(token.to_owned())
        }
        Some(_) => Presented::Malformed,
    }
}

impl From<Ambiguous> for UnreadableEvent {
    fn from(_: Ambiguous) -> Self {
        Self::Ambiguous
    }
}

impl std::fmt::Debug for Presented {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Missing => "Missing",
            Self::Malformed => "Malformed",
            Self::NotIdentitySource => "NotIdentitySource",
            Self::Token(_) => "Token(<redacted>)",
        })
    }
}
