//! The front door on a table of the tests.

mod table;

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::HeaderMap;
use function::Settings;
use function::metrics::Costs;
use router::{Config, FrontDoor};
use serde_json::Value;
use tokio::time::Instant;

pub(crate) use table::{Item, Table};

pub(crate) const SETTINGS: [(&str, &str); 4] = [
    ("DEFAULT_CELL", "shared-1"),
    ("HOST_SUFFIX", "app.example.com"),
    ("APP_LOGIN_URL", "https://{slug}.app.example.com/login"),
    ("DEFAULT_LOGIN_URL", "https://www.example.com/sign-in"),
];

/// These settings, with changes.
pub(crate) fn config(changes: &[(&str, &str)]) -> Config {
    let lookup = |name: &str| {
        let all = changes.iter().chain(&SETTINGS);
        all.into_iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
    };
    let mut settings = Settings::new(&lookup);
    let config = Config::read(&mut settings);
    settings.finish(config).unwrap().unwrap()
}

/// A front door and its table.
pub(crate) struct Door {
    pub(crate) table: Arc<Table>,
    pub(crate) door: FrontDoor<Table>,
}

/// An answer, whole.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Door {
    pub(crate) fn new() -> Self {
        Self::with(&[])
    }

    pub(crate) fn with(changes: &[(&str, &str)]) -> Self {
        let table = Arc::new(Table::default());
        let door = FrontDoor::new(
            config(changes),
            Arc::clone(&table),
            false,
            "router".to_owned(),
            || UNIX_EPOCH,
            Costs::default,
        );
        Self { table, door }
    }

    pub(crate) async fn send(&self, request: Request) -> Got {
        self.send_in(request, Duration::from_secs(3)).await
    }

    pub(crate) async fn send_in(&self, request: Request, time: Duration) -> Got {
        let (parts, body) = self.door.conclude(request, Instant::now() + time).await.response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Got { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    pub(crate) async fn get(&self, host: &str, path: &str) -> Got {
        self.send(get(host, path)).await
    }

    pub(crate) async fn post(&self, path: &str, media_type: &str, body: impl Into<Body>) -> Got {
        self.send(post(path, media_type, body)).await
    }

    /// What the route for a body is.
    pub(crate) async fn route_of(&self, body: &Value) -> Got {
        self.post("/v1/route", "application/json", body.to_string()).await
    }

    /// What the form of the start page leads to.
    pub(crate) async fn start(&self, entry: &str) -> Got {
        let form: String = form_urlencoded::Serializer::new(String::new()).append_pair("q", entry).finish();
        self.post("/start", "application/x-www-form-urlencoded", form).await
    }
}

pub(crate) const SHARED: &str = "app.example.com";

pub(crate) fn get(host: &str, path: &str) -> Request {
    request("GET", path).header("host", host.as_bytes()).body(Body::empty()).unwrap()
}

pub(crate) fn post(path: &str, media_type: &str, body: impl Into<Body>) -> Request {
    let request = request("POST", path).header("host", SHARED).header("content-type", media_type);
    request.body(body.into()).unwrap()
}

pub(crate) fn request(method: &str, path: &str) -> axum::http::request::Builder {
    axum::http::Request::builder().method(method).uri(path)
}

impl Got {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Whose route this is: the pool and the app client say it.
    pub(crate) fn whose(&self) -> String {
        match self.status {
            200 => {
                let route = self.json();
                match (route["userPoolId"].as_str().unwrap(), route["clientId"].as_str().unwrap()) {
                    ("eu-west-1_Shared1", "sharedclient") => "default".to_owned(),
                    ("eu-west-1_Acme", "acmeclient") => "acme".to_owned(),
                    ("eu-west-1_Shared1", "initechclient") => "initech".to_owned(),
                    other => panic!("{other:?}"),
                }
            }
            status => status.to_string(),
        }
    }
}
