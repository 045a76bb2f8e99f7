//! The jobs: an event, the settings of the function, and part of the right answer.

use std::fs;
use std::path::Path;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair, RsaPublicKeyComponents};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::{Value, json};

use crate::Fallible;
use crate::certificates::Certificates;
use crate::items::{MEMBER, Made, TENANT};
use crate::routes;
use crate::runtime::now_ms;
use crate::sigv4;
use crate::store::{self, Store};
use crate::template::{NUMBER, Numbers, Template};

pub(crate) const POOL: &str = "eu-west-1_EXAMPLE01";
pub(crate) const POOL_WITHOUT_KEYS: &str = "eu-west-1_OUTOFREACH";
const CLIENT: &str = "3n4b5urk1ft4fl3mg5e62d9ado";
const KID: &str = "the-key";

#[derive(Clone, Debug)]
pub(crate) struct Job {
    event: Template,
    expected: Template,
    numbers: Numbers,
    pub(crate) settings: Vec<(&'static str, String)>,
}

impl Job {
    /// The same event each time. `expected` is part of the right answer.
    pub(crate) fn new(event: &str, expected: &str, settings: Vec<(&'static str, String)>) -> Self {
        let (event, expected) = (Template::new(event), Template::new(expected));
        Self { event, expected, numbers: Numbers::Each(1), settings }
    }

    pub(crate) fn event(&self, call: usize) -> String {
        self.event.with(self.numbers.of_call(call))
    }

    pub(crate) fn expected(&self, call: usize) -> String {
        self.expected.with(self.numbers.of_call(call))
    }
}

pub(crate) struct Jobs {
    pub(crate) echo: Job,
    pub(crate) raw: Job,
    pub(crate) sign_in: Job,
    pub(crate) redemption: Job,
    pub(crate) authorizer: Job,
    pub(crate) authorizer_without_keys: Job,
    /// By way to ask the router.
    pub(crate) routes: Vec<(&'static str, Job)>,
    sign_in_event: Value,
}

impl Jobs {
    pub(crate) fn new(root: &Path, store: &Store, certificates: &Certificates) -> Fallible<Self> {
        let fixture = |name: &str| -> Fallible<Value> {
            let path = root.join("tests/fixtures").join(name);
            let text = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            Ok(serde_json::from_slice(&text)?)
        };
        let lambda = |table: bool| {
            let mut settings = vec![
                ("AWS_LAMBDA_FUNCTION_NAME", "f".to_owned()),
                ("AWS_LAMBDA_FUNCTION_VERSION", "1".to_owned()),
                ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512".to_owned()),
                ("AWS_REGION", "eu-west-1".to_owned()),
                ("AWS_DEFAULT_REGION", "eu-west-1".to_owned()),
                ("AWS_ACCESS_KEY_ID", sigv4::KEY_ID.to_owned()),
                ("AWS_SECRET_ACCESS_KEY", sigv4::SECRET.to_owned()),
                // Of the length that Lambda gives.
                ("AWS_SESSION_TOKEN", "IQoJb3JpZ2luX2VjE".repeat(50)),
                ("SSL_CERT_FILE", certificates.bundle.display().to_string()),
            ];
            if table {
                settings.push(("AWS_ENDPOINT_URL", format!("https://{}", store.address)));
                settings.push(("TENANCY_TABLE", "tenancy".to_owned()));
                // A slow run must not read the tenant again.
                settings.push(("TENANT_CACHE_SECONDS", "3600".to_owned()));
            }
            settings
        };
        let job = |event: &Value, expected, settings| Job::new(&event.to_string(), expected, settings);

        let mut sign_in = fixture("pre-token-generation/v2-user.json")?;
        set(&mut sign_in, "/request/userAttributes", "custom:tenantId", TENANT);
        let mut redemption = fixture("post-confirmation/confirm-sign-up-code.json")?;
        set(&mut redemption, "/request/userAttributes", "sub", "11111111-4a7f-4f0e-9b53-1f7a4c2d9e10");
        let key = PoolKey::read(certificates)?;
        let keys = key.document();
        let issuers = store::serve_keys(move || keys.clone())?;
        let mut request = fixture("authorizer/http-2.json")?;
        let token = key.sign(&claims(&format!("http://{issuers}/{POOL}")))?;
        if let Some(source) = request.pointer_mut("/identitySource") {
            *source = json!([format!("Bearer {token}")]);
        }
        let of_pool = |pool: &str| {
            let mut settings = lambda(false);
            settings.push(("USER_POOL_IDS", pool.to_owned()));
            settings.push(("CLIENT_IDS", CLIENT.to_owned()));
            settings.push(("LIVE_CHECK", "none".to_owned()));
            settings.push(("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", format!("http://{issuers}")));
            settings
        };
        Ok(Self {
            echo: job(&sign_in, "TokenGeneration", lambda(false)),
            raw: job(&sign_in, "\"tenant_id\":\"acme\"", lambda(true)),
            sign_in: job(&sign_in, "\"tenant_tier\"", lambda(true)),
            redemption: job(&redemption, "PostConfirmation_ConfirmSignUp", lambda(true)),
            authorizer: job(&request, "\"isAuthorized\":true", of_pool(POOL)),
            authorizer_without_keys: job(&request, "", of_pool(POOL_WITHOUT_KEYS)),
            routes: routes::all(&lambda(true)),
            sign_in_event: sign_in,
        })
    }

    /// Sign-ins of users of many tenants, through one app client or through one of each tenant.
    pub(crate) fn sign_ins(&self, made: Made, numbers: Numbers, has_own_client: bool) -> Job {
        let mut event = self.sign_in_event.clone();
        let (sub, tenant) = (made.sub(NUMBER), made.tenant(NUMBER));
        set(&mut event, "", "userName", &sub);
        set(&mut event, "/request/userAttributes", "sub", &sub);
        set(&mut event, "/request/userAttributes", "custom:tenantId", &tenant);
        if has_own_client {
            set(&mut event, "/callerContext", "clientId", &format!("3n4b5urk1ft4fl3mg5{NUMBER}"));
        }
        let expected = format!("\"tenant_id\":\"{tenant}\"");
        Job { numbers, ..Job::new(&event.to_string(), &expected, self.sign_in.settings.clone()) }
    }
}

fn set(event: &mut Value, at: &str, name: &str, value: &str) {
    if let Some(Value::Object(object)) = event.pointer_mut(at) {
        object.insert(name.to_owned(), value.into());
    }
}

fn claims(issuer: &str) -> Value {
    let now = u64::try_from(now_ms() / 1_000).unwrap_or_default();
    json!({
        "sub": MEMBER, "iss": issuer, "client_id": CLIENT, "origin_jti": "6d8a4f2e-0000-4000-8000-000000000001",
        "event_id": "6d8a4f2e-0000-4000-8000-000000000002", "token_use": "access", "version": 2,
        "scope": "openid email", "auth_time": now, "iat": now, "exp": now + 86_400,
        "jti": "6d8a4f2e-0000-4000-8000-000000000003", "username": MEMBER, "cognito:groups": ["acme-admins"],
        "tenant_id": TENANT, "tenant_name": "Acme", "tenant_tier": "pro", "tenant_roles": ["admin"],
    })
}

/// The key of a user pool.
struct PoolKey(RsaKeyPair);

impl PoolKey {
    fn read(certificates: &Certificates) -> Fallible<Self> {
        let key = PrivatePkcs8KeyDer::from_pem_file(&certificates.pool_key)?;
        Ok(Self(RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()).map_err(|error| error.to_string())?))
    }

    /// Two keys, as Cognito has them.
    fn document(&self) -> Vec<u8> {
        let RsaPublicKeyComponents::<Vec<u8>> { n, e } = self.0.public().into();
        let (n, e) = (URL_SAFE_NO_PAD.encode(n), URL_SAFE_NO_PAD.encode(e));
        let key = |kid| json!({ "alg": "RS256", "e": e, "kid": kid, "kty": "RSA", "n": n, "use": "sig" });
        json!({ "keys": [key("another-key"), key(KID)] }).to_string().into_bytes()
    }

    fn sign(&self, claims: &Value) -> Fallible<String> {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&json!({ "kid": KID, "alg": "RS256" })), part(claims));
        let mut signature = vec![0; self.0.public().modulus_len()];
        let made = self.0.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature);
        made.map_err(|error| error.to_string())?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}
