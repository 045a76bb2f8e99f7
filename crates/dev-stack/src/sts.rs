//! STS: who am I? (`GetCallerIdentity`, query protocol). Everybody is the same, since nobody checks signatures.

use std::sync::{Arc, Mutex, PoisonError};

use axum::{Router, body::Bytes, extract::State, response::Response, routing::post};
use tokio::task::JoinHandle;

use crate::{
    DevStackError,
    account::ACCOUNT_ID,
    form, query,
    serve::{self, Shutdown},
};

const SERVICE: query::Service =
    query::Service { version: "2011-06-15", namespace: "https://sts.amazonaws.com/doc/2011-06-15/" };

/// The local STS; clones are the same service.
#[derive(Clone, Debug)]
pub struct Sts {
    url: String,
    caller_arn: Arc<Mutex<String>>,
}

pub(crate) async fn start(
    port: Option<u16>,
    shutdown: Shutdown,
) -> Result<(Sts, JoinHandle<()>), DevStackError> {
    let (listener, address) = serve::bind(port).await?;
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
    if action != "GetCallerIdentity" {
        return SERVICE.respond(&action, Err(SERVICE.no_such_operation(&action)));
    }
    let arn = sts.caller_arn();
    let account = arn.split(':').nth(4).unwrap_or_default();
    let arn = query::escaped(&arn);
    let answer = format!("<Arn>{arn}</Arn><UserId>AIDALOCAL</UserId><Account>{account}</Account>");
    SERVICE.respond(&action, Ok(Some(answer)))
}
