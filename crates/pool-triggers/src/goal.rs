//! The goal of a run: the same pool with other triggers, or the pool as a file has saved it.

use serde_json::{Map, Value};

use crate::backup::Saved;
use crate::description::{Description, object};
use crate::difference::{Difference, difference, settled};
use crate::fragment::Change;
use crate::members::{Fate, fate};
use crate::slots::with_slot;
use crate::update::is_system_tag;
use crate::wire::Mfa;

/// The goal of a run.
#[derive(Clone, Debug)]
pub enum Goal {
    /// The pool as it is now, with these triggers.
    Triggers(Vec<Change>),
    /// The pool as the file has it.
    Saved(Box<Saved>),
}

impl Goal {
    /// The triggers that change; empty for a restore.
    pub fn changes(&self) -> &[Change] {
        match self {
            Self::Triggers(changes) => changes,
            Self::Saved(_) => &[],
        }
    }

    /// The file's content, for a restore.
    pub fn saved(&self) -> Option<&Saved> {
        match self {
            Self::Triggers(_) => None,
            Self::Saved(saved) => Some(saved),
        }
    }

    /// The description after the update, for a pool that is described as `pool` now.
    pub fn planned(&self, pool: &Description) -> Description {
        match self {
            Self::Triggers(changes) => {
                let value = pool.value().clone();
                let planned =
                    changes.iter().fold(value, |pool, (slot, wanted)| with_slot(pool, *slot, wanted));
                pool.saying(planned)
            }
            Self::Saved(saved) => put_back(&saved.pool, pool),
        }
    }

    /// The MFA configuration after the update, for a pool that has `now`.
    pub fn mfa<'a>(&'a self, now: &'a Mfa) -> &'a Mfa {
        match self {
            Self::Saved(saved) if matches!(saved.mfa, Mfa::Known(_)) => &saved.mfa,
            _ => now,
        }
    }
}

/// The saved description, with what an update cannot set taken from `now`: fixed members and AWS's own tags. A member that
/// neither this version nor the file knows also stays as it is now, because leaving it out could reset it.
fn put_back(saved: &Description, now: &Description) -> Description {
    let is_fixed = |name: &str| matches!(fate(name), Some(Fate::Fixed(_)));
    let (old, new) = (saved.members(), now.members());
    let kept = new
        .iter()
        .filter(|(name, _)| is_fixed(name) || (fate(name).is_none() && !old.contains_key(name.as_str())));
    let sent = old.iter().filter(|(name, _)| !is_fixed(name));
    let text = object(kept.chain(sent).map(|(name, text)| (name.as_str(), text.get().to_owned())));
    let Some(planned) = Description::parse(&text) else { return saved.clone() };
    let tags = |pool: &Description| {
        pool.value().get("UserPoolTags").and_then(Value::as_object).cloned().unwrap_or_default()
    };
    let mut wanted: Map<String, Value> =
        tags(saved).into_iter().filter(|(key, _)| !is_system_tag(key)).collect();
    wanted.extend(tags(now).into_iter().filter(|(key, _)| is_system_tag(key)));
    if wanted == tags(saved) {
        return planned;
    }
    let mut value = planned.value().clone();
    if let Value::Object(members) = &mut value {
        members.insert("UserPoolTags".to_owned(), Value::Object(wanted));
    }
    planned.saying(value)
}

/// Names of the pool's members that neither the file nor this version knows. A restore leaves them as they are.
pub fn not_in_file(saved: &Saved, now: &Description) -> Vec<String> {
    let old = saved.pool.members();
    let names = now.members().into_keys();
    names.filter(|name| fate(name).is_none() && !old.contains_key(name)).collect()
}

/// What is different in the MFA configuration; nothing when one of them is not known.
pub fn mfa_difference(before: &Mfa, after: &Mfa) -> Vec<Difference> {
    let (Mfa::Known(before), Mfa::Known(after)) = (before, after) else { return Vec::new() };
    let found = difference(&settled(before.clone()), &settled(after.clone())).into_iter();
    found.map(|d| Difference { path: format!("GetUserPoolMfaConfig.{}", d.path), ..d }).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn description(value: &Value) -> Description {
        Description::parse(&value.to_string()).unwrap()
    }

    #[test]
    fn what_is_put_back_is_what_the_file_says_and_what_it_cannot_say_stays() {
        let saved = description(&json!({
            "Id": "p", "Name": "a", "EstimatedNumberOfUsers": 1, "LambdaConfig": { "PreSignUp": "f", "Odd": [] },
            "New": { "Types": [] }, "UserPoolTags": { "team": "a", "aws:x": "old" },
        }));
        let now = description(&json!({
            "Id": "p", "Name": "b", "EstimatedNumberOfUsers": 9, "DeletionProtection": "ACTIVE",
            "LambdaConfig": { "PostConfirmation": "g" }, "New": {}, "Newer": { "A": null },
            "UserPoolTags": { "flag": "", "aws:x": "new" },
        }));

        let planned = put_back(&saved, &now);

        let wanted = json!({
            "Id": "p", "Name": "a", "EstimatedNumberOfUsers": 9, "LambdaConfig": { "PreSignUp": "f", "Odd": [] },
            "New": { "Types": [] }, "Newer": { "A": null }, "UserPoolTags": { "team": "a", "aws:x": "new" },
        });
        assert_eq!(planned.value(), &wanted);
    }
}
