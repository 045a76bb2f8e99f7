//! The pool and the app client of the program: made, or found among what an earlier run kept.

use dev_stack::{
    ACCOUNT_ID, ClientSettings, Cognito, DevStack, DevStackError, EventVersion, Permission, PoolSettings,
    Trigger, Triggers, functions,
};

/// The alias of both triggers.
const ALIAS: &str = "live";

/// The pool of this id, or the first that this program made; a new one if there is none.
pub(crate) fn found_or_made(cognito: &Cognito, id: Option<&str>) -> String {
    let settings = PoolSettings { id: id.map(str::to_owned), ..PoolSettings::default() };
    let kept = cognito.pools_named(&settings.name);
    let found = kept.into_iter().find(|kept| id.is_none_or(|id| id == kept));
    found.unwrap_or_else(|| cognito.create_pool(settings))
}

/// The app client of this id, or the first that this program made; a new one if there is none.
pub(crate) fn client(cognito: &Cognito, pool: &str, id: Option<&str>) -> Result<String, DevStackError> {
    let settings = ClientSettings { id: id.map(str::to_owned), ..ClientSettings::with_protected_tenant() };
    let kept = cognito.clients_named(pool, &settings.name);
    match kept.into_iter().find(|kept| id.is_none_or(|id| id == kept)) {
        Some(found) => Ok(found),
        None => cognito.create_client(pool, settings),
    }
}

/// Gives both triggers an alias, and lets Cognito invoke it for this pool.
pub(crate) fn admit(stack: &DevStack, pool: &str) -> Result<(), DevStackError> {
    let lambda = stack.lambda();
    for name in functions::TRIGGERS {
        lambda.add_alias(name, ALIAS, "1")?;
        let permission = Permission {
            source_arn: Some(stack.cognito().pool_arn(pool)),
            source_account: Some(ACCOUNT_ID.to_owned()),
            ..Permission::of_cognito("cognito")
        };
        lambda.add_permission(&format!("{name}:{ALIAS}"), &permission)?;
    }
    Ok(())
}

/// A function's ARN, by its alias.
pub(crate) fn by_alias(stack: &DevStack, name: &str) -> String {
    stack.lambda().arn(&format!("{name}:{ALIAS}"))
}

/// Makes the pool call both triggers.
pub(crate) fn attach(stack: &DevStack, pool: &str, version: EventVersion) -> Result<(), DevStackError> {
    let alias = |name: &str| by_alias(stack, name);
    let triggers = Triggers::default()
        .with(Trigger::PostConfirmation, alias(functions::POST_CONFIRMATION))
        .with_version(Trigger::PreTokenGeneration, alias(functions::PRE_TOKEN_GENERATION), version);
    stack.cognito().set_triggers(pool, &triggers)
}
