//! Requests are signed as AWS's own signer signs them.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::string_slice,
    reason = "a test, with helpers of its own"
)]

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningParams, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_async::time::TimeSource;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::DateTime;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::date_time::Format;
use proptest::prelude::*;
use tenancy_aws::{AwsClients, AwsSettings};

/// 2026-11-29, 23:59:58 UTC.
const BEFORE_MIDNIGHT: u64 = 1_795_996_798;

#[derive(Clone, Debug)]
struct Keys {
    region: String,
    id: String,
    secret: String,
    token: Option<String>,
    endpoint: Option<String>,
}

fn some_keys() -> Keys {
    Keys {
        region: "eu-west-1".to_owned(),
        id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
        secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned(),
        token: Some("IQoJb3JpZ2luX2VjEXAMPLE//+==".to_owned()),
        endpoint: None,
    }
}

/// A clock that a test sets, and an HTTP client that answers nothing but what it is told, and keeps the requests.
#[derive(Clone, Debug, Default)]
struct Service {
    now: Arc<Mutex<Duration>>,
    requests: Arc<Mutex<Vec<HttpRequest>>>,
    /// The first answers. All later ones are an empty success.
    answers: Arc<Mutex<Vec<HttpResponse>>>,
}

impl Service {
    fn set(&self, seconds: u64) {
        *self.now.lock().unwrap() = Duration::from_secs(seconds);
    }

    fn dynamodb(&self, keys: &Keys) -> aws_sdk_dynamodb::Client {
        let config = clients(keys).dynamodb().config().to_builder();
        let config = config.http_client(self.clone()).time_source(self.clone());
        aws_sdk_dynamodb::Client::from_conf(config.build())
    }

    fn requests(&self) -> Vec<HttpRequest> {
        std::mem::take(&mut self.requests.lock().unwrap())
    }
}

impl TimeSource for Service {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + *self.now.lock().unwrap()
    }
}

impl HttpClient for Service {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Service {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.requests.lock().unwrap().push(request);
        let mut answers = self.answers.lock().unwrap();
        let success = || HttpResponse::new(200.try_into().unwrap(), SdkBody::from("{}"));
        HttpConnectorFuture::ready(Ok(if answers.is_empty() { success() } else { answers.remove(0) }))
    }
}

fn clients(keys: &Keys) -> AwsClients {
    let settings = AwsSettings::read(|name| match name {
        "AWS_REGION" => Some(keys.region.clone()),
        "AWS_ACCESS_KEY_ID" => Some(keys.id.clone()),
        "AWS_SECRET_ACCESS_KEY" => Some(keys.secret.clone()),
        "AWS_SESSION_TOKEN" => keys.token.clone(),
        "AWS_ENDPOINT_URL" => keys.endpoint.clone(),
        _ => None,
    });
    AwsClients::new(settings.unwrap())
}

/// The same request through AWS's signer, at the time that it names: its `authorization` must be the same.
fn holds(request: &HttpRequest, keys: &Keys, service: &str) {
    let time = request.headers().get("x-amz-date").expect("a date");
    let pieces = [&time[..4], "-", &time[4..6], "-", &time[6..11], ":", &time[11..13], ":", &time[13..]];
    let time = DateTime::from_str(&pieces.concat(), Format::DateTime).unwrap();
    assert_eq!(request.headers().get("x-amz-security-token"), keys.token.as_deref());

    let identity =
        aws_credential_types::Credentials::new(&keys.id, &keys.secret, keys.token.clone(), None, "test")
            .into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(&keys.region)
        .name(service)
        .time(time.try_into().unwrap())
        .settings(SigningSettings::default())
        .build()
        .unwrap();
    let of_signing = ["authorization", "x-amz-date", "x-amz-security-token"];
    // The SDK adds them after it has signed, whoever signs.
    let of_attempt = ["amz-sdk-invocation-id", "amz-sdk-request"];
    let headers =
        request.headers().iter().filter(|(name, _)| !of_signing.contains(name) && !of_attempt.contains(name));
    let body = SignableBody::Bytes(request.body().bytes().expect("a body in memory"));
    let unsigned = SignableRequest::new(request.method(), request.uri(), headers, body).unwrap();
    let (signed, _) = sign(unsigned, &SigningParams::V4(parameters)).unwrap().into_parts();
    let (headers, _) = signed.into_parts();
    let expected = headers.iter().find(|header| header.name() == "authorization").unwrap();
    assert_eq!(request.headers().get("authorization"), Some(expected.value()), "{request:?}");
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

fn any_keys() -> impl Strategy<Value = Keys> {
    let region = prop::sample::select(vec!["us-east-1", "eu-central-2", "cn-north-1", "us-gov-west-1"]);
    let endpoint = prop::option::of(prop::sample::select(vec![
        "http://localhost:8000",
        "http://localhost:80",
        "https://db.example.com",
        "https://db.example.com:443/",
        "https://db.example.com:8443/behind/a%20path",
    ]));
    (region, "[A-Z0-9]{16,32}", "[!-~][ -~]{0,59}", prop::option::of("[A-Za-z0-9+/=]{1,900}"), endpoint)
        .prop_map(|(region, id, secret, token, endpoint)| Keys {
            region: region.to_owned(),
            id,
            secret,
            token,
            endpoint: endpoint.map(str::to_owned),
        })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Of one client, so that its key is kept, at times of several days, in any order.
    #[test]
    fn whatever_is_sent_is_signed_as_aws_signs_it(
        keys in any_keys(),
        times in prop::collection::vec(0_u64..4_102_444_800, 1..5),
        table in "[a-zA-Z0-9_.-]{3,40}",
        value in any::<String>(),
    ) {
        let service = Service::default();
        let client = service.dynamodb(&keys);
        block_on(async {
            for time in times {
                service.set(time);
                let key = AttributeValue::S(value.clone());
                client.get_item().table_name(&table).key("pk", key.clone()).send().await.unwrap();
                client.query().table_name(&table).expression_attribute_values(":pk", key).send().await.unwrap();
            }
        });
        for request in service.requests() {
            holds(&request, &keys, "dynamodb");
        }
    }
}

#[test]
fn calls_to_cognito_are_signed_for_cognito() {
    let (service, keys) = (Service::default(), some_keys());
    service.set(BEFORE_MIDNIGHT);
    let config = clients(&keys).cognito().config().to_builder();
    let config = config.http_client(service.clone()).time_source(service.clone());
    let client = aws_sdk_cognitoidentityprovider::Client::from_conf(config.build());

    block_on(client.admin_get_user().user_pool_id("eu-west-1_a").username("Ana").send()).unwrap();

    holds(&service.requests()[0], &keys, "cognito-idp");
}

#[test]
fn the_key_of_a_day_ends_with_the_day() {
    let (service, keys) = (Service::default(), some_keys());
    let client = service.dynamodb(&keys);

    block_on(async {
        for seconds in [0, 1, 2, 3] {
            service.set(BEFORE_MIDNIGHT + seconds);
            client.list_tables().send().await.unwrap();
        }
    });

    let requests = service.requests();
    let times: Vec<_> = requests.iter().filter_map(|request| request.headers().get("x-amz-date")).collect();
    assert_eq!(times, ["20261129T235958Z", "20261129T235959Z", "20261130T000000Z", "20261130T000001Z"]);
    for request in &requests {
        holds(request, &keys, "dynamodb");
    }
    let signers = format!("{:?}", client.config().auth_schemes().collect::<Vec<_>>());
    assert!(signers.contains("20261130/eu-west-1/dynamodb/aws4_request"), "our signer signed: {signers}");
    assert!(!signers.contains(&keys.secret), "{signers}");
}

/// The SDK learns the time from the answer, and tells it to its own signer alone.
#[test]
fn a_wrong_clock_costs_a_second_attempt_of_one_call() {
    let (service, keys) = (Service::default(), some_keys());
    service.set(BEFORE_MIDNIGHT);
    let mut refusal = HttpResponse::new(
        400.try_into().unwrap(),
        SdkBody::from(
            r#"{"__type":"com.amazon.coral.service#InvalidSignatureException","message":"expired"}"#,
        ),
    );
    refusal.headers_mut().insert("date", "Mon, 30 Nov 2026 00:29:58 GMT");
    service.answers.lock().unwrap().push(refusal);

    let client = service.dynamodb(&keys);
    block_on(async {
        client.list_tables().send().await.unwrap();
        client.list_tables().send().await.unwrap();
    });

    let requests = service.requests();
    let times: Vec<_> = requests.iter().filter_map(|request| request.headers().get("x-amz-date")).collect();
    assert_eq!(times, ["20261129T235958Z", "20261130T002958Z", "20261130T002958Z"]);
    for request in &requests {
        holds(request, &keys, "dynamodb");
    }
}
