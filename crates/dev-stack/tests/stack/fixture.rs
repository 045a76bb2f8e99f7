//! What the tests of the stack share: a stack with two closures as functions, a real SDK client, a reader of
//! tokens that checks signatures.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use aws_sdk_cognitoidentityprovider::{
    Client,
    config::{BehaviorVersion, Credentials, Region, retry::RetryConfig},
    error::{ProvideErrorMetadata, SdkError},
    operation::initiate_auth::InitiateAuthOutput,
    types::{AuthFlowType, AuthenticationResultType},
};
use aws_smithy_http_client::Builder;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use dev_stack::{
    ClientSettings, DevStack, EventVersion, FunctionError, FunctionProgram, FunctionSpec, PoolSettings,
    StackOptions, Trigger, Triggers,
};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

pub(crate) const PASSWORD: &str = "Correct-horse-1";
pub(crate) const EMAIL: &str = "Ana@example.com";

/// A stack with one pool and one client.
pub(crate) struct Fixture {
    pub(crate) stack: DevStack,
    pub(crate) pool: String,
    pub(crate) client_id: String,
    pub(crate) api: Client,
}

impl Fixture {
    pub(crate) async fn start(pool: PoolSettings) -> Self {
        Self::start_with(pool, ClientSettings::default(), StackOptions::default()).await
    }

    pub(crate) async fn start_with(
        pool: PoolSettings,
        client: ClientSettings,
        options: StackOptions,
    ) -> Self {
        let stack = DevStack::start(options).await.unwrap();
        let pool = stack.cognito().create_pool(pool);
        let client_id = stack.cognito().create_client(&pool, client).unwrap();
        let api = api(&stack.endpoints().cognito);
        Self { stack, pool, client_id, api }
    }

    /// Adds a closure from event to reply as the function `name`.
    pub(crate) fn add<F>(&self, name: &str, handler: F)
    where
        F: Fn(Value) -> Result<Value, FunctionError> + Send + Sync + 'static,
    {
        let handler = Arc::new(handler);
        let program = FunctionProgram::in_process(move |event| {
            let handler = Arc::clone(&handler);
            async move {
                let event = serde_json::from_slice(&event).unwrap();
                handler(event).map(|reply| reply.to_string().into())
            }
        });
        self.stack.lambda().add_function(FunctionSpec::new(name, program));
    }

    /// Adds a function that answers with these bytes.
    pub(crate) fn add_replying(&self, name: &str, reply: &'static str) {
        let program = FunctionProgram::in_process(move |_| async move { Ok(reply.into()) });
        self.stack.lambda().add_function(FunctionSpec::new(name, program));
    }

    /// Adds a function that takes `delay` for each event, then echoes it. Counts the events that it finished.
    pub(crate) fn add_slow(&self, name: &str, delay: Duration) -> Arc<AtomicUsize> {
        let finished = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&finished);
        let program = FunctionProgram::in_process(move |event| {
            let counter = Arc::clone(&counter);
            async move {
                tokio::time::sleep(delay).await;
                counter.fetch_add(1, Ordering::SeqCst);
                Ok(event)
            }
        });
        self.stack.lambda().add_function(FunctionSpec::new(name, program));
        finished
    }

    pub(crate) async fn sign_up(&self) {
        let sign_up = self.api.sign_up().client_id(&self.client_id).username(EMAIL).password(PASSWORD);
        sign_up.send().await.unwrap();
    }

    /// The code and text of the refusal, if it is refused.
    pub(crate) async fn confirm(&self) -> Result<(), (String, String)> {
        let code = self.stack.cognito().delivered_code(&self.pool, EMAIL).unwrap();
        let confirm = self.api.confirm_sign_up().client_id(&self.client_id).username(EMAIL);
        confirm.confirmation_code(code).send().await.map(|_| ()).map_err(refusal)
    }

    pub(crate) async fn sign_in(&self) -> Result<AuthenticationResultType, (String, String)> {
        let answer = self.start_auth(EMAIL, PASSWORD).await?;
        Ok(answer.authentication_result.expect("tokens and no challenge"))
    }

    pub(crate) async fn start_auth(
        &self,
        username: &str,
        password: &str,
    ) -> Result<InitiateAuthOutput, (String, String)> {
        let request = self.api.initiate_auth().client_id(&self.client_id);
        let request = request.auth_flow(AuthFlowType::UserPasswordAuth);
        let request = request.auth_parameters("USERNAME", username).auth_parameters("PASSWORD", password);
        request.send().await.map_err(refusal)
    }

    pub(crate) async fn refresh(&self, token: &str) -> Result<AuthenticationResultType, (String, String)> {
        let request = self.api.initiate_auth().client_id(&self.client_id);
        let request = request.auth_flow(AuthFlowType::RefreshTokenAuth);
        let answer = request.auth_parameters("REFRESH_TOKEN", token).send().await.map_err(refusal)?;
        Ok(answer.authentication_result.expect("tokens"))
    }

    /// The claims of a token whose signature the pool's key set verifies.
    pub(crate) async fn claims(&self, token: &str) -> Value {
        let key_set = get(&self.stack.cognito().jwks_url(&self.pool)).await;
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let (header, claims) = signed.split_once('.').unwrap();
        let header: Value = serde_json::from_slice(&decode(header)).unwrap();
        let keys = key_set["keys"].as_array().unwrap();
        let key = keys.iter().find(|key| key["kid"] == header["kid"]).expect("a key of this kid");
        let part = |name: &str| decode(key[name].as_str().unwrap());
        let key = RsaPublicKeyComponents { n: part("n"), e: part("e") };
        key.verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &decode(signature))
            .expect("the signature");
        serde_json::from_slice(&decode(claims)).unwrap()
    }
}

/// A pool whose two triggers are the functions `post` and `pre`.
pub(crate) fn pool(version: EventVersion) -> PoolSettings {
    PoolSettings {
        triggers: Triggers::default().with(Trigger::PostConfirmation, "post").with_version(
            Trigger::PreTokenGeneration,
            "pre",
            version,
        ),
        ..PoolSettings::default()
    }
}

pub(crate) fn api(url: &str) -> Client {
    let config = aws_sdk_cognitoidentityprovider::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(Credentials::new("local", "local", None, None, "tests"))
        .endpoint_url(url)
        .retry_config(RetryConfig::disabled())
        .http_client(Builder::new().build_http())
        .build();
    Client::from_conf(config)
}

/// Name and text of a service error.
pub(crate) fn refusal<E: ProvideErrorMetadata + std::fmt::Debug, R: std::fmt::Debug>(
    error: SdkError<E, R>,
) -> (String, String) {
    match error {
        SdkError::ServiceError(context) => {
            let service = context.into_err();
            let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
            (text(service.code()), text(service.message()))
        }
        other => panic!("no answer of the service: {other:?}"),
    }
}

/// GETs JSON.
pub(crate) async fn get(url: &str) -> Value {
    let (_, _, body) = http("GET", url, &[], "").await;
    serde_json::from_str(&body).unwrap_or_else(|_| panic!("{url}: {body}"))
}

/// One HTTP exchange: status, head in lower case, body.
pub(crate) async fn http(
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> (u16, String, String) {
    let (status, head, body) = exchange(method, url, headers, body).await;
    (status, head.to_ascii_lowercase(), body)
}

/// One HTTP exchange: status, head, body. Names below `localhost` are this machine.
pub(crate) async fn exchange(
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> (u16, String, String) {
    let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let headers: Vec<_> = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let headers = headers.concat();
    let request = format!(
        "{method} /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n{body}",
        body.len()
    );
    let (name, port) = host.rsplit_once(':').unwrap();
    let name = if name.ends_with(".localhost") { "127.0.0.1" } else { name };
    let mut stream = TcpStream::connect(format!("{name}:{port}")).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, head.to_owned(), body.to_owned())
}

fn decode(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

/// The event that a trigger was last sent.
pub(crate) fn event(fixture: &Fixture, trigger: Trigger) -> Value {
    let record = fixture.stack.cognito().last_record(&fixture.pool, trigger).expect("it fired");
    serde_json::from_str(&record.event).unwrap()
}
