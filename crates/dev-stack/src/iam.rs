//! IAM, as far as a function needs a role: made, given inline policies, deleted (query protocol, API reference
//! `2010-05-08`). Roles are kept and listed; nothing is ever refused because of one.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{Router, body::Bytes, extract::State, http::StatusCode, response::Response, routing::post};
use serde_json::Value;
use tokio::task::JoinHandle;

use crate::{
    DevStackError,
    account::ACCOUNT_ID,
    form,
    query::{self, Refusal, escaped},
    random,
    serve::{self, Shutdown},
};

const SERVICE: query::Service =
    query::Service { version: "2010-05-08", namespace: "https://iam.amazonaws.com/doc/2010-05-08/" };

/// The local IAM; clones are the same service.
#[derive(Clone, Debug)]
pub struct Iam {
    url: String,
    roles: Arc<Mutex<BTreeMap<String, Role>>>,
}

#[derive(Debug)]
struct Role {
    id: String,
    trust: String,
    /// Inline policies, by name.
    policies: BTreeMap<String, String>,
}

pub(crate) async fn start(
    port: Option<u16>,
    shutdown: Shutdown,
) -> Result<(Iam, JoinHandle<()>), DevStackError> {
    let (listener, address) = serve::bind(port).await?;
    let iam = Iam { url: format!("http://{address}"), roles: Arc::default() };
    let router = Router::new().route("/", post(operation)).with_state(iam.clone());
    let server = serve::spawn(listener, router, shutdown);
    Ok((iam, server))
}

impl Iam {
    /// Base URL of the API.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    #[must_use]
    pub fn roles(&self) -> Vec<String> {
        self.lock().keys().cloned().collect()
    }

    pub(crate) fn knows(&self, arn: &str) -> bool {
        self.lock().keys().any(|name| arn_of(name) == arn)
    }

    fn perform(&self, action: &str, input: &HashMap<String, String>) -> Result<Option<String>, Refusal> {
        let mut roles = self.lock();
        if action == "ListRoles" {
            let members = roles.iter().map(|(name, role)| format!("<member>{}</member>", shown(name, role)));
            let members: String = members.collect();
            return Ok(Some(format!("<IsTruncated>false</IsTruncated><Roles>{members}</Roles>")));
        }
        let name = required(input, "RoleName")?;
        if action == "CreateRole" {
            if roles.contains_key(name) {
                let message = format!("Role with name {name} already exists.");
                return Err(Refusal(StatusCode::CONFLICT, "EntityAlreadyExists", message));
            }
            let trust = document(input, "AssumeRolePolicyDocument")?;
            let id = format!("AROA{}", random::alphanumerics(17).to_uppercase());
            let role = Role { id, trust, policies: BTreeMap::new() };
            let answer = format!("<Role>{}</Role>", shown(name, &role));
            roles.insert(name.to_owned(), role);
            return Ok(Some(answer));
        }
        let role = roles
            .get_mut(name)
            .ok_or_else(|| missing(format!("The role with name {name} cannot be found.")))?;
        match action {
            "GetRole" => Ok(Some(format!("<Role>{}</Role>", shown(name, role)))),
            "PutRolePolicy" => {
                let policy = required(input, "PolicyName")?.to_owned();
                role.policies.insert(policy, document(input, "PolicyDocument")?);
                Ok(None)
            }
            "ListRolePolicies" => {
                let names =
                    role.policies.keys().map(|policy| format!("<member>{}</member>", escaped(policy)));
                let names: String = names.collect();
                Ok(Some(format!("<IsTruncated>false</IsTruncated><PolicyNames>{names}</PolicyNames>")))
            }
            "GetRolePolicy" => {
                let policy = required(input, "PolicyName")?;
                let kept = role.policies.get(policy).ok_or_else(|| missing(no_policy(policy)))?;
                Ok(Some(format!(
                    "<RoleName>{name}</RoleName><PolicyName>{}</PolicyName><PolicyDocument>{}</PolicyDocument>",
                    escaped(policy),
                    encoded(kept)
                )))
            }
            "DeleteRolePolicy" => {
                let policy = required(input, "PolicyName")?;
                role.policies.remove(policy).ok_or_else(|| missing(no_policy(policy)))?;
                Ok(None)
            }
            "DeleteRole" if role.policies.is_empty() => {
                roles.remove(name);
                Ok(None)
            }
            "DeleteRole" => {
                let message = "Cannot delete entity, must delete policies first.".to_owned();
                Err(Refusal(StatusCode::CONFLICT, "DeleteConflict", message))
            }
            other => Err(SERVICE.no_such_operation(other)),
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Role>> {
        self.roles.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn operation(State(iam): State<Iam>, body: Bytes) -> Response {
    let mut input = form::parse(&body);
    let action = input.remove("Action").unwrap_or_default();
    SERVICE.respond(&action, iam.perform(&action, &input))
}

fn required<'a>(input: &'a HashMap<String, String>, name: &str) -> Result<&'a str, Refusal> {
    let value = input.get(name).map(String::as_str).filter(|value| !value.is_empty());
    value.ok_or_else(|| {
        let message = format!("1 validation error detected: Value at '{name}' must not be null");
        Refusal(StatusCode::BAD_REQUEST, "ValidationError", message)
    })
}

/// A policy document, which must at least be JSON.
fn document(input: &HashMap<String, String>, name: &str) -> Result<String, Refusal> {
    let text = required(input, name)?;
    if let Ok(Value::Object(_)) = serde_json::from_str(text) {
        return Ok(text.to_owned());
    }
    let message = "Syntax errors in policy.".to_owned();
    Err(Refusal(StatusCode::BAD_REQUEST, "MalformedPolicyDocument", message))
}

fn arn_of(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT_ID}:role/{name}")
}

fn shown(name: &str, role: &Role) -> String {
    format!(
        "<Path>/</Path><RoleName>{name}</RoleName><RoleId>{}</RoleId><Arn>{}</Arn>\
         <CreateDate>2026-01-01T00:00:00Z</CreateDate>\
         <AssumeRolePolicyDocument>{}</AssumeRolePolicyDocument>",
        role.id,
        arn_of(name),
        encoded(&role.trust)
    )
}

/// Documents come percent-encoded, as RFC 3986 has it.
fn encoded(document: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(byte);
    document
        .bytes()
        .map(|byte| if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

fn no_policy(policy: &str) -> String {
    format!("The role policy with name {policy} cannot be found.")
}

fn missing(message: String) -> Refusal {
    Refusal(StatusCode::NOT_FOUND, "NoSuchEntity", message)
}
