use std::sync::{Arc, LazyLock};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CONTENT_SECURITY_POLICY, HeaderMap, LOCATION, ORIGIN};
use function::Settings;
use function::metrics::Costs;
use router::outcome::{Kind, Outcome};
use router::report::Ended;
use router::{Config, FrontDoor};
use tenancy::Slug;
use tokio::time::Instant;

use crate::directory::Directory;
use crate::pool::now;
use crate::run::run;

const SETTINGS: [(&str, &str); 6] = [
    ("DEFAULT_CELL", "shared-1"),
    ("HOST_SUFFIX", "app.example.com"),
    ("APP_LOGIN_URL", "https://{slug}.app.example.com/login"),
    ("DEFAULT_LOGIN_URL", "https://www.example.com/sign-in"),
    ("ALLOWED_ORIGINS", "https://*.app.example.com, https://spa.example.com"),
    ("PUBLIC_LIST", "on"),
];

/// What every answer has, once.
const SECURITY: [(&str, &str); 4] = [
    ("strict-transport-security", "max-age=63072000; includeSubDomains"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
    ("cross-origin-opener-policy", "same-origin"),
];

static DOOR: LazyLock<FrontDoor<Directory>> = LazyLock::new(|| {
    let lookup = |name: &str| {
        let setting = SETTINGS.iter().find(|(setting, _)| *setting == name);
        setting.map(|(_, value)| (*value).to_owned())
    };
    let mut settings = Settings::new(&lookup);
    let config = Config::read(&mut settings);
    let config = settings.finish(config).expect("settings").expect("settings");
    FrontDoor::new(config, Arc::new(Directory), false, "router".to_owned(), now, Costs::default)
});

/// A request to the front door, written as HTTP/1.1 is: `GET /path`, lines `name: value`, an empty line, the body.
///
/// - Every answer has the security headers, once each, and never the status 500.
/// - A redirect leads to one of the two addresses of the settings, with a slug at most.
/// - An e-mail address stands in no log line, and in a redirect behind `#` alone, where no server sees it.
/// - Only an allowed origin may read the answer.
/// - Whoever is unknown gets what a tenant with the default route gets, byte for byte.
/// - What a form sends back into the page is escaped.
pub fn request(data: &[u8]) {
    let Some(sent) = Sent::read(data) else { return };
    let Some(got) = sent.answer() else { return };

    assert!(!matches!(got.status, StatusCode::INTERNAL_SERVER_ERROR | StatusCode::SERVICE_UNAVAILABLE));
    is_secure(&got.headers);
    sends_only_to_the_app(&got);
    says_no_address(&got);
    if let Some(allowed) = got.headers.get(ACCESS_CONTROL_ALLOW_ORIGIN) {
        assert!(is_allowed(allowed.as_bytes()), "{allowed:?} may read the answer");
        assert_eq!(
            sent.headers
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case(ORIGIN.as_str()))
                .map(|(_, value)| value.as_bytes()),
            Some(allowed.as_bytes())
        );
    }
    assert!(!got.headers.contains_key("access-control-allow-credentials"));
    assert!(!got.headers.contains_key("set-cookie"));
    if got.outcome.kind == Kind::Default {
        let twin = sent.to_a_tenant_with_the_default_route().answer().expect("a request");
        assert_eq!(got.seen(), twin.seen(), "{sent:?}");
    }
    let is_page = got.headers.get("content-type").is_some_and(|kind| kind == "text/html; charset=utf-8");
    if is_page && sent.method != "HEAD" {
        is_escaped(&got);
    }
}

/// A request, as it is written.
#[derive(Clone, Debug)]
struct Sent {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// An answer, whole, and how it ended.
struct Got {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
    outcome: Outcome,
    route: Option<&'static str>,
}

impl Sent {
    fn read(data: &[u8]) -> Option<Self> {
        let end = data.windows(2).position(|two| two == b"\n\n").unwrap_or(data.len());
        let (head, body) = data.split_at(end);
        let mut lines = std::str::from_utf8(head).ok()?.lines();
        let (method, target) = lines.next()?.split_once(' ')?;
        let header =
            |line: &str| line.split_once(':').map(|(name, value)| (name.to_owned(), value.trim().to_owned()));
        Some(Self {
            method: method.to_owned(),
            target: target.to_owned(),
            headers: lines.filter_map(header).collect(),
            body: body.get(2..).unwrap_or_default().to_vec(),
        })
    }

    /// `None` if this is no request of HTTP.
    fn answer(&self) -> Option<Got> {
        let mut request = Request::builder().method(self.method.as_str()).uri(&self.target);
        for (name, value) in &self.headers {
            request = request.header(name, value.as_bytes());
        }
        let request = request.body(Body::from(self.body.clone())).ok()?;
        Some(run(async {
            let concluded = DOOR.conclude(request, Instant::now() + Duration::from_mins(1)).await;
            let (parts, body) = concluded.response.into_parts();
            let body = to_bytes(body, usize::MAX).await.expect("a body").to_vec();
            let (status, headers) = (parts.status, parts.headers);
            Got { status, headers, body, outcome: concluded.outcome, route: concluded.route }
        }))
    }

    fn path(&self) -> &str {
        let path = self.target.split('?').next().unwrap_or_default();
        match path.split_once("://") {
            Some((_, rest)) => rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/"),
            None => path,
        }
    }

    /// The same request for `globex`, which has neither a cell, an app client nor a provider of its own.
    fn to_a_tenant_with_the_default_route(&self) -> Self {
        let mut twin = self.clone();
        let hosts = twin.headers.iter_mut().filter(|(name, _)| name.eq_ignore_ascii_case("host"));
        let mut is_shared = true;
        for (_, host) in hosts {
            let is_tenant = host
                .trim_end_matches(|c: char| c == '.' || c == ':' || c.is_ascii_digit())
                .split('.')
                .count()
                > 3;
            if is_tenant {
                is_shared = false;
                "globex.app.example.com".clone_into(host);
            }
        }
        self.path().clone_into(&mut twin.target);
        match (self.method.as_str(), self.path()) {
            (_, "/v1/route") if self.method != "POST" && is_shared => twin.target.push_str("?slug=globex"),
            ("POST", "/v1/route") => twin.body = br#"{"code":"globex"}"#.to_vec(),
            ("POST", "/start") => twin.body = b"q=globex".to_vec(),
            _ => {}
        }
        twin
    }
}

impl Got {
    /// What the caller sees. The hint behind `#` is what the caller sent.
    fn seen(&self) -> (StatusCode, HeaderMap, &[u8]) {
        let mut headers = self.headers.clone();
        if let Some(target) = self.location() {
            let address = target.split('#').next().unwrap_or_default();
            headers.insert(LOCATION, address.parse().expect("an address"));
        }
        (self.status, headers, &self.body)
    }

    fn location(&self) -> Option<&str> {
        self.headers.get(LOCATION).map(|target| target.to_str().expect("text"))
    }
}

fn is_secure(headers: &HeaderMap) {
    for (name, value) in SECURITY {
        let values: Vec<_> = headers.get_all(name).iter().collect();
        assert_eq!(values, [value], "{name}");
    }
    let policies: Vec<_> = headers.get_all(CONTENT_SECURITY_POLICY).iter().collect();
    let [policy] = policies.as_slice() else { panic!("{policies:?}") };
    let policy = policy.to_str().expect("text");
    for part in [
        "default-src 'none'; ",
        "form-action 'self' https://*.app.example.com https://www.example.com; ",
        "base-uri 'none'; ",
        "frame-ancestors 'none'",
    ] {
        assert!(policy.contains(part), "{policy}");
    }
    assert_eq!(headers.get_all("cache-control").iter().count(), 1, "{headers:?}");
    let vary: Vec<_> = headers.get_all("vary").iter().collect();
    assert_eq!(vary, ["Origin, Host"]);
}

fn sends_only_to_the_app(got: &Got) {
    assert_eq!(got.status.is_redirection(), got.location().is_some());
    let Some(target) = got.location() else { return };
    let (address, hint) = target.split_once('#').unwrap_or((target, ""));
    let slug = address.strip_prefix("https://").and_then(|rest| rest.strip_suffix(".app.example.com/login"));
    let is_app = slug.is_some_and(|slug| slug.parse::<Slug>().is_ok());
    assert!(is_app || address == "https://www.example.com/sign-in", "{target}");
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~%".contains(&b);
    let hint = hint.strip_prefix("login_hint=").unwrap_or(hint);
    assert!(hint.bytes().all(is_plain), "{target}");
}

fn says_no_address(got: &Got) {
    let ended = Ended {
        function: "router",
        request_id: "request",
        is_cold_start: false,
        began: Instant::now(),
        outcome: &got.outcome,
        route: got.route,
        status: got.status.as_str(),
        costs: Costs::default(),
    };
    for (name, value) in ended.properties() {
        let is_fixed = value.is_none_or(|value| {
            value.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_ ./GETPOS".contains(&b))
        });
        assert!(is_fixed, "{name} {value:?}");
        let is_known =
            name != "tenantId" || value.is_none_or(|value| ["acme", "tenant-7", "initech"].contains(&value));
        assert!(is_known, "{name} {value:?}");
    }
}

fn is_allowed(origin: &[u8]) -> bool {
    let Ok(origin) = std::str::from_utf8(origin) else { return false };
    let label = origin.strip_prefix("https://").and_then(|rest| rest.strip_suffix(".app.example.com"));
    origin == "https://spa.example.com"
        || label.is_some_and(|label| {
            !label.is_empty()
                && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        })
}

/// The page has the elements and attributes of a page for an entry without special characters.
fn is_escaped(got: &Got) {
    static PAGES: LazyLock<[String; 2]> = LazyLock::new(|| {
        [
            "GET /\nhost: app.example.com",
            "POST /start\nhost: app.example.com\ncontent-type: application/x-www-form-urlencoded\n\nq=a%40",
        ]
        .map(|sent| {
            let got = Sent::read(sent.as_bytes()).and_then(|sent| sent.answer()).expect("a page");
            String::from_utf8(got.body).expect("text")
        })
    });
    let page = String::from_utf8(got.body.clone()).expect("text");
    let count = |page: &str| ['<', '>', '"'].map(|c| page.matches(c).count());
    assert!(PAGES.iter().any(|plain| count(plain) == count(&page)), "{page}");
}
