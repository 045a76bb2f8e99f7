//! A Cognito access token as Cedar sees it in Amazon Verified Permissions, and the decision about one order. A service
//! without Verified Permissions can have the same.

use cedar_policy::{
    Authorizer, Context, Decision, Entities, EntityUid, PolicySet, Request, Response, Schema, ValidationMode,
    Validator,
};
use serde_json::{Map, Value, json};

/// Policies that the strict validator takes.
#[derive(Clone, Debug)]
pub struct Policies {
    schema: Schema,
    policies: PolicySet,
}

impl Policies {
    /// Call this when the program starts.
    ///
    /// # Errors
    ///
    /// What the validator says. A warning is an error: it shows a condition that never holds.
    pub fn new(schema: Schema, policies: PolicySet) -> Result<Self, String> {
        let result = Validator::new(schema.clone()).validate(&policies, ValidationMode::Strict);
        let errors = result.validation_errors().map(ToString::to_string);
        let complaints: Vec<String> =
            errors.chain(result.validation_warnings().map(ToString::to_string)).collect();
        if complaints.is_empty() { Ok(Self { schema, policies }) } else { Err(complaints.join("\n")) }
    }

    /// Whether the caller may do this. `claims` are those of a **verified** access token.
    #[must_use]
    pub fn allow(&self, claims: &Map<String, Value>, action: &str, order: &Order) -> bool {
        let Ok(caller) = Caller::of_access_token(claims) else { return false };
        ask(&self.policies, Some(&self.schema), &caller, action, order)
            .is_ok_and(|response| lets_in(&response))
    }
}

/// The claims of `AccessToken` in `infra/cedar/schema.cedarschema`. Policies see no other claim.
pub const CLAIMS: [&str; 7] =
    ["tenant_id", "tenant_tier", "tenant_roles", "tenant_features", "scope", "token_use", "client_id"];

/// Verified Permissions refuses a token that has one of these beside a name that begins with it and a colon.
const PREFIXES: [&str; 3] = ["cognito", "custom", "dev"];
/// In bytes, of Verified Permissions.
const ENTITY_ID_MAX: usize = 200;
/// Of Verified Permissions.
const PARENTS_MAX: usize = 100;

/// Who asks: the principal with its groups, and the claims.
#[derive(Clone, Debug)]
pub struct Caller {
    pub user: Value,
    pub groups: Vec<Value>,
    pub context: Value,
}

impl Caller {
    /// Maps the claims of a **verified** access token.
    ///
    /// # Errors
    ///
    /// What Verified Permissions does not take: a missing `sub` or `iss`, a claim with a reserved name, a long id, more than
    /// 100 groups.
    pub fn of_access_token(claims: &Map<String, Value>) -> Result<Self, String> {
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        let pool = text("iss").and_then(|issuer| issuer.rsplit('/').next()).ok_or("no claim `iss`")?;
        let sub = text("sub").ok_or("no claim `sub`")?;
        if let Some(name) = PREFIXES.iter().find(|name| claims.contains_key(**name)) {
            return Err(format!("the claim `{name}` has the name of a prefix"));
        }
        let groups = claims.get("cognito:groups").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let groups = groups.iter().filter_map(Value::as_str).map(|group| entity("Group", pool, group));
        let groups = groups.collect::<Result<Vec<_>, _>>()?;
        if groups.len() > PARENTS_MAX {
            return Err(format!("{} groups, and at most {PARENTS_MAX} can be parents", groups.len()));
        }
        Ok(Self { user: entity("User", pool, sub)?, groups, context: json!({ "token": token(claims) }) })
    }
}

/// The claims that the schema knows. The scopes are one text in the token and a set for Cedar.
fn token(claims: &Map<String, Value>) -> Value {
    let known = CLAIMS.iter().filter_map(|name| Some((*name, claims.get(*name)?)));
    let value = |name: &str, value: &Value| match value.as_str() {
        Some(scopes) if name == "scope" => scopes.split(' ').map(Value::from).collect(),
        _ => value.clone(),
    };
    known.map(|(name, claim)| (name.to_owned(), value(name, claim))).collect()
}

fn entity(kind: &str, pool: &str, id: &str) -> Result<Value, String> {
    let id = format!("{pool}|{id}");
    if id.len() > ENTITY_ID_MAX {
        return Err(format!("an entity id of {} bytes, and at most {ENTITY_ID_MAX} are allowed", id.len()));
    }
    Ok(json!({ "type": format!("Tenancy::{kind}"), "id": id }))
}

/// An order of a tenant, and the user who placed it.
#[derive(Clone, Debug)]
pub struct Order {
    pub tenant: String,
    pub owner: Value,
}

/// Asks Cedar. With a schema, a request that does not fit it is an error, as in a policy store with `STRICT`.
///
/// # Errors
///
/// What Cedar says of the request.
pub fn ask(
    policies: &PolicySet,
    schema: Option<&Schema>,
    caller: &Caller,
    action: &str,
    order: &Order,
) -> Result<Response, String> {
    let uid = |kind: &str, id: &str| json!({ "type": format!("Tenancy::{kind}"), "id": id });
    let parsed = |uid: Value| EntityUid::from_json(uid).map_err(|error| error.to_string());
    let action = parsed(uid("Action", action))?;
    let entities = json!([
        { "uid": caller.user, "attrs": {}, "parents": caller.groups },
        {
            "uid": uid("Order", "1"),
            "attrs": { "tenant": order.tenant, "owner": { "__entity": order.owner } },
            "parents": [],
        },
    ]);
    let entities = Entities::from_json_value(entities, schema).map_err(|error| error.to_string())?;
    let context = Context::from_json_value(caller.context.clone(), schema.map(|schema| (schema, &action)))
        .map_err(|error| error.to_string())?;
    let request =
        Request::new(parsed(caller.user.clone())?, action, parsed(uid("Order", "1"))?, context, schema)
            .map_err(|error| error.to_string())?;
    Ok(Authorizer::new().is_authorized(&request, policies, &entities))
}

/// Whether to let the request in: Cedar allows it, and no policy was skipped, because it may have been a `forbid`.
#[must_use]
pub fn lets_in(response: &Response) -> bool {
    response.decision() == Decision::Allow && response.diagnostics().errors().next().is_none()
}
