//! From the start page to the token over HTTP, with the real router and the real functions. `tests/browser` goes the same way
//! in a browser.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dev_stack::{DevStack, FrontDoor, FrontDoorOptions, FunctionBinaries, Seed, StackOptions};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use tests::http::Message;

/// A front door, and a browser that keeps the cookies of one host.
struct Visitor {
    stack: DevStack,
    door: FrontDoor,
    cookies: BTreeMap<String, String>,
}

impl Visitor {
    async fn start() -> Self {
        // A busy machine may need longer to start a function.
        let options = StackOptions { trigger_timeout: Duration::from_secs(20), ..StackOptions::default() };
        let stack = DevStack::start(options).await.unwrap();
        let seed = Seed::new(&stack, "eu-west-1", "tenancy").unwrap();
        let binaries = FunctionBinaries::built_once().await.unwrap();
        let options = FrontDoorOptions {
            table: "tenancy".to_owned(),
            port: None,
            settings: BTreeMap::new(),
            echo_logs: false,
        };
        let door = FrontDoor::open(&stack, &seed, binaries, options).await.unwrap();
        Self { stack, door, cookies: BTreeMap::new() }
    }

    /// Asks as a browser does; names below `localhost` are this machine.
    async fn ask(&mut self, method: &str, url: &str, form: &str) -> Message {
        let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
        let port = host.rsplit_once(':').unwrap().1;
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = format!(
            "{method} /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncookie: {}\r\ncontent-length: {}\r\n\
             content-type: application/x-www-form-urlencoded\r\n\r\n{form}",
            cookies.join("; "),
            form.len()
        );
        let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let answer = Message::read(&mut stream).await.unwrap();
        if let Some(cookie) = answer.header("set-cookie") {
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        answer
    }

    /// Enters an address at the start page; gives the address of the app's login, without the hint.
    async fn enter(&mut self, email: &str) -> String {
        let url = format!("{}start", self.door.url);
        let answer = self.ask("POST", &url, &format!("q={}", encoded(email))).await;
        let target = answer.header("location").expect("a redirect");
        let (login, hint) = target.split_once('#').unwrap();
        assert_eq!(hint, format!("login_hint={}", encoded(email)));
        login.to_owned()
    }

    /// What the app at `login` does, and a user with this password: the claims of the ID token, or the page of the refusal.
    async fn sign_in(&mut self, login: &str, email: &str, password: &str) -> Result<Value, String> {
        let host = login.strip_suffix("/login").unwrap();
        let route = self.ask("GET", &format!("{host}/v1/route"), "").await.body();
        let text = |name: &str| route[name].as_str().unwrap();
        let callback = format!("{host}/callback");
        let query = format!(
            "response_type=code&client_id={}&redirect_uri={}&scope=openid+email&state=s&nonce=n",
            text("clientId"),
            encoded(&callback)
        );
        let authorize = text("authorizationEndpoint");
        let form = authorize.replace("/oauth2/authorize", &format!("/login?{query}"));
        let page = self.ask("GET", &form, "").await;
        let page = String::from_utf8(page.bytes).unwrap();
        let csrf = page.split_once("name=\"_csrf\" value=\"").unwrap().1.split('"').next().unwrap();
        let fields = format!("_csrf={csrf}&username={}&password={}", encoded(email), encoded(password));
        let answer = self.ask("POST", &form, &fields).await;
        let Some(target) = answer.header("location") else {
            return Err(String::from_utf8(answer.bytes).unwrap());
        };
        let code = target.split_once("?code=").unwrap().1.split('&').next().unwrap();
        let form = format!(
            "grant_type=authorization_code&client_id={}&code={code}&redirect_uri={}",
            text("clientId"),
            encoded(&callback)
        );
        let tokens = self.ask("POST", text("tokenEndpoint"), &form).await.body();
        let claims = tokens["id_token"].as_str().unwrap_or_else(|| panic!("{tokens}")).split('.').nth(1);
        let claims: Value =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims.unwrap()).unwrap()).unwrap();
        assert_eq!((&claims["iss"], &claims["aud"]), (&route["issuer"], &route["clientId"]));
        Ok(claims)
    }
}

fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(byte).collect()
}

#[tokio::test]
async fn everybody_comes_from_the_start_page_to_the_token_of_their_own_tenant() {
    let mut visitor = Visitor::start().await;
    let rows = [("ana@acme.com", "acme", "acme"), ("bob@globex.com", "globex", "shared-1")];
    let people = visitor.door.people.clone();
    for (email, tenant, cell) in rows {
        let person = people.iter().find(|person| person.email == email).unwrap();
        let login = visitor.enter(email).await;

        let claims = visitor.sign_in(&login, email, person.password.unwrap()).await.expect("a token");

        assert_eq!(claims["tenant_id"], json!(tenant));
        assert_eq!(claims["cognito:groups"], json!([format!("{tenant}-admins")]));
        let issuer = visitor.stack.cognito().issuer(&visitor.door.pools[cell]);
        assert_eq!(claims["iss"], json!(issuer), "{email}");
    }
    let suspended = people.iter().find(|person| person.email == "pat@initech.com").unwrap();
    let login = visitor.enter(suspended.email).await;
    let page = visitor.sign_in(&login, suspended.email, suspended.password.unwrap()).await.unwrap_err();
    assert!(page.contains("Access to this organization is suspended."), "{page}");
    assert_eq!(visitor.enter("nobody@example.com").await, format!("{}login", visitor.door.url));
    visitor.door.close().await;
    visitor.stack.stop().await;
}
