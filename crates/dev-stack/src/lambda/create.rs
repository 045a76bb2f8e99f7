//! Functions made, listed and deleted through the API.

use std::{collections::BTreeMap, time::Duration};

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{delete, get},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    code,
    control::{Refusal, conflict, created, finish, input, not_found},
    name::function_name,
    service::Lambda,
    spec::{FunctionProgram, FunctionSpec},
};
use crate::DevStackError;

/// Largest request of `CreateFunction`: a zip of 50 MB in base64 (Lambda quotas).
const CREATE_BYTES_MAX: usize = 70_167_211;

pub(super) fn routes() -> Router<Lambda> {
    Router::new()
        .route(
            "/2015-03-31/functions",
            get(list_functions).post(create_function).layer(DefaultBodyLimit::max(CREATE_BYTES_MAX)),
        )
        .route("/2015-03-31/functions/{name}", delete(delete_function))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreateFunction {
    function_name: String,
    role: String,
    code: Code,
    runtime: Option<String>,
    handler: Option<String>,
    description: Option<String>,
    timeout: Option<u64>,
    memory_size: Option<u32>,
    environment: Option<Environment>,
    architectures: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Code {
    zip_file: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Environment {
    #[serde(default)]
    variables: BTreeMap<String, String>,
}

/// `CreateFunction` from a zip with a `bootstrap`, which runs here as it is: one for another processor does not start.
async fn create_function(State(lambda): State<Lambda>, body: Bytes) -> Response {
    created(input::<CreateFunction>(&body).and_then(|input| create(&lambda, input)))
}

fn create(lambda: &Lambda, input: CreateFunction) -> Result<Value, Refusal> {
    let name = function_name(&input.function_name).to_owned();
    if lambda.function(&name).is_ok() {
        return Err(conflict(format!("Function already exist: {name}")));
    }
    if !lambda.iam().knows(&input.role) {
        return Err(invalid("The role defined for the function cannot be assumed by Lambda."));
    }
    let runtime = input.runtime.unwrap_or_default();
    if !runtime.starts_with("provided.") {
        return Err(invalid("the local stack runs `provided` functions only"));
    }
    let architectures = input.architectures.unwrap_or_else(|| vec!["x86_64".to_owned()]);
    let zip = input.code.zip_file.and_then(|text| STANDARD.decode(text).ok());
    let zip = zip.ok_or_else(|| invalid("Please provide a source for function code."))?;
    let folder = tempfile::Builder::new().prefix("dev-stack-function-").tempdir();
    let folder = folder.map_err(|_| invalid("no folder for the code"))?;
    code::unpack(&zip, folder.path()).map_err(invalid)?;
    let spec = FunctionSpec {
        env: input.environment.map(|environment| environment.variables).unwrap_or_default(),
        timeout: Duration::from_secs(input.timeout.unwrap_or(3).clamp(1, 900)),
        memory_mb: input.memory_size.unwrap_or(128),
        ..FunctionSpec::new(name.clone(), FunctionProgram::Binary(folder.path().join("bootstrap")))
    };
    let shown = json!({
        "Role": input.role,
        "Runtime": runtime,
        "Handler": input.handler.unwrap_or_default(),
        "Description": input.description.unwrap_or_default(),
        "CodeSize": zip.len(),
        "Architectures": architectures,
    });
    lambda.add_made(spec);
    let made = lambda.with_resources(&name, |resources| {
        resources.patch = Some(shown);
        resources.code = Some(folder);
    });
    made.and_then(|()| lambda.configuration(&name, "")).map_err(gone)?.ok_or_else(|| not_found(name))
}

async fn list_functions(State(lambda): State<Lambda>) -> Response {
    let names = lambda.names();
    let shown = names.iter().filter_map(|name| lambda.configuration(name, "").ok().flatten());
    finish(Ok(json!({ "Functions": shown.collect::<Vec<_>>() })))
}

/// `DeleteFunction`, with its aliases and policies. Who still calls it finds nothing.
async fn delete_function(State(lambda): State<Lambda>, Path(name): Path<String>) -> Response {
    let name = function_name(&name);
    if lambda.remove_function(name) {
        return StatusCode::NO_CONTENT.into_response();
    }
    not_found(format!("Function not found: {}", lambda.arn(name))).into_response()
}

fn invalid(message: &str) -> Refusal {
    Refusal::Service(StatusCode::BAD_REQUEST, "InvalidParameterValueException", message.to_owned())
}

/// Deleted by another request in between, or stopped.
fn gone(error: DevStackError) -> Refusal {
    Refusal::Stack(error, String::new())
}
