//! Cells on the local stack.

use dev_stack::{ClientSettings, FunctionProgram, FunctionSpec, PoolSettings, Trigger, Triggers};

use crate::support::Desk;

/// A cell: its name, its user pool and the app client that its tenants share.
pub(crate) struct Fixture {
    pub(crate) name: &'static str,
    pub(crate) pool: String,
    pub(crate) client: String,
}

/// Adds a function that does nothing, with these settings, under a name of its own.
pub(crate) fn add_function(desk: &Desk, name: &str, settings: &[(&str, &str)]) {
    let mut function = FunctionSpec::new(name, FunctionProgram::Binary("/bin/true".into()));
    let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    function.env.extend(settings);
    desk.stack.lambda().add_function(function);
}

/// A pool with an app client and this pre-token-generation function.
pub(crate) fn pool(desk: &Desk, function: Option<&str>) -> (String, String) {
    let cognito = desk.stack.cognito();
    let triggers = function.map_or_else(Triggers::default, |function| {
        Triggers::default().with(Trigger::PreTokenGeneration, function)
    });
    let pool = cognito.create_pool(PoolSettings { triggers, ..PoolSettings::default() });
    let client = cognito.create_client(&pool, ClientSettings::default()).unwrap();
    (pool, client)
}

/// Makes a cell of a new pool, whose function knows `pools`; `options` are more options of `cell create`.
pub(crate) fn cell(desk: &Desk, name: &'static str, options: &str) -> Fixture {
    let function = format!("pre-token-{name}");
    add_function(desk, &function, &[("TENANCY_TABLE", "tenancy"), ("REDEEM", "on")]);
    let (pool, client) = pool(desk, Some(&function));
    let domain = format!("{name}.localhost:4566");
    desk.run(&format!(
        "cell create {name} --user-pool-id {pool} --domain {domain} --client-id {client} {options}"
    ))
    .ok();
    Fixture { name, pool, client }
}
