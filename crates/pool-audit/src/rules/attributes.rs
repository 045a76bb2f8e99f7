//! The tenant attribute, and who can write it and its like.

use std::collections::BTreeSet;

use aws_sdk_cognitoidentityprovider::types::{AttributeDataType, SchemaAttributeType, VerifiedAttributeType};

use super::{bracketed, of_client, of_pool, with};
use crate::finding::{Check, Finding, Rule, Severity};
use crate::snapshot::{Client, Snapshot};
use user_pool::words::{listed, shell_word};

/// Longest id of a tenant, in bytes of ASCII.
const TENANT_ID_MAX: i64 = 63;
/// Shortest id of a tenant.
const TENANT_ID_MIN: i64 = 3;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "attribute-missing",
        severity: Severity::High,
        looks_for: "The pool's schema lacks the tenant attribute.",
        why: "Users cannot be stamped: post-confirmation writes this attribute, and Cognito rejects attributes that are not in \
              the schema.",
        check: Check::Pool(missing),
    },
    Rule {
        id: "attribute-immutable",
        severity: Severity::High,
        looks_for: "The tenant attribute is not mutable.",
        why: "An immutable attribute can be set only when the user is created, so it cannot be stamped later. A user who sets \
              it at sign-up keeps that value forever.",
        check: Check::Pool(immutable),
    },
    Rule {
        id: "attribute-type",
        severity: Severity::High,
        looks_for: "The tenant attribute is not a string, or is a developer-only attribute.",
        why: "A tenant id is a string; Cognito rejects it in any other attribute.",
        check: Check::Pool(data_type),
    },
    Rule {
        id: "attribute-length",
        severity: Severity::Medium,
        looks_for: "The length constraints of the tenant attribute exclude some tenant ids, which have 3 to 63 characters.",
        why: "Cognito rejects the stamp if the tenant id is too long or too short, and the stamp stays pending forever.",
        check: Check::Pool(length),
    },
    Rule {
        id: "attribute-required",
        severity: Severity::High,
        looks_for: "The tenant attribute is required at sign-up.",
        why: "Users must then name a tenant at sign-up, before they are members of it.",
        check: Check::Pool(required),
    },
    Rule {
        id: "attribute-writable",
        severity: Severity::Critical,
        looks_for: "An app client lists the tenant attribute among those that it can write.",
        why: "Any user can set any tenant id, at sign-up or later with an access token. The two functions never trust the \
              attribute, but other readers of the user or the token may.",
        check: Check::Client(writable),
    },
    Rule {
        id: "attribute-write-default",
        severity: Severity::Critical,
        looks_for: "An app client has no WriteAttributes. Severity low for app clients that serve only machines.",
        why: "Such a client can write every standard and custom attribute, the tenant attribute included (developer guide): \
              any user can then name any tenant.",
        check: Check::Client(write_default),
    },
    Rule {
        id: "attribute-protected-writable",
        severity: Severity::High,
        looks_for: "An app client can write an attribute that was named with --attributes.",
        why: "Users can grant themselves what the attribute means, such as a role.",
        check: Check::Client(protected_writable),
    },
    Rule {
        id: "attribute-suspect-writable",
        severity: Severity::Medium,
        looks_for: "An app client can write a custom attribute whose name suggests that it grants rights (it contains a word \
                    such as tenant, company, account, role, org, group, admin, staff, tier, plan, level, permission, scope).",
        why: "If an application trusts the attribute, users can grant themselves those rights. If one does, name the attribute \
              with --attributes. If none does, ignore this rule.",
        check: Check::Client(suspect_writable),
    },
    Rule {
        id: "email-verified-writable",
        severity: Severity::Medium,
        looks_for: "An app client lists email_verified or phone_number_verified among those that it can write.",
        why: "email_verified decides who can redeem an invite to an address. Only Cognito, an operator or a trusted provider \
              should set it.",
        check: Check::Client(verified_writable),
    },
    Rule {
        id: "email-change-unverified",
        severity: Severity::Medium,
        looks_for: "Users can change their e-mail address, and it changes before the new one is verified.",
        why: "A user can keep an unverified address for any time. Applications that read email without email_verified can \
              mistake the user for somebody else.",
        check: Check::Pool(change_unverified),
    },
    Rule {
        id: "email-not-auto-verified",
        severity: Severity::Low,
        looks_for: "Cognito does not verify e-mail addresses at sign-up.",
        why: "An invite to an address requires a verified address, even with the code. Invite users of this pool without an \
              address.",
        check: Check::Pool(not_auto_verified),
    },
];

fn attribute(snapshot: &Snapshot) -> Option<&SchemaAttributeType> {
    let wanted = Some(snapshot.expected.tenant_attribute.as_str());
    snapshot.pool.schema_attributes().iter().find(|attribute| attribute.name() == wanted)
}

/// One finding about the tenant attribute, if it is there and `is_wrong`.
fn wrong(
    snapshot: &Snapshot,
    is_wrong: impl Fn(&SchemaAttributeType) -> bool,
    found: impl Fn(&SchemaAttributeType, &str) -> String,
) -> Vec<Finding> {
    let name = &snapshot.expected.tenant_attribute;
    attribute(snapshot)
        .filter(|attribute| is_wrong(attribute))
        .map(|attribute| {
            let bare = unused_name(snapshot);
            let mend = format!(
                "Cognito cannot change or remove an attribute, so add a new one. {} Then set TENANT_ATTRIBUTE=custom:{bare} on \
                 both functions.",
                add(snapshot, bare)
            );
            Finding::new(format!("attribute {name}"), found(attribute, name), mend)
        })
        .into_iter()
        .collect()
}

/// A name for a tenant attribute that the schema does not have.
fn unused_name(snapshot: &Snapshot) -> &'static str {
    let has = |bare: &str| {
        let name = format!("custom:{bare}");
        snapshot.pool.schema_attributes().iter().any(|attribute| attribute.name() == Some(&name))
    };
    let names = ["tenantId", "tenant", "tenantKey", "tenantRef", "tenantStamp"];
    names.into_iter().find(|name| !has(name)).unwrap_or("tenantAttribute")
}

/// How a custom attribute is added without anybody writing it in between.
fn add(snapshot: &Snapshot, bare: &str) -> String {
    let attribute = format!(
        "Name={bare},AttributeDataType=String,Mutable=true,StringAttributeConstraints={{MinLength=1,MaxLength=63}}"
    );
    format!(
        "First give every app client a list of what it can write (WriteAttributes), so that none can write the new one. Then: aws \
         cognito-idp add-custom-attributes --user-pool-id {} --custom-attributes {}.",
        shell_word(&snapshot.pool_id),
        shell_word(&attribute)
    )
}

fn missing(snapshot: &Snapshot) -> Vec<Finding> {
    if attribute(snapshot).is_some() {
        return Vec::new();
    }
    let name = &snapshot.expected.tenant_attribute;
    let mend = match name.strip_prefix("custom:") {
        Some(bare) => add(snapshot, bare),
        None => "Only custom attributes can be added: name one with --tenant-attribute custom:NAME, and with TENANT_ATTRIBUTE to \
                 both functions."
            .to_owned(),
    };
    vec![Finding::new(format!("attribute {name}"), format!("The pool has no attribute {name}."), mend)]
}

fn immutable(snapshot: &Snapshot) -> Vec<Finding> {
    wrong(snapshot, |attribute| attribute.mutable() == Some(false), |_, name| format!("{name} is immutable."))
}

fn data_type(snapshot: &Snapshot) -> Vec<Finding> {
    let is_string = |attribute: &SchemaAttributeType| {
        attribute.attribute_data_type().is_none_or(|kind| *kind == AttributeDataType::String)
    };
    let is_wrong = |attribute: &SchemaAttributeType| {
        !is_string(attribute) || attribute.developer_only_attribute() == Some(true)
    };
    wrong(snapshot, is_wrong, |attribute, name| {
        let kind = attribute.attribute_data_type().map_or("String", AttributeDataType::as_str);
        if is_string(attribute) {
            format!("{name} is a developer-only attribute.")
        } else {
            format!("{name} is of type {kind}.")
        }
    })
}

fn length(snapshot: &Snapshot) -> Vec<Finding> {
    let bounds = |attribute: &SchemaAttributeType| {
        let bounds = attribute.string_attribute_constraints();
        let number = |text: Option<&str>| text.and_then(|text| text.trim().parse::<i64>().ok());
        (
            number(bounds.and_then(|bounds| bounds.min_length())),
            number(bounds.and_then(|bounds| bounds.max_length())),
        )
    };
    let is_wrong = |attribute: &SchemaAttributeType| {
        let (min, max) = bounds(attribute);
        min.is_some_and(|min| min > TENANT_ID_MIN) || max.is_some_and(|max| max < TENANT_ID_MAX)
    };
    wrong(snapshot, is_wrong, |attribute, name| {
        let (min, max) = bounds(attribute);
        let said = |bound: Option<i64>| bound.map_or_else(|| "any".to_owned(), |bound| bound.to_string());
        format!("{name} takes {} to {} characters.", said(min), said(max))
    })
}

fn required(snapshot: &Snapshot) -> Vec<Finding> {
    wrong(snapshot, |attribute| attribute.required() == Some(true), |_, name| format!("{name} is required."))
}

fn writable(snapshot: &Snapshot, client: &Client<'_>) -> Option<Finding> {
    let name = &snapshot.expected.tenant_attribute;
    let finding = listed_as_writable(snapshot, client, &[name])?;
    Some(if client.is_machine_only() { finding.at(Severity::High) } else { finding })
}

fn protected_writable(snapshot: &Snapshot, client: &Client<'_>) -> Option<Finding> {
    let names: Vec<&str> = snapshot.expected.protected.iter().map(String::as_str).collect();
    listed_as_writable(snapshot, client, &names)
}

fn suspect_writable(snapshot: &Snapshot, client: &Client<'_>) -> Option<Finding> {
    let names: Vec<&str> = snapshot.suspects().collect();
    listed_as_writable(snapshot, client, &names)
}

fn verified_writable(snapshot: &Snapshot, client: &Client<'_>) -> Option<Finding> {
    listed_as_writable(snapshot, client, &["email_verified", "phone_number_verified"])
}

/// A finding if the client's own list has any of `names`.
fn listed_as_writable<T: AsRef<str>>(
    snapshot: &Snapshot,
    client: &Client<'_>,
    names: &[T],
) -> Option<Finding> {
    let list = client.writes()?;
    let is_named = |attribute: &&String| names.iter().any(|name| name.as_ref() == attribute.as_str());
    let found: Vec<&String> = list.iter().filter(is_named).collect();
    if found.is_empty() {
        return None;
    }
    let found = format!("It can write {}. {}", listed(&found), how(client));
    Some(Finding::new(client.subject(), found, narrowed(snapshot, client)))
}

/// Whether any rule would have users not write an attribute.
fn must_not_be_written(snapshot: &Snapshot, name: &str) -> bool {
    let expected = &snapshot.expected;
    name == expected.tenant_attribute
        || expected.protected.iter().any(|known| known == name)
        || snapshot.suspects().any(|known| known == name)
        || crate::snapshot::is_suspect(name)
        || ["email_verified", "phone_number_verified"].contains(&name)
}

/// What the client may write, of which no rule complains: what it lists, or, where it lists nothing, what sign-ups and
/// its identity providers need.
fn narrowed(snapshot: &Snapshot, client: &Client<'_>) -> String {
    let offered = client.settings.supported_identity_providers();
    let providers: Vec<_> = snapshot
        .described_providers()
        .filter(|provider| offered.iter().any(|name| name == provider.name))
        .collect();
    let mapped: BTreeSet<&str> = providers
        .iter()
        .flat_map(|provider| provider.settings.attribute_mapping().into_iter().flatten())
        // Cognito maps the username itself, and no client writes it.
        .map(|(name, _)| name.as_str())
        .filter(|name| *name != "username")
        .collect();
    let required = snapshot.pool.schema_attributes().iter();
    let required = required
        .filter(|one| one.required() == Some(true))
        .filter_map(|one| one.name())
        .filter(|name| *name != "sub");
    let is_fine = |name: &&str| !must_not_be_written(snapshot, name);
    let mut keep: Vec<&str> = Vec::new();
    let own = client.writes().unwrap_or_default().iter().map(String::as_str);
    // Its own list is what works now; without one, and where nothing of it is left, it takes what others need.
    let needed: Vec<&str> = required.chain(mapped.iter().copied()).collect();
    for name in own.filter(is_fine) {
        keep.push(name);
    }
    if keep.is_empty() {
        for name in needed.into_iter().filter(is_fine) {
            if !keep.contains(&name) {
                keep.push(name);
            }
        }
    }
    // Without a list users write every standard attribute: sign-ups that give an address must go on to work.
    if client.writes().is_none() && !keep.contains(&"email") {
        keep.insert(0, "email");
    }
    // An empty list counts as none, and the default again: something harmless has to be in it.
    if keep.is_empty() {
        keep.push("locale");
    }
    let dropped: Vec<&str> = client
        .writes()
        .unwrap_or_default()
        .iter()
        .map(String::as_str)
        .filter(|name| !is_fine(name))
        .collect();
    let without = if client.writes().is_some() {
        format!(", without {}", listed(dropped))
    } else {
        ", plus other attributes that users set at sign-up or may change themselves".to_owned()
    };
    let unmapped: Vec<&str> = mapped.iter().copied().filter(|name| !is_fine(name)).collect();
    let first = if unmapped.is_empty() {
        String::new()
    } else {
        format!(
            "First take {} out of AttributeMapping of the client's identity providers, or sign-ins through them may fail. Then: ",
            listed(unmapped)
        )
    };
    let unseen = if hides_providers(snapshot, offered) {
        " (plus the attributes that its identity providers map to, which could not all be read)"
    } else {
        ""
    };
    format!("{first}{}", of_client(format_args!("WriteAttributes: {}{without}{unseen}", bracketed(keep))))
}

/// Whether an identity provider that a client offers was not seen.
fn hides_providers(snapshot: &Snapshot, offered: &[String]) -> bool {
    offered
        .iter()
        .filter(|name| name.as_str() != "COGNITO")
        .any(|name| !snapshot.described_providers().any(|provider| provider.name == name))
}

/// How a user would write an attribute through this client.
fn how(client: &Client<'_>) -> &'static str {
    let scopes = client.settings.allowed_o_auth_scopes();
    if client.is_machine_only() {
        "It serves only machines and has a secret, so only a holder of the secret can sign users up through it."
    } else if scopes.iter().any(|scope| scope == "aws.cognito.signin.user.admin") {
        "A user does so at sign-up, or with any access token of this client: its OAuth scopes have \
         aws.cognito.signin.user.admin."
    } else if client.has_secret() != Ok(false) {
        "A user can do this with an access token from a sign-in through the API, which has the scope \
         aws.cognito.signin.user.admin. At sign-up, only a holder of the client's secret can."
    } else {
        "A user does so at sign-up, or with an access token of a sign-in through the API, which has the scope \
         aws.cognito.signin.user.admin."
    }
}

fn write_default(snapshot: &Snapshot, client: &Client<'_>) -> Option<Finding> {
    if client.writes().is_some() {
        return None;
    }
    let expected = &snapshot.expected;
    let mut at_stake = vec![expected.tenant_attribute.as_str()];
    at_stake.extend(expected.protected.iter().map(String::as_str));
    at_stake.extend(snapshot.suspects());
    let finding = Finding::new(
        client.subject(),
        format!(
            "It has no WriteAttributes, so it can write every attribute, including {}.",
            listed(at_stake)
        ),
        narrowed(snapshot, client),
    );
    Some(if client.is_machine_only() { finding.at(Severity::Low) } else { finding })
}

fn change_unverified(snapshot: &Snapshot) -> Vec<Finding> {
    let kept = snapshot
        .pool
        .user_attribute_update_settings()
        .map_or(&[][..], |settings| settings.attributes_require_verification_before_update());
    let keeps = kept.contains(&VerifiedAttributeType::Email);
    let kept = kept.iter().map(VerifiedAttributeType::as_str);
    let writers: Vec<String> = snapshot
        .described_clients()
        .filter(|client| !client.is_machine_only() && client.can_write_standard("email"))
        .map(|client| client.subject())
        .collect();
    if keeps || writers.is_empty() {
        return Vec::new();
    }
    vec![Finding::new(
        "the user pool",
        format!(
            "Users can change email through {}, and the pool does not keep the old one until the new one is verified.",
            shortened(&writers)
        ),
        of_pool(format_args!(
            "UserAttributeUpdateSettings.AttributesRequireVerificationBeforeUpdate: {} and AutoVerifiedAttributes: {}",
            with(kept, "email"),
            with(verified(snapshot), "email")
        )),
    )]
}

/// What Cognito verifies at sign-up.
fn verified(snapshot: &Snapshot) -> impl Iterator<Item = &str> {
    snapshot.pool.auto_verified_attributes().iter().map(VerifiedAttributeType::as_str)
}

/// The first few of many.
fn shortened(names: &[String]) -> String {
    match names {
        [first, second, third, _, ..] => format!("{first}, {second}, {third} and {} more", names.len() - 3),
        few => listed(few),
    }
}

fn not_auto_verified(snapshot: &Snapshot) -> Vec<Finding> {
    if snapshot.pool.auto_verified_attributes().contains(&VerifiedAttributeType::Email) {
        return Vec::new();
    }
    let is_name = snapshot.pool.username_attributes().iter().any(|name| name.as_str() == "email")
        || snapshot.pool.alias_attributes().iter().any(|name| name.as_str() == "email");
    let more = if is_name { " Users sign in with it all the same." } else { "" };
    vec![Finding::new(
        "the user pool",
        format!("AutoVerifiedAttributes does not have email.{more}"),
        of_pool(format_args!("AutoVerifiedAttributes: {}", with(verified(snapshot), "email"))),
    )]
}
