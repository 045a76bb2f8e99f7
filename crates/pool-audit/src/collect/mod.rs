//! The calls. Only the pool's own description must be answered; what else is not is kept as such.

mod functions;
mod pool;
mod replicas;
mod table;

use std::convert::Infallible;
use std::future::Future;

use tenancy::PoolId;
use user_pool::{AwsError, many};

use crate::expected::Expected;
use crate::snapshot::{Snapshot, marker_scope, pool_tenant};
use crate::unread::Read;

/// Calls at the same time. Cognito gives an account 15 to 20 descriptions of app clients a second (quotas); what it refuses
/// is tried again.
const AT_ONCE: usize = 6;

/// Is told of many calls that begin, with what they are about; what it gives is called after each of them.
pub type Watch = dyn Fn(&'static str, usize) -> Box<dyn FnMut()>;

/// What is called.
pub struct Clients {
    pub cognito: aws_sdk_cognitoidentityprovider::Client,
    /// Or why there is no Lambda to ask.
    pub lambda: Result<aws_sdk_lambda::Client, String>,
    /// Or why no table is looked at.
    pub table: Read<Table>,
    pub watch: Box<Watch>,
}

pub struct Table {
    pub client: aws_sdk_dynamodb::Client,
    /// Or its ARN.
    pub name: String,
}

/// Why there is no snapshot.
pub enum Undescribed {
    Call(AwsError),
    /// The server's answer describes no pool.
    Empty,
}

/// Reads everything.
pub async fn snapshot(clients: &Clients, pool: &PoolId, expected: Expected) -> Result<Snapshot, Undescribed> {
    let Clients { cognito, watch, .. } = clients;
    let (pool_settings, described) = pool::describe(cognito, pool).await?;
    let (mut app_clients, unlisted_clients) = pool::clients(cognito, watch, pool).await;
    let unread_secrets = pool::secrets(cognito, watch, pool, &mut app_clients).await;
    let (providers, unlisted_providers) = pool::providers(cognito, watch, pool).await;
    let replicas = replicas::read(cognito, watch, pool).await;
    let functions = match pool_settings.lambda_config() {
        Some(triggers) => functions::read(clients, pool_settings.arn(), triggers).await,
        None => Vec::new(),
    };
    let marker_server = match marker_scope(&functions, &expected) {
        Ok(Some(marker)) => pool::marker_server(cognito, pool, marker).await,
        // Without a marker nothing is looked for. What hid it is said by the rules themselves.
        Ok(None) | Err(_) => Ok(Vec::new()),
    };
    let table = table::inspect(clients).await;
    let bindings = match &table {
        Ok(Some(_)) => {
            let pool = (pool, pool_tenant(&functions, &expected));
            table::bindings(clients, pool, &app_clients, &providers).await
        }
        Ok(None) => Err(table::missing()),
        Err(unread) => Err(unread.clone()),
    };
    let mut snapshot = Snapshot {
        expected,
        pool_id: pool.to_string(),
        pool: pool_settings,
        described,
        clients: app_clients,
        unlisted_clients,
        unread_secrets,
        providers,
        unlisted_providers,
        replicas,
        functions,
        marker_server,
        table,
        bindings,
    };
    // Members are many: they are read only where nothing else tells that the product is installed.
    if snapshot.is_installed() != Some(true)
        && let Ok(bindings) = &mut snapshot.bindings
    {
        bindings.has_members = table::has_members(clients, pool, &bindings.tenants).await;
    }
    Ok(snapshot)
}

/// Calls for each of many, a few at the same time, and gives the answers in the order of the questions.
async fn for_each<T, A, F>(
    watch: &Watch,
    what: &'static str,
    questions: Vec<T>,
    call: impl Fn(T) -> F,
) -> Vec<A>
where
    F: Future<Output = A> + Send + 'static,
    A: Send + 'static,
{
    let mut step = watch(what, questions.len());
    let mut answers = Vec::new();
    let asked = questions.into_iter().enumerate();
    let call = |(position, question)| {
        let answer = call(question);
        async move { (position, answer.await) }
    };
    let Ok(()) = many::for_each(AT_ONCE, asked, call, |answer| {
        answers.push(answer);
        step();
        Ok::<_, Infallible>(())
    })
    .await;
    answers.sort_by_key(|(position, _)| *position);
    answers.into_iter().map(|(_, answer)| answer).collect()
}
