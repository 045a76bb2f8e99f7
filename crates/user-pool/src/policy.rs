//! Who may call a function: its resource policy, read for one user pool. The one evaluator: the audit and the attaching of
//! triggers both ask here.

use serde_json::Value;

use crate::conditions::{Conditions, Verdict};
use crate::glob::{glob, texts};

/// What calls a trigger.
const COGNITO: &str = "cognito-idp.amazonaws.com";

/// What a function's policy means for a user pool. Statements stand as their ids.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Permission {
    /// Whether a statement lets this pool call.
    pub admits_pool: bool,
    /// Statements that keep it from calling whatever the others say, or may do so: their conditions cannot be judged.
    pub denied: Vec<Sid>,
    /// Statements that may let this pool call: their conditions cannot be judged.
    pub unsure: Vec<Sid>,
    /// Statements that let anybody call.
    pub anybody: Vec<Sid>,
    /// Statements that let anybody call through an address of the function (function URL).
    pub by_url: Vec<Sid>,
    /// Statements that let any user pool of any account call.
    pub any_pool: Vec<Sid>,
    /// Statements that let all user pools of some account call.
    pub pools_of_account: Vec<Sid>,
    /// Statements that name the pool, and not its account as well.
    pub without_account: Vec<Sid>,
    /// Statements that let somebody else call, with whom.
    pub others: Vec<(Sid, Other)>,
    /// The ids of all statements.
    pub ids: Vec<String>,
}

/// A statement's id. Lambda gives each one; `None` is a policy that was not made by Lambda's own calls.
pub type Sid = Option<String>;

/// Somebody who is neither this pool nor everybody.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Other {
    /// Who: an account, a role, a service, a pool.
    pub who: String,
    /// Whether it is of another account than the pool and the function.
    pub is_foreign: bool,
}

/// Reads a policy, as `lambda:GetPolicy` gives it, for the function `function_arn` as the pool calls it.
pub fn judge(policy: &str, function_arn: &str, pool_arn: &str) -> Result<Permission, String> {
    let policy: Value =
        serde_json::from_str(policy).map_err(|error| format!("the policy is no JSON: {error}"))?;
    let statements = match policy.get("Statement") {
        Some(Value::Array(statements)) => statements.iter().collect(),
        Some(statement @ Value::Object(_)) => vec![statement],
        _ => return Err("the policy has no statements".to_owned()),
    };
    let mut permission = Permission::default();
    for statement in statements {
        permission.add(statement, function_arn, pool_arn);
    }
    Ok(permission)
}

impl Permission {
    fn add(&mut self, statement: &Value, function_arn: &str, pool_arn: &str) {
        let sid = statement.get("Sid").and_then(Value::as_str).map(str::to_owned);
        self.ids.extend(sid.clone());
        if !is_about(statement, function_arn) {
            return;
        }
        let who = Principal::of(statement);
        let conditions = Conditions::of(statement, pool_arn);
        let is_denial = match statement.get("Effect").and_then(Value::as_str) {
            Some("Deny") => true,
            Some("Allow") => false,
            _ => return,
        };
        let is_call = is_action(statement, "lambda:invokefunction");
        let is_url = conditions.is_by_url(is_action(statement, "lambda:invokefunctionurl"));
        if is_url && !is_denial && who.is_anybody && !(is_call && conditions.verdict() == Verdict::Yes) {
            self.by_url.push(sid);
            return;
        }
        if !is_call {
            return;
        }
        if is_denial {
            // A denial that cannot be judged may be one: who relies on the call should know.
            if (who.is_cognito || who.is_anybody) && conditions.verdict() != Verdict::No {
                self.denied.push(sid);
            }
            return;
        }
        self.add_others(&sid, &who, &conditions, function_arn, pool_arn);
        if !who.is_cognito && !who.is_anybody {
            return;
        }
        let verdict =
            if who.is_unclear { conditions.verdict().min(Verdict::Unknown) } else { conditions.verdict() };
        match verdict {
            Verdict::Yes => self.admits_pool = true,
            Verdict::Unknown => self.unsure.push(sid.clone()),
            Verdict::No => {}
        }
        self.add_width(sid, &who, &conditions, verdict);
    }

    /// How many more than the pool a statement lets in.
    fn add_width(&mut self, sid: Sid, who: &Principal<'_>, conditions: &Conditions, verdict: Verdict) {
        let names_nobody = conditions.source_arns().is_none() && !conditions.has_account();
        let is_open = names_nobody && verdict == Verdict::Yes;
        if who.is_anybody && (is_open || !conditions.narrow()) {
            self.anybody.push(sid);
            return;
        }
        match (conditions.source_arns(), conditions.has_account()) {
            (None, false) if is_open => self.any_pool.push(sid),
            // A wildcard in the place of the account is no better than no ARN at all.
            (Some(_), false) if conditions.is_any_account() => self.any_pool.push(sid),
            (None, true) => self.pools_of_account.push(sid),
            (Some(_), _) if conditions.has_wildcard() => self.pools_of_account.push(sid),
            (Some(_), false) if verdict == Verdict::Yes => self.without_account.push(sid),
            _ => {}
        }
    }

    fn add_others(
        &mut self,
        sid: &Sid,
        who: &Principal<'_>,
        conditions: &Conditions,
        function_arn: &str,
        pool_arn: &str,
    ) {
        let own = [pool_arn, function_arn].map(|arn| arn.split(':').nth(4).unwrap_or_default());
        let is_own = |account: &str| own.contains(&account);
        let is_account = |text: &str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
        for aws in who.aws.iter().filter(|aws| **aws != "*") {
            let account = if is_account(aws) { aws } else { aws.split(':').nth(4).unwrap_or_default() };
            // An id without an account in it is of a role that has been deleted: nobody has it.
            if is_account(account) {
                self.others
                    .push((sid.clone(), Other { who: (*aws).to_owned(), is_foreign: !is_own(account) }));
            }
        }
        for service in who.services.iter().filter(|service| **service != COGNITO && **service != "*") {
            let is_foreign = !conditions.accounts().iter().any(|account| is_own(account));
            self.others.push((sid.clone(), Other { who: (*service).to_owned(), is_foreign }));
        }
        if who.is_cognito && conditions.verdict() == Verdict::No {
            for arn in conditions.source_arns().into_iter().flatten() {
                let account = arn.split(':').nth(4).unwrap_or_default();
                if is_account(account) && !is_own(account) {
                    self.others.push((sid.clone(), Other { who: arn.clone(), is_foreign: true }));
                }
            }
        }
    }
}

/// Whether a statement is about a call, in small letters.
fn is_action(statement: &Value, call: &str) -> bool {
    let fits =
        |name: &str| texts(statement.get(name)).iter().any(|action| glob(&action.to_ascii_lowercase(), call));
    if statement.get("NotAction").is_some() { !fits("NotAction") } else { fits("Action") }
}

/// Whether a statement is about this function as it is called. A statement without a resource is about any. That
/// `$LATEST` is called says nothing: Lambda takes no statements for it ("We currently do not support adding policies for
/// $LATEST"), only for the function.
fn is_about(statement: &Value, function_arn: &str) -> bool {
    let unqualified = function_arn.strip_suffix(":$LATEST").unwrap_or(function_arn);
    let fits = |name: &str| {
        let patterns = texts(statement.get(name));
        patterns.iter().any(|pattern| glob(pattern, function_arn) || glob(pattern, unqualified))
    };
    if statement.get("NotResource").is_some() {
        return !fits("NotResource");
    }
    texts(statement.get("Resource")).is_empty() || fits("Resource")
}

/// Who a statement is about.
#[derive(Default)]
struct Principal<'a> {
    is_cognito: bool,
    is_anybody: bool,
    /// Whether that is more than can be judged here: all but some.
    is_unclear: bool,
    aws: Vec<&'a str>,
    services: Vec<&'a str>,
}

impl<'a> Principal<'a> {
    fn of(statement: &'a Value) -> Self {
        let kinds = |name: &str| statement.get(name).and_then(Value::as_object);
        if let Some(but) = kinds("NotPrincipal") {
            let is_spared = texts(but.get("Service")).contains(&COGNITO);
            return Self { is_anybody: !is_spared, is_unclear: true, ..Self::default() };
        }
        match statement.get("Principal") {
            Some(Value::String(who)) => {
                Self { is_cognito: who == COGNITO, is_anybody: who == "*", ..Self::default() }
            }
            Some(Value::Object(kinds)) => {
                let services = texts(kinds.get("Service"));
                Self {
                    is_cognito: services.contains(&COGNITO),
                    is_anybody: kinds.values().any(|who| texts(Some(who)).contains(&"*")),
                    is_unclear: false,
                    aws: texts(kinds.get("AWS")),
                    services,
                }
            }
            _ => Self::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Permission, judge};

    const FUNCTION: &str = "arn:aws:lambda:eu-west-1:123456789012:function:join:live";
    const POOL: &str = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_AbCdEf123";

    fn policy(statements: &serde_json::Value) -> Permission {
        judge(&json!({ "Version": "2012-10-17", "Statement": statements }).to_string(), FUNCTION, POOL)
            .unwrap()
    }

    fn statement() -> serde_json::Value {
        json!({
            "Sid": "pool", "Effect": "Allow", "Principal": { "Service": "cognito-idp.amazonaws.com" },
            "Action": "lambda:InvokeFunction", "Resource": FUNCTION,
            "Condition": {
                "ArnLike": { "AWS:SourceArn": POOL }, "StringEquals": { "AWS:SourceAccount": "123456789012" },
            },
        })
    }

    fn changed(pointer: &str, value: serde_json::Value) -> Permission {
        let mut statement = statement();
        *statement.pointer_mut(pointer).unwrap() = value;
        policy(&json!([statement]))
    }

    #[test]
    fn a_statement_that_names_pool_and_account_is_all_that_is_needed() {
        let expected =
            Permission { admits_pool: true, ids: vec!["pool".to_owned()], ..Permission::default() };

        assert_eq!(policy(&json!([statement()])), expected);
        assert_eq!(policy(&statement()), expected, "one statement without a list");
    }

    #[test]
    fn a_statement_for_something_else_lets_no_pool_in() {
        let rows = [
            ("another pool", "/Condition/ArnLike/AWS:SourceArn", json!(POOL.replace("AbC", "XyZ"))),
            ("another account", "/Condition/StringEquals/AWS:SourceAccount", json!("210987654321")),
            ("another service", "/Principal/Service", json!("events.amazonaws.com")),
            ("an AWS account", "/Principal", json!({ "AWS": "123456789012" })),
            ("another call", "/Action", json!("lambda:GetFunction")),
            ("the function, not its alias", "/Resource", json!(FUNCTION.trim_end_matches(":live"))),
            ("a denial", "/Effect", json!("Deny")),
        ];

        for (name, pointer, value) in rows {
            assert!(!changed(pointer, value).admits_pool, "{name}");
        }
    }

    #[test]
    fn what_lets_in_more_than_the_pool_is_named_by_its_statement() {
        let pool = vec![Some("pool".to_owned())];
        let arn_alone = json!({ "ArnLike": { "aws:SourceArn": POOL } });
        let account_alone = json!({ "StringEquals": { "aws:SourceAccount": "123456789012" } });
        let of_account = json!({ "ArnLike": { "aws:SourceArn": POOL.replace("eu-west-1_AbCdEf123", "*") } });
        let of_anyone = json!({ "ArnLike": { "aws:SourceArn": "arn:aws:cognito-idp:*:*:userpool/*" } });

        assert_eq!(changed("/Condition", json!({})).any_pool, pool);
        assert_eq!(changed("/Condition", of_anyone).any_pool, pool);
        assert_eq!(changed("/Condition", account_alone).pools_of_account, pool);
        assert_eq!(changed("/Condition", of_account).pools_of_account, pool);
        assert_eq!(changed("/Condition", arn_alone).without_account, pool);
        for anybody in [json!("*"), json!({ "AWS": "*" }), json!({ "Service": ["*"] })] {
            let mut statement = statement();
            statement["Principal"] = anybody;
            assert_eq!(
                policy(&json!([statement])).anybody,
                Vec::<Option<String>>::new(),
                "narrowed by its conditions"
            );
            statement["Condition"] = json!(null);
            let permission = policy(&json!([statement]));
            assert_eq!((permission.admits_pool, permission.anybody), (true, pool.clone()));
        }
    }

    #[test]
    fn a_denial_wins_over_what_is_allowed() {
        let mut denial = statement();
        denial["Effect"] = json!("Deny");

        let permission = policy(&json!([statement(), denial]));

        assert!(permission.admits_pool);
        assert_eq!(permission.denied, [Some("pool".to_owned())]);
    }

    /// A statement that differs from the one that is right: its members, or none of a name where the value is null.
    fn differing(change: &serde_json::Value) -> serde_json::Value {
        let mut statement = statement();
        for (name, value) in change.as_object().unwrap() {
            if value.is_null() {
                statement.as_object_mut().unwrap().remove(name);
            } else {
                statement[name] = value.clone();
            }
        }
        statement
    }

    fn condition(operator: &str, key: &str, value: &str) -> serde_json::Value {
        json!({ "Condition": { operator: { key: value } } })
    }

    #[test]
    fn only_calls_that_cognito_can_make_count_as_admitted() {
        let other = POOL.replace("AbC", "XyZ");
        let url = "lambda:InvokedViaFunctionUrl";
        let two = |equals: &str, like: &str| json!({ "Condition": { "ArnEquals": { "aws:SourceArn": equals }, "ArnLike": { "aws:SourceArn": like } } });
        let rows = [
            ("the pool", json!({}), (true, false)),
            ("a literal ARN", condition("StringEquals", "aws:SourceArn", POOL), (true, false)),
            ("if it exists", condition("ArnLikeIfExists", "aws:SourceArn", POOL), (true, false)),
            (
                "any call but of",
                json!({ "Action": null, "NotAction": "lambda:DeleteFunction" }),
                (true, false),
            ),
            ("any call but this", json!({ "Action": null, "NotAction": "lambda:Invoke*" }), (false, false)),
            (
                "a wildcard in a literal ARN",
                condition("StringEquals", "aws:SourceArn", "arn:*"),
                (false, false),
            ),
            ("its own address", condition("Bool", url, "true"), (false, false)),
            ("not its own address", condition("Bool", url, "false"), (true, false)),
            ("an organization", condition("StringEquals", "aws:PrincipalOrgID", "o-1"), (false, true)),
            ("a set of values", condition("ForAnyValue:ArnLike", "aws:SourceArn", POOL), (false, true)),
            ("an operator of its own", condition("DateLessThan", "aws:SourceArn", POOL), (false, true)),
            ("any pool but this", condition("ArnNotLike", "aws:SourceArn", POOL), (false, false)),
            ("any pool but another", condition("ArnNotLike", "aws:SourceArn", &other), (true, false)),
            ("no source", condition("Null", "aws:SourceArn", "true"), (false, false)),
            ("some source", condition("Null", "aws:SourceArn", "false"), (true, false)),
            ("two pools at once", two(&other, POOL), (false, false)),
            ("the same the other way round", two(POOL, &other), (false, false)),
            ("the same pool twice", two(POOL, POOL), (true, false)),
        ];

        for (name, change, expected) in rows {
            for principal in [json!({ "Service": "cognito-idp.amazonaws.com" }), json!("*")] {
                let mut statement = differing(&change);
                statement["Principal"] = principal;
                let permission = policy(&json!([statement]));
                assert_eq!((permission.admits_pool, !permission.unsure.is_empty()), expected, "{name}");
            }
        }
    }

    #[test]
    fn a_denial_counts_unless_it_is_surely_for_others() {
        let other = POOL.replace("AbC", "XyZ");
        let rows = [
            ("all", json!({ "Condition": null }), true),
            ("another pool", condition("ArnLike", "aws:SourceArn", &other), false),
            ("all but another pool", condition("ArnNotLike", "aws:SourceArn", &other), true),
            ("all but this pool", condition("ArnNotLike", "aws:SourceArn", POOL), false),
            ("who knows", condition("StringNotEquals", "aws:PrincipalOrgID", "o-1"), true),
            ("through its own address", condition("Bool", "lambda:InvokedViaFunctionUrl", "true"), false),
        ];

        for (name, change, expected) in rows {
            let mut denial = differing(&change);
            denial["Effect"] = json!("Deny");
            let permission = policy(&json!([statement(), denial]));
            assert_eq!(!permission.denied.is_empty(), expected, "{name}");
        }
    }

    /// How wide the door is that a statement opens.
    #[derive(Debug, PartialEq)]
    enum Door {
        Pool,
        Account,
        AnyPool,
        Anybody,
        Unsure,
        Denied,
        Shut,
    }

    fn door(permission: &Permission) -> Door {
        match permission {
            _ if !permission.denied.is_empty() => Door::Denied,
            _ if !permission.unsure.is_empty() => Door::Unsure,
            _ if !permission.admits_pool => Door::Shut,
            _ if !permission.anybody.is_empty() => Door::Anybody,
            _ if !permission.any_pool.is_empty() => Door::AnyPool,
            _ if !permission.pools_of_account.is_empty() => Door::Account,
            _ => Door::Pool,
        }
    }

    #[test]
    fn one_statement_opens_the_door_so_wide() {
        use Door::{Account, AnyPool, Anybody, Denied, Pool, Shut, Unsure};
        let source = |arn: &str| condition("ArnLike", "AWS:SourceArn", arn);
        let account = |number: &str| condition("StringEquals", "AWS:SourceAccount", number);
        let both = |arn: &str, number: &str| json!({ "Condition": { "ArnLike": { "AWS:SourceArn": arn }, "StringEquals": { "AWS:SourceAccount": number } } });
        let other = POOL.replace("AbC", "XyZ");
        let url = "lambda:InvokedViaFunctionUrl";
        let open = |change: serde_json::Value| {
            let mut whole = change;
            whole["Condition"] = json!(null);
            whole
        };
        let rows = [
            ("this pool", source(POOL), Pool),
            ("this pool and its account", both(POOL, "123456789012"), Pool),
            (
                "pools of the account",
                source("arn:aws:cognito-idp:eu-west-1:123456789012:userpool/*"),
                Account,
            ),
            ("any source", source("*"), AnyPool),
            ("any source, as a text", condition("StringLike", "aws:SourceArn", "*"), AnyPool),
            ("any source of this account", both("*", "123456789012"), Account),
            ("any source of another account", both("*", "999999999999"), Shut),
            ("pools of any account", source("arn:aws:cognito-idp:eu-west-1:*:userpool/*"), AnyPool),
            ("no condition", open(json!({})), AnyPool),
            ("another pool", source(&other), Shut),
            ("any pool but this", condition("ArnNotLike", "aws:SourceArn", POOL), Shut),
            ("any pool but another", condition("ArnNotLike", "aws:SourceArn", &other), AnyPool),
            ("any text but this", condition("StringNotEquals", "aws:SourceArn", POOL), Shut),
            ("no source", condition("Null", "aws:SourceArn", "true"), Shut),
            ("some source", condition("Null", "aws:SourceArn", "false"), AnyPool),
            ("some account", condition("Null", "aws:SourceAccount", "false"), AnyPool),
            ("the account, not the pool", account("123456789012"), Account),
            ("another account, not the pool", account("999999999999"), Shut),
            ("this pool of another account", both(POOL, "999999999999"), Shut),
            ("through its own address", condition("Bool", url, "true"), Shut),
            ("not through its own address", condition("Bool", url, "false"), AnyPool),
            ("a condition of its own", condition("Bool", "aws:SecureTransport", "true"), Unsure),
            (
                "another service",
                open(json!({ "Principal": { "Service": "apigateway.amazonaws.com" } })),
                Shut,
            ),
            ("everybody", open(json!({ "Principal": "*" })), Anybody),
            ("another action", open(json!({ "Action": "lambda:GetFunction" })), Shut),
            ("all actions", open(json!({ "Action": ["lambda:*"] })), AnyPool),
            (
                "all but another action",
                open(json!({ "Action": null, "NotAction": "lambda:DeleteFunction" })),
                AnyPool,
            ),
            ("all but this action", open(json!({ "Action": null, "NotAction": "lambda:Invoke*" })), Shut),
            ("this function", json!({ "Resource": FUNCTION }), Pool),
            ("functions by a pattern", json!({ "Resource": "arn:aws:lambda:*:*:function:j*" }), Pool),
            ("no resource", json!({ "Resource": null }), Pool),
            (
                "the function without the alias",
                json!({ "Resource": FUNCTION.trim_end_matches(":live") }),
                Shut,
            ),
            ("all but this function", json!({ "Resource": null, "NotResource": FUNCTION }), Shut),
            (
                "denied to all but another service",
                open(
                    json!({ "Effect": "Deny", "Principal": null, "NotPrincipal": { "Service": "x.amazonaws.com" } }),
                ),
                Denied,
            ),
            ("denied", open(json!({ "Effect": "Deny" })), Denied),
            (
                "denied for another pool",
                json!({ "Effect": "Deny", "Condition": { "ArnLike": { "aws:SourceArn": "arn:aws:x" } } }),
                Shut,
            ),
            ("neither allowed nor denied", json!({ "Effect": null }), Shut),
        ];

        for (name, change, expected) in rows {
            assert_eq!(door(&policy(&json!([differing(&change)]))), expected, "{name}");
        }
    }

    #[test]
    fn whoever_else_may_call_is_named() {
        let foreign = POOL.replace("123456789012", "999999999999");
        let own = json!({ "StringEquals": { "AWS:SourceAccount": "123456789012" } });
        let rows = [
            (
                "another account",
                json!({ "Principal": { "AWS": "arn:aws:iam::999999999999:root" } }),
                Some(true),
            ),
            ("another account's number", json!({ "Principal": { "AWS": "999999999999" } }), Some(true)),
            (
                "a role here",
                json!({ "Principal": { "AWS": "arn:aws:iam::123456789012:role/x" } }),
                Some(false),
            ),
            ("a role that is gone", json!({ "Principal": { "AWS": "AROAEXAMPLE" } }), None),
            (
                "a service for anybody",
                json!({ "Principal": { "Service": "events.amazonaws.com" }, "Condition": null }),
                Some(true),
            ),
            (
                "a service here",
                json!({ "Principal": { "Service": "events.amazonaws.com" }, "Condition": own }),
                Some(false),
            ),
            ("a pool of another account", condition("ArnLike", "aws:SourceArn", &foreign), Some(true)),
            ("another pool here", condition("ArnLike", "aws:SourceArn", &POOL.replace("AbC", "XyZ")), None),
        ];

        for (name, change, expected) in rows {
            let permission = policy(&json!([statement(), differing(&change)]));
            let found = permission.others.first().map(|(_, other)| other.is_foreign);
            assert_eq!(found, expected, "{name}");
            assert!(permission.admits_pool, "{name}");
        }
    }

    #[test]
    fn an_address_that_anybody_can_call_is_named() {
        let by_url = json!({ "Principal": "*", "Action": "lambda:InvokeFunctionUrl",
            "Condition": { "StringEquals": { "lambda:FunctionUrlAuthType": "NONE" } } });
        let by_call = json!({ "Principal": "*",
            "Condition": { "Bool": { "lambda:InvokedViaFunctionUrl": "true" } } });
        let all = json!({ "Principal": "*", "Action": "lambda:*", "Condition": null });

        for change in [by_url, by_call] {
            let permission = policy(&json!([statement(), differing(&change)]));
            assert_eq!((permission.by_url.len(), permission.anybody.len()), (1, 0), "{change}");
        }
        let permission = policy(&json!([differing(&all)]));
        assert_eq!((permission.by_url.len(), permission.anybody.len()), (0, 1));
    }

    #[test]
    fn the_latest_code_goes_by_the_statements_of_the_function() {
        let function = FUNCTION.trim_end_matches(":live");
        let mut statement = statement();
        statement["Resource"] = json!(function);
        let document = json!({ "Statement": [statement] }).to_string();

        assert!(judge(&document, &format!("{function}:$LATEST"), POOL).unwrap().admits_pool);
        assert!(!judge(&document, FUNCTION, POOL).unwrap().admits_pool);
    }

    #[test]
    fn what_is_no_policy_is_said_to_be_none() {
        for text in ["", "{}", "[]", "{\"Statement\": 7}"] {
            assert!(judge(text, FUNCTION, POOL).is_err(), "{text}");
        }
    }
}
