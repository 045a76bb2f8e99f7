//! AWS's query protocol: a form in, XML out. STS and IAM speak it.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};

use crate::random;

#[derive(Clone, Copy)]
pub(crate) struct Service {
    /// Its version, a date.
    pub(crate) version: &'static str,
    pub(crate) namespace: &'static str,
}

/// Why an operation has no answer: HTTP status, code, text.
pub(crate) struct Refusal(pub(crate) StatusCode, pub(crate) &'static str, pub(crate) String);

impl Service {
    /// The answer to `action`; a result is XML, and `None` where the operation has none.
    pub(crate) fn respond(self, action: &str, answer: Result<Option<String>, Refusal>) -> Response {
        let request_id = random::uuid();
        let (status, xml) = match answer {
            Ok(result) => {
                let result = result
                    .map(|result| format!("<{action}Result>{result}</{action}Result>"))
                    .unwrap_or_default();
                let xml = format!(
                    "<{action}Response xmlns=\"{}\">{result}<ResponseMetadata><RequestId>{request_id}</RequestId>\
                     </ResponseMetadata></{action}Response>",
                    self.namespace
                );
                (StatusCode::OK, xml)
            }
            Err(Refusal(status, code, message)) => {
                let message = escaped(&message);
                let xml = format!(
                    "<ErrorResponse xmlns=\"{}\"><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}\
                     </Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>",
                    self.namespace
                );
                (status, xml)
            }
        };
        (status, [("content-type", "text/xml"), ("x-amzn-requestid", request_id.as_str())], xml)
            .into_response()
    }

    /// The refusal of an operation that the stack does not have.
    pub(crate) fn no_such_operation(self, action: &str) -> Refusal {
        let version = self.version;
        let message = format!("Could not find operation {action} for version {version}");
        Refusal(StatusCode::BAD_REQUEST, "InvalidAction", message)
    }
}

/// Text as it stands between tags.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
