//! STS: who am I? (`GetCallerIdentity`, query protocol). Everybody is the same, since nobody checks signatures.

use std::sync::{Arc, Mutex, PoisonError};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::post,
};
use tokio::task::JoinHandle;

use crate::{
    DevStackError, form,
    lambda::ACCOUNT_ID,
    random,
    serve::{self, Shutdown},
};

/// The local STS; clones are the same service.
#[derive(Clone, Debug)]
pub struct Sts {
    url: String,
    caller_arn: Arc<Mutex<String>>,
}

/// Starts the service.
pub(crate) async fn start(shutdown: Shutdown) -> Result<(Sts, JoinHandle<()>), DevStackError> {
    let (listener, address) = serve::bind().await?;
    let caller_arn = Arc::new(Mutex::new(format!("arn:aws:iam::{ACCOUNT_ID}:user/local")));
    let sts = Sts { url: format!("http://{address}"), caller_arn };
    let router = Router::new().route("/", post(operation)).with_state(sts.clone());
    let server = serve::spawn(listener, router, shutdown);
    Ok((sts, server))
}

impl Sts {
    /// Base URL of the API.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// ARN of whoever calls. Default `arn:aws:iam::<account>:user/local`.
    #[must_use]
    pub fn caller_arn(&self) -> String {
        self.caller_arn.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Makes callers somebody else; the account is the one in the ARN.
    pub fn set_caller_arn(&self, arn: impl Into<String>) {
        *self.caller_arn.lock().unwrap_or_else(PoisonError::into_inner) = arn.into();
    }
}

async fn operation(State(sts): State<Sts>, body: Bytes) -> Response {
    let action = form::parse(&body).remove("Action").unwrap_or_default();
    let request_id = random::uuid();
    let (status, xml) = if action == "GetCallerIdentity" {
        let arn = sts.caller_arn();
        let account = arn.split(':').nth(4).unwrap_or_default();
        let answer = format!(
            "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
             <GetCallerIdentityResult><Arn>{}</Arn><UserId>AIDALOCAL</UserId><Account>{account}</Account>\
             </GetCallerIdentityResult><ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>\
             </GetCallerIdentityResponse>",
            escaped(&arn)
        );
        (StatusCode::OK, answer)
    } else {
        let answer = format!(
            "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
             <Code>InvalidAction</Code><Message>Could not find operation {} for version 2011-06-15</Message>\
             </Error><RequestId>{request_id}</RequestId></ErrorResponse>",
            escaped(&action)
        );
        (StatusCode::BAD_REQUEST, answer)
    };
    (status, [("content-type", "text/xml"), ("x-amzn-requestid", request_id.as_str())], xml).into_response()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
