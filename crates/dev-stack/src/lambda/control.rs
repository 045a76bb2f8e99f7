//! The operations on functions themselves, as far as a look at them and their permissions go (Lambda API
//! reference, `2015-03-31`).

use axum::{
    Router,
    body::Bytes,
    extract::{Path, RawQuery, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{delete, get},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{
    name::{function_name, qualifier},
    policy::Permission,
    refusal::{refusal, service_error},
    resources::{PolicyFault, Resources},
    service::Lambda,
};
use crate::{DevStackError, form};

pub(super) fn routes() -> Router<Lambda> {
    Router::new()
        .route("/2015-03-31/functions/{name}", get(get_function))
        .route("/2015-03-31/functions/{name}/configuration", get(get_function_configuration))
        .route("/2015-03-31/functions/{name}/aliases", get(list_aliases).post(create_alias))
        .route("/2015-03-31/functions/{name}/aliases/{alias}", get(get_alias))
        .route("/2015-03-31/functions/{name}/policy", get(get_policy).post(add_permission))
        .route("/2015-03-31/functions/{name}/policy/{sid}", delete(remove_permission))
}

/// What a path and a query say of one function.
struct Target {
    name: String,
    /// Empty for the function itself.
    qualifier: String,
    revision: Option<String>,
}

impl Target {
    fn of(text: &str, query: Option<&str>) -> Self {
        let mut query = form::parse(query.unwrap_or_default().as_bytes());
        let named = query.remove("Qualifier").or_else(|| qualifier(text).map(str::to_owned));
        Self {
            name: function_name(text).to_owned(),
            qualifier: named.unwrap_or_default(),
            revision: query.remove("RevisionId"),
        }
    }

    /// Works on the function, if the version or alias is there.
    fn with<T>(&self, lambda: &Lambda, action: impl FnOnce(&mut Resources) -> T) -> Result<T, Refusal> {
        self.configuration(lambda)?;
        lambda.with_resources(&self.name, action).map_err(|error| self.refusal(lambda, error))
    }

    fn configuration(&self, lambda: &Lambda) -> Result<Value, Refusal> {
        let found = lambda.configuration(&self.name, &self.qualifier);
        let found = found.map_err(|error| self.refusal(lambda, error))?;
        found.ok_or_else(|| not_found(format!("Function not found: {}", self.arn(lambda))))
    }

    fn refusal(&self, lambda: &Lambda, error: DevStackError) -> Refusal {
        Refusal::Stack(error, self.arn(lambda))
    }

    fn arn(&self, lambda: &Lambda) -> String {
        lambda.qualified_arn(&self.name, &self.qualifier)
    }
}

/// Why an operation has no answer.
pub(super) enum Refusal {
    Service(StatusCode, &'static str, String),
    /// Of the stack, about the function of this ARN.
    Stack(DevStackError, String),
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::Service(status, code, message) => service_error(status, code, &message),
            Self::Stack(error, arn) => refusal(&error, &arn),
        }
    }
}

async fn get_function(
    State(lambda): State<Lambda>,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let found = Target::of(&name, query.as_deref()).configuration(&lambda);
    finish(found.map(|configuration| {
        json!({ "Configuration": configuration, "Code": { "RepositoryType": "S3" }, "Tags": {} })
    }))
}

async fn get_function_configuration(
    State(lambda): State<Lambda>,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    finish(Target::of(&name, query.as_deref()).configuration(&lambda))
}

async fn list_aliases(State(lambda): State<Lambda>, Path(name): Path<String>) -> Response {
    let target = Target { qualifier: String::new(), ..Target::of(&name, None) };
    finish(target.with(&lambda, |resources| {
        let aliases = resources.aliases.iter();
        let aliases: Vec<_> =
            aliases.map(|(alias, version)| alias_shown(&lambda, &target.name, alias, version)).collect();
        json!({ "Aliases": aliases })
    }))
}

async fn get_alias(State(lambda): State<Lambda>, Path((name, alias)): Path<(String, String)>) -> Response {
    let target = Target { qualifier: String::new(), ..Target::of(&name, None) };
    finish(target.with(&lambda, |resources| resources.aliases.get(&alias).cloned()).and_then(|version| {
        let missing = || {
            let arn = lambda.qualified_arn(&target.name, &alias);
            not_found(format!("Cannot find alias arn: {arn}"))
        };
        version.map(|version| alias_shown(&lambda, &target.name, &alias, &version)).ok_or_else(missing)
    }))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreateAlias {
    name: String,
    function_version: String,
}

async fn create_alias(State(lambda): State<Lambda>, Path(name): Path<String>, body: Bytes) -> Response {
    let target = Target { qualifier: String::new(), ..Target::of(&name, None) };
    let made = input::<CreateAlias>(&body).and_then(|input| {
        let known = target.with(&lambda, |resources| {
            let known = resources.aliases.contains_key(&input.name);
            resources.aliases.entry(input.name.clone()).or_insert_with(|| input.function_version.clone());
            known
        })?;
        if known {
            let arn = lambda.qualified_arn(&target.name, &input.name);
            return Err(conflict(format!("Alias already exists: {arn}")));
        }
        Ok(alias_shown(&lambda, &target.name, &input.name, &input.function_version))
    });
    created(made)
}

async fn get_policy(
    State(lambda): State<Lambda>,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let target = Target::of(&name, query.as_deref());
    let policy = target.with(&lambda, |resources| resources.policies.get(&target.qualifier).cloned());
    finish(policy.and_then(|policy| {
        let policy = policy.ok_or_else(|| not_found("The resource you requested does not exist."))?;
        Ok(json!({ "Policy": policy.document.to_string(), "RevisionId": policy.revision }))
    }))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AddPermission {
    statement_id: String,
    action: String,
    principal: String,
    source_arn: Option<String>,
    source_account: Option<String>,
    revision_id: Option<String>,
}

async fn add_permission(
    State(lambda): State<Lambda>,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Response {
    let target = Target::of(&name, query.as_deref());
    let added = input::<AddPermission>(&body).and_then(|input| {
        let permission = Permission {
            statement_id: input.statement_id,
            action: input.action,
            principal: input.principal,
            source_arn: input.source_arn,
            source_account: input.source_account,
        };
        let statement = permission.statement(&target.arn(&lambda));
        let revision = input.revision_id.as_deref();
        let kept = target
            .with(&lambda, |resources| resources.add_statement(&target.qualifier, statement, revision))?;
        let kept = kept.map_err(|fault| policy_refusal(&fault, &permission.statement_id))?;
        Ok(json!({ "Statement": kept.to_string() }))
    });
    created(added)
}

async fn remove_permission(
    State(lambda): State<Lambda>,
    Path((name, sid)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Response {
    let target = Target::of(&name, query.as_deref());
    let removed = target.with(&lambda, |resources| {
        resources.remove_statement(&target.qualifier, &sid, target.revision.as_deref())
    });
    match removed {
        Ok(Ok(())) => StatusCode::NO_CONTENT.into_response(),
        Ok(Err(fault)) => policy_refusal(&fault, &sid).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

fn alias_shown(lambda: &Lambda, name: &str, alias: &str, version: &str) -> Value {
    json!({
        "AliasArn": lambda.qualified_arn(name, alias),
        "Name": alias,
        "FunctionVersion": version,
        "Description": "",
    })
}

pub(super) fn input<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|error| {
        Refusal::Service(StatusCode::BAD_REQUEST, "InvalidRequestContentException", error.to_string())
    })
}

pub(super) fn finish(answer: Result<Value, Refusal>) -> Response {
    match answer {
        Ok(answer) => ([("content-type", "application/json")], answer.to_string()).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

pub(super) fn created(answer: Result<Value, Refusal>) -> Response {
    let created = answer.is_ok();
    let response = finish(answer);
    if created { (StatusCode::CREATED, response).into_response() } else { response }
}

pub(super) fn not_found(message: impl Into<String>) -> Refusal {
    Refusal::Service(StatusCode::NOT_FOUND, "ResourceNotFoundException", message.into())
}

pub(super) fn conflict(message: impl Into<String>) -> Refusal {
    Refusal::Service(StatusCode::CONFLICT, "ResourceConflictException", message.into())
}

fn policy_refusal(fault: &PolicyFault, sid: &str) -> Refusal {
    match fault {
        PolicyFault::NoStatement => not_found(format!("Statement {sid} is not found in resource policy.")),
        PolicyFault::StatementExists => conflict(format!(
            "The statement id ({sid}) provided already exists. Please provide a new statement id, or remove the \
             existing statement."
        )),
        PolicyFault::OtherRevision => Refusal::Service(
            StatusCode::PRECONDITION_FAILED,
            "PreconditionFailedException",
            "The RevisionId provided does not match the latest RevisionId. Call the GetPolicy API to retrieve \
             the latest RevisionId"
                .to_owned(),
        ),
    }
}
