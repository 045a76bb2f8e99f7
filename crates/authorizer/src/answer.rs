//! The answer in the form that the caller understands: a policy, `isAuthorized`, or an error.

use function::Diagnostic;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use crate::config::Response;
use crate::event::{Event, Form};
use crate::verdict::{Ruling, Verdict};

/// The principal of a policy that denies where no token was verified.
const NOBODY: &str = "refused";

/// REST and WebSocket APIs answer 401 when the function fails with exactly this text, and 500 with any other (developer
/// guide, "Output from an API Gateway Lambda authorizer").
const UNAUTHORIZED: &str = "Unauthorized";
const UNAVAILABLE: &str = "Unavailable";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Policy<'a> {
    principal_id: &'a str,
    #[serde(rename = "policyDocument")]
    document: Document<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<&'a RawValue>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Document<'a> {
    version: &'static str,
    statement: [Statement<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Statement<'a> {
    action: &'static str,
    effect: &'static str,
    resource: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Simple<'a> {
    is_authorized: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<&'a RawValue>,
}

/// The answer to an event.
///
/// # Errors
///
/// The error of which API Gateway makes a 401 or a 500.
pub fn of(event: &Event, verdict: &Verdict, response: Response) -> Result<Box<RawValue>, Diagnostic> {
    let is_http = matches!(event.form, Form::Http1 | Form::Http2);
    let context = match &verdict.ruling {
        Ruling::Allowed(context) => Some(&**context),
        // HTTP APIs give no 401 for an error, unless they have no identity source and so no cache.
        Ruling::Refused(_) if !is_http => return Err(error(UNAUTHORIZED)),
        // They cache every other answer for the token.
        Ruling::Refused(why) if why.may_pass() => return Err(unavailable()),
        Ruling::Refused(_) | Ruling::Denied(_) => None,
        Ruling::Unavailable(_) => return Err(unavailable()),
    };
    let is_authorized = context.is_some();
    let answer = if event.form == Form::Http2 && response == Response::Simple {
        to_raw_value(&Simple { is_authorized, context })
    } else {
        let subject = verdict.token.as_ref().map(|token| token.subject().to_string());
        let effect = if is_authorized { "Allow" } else { "Deny" };
        let resource = &event.stage.everything();
        let statement = [Statement { action: "execute-api:Invoke", effect, resource }];
        let document = Document { version: "2012-10-17", statement };
        to_raw_value(&Policy { principal_id: subject.as_deref().unwrap_or(NOBODY), document, context })
    };
    // Texts under fixed names: writing them cannot fail.
    answer.map_err(|_| unavailable())
}

/// The error that every API makes a 500 of, and that is not cached.
#[must_use]
pub fn unavailable() -> Diagnostic {
    error(UNAVAILABLE)
}

fn error(text: &str) -> Diagnostic {
    Diagnostic { error_type: text.to_owned(), error_message: text.to_owned() }
}
