//! One world through the real handler: its event as JSON, the answer read as Cognito would read it, and the difference from the
//! reference.

use std::time::{Duration, SystemTime};

use cognito_trigger::PublicError;
use cognito_trigger::trigger::{Trigger, conclude};
use function::{Call, Settings as FunctionSettings};
use post_confirmation::PostConfirmation;
use pre_token_generation::PreTokenGeneration;
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::reference::{After, Answer, expected};
use super::store::{after, code, store};
use super::world::{
    Asked, Bound, CLIENT, CONFIRM, Code, EMAIL, Event, HERE, Identity, Invite, MACHINE, Mode, NAME, NOW,
    PROVIDER, SUB, Settings, Status, TENANTS, TIER, World, own, plain,
};

/// What came out of a world.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) answer: Answer,
    after: After,
    refused_writes: usize,
    /// What no token may have, in words.
    faults: Vec<String>,
}

/// What is wrong with a world's result; `None`: nothing.
pub(crate) fn difference(world: &World, found: &Found) -> Option<String> {
    let (answer, after) = expected(world);
    if !found.faults.is_empty() {
        return Some(found.faults.join("\n"));
    }
    if found.answer != answer {
        return Some(format!("expected {answer:?}\nand got  {:?}", found.answer));
    }
    if found.after != after {
        return Some(format!("the table: expected {after:?}\nand got  {:?}", found.after));
    }
    (found.refused_writes > 0).then(|| format!("{} writes that the table refuses", found.refused_writes))
}

pub(crate) fn run(world: &World) -> Found {
    let store = store(world);
    let event = event(world).to_string();
    let lookup = |name: &str| setting(&world.settings, name);
    let mut settings = FunctionSettings::new(&lookup);
    let answer = if world.event.source.starts_with("PostConfirmation") {
        let config = post_confirmation::Config::read(&mut settings);
        call(&PostConfirmation { config: &config, store: &store, users: &store }, &event)
    } else {
        let config = pre_token_generation::Config::read(&mut settings);
        call(&PreTokenGeneration { config: &config, cached: &store, store: &store }, &event)
    };
    let mut faults = Vec::new();
    if let Err(error) = settings.finish(()) {
        faults.push(format!("the settings are refused: {error}"));
    }
    let answer = read(world, &event, answer, &mut faults);
    let (after, refused_writes) = after(world, &store);
    faults.extend(forbidden(world, &answer, &after));
    Found { answer, after, refused_writes, faults }
}

/// What breaks the first rule, or redeems an invite that nobody meant. This is judged without the reference.
fn forbidden(world: &World, answer: &Answer, after: &After) -> Vec<String> {
    let mut faults = Vec::new();
    if let Answer::Token { tenant, .. } = answer
        && !may_carry(world, *tenant, after)
    {
        faults.push("A TOKEN OF A TENANT OF WHICH THE USER IS NO ACTIVE MEMBER".to_owned());
    }
    let before = world.invites.iter().zip(&after.invites);
    let used: Vec<(&Invite, u64)> = before
        .filter(|(invite, (uses, ..))| *uses != invite.uses)
        .map(|(invite, (uses, ..))| (invite, *uses))
        .collect();
    let is_right = |(invite, uses): &(&Invite, u64)| *uses == invite.uses + 1 && may_be_used(world, invite);
    if used.len() > 1 || !used.iter().all(is_right) {
        faults.push(format!("INVITES REDEEMED WITHOUT CONSENT: {used:?}"));
    }
    faults
}

fn may_carry(world: &World, tenant: usize, after: &After) -> bool {
    let is_member = matches!(after.members.get(tenant), Some(Some((Status::Active, _))));
    let is_active = matches!(
        world.tenants.get(tenant),
        Some(Some(record)) if record.status == Status::Active && (record.pools.is_empty() || record.pools.contains(&HERE))
    );
    is_active && (is_member || world.event.source == MACHINE)
}

/// The user showed its code. Or it is for their address, and they showed no code and named no other tenant.
fn may_be_used(world: &World, invite: &Invite) -> bool {
    let Event { code, asked, source, has_email, .. } = &world.event;
    let bound = world.client.filter(|(_, mode)| *mode == Mode::Required).map(|(tenant, _)| tenant);
    let may_be = |tenant: Option<usize>| tenant.is_none_or(|tenant| tenant == invite.tenant);
    let has_address = invite.bound == Bound::Own && *has_email;
    let is_meant = match code {
        Code::Of(number) => world.invites.get(*number).is_some_and(|shown| {
            // The link of an old invite leads to the new one of its tenant.
            let is_shown = std::ptr::eq(shown, invite) && (has_address || invite.bound == Bound::Nobody);
            is_shown || has_address && invite.has_pointer && shown.tenant == invite.tenant
        }),
        Code::None | Code::Blank => {
            has_address
                && invite.has_pointer
                && match asked {
                    Asked::Tenant(tenant) => *tenant == invite.tenant && may_be(bound),
                    Asked::Malformed => false,
                    Asked::None | Asked::Blank => may_be(bound),
                }
        }
        Code::Unknown | Code::Malformed => false,
    };
    let is_valid = !invite.is_revoked && invite.uses < invite.max_uses && NOW < invite.expires_at;
    let may_redeem = *source == CONFIRM || source.starts_with("TokenGeneration_") && *source != MACHINE;
    is_meant && is_valid && may_be(world.settings.pool_tenant) && world.settings.redeem && may_redeem
}

fn call(trigger: &impl Trigger, event: &str) -> Result<String, &'static str> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let Ok(runtime) = runtime else { return Err("no runtime") };
    runtime.block_on(async {
        let began = Instant::now();
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(NOW);
        let deadline = began + Duration::from_mins(1);
        let call = Call { event, request_id: "request", is_cold_start: false, now, began, deadline };
        let (_, handled) = conclude(trigger, &call).await;
        handled.outcome.into_answer(event).map(|reply| reply.get().to_owned()).map_err(PublicError::code)
    })
}

fn setting(settings: &Settings, name: &str) -> Option<String> {
    let value = match name {
        "USER_POOL_IDS" => HERE,
        "POOL_TENANT" => TENANTS.get(settings.pool_tenant?)?,
        "REDEEM" if !settings.redeem => "off",
        "MODE" if settings.observe => "observe",
        "UNBOUND_MACHINE" if settings.refuses_machines => "refuse",
        "UNINVITED" if settings.admits_uninvited => "admit",
        "EMAIL_VERIFIED_PROVIDERS" if settings.verifies_provider => PROVIDER,
        _ => return None,
    };
    Some(value.to_owned())
}

fn event(world: &World) -> Value {
    let Event { source, version, has_email, email_verified, identity, asked, stamp, is_hostile, .. } =
        &world.event;
    let mut attributes = Map::new();
    let mut set = |name: &str, value: Value| drop(attributes.insert(name.to_owned(), value));
    if *source != MACHINE {
        set("sub", json!(SUB));
        if *has_email {
            set("email", json!(EMAIL));
        }
        if let Some(verified) = email_verified {
            set("email_verified", json!(verified));
        }
        if let Some(stamp) = stamp {
            set("custom:tenantId", json!(stamp));
        }
        let of = |name: &str, kind: &str| {
            json!(
                json!([{ "userId": "1", "providerName": name, "providerType": kind, "primary": true }])
                    .to_string()
            )
        };
        match identity {
            Identity::Native => set("cognito:user_status", json!("CONFIRMED")),
            Identity::Enterprise => set("identities", of(PROVIDER, "SAML")),
            Identity::Social => set("identities", of("Google", "Google")),
            Identity::Unreadable => set("identities", json!("[{")),
        }
        if !matches!(identity, Identity::Native) {
            set("cognito:user_status", json!("EXTERNAL_PROVIDER"));
        }
    }
    let mut metadata = Map::new();
    let mut send = |name: &str, value: Value| drop(metadata.insert(name.to_owned(), value));
    match world.event.code {
        Code::None => {}
        Code::Blank => send("inviteCode", json!("  ")),
        Code::Of(number) => send("inviteCode", json!(code(number).reveal())),
        Code::Unknown => send("inviteCode", json!("inv_0123456789ABCDEFGHJKMNPQRS")),
        Code::Malformed => send("inviteCode", json!("inv_short")),
    }
    match asked {
        Asked::None => {}
        Asked::Blank => send("tenantId", json!("")),
        Asked::Tenant(number) => send("tenantId", json!(TENANTS.get(*number))),
        Asked::Malformed => send("tenantId", json!("Not A Tenant")),
    }
    if *is_hostile {
        for name in [
            "tenant_id",
            "tenantID",
            "tid",
            "roles",
            "groups",
            "cognito:groups",
            "custom:tenantId",
            "invitecode",
        ] {
            send(name, json!("umbrella"));
        }
    }
    json!({
        "version": version, "triggerSource": source, "region": "eu-west-1", "userPoolId": HERE,
        "userName": "ana", "callerContext": { "awsSdkVersion": "3", "clientId": CLIENT },
        "request": {
            "userAttributes": attributes, "clientMetadata": metadata, "scopes": [],
            "groupConfiguration": { "groupsToOverride": ["of-the-pool"], "iamRolesToOverride": [], "preferredRole": null },
        },
        "response": {},
    })
}

/// The answer as Cognito would read it. Where two places of a reply must agree and do not, that is a fault.
fn read(
    world: &World,
    event: &str,
    answer: Result<String, &'static str>,
    faults: &mut Vec<String>,
) -> Answer {
    let text = match answer {
        Ok(text) => text,
        Err(code) => return Answer::Error(code),
    };
    if text == event {
        return Answer::Unchanged;
    }
    let reply: Value = serde_json::from_str(&text).unwrap_or_default();
    let first = at(&reply, "/response/claimsOverrideDetails");
    let is_first = !first.is_null();
    let details = if is_first { first } else { at(&reply, "/response/claimsAndScopeOverrideDetails") };
    let of_id = if is_first { "/claimsToAddOrOverride" } else { "/idTokenGeneration/claimsToAddOrOverride" };
    let (id, access) = (at(details, of_id), at(details, "/accessTokenGeneration/claimsToAddOrOverride"));
    let is_machine = world.event.source == MACHINE;
    let main = if is_machine { access } else { id };
    let Some(tenant) =
        at(main, "/tenant_id").as_str().and_then(|id| TENANTS.iter().position(|tenant| *tenant == id))
    else {
        faults.push(format!("a reply without a tenant: {text}"));
        return Answer::Unchanged;
    };
    if !is_machine && at(id, "/custom:tenantId") != at(main, "/tenant_id") {
        faults.push("the ID token has another custom:tenantId".to_owned());
    }
    if !is_machine && !is_first && at(access, "/tenant_id") != at(id, "/tenant_id") {
        faults.push("the two tokens have different tenants".to_owned());
    }
    let texts = |value: &Value| match value {
        Value::String(text) => text.split_whitespace().map(str::to_owned).collect(),
        Value::Array(list) => list.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect(),
        _ => Vec::new(),
    };
    for (claim, text) in [("/tenant_name", NAME), ("/tenant_tier", TIER)] {
        for (token, may_lack_it) in [(id, is_machine), (access, is_first)] {
            let value = at(token, claim);
            if *value != json!(own(tenant, text)) && !(may_lack_it && value.is_null()) {
                faults.push(format!("{claim} of another tenant: {value}"));
            }
        }
    }
    let groups = at(details, "/groupOverrideDetails/groupsToOverride");
    if !is_machine && !groups.is_array() {
        faults.push("the pool's groups stay in the token".to_owned());
    }
    let roles = at(main, "/tenant_roles");
    if !is_machine && !is_first && texts(at(access, "/tenant_roles")) != texts(roles) {
        faults.push("the two tokens have different roles".to_owned());
    }
    let mut without_prefix = |texts: Vec<String>| -> Vec<String> {
        let stripped: Vec<String> = texts.iter().filter_map(|text| plain(tenant, text)).collect();
        if stripped.len() != texts.len() {
            faults.push(format!("ROLES OR GROUPS OF ANOTHER TENANT: {texts:?}"));
        }
        stripped
    };
    Answer::Token { tenant, roles: without_prefix(texts(roles)), groups: without_prefix(texts(groups)) }
}

/// A value by its JSON pointer; null if it is missing.
fn at<'v>(value: &'v Value, pointer: &str) -> &'v Value {
    value.pointer(pointer).unwrap_or(&Value::Null)
}
