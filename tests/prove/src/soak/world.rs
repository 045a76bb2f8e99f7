//! The local stack with the shipped functions, and a table that all of them reach through faults.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use dev_stack::functions::{AUTHORIZER, POST_CONFIRMATION, PRE_TOKEN_GENERATION, ROUTER};
use dev_stack::{
    ClientSettings, DevStack, EventVersion, FunctionBinaries, FunctionError, FunctionProgram, FunctionSpec,
    Invocation, PoolSettings, StackOptions, Trigger, Triggers,
};
use serde_json::{Map, Value, json};
use tenancy_aws::operator::Operator;
use tenancy_aws::{AwsClients, AwsSettings};
use tests::faults;
use tests::http::Message;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::TENANTS;
use super::clock::{Tick, tick};
use super::notes::{Ended, Notes};
use super::staff::Offers;
use super::store::{BehindCognito, OPERATORS, Store, serve_each};
use super::users::User;
use super::weather::Weather;
use crate::dynamo::TABLE;
use crate::schedules::schedule::HERE;
use crate::schedules::table::{Table, key, text};

/// Life of tokens: short, so that expired ones are shown to the authorizer.
const TOKENS_LIVE: Duration = Duration::from_secs(20);
/// Processes of each function at one time. More calls wait.
const PROCESSES: usize = 8;
/// Tenants with an app client of their own.
const BOUND: usize = 2;
/// Longer than any call takes, so that Cognito hears of each.
const PATIENCE: Duration = Duration::from_secs(20);
/// The pool of the cell `there`. Its tokens are foreign here.
pub(crate) const THERE: &str = "eu-west-1_There";

pub(crate) struct World {
    pub(crate) stack: DevStack,
    pub(crate) notes: Arc<Notes>,
    pub(crate) operator: Operator,
    /// The app client that is not bound to a tenant.
    pub(crate) open_client: String,
    pub(crate) foreign_client: String,
    pub(crate) users: Mutex<VecDeque<Arc<User>>>,
    pub(crate) next_user: AtomicUsize,
    pub(crate) offers: Mutex<Offers>,
}

impl World {
    pub(crate) async fn start(weather: Arc<Weather>, binaries: &FunctionBinaries) -> Result<Self, String> {
        let options = StackOptions { trigger_timeout: PATIENCE, ..StackOptions::default() };
        let stack = DevStack::start(options).await.map_err(|error| error.with_causes())?;
        let cognito = stack.cognito();
        let settings = PoolSettings { id: Some(HERE.to_owned()), ..PoolSettings::default() };
        let pool = cognito.create_pool(settings);
        let client = || {
            let live =
                ClientSettings { token_validity: TOKENS_LIVE, ..ClientSettings::with_protected_tenant() };
            cognito.create_client(&pool, live).map_err(|error| error.to_string())
        };
        let open_client = client()?;
        let bound = TENANTS.into_iter().take(BOUND).map(|tenant| Ok((client()?, tenant.to_owned())));
        let bound: BTreeMap<String, String> = bound.collect::<Result<_, String>>()?;
        let store = Store::new(&first_table(&bound), Arc::clone(&weather))?;
        let operators = store.listen(OPERATORS).await.map_err(|error| error.to_string())?;
        let settings = AwsSettings::read(|name| match name {
            "AWS_REGION" => Some("eu-west-1".to_owned()),
            "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("local".to_owned()),
            "AWS_ENDPOINT_URL_DYNAMODB" => Some(operators.clone()),
            _ => None,
        });
        let client = AwsClients::new(settings.map_err(|faults| faults.join("; "))?).dynamodb();
        let operator = Operator::new(client, TABLE.to_owned(), "ops".to_owned());
        let notes = Arc::new(Notes::new(store, weather, bound));
        let (users, offers) = Default::default();
        let foreign_client = foreign(&stack)?;
        let next_user = AtomicUsize::new(0);
        let world = Self { stack, notes, operator, open_client, foreign_client, users, next_user, offers };
        world.add_functions(binaries).await?;
        world.attach()?;
        Ok(world)
    }

    async fn add_functions(&self, binaries: &FunctionBinaries) -> Result<(), String> {
        let endpoints = self.stack.endpoints();
        for (name, program) in binaries.programs() {
            let url = self.notes.store.listen(name).await.map_err(|error| error.to_string())?;
            let mut env = endpoints.environment();
            env.insert("AWS_ENDPOINT_URL_DYNAMODB".to_owned(), url);
            if name == POST_CONFIRMATION {
                let url = self.before_cognito(&endpoints.cognito).await.map_err(|error| error.to_string())?;
                env.insert("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER".to_owned(), url);
            }
            let clients = self.notes.bound.keys().chain([&self.open_client]).cloned();
            let clients = clients.collect::<Vec<_>>().join(",");
            let mut settings = vec![("TENANCY_TABLE", TABLE), ("USER_POOL_IDS", HERE)];
            match name {
                AUTHORIZER => settings.extend([
                    ("CLIENT_IDS", &*clients),
                    ("LIVE_CHECK", "member"),
                    // Here the clocks are one.
                    ("LEEWAY_SECONDS", "0"),
                ]),
                ROUTER => settings.extend([
                    ("DEFAULT_CELL", "here"),
                    ("HOST_SUFFIX", "app.example.com"),
                    ("APP_LOGIN_URL", "https://{slug}.app.example.com/login"),
                    ("DEFAULT_LOGIN_URL", "https://www.example.com/sign-in"),
                ]),
                _ => {}
            }
            env.extend(settings.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())));
            let mut spec = FunctionSpec::new(name, program);
            (spec.env, spec.max_environments) = (env, PROCESSES);
            self.stack.lambda().add_function(spec);
        }
        Ok(())
    }

    async fn before_cognito(&self, cognito: &str) -> std::io::Result<String> {
        let (cognito, weather) =
            (cognito.trim_start_matches("http://").to_owned(), Arc::clone(&self.notes.weather));
        serve_each(move |stream| {
            let (cognito, weather) = (cognito.clone(), Arc::clone(&weather));
            async move {
                let cognito = TcpStream::connect(cognito).await.ok()?;
                faults::serve(stream, BehindCognito { cognito, weather, function: POST_CONFIRMATION }).await
            }
        })
        .await
    }

    /// Lets the pool call both triggers. Between the two, each call is judged.
    fn attach(&self) -> Result<(), String> {
        let judged = |function: &'static str| {
            let (lambda, notes) = (self.stack.lambda().clone(), Arc::clone(&self.notes));
            let program = FunctionProgram::in_process(move |event| {
                let (lambda, notes) = (lambda.clone(), Arc::clone(&notes));
                async move {
                    let (from, wish) = notes.begin(&event);
                    let result = lambda.invoke(function, event).await;
                    let ended = Ended { function, from, until: tick(), result };
                    notes.trigger(&wish, &ended);
                    match ended.result {
                        Ok(Invocation::Ok(reply)) => Ok(reply),
                        Ok(ended) => {
                            Err(ended.error().cloned().unwrap_or_else(|| FunctionError::new("", "")))
                        }
                        Err(error) => Err(FunctionError::new("stopped", error.to_string())),
                    }
                }
            });
            let name = format!("judged-{function}");
            let spec = FunctionSpec { timeout: PATIENCE, ..FunctionSpec::new(name.clone(), program) };
            self.stack.lambda().add_function(spec);
            name
        };
        let triggers = Triggers::default()
            .with(Trigger::PostConfirmation, judged(POST_CONFIRMATION))
            .with_version(Trigger::PreTokenGeneration, judged(PRE_TOKEN_GENERATION), EventVersion::V2);
        self.stack.cognito().set_triggers(HERE, &triggers).map_err(|error| error.to_string())
    }

    /// Calls a function as API Gateway does.
    pub(crate) async fn invoke(&self, function: &'static str, event: &str) -> Ended {
        let from = tick();
        let result = self.stack.lambda().invoke(function, event.as_bytes().to_vec()).await;
        Ended { function, from, until: tick(), result }
    }

    /// Asks Cognito as an app does. `None`: a trigger has refused, which was judged. Anything else must not happen.
    pub(crate) async fn cognito(&self, operation: &str, body: &Value) -> Option<Value> {
        let from: Tick = tick();
        let answer = self.ask(operation, &body.to_string()).await.unwrap_or_default();
        match text(&answer, "__type") {
            "" if answer.is_object() => return Some(answer),
            "UserLambdaValidationException" => {}
            _ if self.notes.is_stall(from, tick()) => {}
            _ => self
                .notes
                .fail(format!("{}: Cognito answers {operation} with {answer}", super::clock::shown(from))),
        }
        None
    }

    async fn ask(&self, operation: &str, body: &str) -> Option<Value> {
        let host = self.stack.endpoints().cognito.trim_start_matches("http://").to_owned();
        let length = body.len();
        let request = format!(
            "POST / HTTP/1.1\r\nhost: {host}\r\nx-amz-target: AWSCognitoIdentityProviderService.{operation}\r\n\
             content-type: application/x-amz-json-1.1\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        let mut stream = TcpStream::connect(host).await.ok()?;
        stream.write_all(request.as_bytes()).await.ok()?;
        Some(Message::read(&mut stream).await?.body())
    }
}

/// A pool whose trigger gives every user a tenant: its tokens look right, and are good in no other pool.
fn foreign(stack: &DevStack) -> Result<String, String> {
    let program = FunctionProgram::in_process(|event| async move {
        let mut reply: Map<String, Value> = serde_json::from_slice(&event).unwrap_or_default();
        let claims = json!({ "claimsToAddOrOverride": { "tenant_id": TENANTS[0], "tenant_tier": "pro" } });
        let details = json!({ "idTokenGeneration": claims, "accessTokenGeneration": claims });
        reply.insert("response".to_owned(), json!({ "claimsAndScopeOverrideDetails": details }));
        Ok(Value::Object(reply).to_string().into())
    });
    stack.lambda().add_function(FunctionSpec::new("foreign", program));
    let triggers = Triggers::default().with_version(Trigger::PreTokenGeneration, "foreign", EventVersion::V2);
    let (id, auto_confirm) = (Some(THERE.to_owned()), true);
    let pool =
        stack.cognito().create_pool(PoolSettings { id, auto_confirm, triggers, ..PoolSettings::default() });
    stack.cognito().create_client(&pool, ClientSettings::default()).map_err(|error| error.to_string())
}

/// Tenants, the bound app clients, and two cells.
fn first_table(bound: &BTreeMap<String, String>) -> Table {
    let mut table = Table::new();
    let mut put = |item: Value| drop(table.insert(key(text(&item, "pk"), text(&item, "sk")), item));
    for id in TENANTS {
        put(json!({
            "pk": format!("TENANT#{id}"), "sk": "META", "et": "tenant", "v": 1, "tid": id, "name": id, "slug": id,
            "tier": "pro", "status": "active", "ver": 1, "createdAt": 1_700_000_000, "gsi1pk": "TENANTS", "gsi1sk": id,
            "roles": { format!("{id}-admin"): { "groups": [format!("{id}-admins"), format!("{id}-billing")] } },
        }));
        put(json!({ "pk": format!("SLUG#{id}"), "sk": "PTR", "et": "slug", "v": 1, "tid": id }));
    }
    for (client, tenant) in bound {
        put(json!({
            "pk": format!("CLIENT#{HERE}#{client}"), "sk": "PTR", "et": "client", "v": 1, "tid": tenant,
            "mode": "required",
        }));
    }
    for (name, pool) in [("here", HERE), ("there", THERE)] {
        put(json!({
            "pk": format!("CELL#{name}"), "sk": "META", "et": "cell", "v": 1, "cell": name, "pool": pool,
            "region": "eu-west-1", "status": "open", "capacity": 900, "tenants": 0,
            "clientId": format!("client-{name}"), "domain": format!("{name}.login.example.com"), "ver": 1,
            "createdAt": 1_700_000_000, "gsi1pk": "CELLS", "gsi1sk": name,
        }));
    }
    table
}
