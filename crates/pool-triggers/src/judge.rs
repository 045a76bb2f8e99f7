//! Which slots change, and whether they may: plain judgement over a description.

use crate::fragment::Change;
use crate::refused::{Choice, Refused};
use crate::slots::{Wanted, event_version, hidden_holder, holder};
use serde_json::Value;
use user_pool::FunctionArn;
use user_pool::trigger::LITE_CUT_OFF;
use user_pool::{EventVersion, Trigger};

/// What the operator wants attached.
#[derive(Clone, Debug, Default)]
pub struct Wish<'a> {
    pub post_confirmation: Option<&'a FunctionArn>,
    pub pre_token_generation: Option<&'a FunctionArn>,
    pub event_version: Option<EventVersion>,
    pub replace: bool,
}

/// The slots that change, and what is worth knowing about it.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    pub changes: Vec<Change>,
    pub notes: Vec<String>,
}

/// What attaching comes to.
pub fn attach(pool: &Value, wish: &Wish<'_>) -> Result<Verdict, Refused> {
    let mut verdict = Verdict::default();
    if let Some(arn) = wish.post_confirmation {
        // The event version is of the other trigger.
        attach_one(pool, Trigger::PostConfirmation, arn, EventVersion::V1, wish.replace, &mut verdict)?;
    }
    if let Some(arn) = wish.pre_token_generation {
        let slot = Trigger::PreTokenGeneration;
        let version = version_for(pool, arn, wish.event_version)?;
        check_plan(pool, version, &mut verdict.notes)?;
        attach_one(pool, slot, arn, version, wish.replace, &mut verdict)?;
        if version == EventVersion::V1 {
            let note = "With event version V1_0 only ID tokens carry the tenant, access tokens do not.";
            verdict.notes.push(note.to_owned());
        }
    }
    if verdict.changes.is_empty() {
        verdict.notes.clear();
    }
    Ok(verdict)
}

/// The version that was asked for; else `V3_0` where this function is called with it already; else `V2_0`.
fn version_for(
    pool: &Value,
    arn: &FunctionArn,
    asked: Option<EventVersion>,
) -> Result<EventVersion, Refused> {
    let is_there = holder(pool, Trigger::PreTokenGeneration) == Some(arn.to_string().as_str());
    let current = event_version(pool).filter(|_| is_there && asked.is_none());
    match current {
        Some("V3_0") => Ok(EventVersion::V3),
        None | Some("V1_0" | "V2_0") => Ok(asked.unwrap_or(EventVersion::V2)),
        Some(newer) => Err(Refused::by(
            "event-version-unknown",
            format!(
                "the function is called with the event version {newer}, which this version does not know"
            ),
        )
        .or(Choice::EventVersion)),
    }
}

fn attach_one(
    pool: &Value,
    slot: Trigger,
    arn: &FunctionArn,
    version: EventVersion,
    replace: bool,
    verdict: &mut Verdict,
) -> Result<(), Refused> {
    let current = holder(pool, slot);
    let wanted = arn.to_string();
    let hidden = hidden_holder(pool, slot).filter(|hidden| *hidden != wanted);
    if let Some(hidden) = hidden {
        if !replace {
            return Err(taken_twice(hidden));
        }
        verdict.notes.push(format!("{} no longer names {hidden}", slot.name()));
    }
    if current == Some(wanted.as_str()) {
        let is_same = hidden.is_none()
            && (slot == Trigger::PostConfirmation || event_version(pool) == Some(version.as_str()));
        if is_same {
            return Ok(());
        }
    } else if let Some(current) = current {
        if !replace {
            return Err(taken(slot, current, arn, Choice::Replace));
        }
        verdict.notes.push(format!("{} is no longer called: {current}", slot.name()));
    }
    if arn.is_unpinned() {
        verdict.notes.push(format!(
            "{} has no alias and no version: every upload to {} is live at once.",
            slot.name(),
            arn.name()
        ));
    }
    if account(pool).is_some_and(|account| account != arn.account()) {
        verdict.notes.push(format!(
            "{} is of another account than the pool, {}.",
            slot.name(),
            arn.account()
        ));
    }
    verdict.changes.push((slot, Wanted::Function(arn.clone(), version)));
    Ok(())
}

/// What detaching comes to: the slots that are named, or both. With a function, only if the slot holds it.
pub fn detach(pool: &Value, wish: &Wish<'_>) -> Result<Verdict, Refused> {
    let named = [
        (Trigger::PostConfirmation, wish.post_confirmation),
        (Trigger::PreTokenGeneration, wish.pre_token_generation),
    ];
    let all = named.iter().all(|(_, arn)| arn.is_none());
    let mut verdict = Verdict::default();
    for (slot, arn) in named {
        let Some(current) = holder(pool, slot) else { continue };
        match arn {
            Some(arn) if arn.to_string() != current && !wish.replace => {
                return Err(taken(slot, current, arn, Choice::DetachAny));
            }
            None if !all => continue,
            _ => {}
        }
        if let Some(hidden) = hidden_holder(pool, slot).filter(|_| !wish.replace) {
            return Err(taken_twice(hidden));
        }
        verdict.changes.push((slot, Wanted::Empty));
        verdict.notes.push(match slot {
            Trigger::PostConfirmation => {
                "From then on, users who sign up redeem no invite at confirmation.".to_owned()
            }
            Trigger::PreTokenGeneration => {
                "From then on, tokens carry no tenant, and users without a tenant get tokens.".to_owned()
            }
        });
    }
    Ok(verdict)
}

fn taken(slot: Trigger, current: &str, wanted: &FunctionArn, choice: Choice) -> Refused {
    let is_same = current.parse::<FunctionArn>().is_ok_and(|current| current.is_same_function(wanted));
    let what = if is_same {
        format!("{} holds the same function by another version or alias: {current}", slot.name())
    } else {
        format!("{} holds another function: {current}", slot.name())
    };
    Refused::by("slot-taken", what).or(choice)
}

fn taken_twice(hidden: &str) -> Refused {
    let what = format!("PreTokenGeneration names another function than PreTokenGenerationConfig: {hidden}");
    Refused::by("slot-taken", what).or(Choice::TakeOffOld)
}

/// A function that is wanted and is of another Region than the pool: Cognito invokes none of those. With the pool's Region.
pub fn of_another_region<'a>(
    pool: &'a Value,
    pool_id: &'a str,
    wish: &Wish<'a>,
) -> Option<(Trigger, &'a FunctionArn, &'a str)> {
    let region = region(pool, pool_id)?;
    let wanted = [
        (Trigger::PostConfirmation, wish.post_confirmation),
        (Trigger::PreTokenGeneration, wish.pre_token_generation),
    ];
    wanted
        .into_iter()
        .filter_map(|(trigger, arn)| Some((trigger, arn?)))
        .find(|(_, arn)| arn.region() != region)
        .map(|(trigger, arn)| (trigger, arn, region))
}

/// The pool's region, by its ARN or else by its id.
pub fn region<'a>(pool: &'a Value, pool_id: &'a str) -> Option<&'a str> {
    let of_arn = pool.get("Arn").and_then(Value::as_str).and_then(user_pool::region_named);
    of_arn.or_else(|| user_pool::region_named(pool_id))
}

fn account(pool: &Value) -> Option<&str> {
    let arn = pool.get("Arn").and_then(Value::as_str)?;
    arn.split(':').nth(4).filter(|account| !account.is_empty())
}

/// Event versions above 1 need the plan Essentials or Plus. A pool on Lite that had threat protection on 22 November
/// 2024 keeps `V2_0`; it still has it on, which no other pool on Lite can.
fn check_plan(pool: &Value, version: EventVersion, notes: &mut Vec<String>) -> Result<(), Refused> {
    let is_lite = pool.get("UserPoolTier").and_then(Value::as_str) == Some("LITE");
    if !is_lite || version == EventVersion::V1 || event_version(pool) == Some(version.as_str()) {
        return Ok(());
    }
    let add_ons = pool.get("UserPoolAddOns");
    let mode = add_ons.and_then(|add_ons| add_ons.get("AdvancedSecurityMode")).and_then(Value::as_str);
    #[expect(clippy::cast_precision_loss, reason = "seconds since 1970")]
    let cut_off = LITE_CUT_OFF as f64;
    let is_younger =
        pool.get("CreationDate").and_then(Value::as_f64).is_some_and(|created| created > cut_off);
    if version == EventVersion::V2 && matches!(mode, Some("AUDIT" | "ENFORCED")) && !is_younger {
        notes.push(
            "The plan is Lite; V2_0 works there for pools that had threat protection by November 2024, as this one \
             seems to."
                .to_owned(),
        );
        return Ok(());
    }
    Err(Refused::by(
        "plan-too-low",
        format!(
            "event version {} needs the feature plan Essentials or Plus, and the pool is on Lite",
            version.as_str()
        ),
    )
    .or(Choice::FirstVersion))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const POOL_ID: &str = "eu-west-1_AbCdEf123";

    fn function(name: &str) -> FunctionArn {
        format!("arn:aws:lambda:eu-west-1:111122223333:function:{name}").parse().unwrap()
    }

    fn pool(tier: &str, lambdas: &Value) -> Value {
        json!({
            "Arn": "arn:aws:cognito-idp:eu-west-1:111122223333:userpool/eu-west-1_AbCdEf123",
            "UserPoolTier": tier, "LambdaConfig": lambdas,
        })
    }

    fn pre(arn: &FunctionArn, version: &str) -> Value {
        json!({ "PreTokenGenerationConfig": { "LambdaArn": arn.to_string(), "LambdaVersion": version } })
    }

    /// What comes of wanting `name` for pre-token-generation: `-` nothing, `V2_0` that change, or a rule.
    fn attached(pool: &Value, name: &str, version: Option<EventVersion>, replace: bool) -> String {
        let arn = function(name);
        let wish =
            Wish { pre_token_generation: Some(&arn), event_version: version, replace, ..Wish::default() };
        match attach(pool, &wish) {
            Ok(verdict) => match verdict.changes.as_slice() {
                [] => "-".to_owned(),
                [(Trigger::PreTokenGeneration, Wanted::Function(_, version))] => version.as_str().to_owned(),
                other => panic!("{other:?}"),
            },
            Err(failure) => failure.rule.to_owned(),
        }
    }

    #[test]
    fn a_slot_is_taken_changed_or_right_already() {
        use EventVersion::{V1, V2, V3};
        let mine = function("f:live");
        let legacy = json!({ "PreTokenGeneration": mine.to_string() });
        let mut twice = pre(&mine, "V2_0");
        twice["PreTokenGeneration"] = json!(function("old").to_string());
        for (what, lambdas, version, replace, wanted) in [
            ("an empty slot", json!({}), None, false, "V2_0"),
            ("no slots at all", json!(null), None, false, "V2_0"),
            ("the same", pre(&mine, "V2_0"), None, false, "-"),
            ("the same, a higher version is kept", pre(&mine, "V3_0"), None, false, "-"),
            ("the same, a lower one asked for", pre(&mine, "V3_0"), Some(V2), false, "V2_0"),
            ("the same, a lower one there", pre(&mine, "V1_0"), None, false, "V2_0"),
            ("the same, a version of the future", pre(&mine, "V4_0"), None, false, "event-version-unknown"),
            ("the same, a version of the future, said", pre(&mine, "V4_0"), Some(V3), false, "V3_0"),
            ("the old key names another", twice.clone(), None, false, "slot-taken"),
            ("the old key names another, replaced", twice, None, true, "V2_0"),
            ("the legacy key", legacy.clone(), None, false, "V2_0"),
            ("the legacy key is V1_0", legacy, Some(V1), false, "-"),
            ("another function", pre(&function("g"), "V2_0"), None, false, "slot-taken"),
            ("another alias", pre(&function("f:test"), "V2_0"), None, false, "slot-taken"),
            ("another function, replaced", pre(&function("g"), "V3_0"), None, true, "V2_0"),
            ("another function, replaced, V3", pre(&function("g"), "V1_0"), Some(V3), true, "V3_0"),
        ] {
            assert_eq!(attached(&pool("ESSENTIALS", &lambdas), "f:live", version, replace), wanted, "{what}");
        }
    }

    #[test]
    fn the_plan_decides_which_event_versions_there_are() {
        use EventVersion::{V1, V2, V3};
        let protected = |mode: &str| {
            let mut pool = pool("LITE", &json!({}));
            pool["UserPoolAddOns"] = json!({ "AdvancedSecurityMode": mode });
            pool
        };
        let created = |seconds: f64| {
            let mut pool = protected("AUDIT");
            pool["CreationDate"] = json!(seconds);
            pool
        };
        for (what, pool, version, wanted) in [
            ("Lite, V1", pool("LITE", &json!({})), V1, "V1_0"),
            ("Lite, V2", pool("LITE", &json!({})), V2, "plan-too-low"),
            ("Lite, V3", pool("LITE", &json!({})), V3, "plan-too-low"),
            ("Lite, threat protection of old, V2", protected("ENFORCED"), V2, "V2_0"),
            ("Lite, threat protection of old, V3", protected("AUDIT"), V3, "plan-too-low"),
            ("Lite, threat protection off, V2", protected("OFF"), V2, "plan-too-low"),
            ("Essentials, V3", pool("ESSENTIALS", &json!({})), V3, "V3_0"),
            ("Plus, V2", pool("PLUS", &json!({})), V2, "V2_0"),
            ("Lite, threat protection of old, a pool of then", created(1_700_000_000.5), V2, "V2_0"),
            ("Lite, threat protection, a younger pool", created(1_763_000_000.5), V2, "plan-too-low"),
            ("no plan told", json!({}), V2, "V2_0"),
        ] {
            assert_eq!(attached(&pool, "f:live", Some(version), false), wanted, "{what}");
        }
    }

    #[test]
    fn a_function_of_another_region_is_refused_before_anything_else() {
        let arn: FunctionArn = "arn:aws:lambda:us-east-1:111122223333:function:f:1".parse().unwrap();
        let wish = Wish { post_confirmation: Some(&arn), ..Wish::default() };
        for (pool, id, refused) in [
            (pool("PLUS", &json!({})), POOL_ID, true),
            (json!({}), POOL_ID, true),
            (json!({}), "us-east-1_X", false),
            (json!({}), "local_X", false),
        ] {
            let foreign = of_another_region(&pool, id, &wish);

            assert_eq!(foreign.is_some(), refused, "{pool} {id} {foreign:?}");
        }
    }

    #[test]
    fn detaching_takes_what_is_named_or_both() {
        let (post, pre_token) = (function("post:live"), function("pre:live"));
        let other = function("other");
        let mut lambdas = pre(&pre_token, "V2_0");
        lambdas["PostConfirmation"] = json!(post.to_string());
        let full = pool("PLUS", &lambdas);
        let slots = |post: Option<&FunctionArn>, pre: Option<&FunctionArn>, replace| {
            let wish =
                Wish { post_confirmation: post, pre_token_generation: pre, replace, ..Wish::default() };
            detach(&full, &wish)
                .map(|verdict| verdict.changes.into_iter().map(|(slot, _)| slot.name()).collect::<Vec<_>>())
                .map_err(|failure| failure.rule)
        };

        assert_eq!(slots(None, None, false), Ok(vec!["PostConfirmation", "PreTokenGeneration"]));
        assert_eq!(slots(Some(&post), None, false), Ok(vec!["PostConfirmation"]));
        assert_eq!(slots(None, Some(&pre_token), false), Ok(vec!["PreTokenGeneration"]));
        assert_eq!(slots(Some(&other), None, false), Err("slot-taken"));
        assert_eq!(slots(Some(&other), None, true), Ok(vec!["PostConfirmation"]));
        let mut twice = full.clone();
        twice["LambdaConfig"]["PreTokenGeneration"] = json!(other.to_string());
        let wish = Wish { pre_token_generation: Some(&pre_token), ..Wish::default() };
        assert_eq!(detach(&twice, &wish).map_err(|failure| failure.rule).err(), Some("slot-taken"));
        assert!(detach(&twice, &Wish { replace: true, ..wish }).is_ok());
        let empty = detach(&pool("PLUS", &json!({})), &Wish::default()).unwrap();
        assert!(empty.changes.is_empty());
    }
}
