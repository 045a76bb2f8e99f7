//! Operators at work while users sign in.

use std::collections::VecDeque;
use std::sync::PoisonError;
use std::time::Duration;

use fastrand::Rng;
use memory::parsed;
use tenancy::{InviteCode, Role, TenantStatus, UserKey};
use tenancy_aws::operator::{NewInvite, OperatorError};

use super::TENANTS;
use super::clock::{Tick, now, seconds, shown, tick};
use super::users::User;
use super::world::World;
use crate::operators::{self, Edit, operate};
use crate::schedules::schedule::HERE;
use crate::schedules::table::{member_key, text};

/// Codes that are still handed out, resent or revoked.
const MOST_OFFERS: usize = 60;
/// How long an invite is valid: one in eight is short.
const SHORT_SECONDS: u64 = 15;
const LONG_SECONDS: u64 = 1_000_000;

/// What operators have made.
#[derive(Debug, Default)]
pub(crate) struct Offers {
    /// Codes of invites for anybody.
    pub(crate) codes: VecDeque<InviteCode>,
    /// Tenants that were made during the run, and are placed later.
    pub(crate) movers: Vec<String>,
    placed: usize,
    paused: Option<(&'static str, Tick)>,
}

impl Offers {
    fn add(&mut self, code: InviteCode) {
        self.codes.push_back(code);
        while self.codes.len() > MOST_OFFERS {
            self.codes.pop_front();
        }
    }
}

/// A tenant that has users.
pub(crate) fn any_tenant(rng: &mut Rng) -> &'static str {
    rng.choice(TENANTS).unwrap_or(TENANTS[0])
}

fn new_code(rng: &mut Rng) -> InviteCode {
    InviteCode::from_random(std::array::from_fn(|_| rng.u8(..32)))
}

fn any_role(rng: &mut Rng, tenant: &str) -> Role {
    let role = rng.choice(["admin", "editor", "viewer"]).unwrap_or("viewer");
    parsed(&format!("{tenant}-{role}"))
}

/// Works until it is dropped, so often on average.
pub(crate) async fn work(world: &World, every: Duration, mut rng: Rng) {
    loop {
        tokio::time::sleep(every.mul_f64(rng.f64() * 2.0)).await;
        if rng.u32(0..20) < 8 {
            if let Some(edit) = next(world, &mut rng) {
                world.edit(edit).await;
            }
        } else if let Some(user) = world.any_user(&mut rng) {
            world.edit(member(world, &mut rng, &user)).await;
            // The user's app does not wait.
            if rng.bool() {
                world.refresh_as_before(&mut rng, &user).await;
            }
        }
    }
}

impl World {
    /// One change. It may be refused or overtaken, and must not fail.
    async fn edit(&self, edit: Edit) {
        let (name, from) = (format!("{edit:?}"), tick());
        let name = name.split('(').next().unwrap_or_default();
        self.note_edit(name, from, operate(&self.operator, edit, now()).await);
    }

    /// Makes an invite for a user who is about to join. Gives the code.
    pub(crate) async fn invite(&self, rng: &mut Rng, email: &str) -> InviteCode {
        let tenant = any_tenant(rng);
        let (new, code) = new_invite(rng, tenant, Some(email), 1);
        let from = tick();
        self.note_edit("Invite", from, operators::invite(&self.operator, &new, &code, now()).await);
        code
    }

    fn note_edit(&self, name: &str, from: Tick, ended: Result<(), OperatorError>) {
        match ended {
            Ok(()) => self.notes.count(&format!("operators: {name}")),
            Err(OperatorError::Store(error)) if !self.notes.is_stall(from, tick()) => {
                self.notes.fail(format!("{}: an operator's {name} failed: {error:?}", shown(from)));
            }
            Err(_) => self.notes.count("operators: refused or overtaken"),
        }
    }
}

/// An invite, and its code.
fn new_invite(rng: &mut Rng, tenant: &str, email: Option<&str>, max_uses: u64) -> (NewInvite, InviteCode) {
    let life = if rng.u32(0..8) == 0 { SHORT_SECONDS } else { LONG_SECONDS };
    let invite = NewInvite {
        tenant: parsed(tenant),
        email: email.map(parsed),
        roles: vec![any_role(rng, tenant)],
        max_uses,
        expires_at: now().plus_seconds(life),
    };
    (invite, new_code(rng))
}

/// The next change, if there is something to change.
fn next(world: &World, rng: &mut Rng) -> Option<Edit> {
    match rng.u32(0..8) {
        0 => pause(world, rng),
        1 => mover(world, rng),
        2 | 3 => {
            let mut offers = world.offers.lock().unwrap_or_else(PoisonError::into_inner);
            let at = rng.usize(0..offers.codes.len().max(1));
            let hash = offers.codes.get(at)?.hash();
            if rng.bool() {
                return Some(Edit::Revoke(hash));
            }
            let code = new_code(rng);
            offers.add(code.clone());
            Some(Edit::Resend(hash, code))
        }
        _ => {
            let tenant = any_tenant(rng);
            // For anybody, or for a user who may be a member of other tenants.
            let email = if rng.bool() { Some(world.any_user(rng)?.email.clone()) } else { None };
            let max_uses = if email.is_some() { 1 } else { rng.u64(1..=5) };
            let (invite, code) = new_invite(rng, tenant, email.as_deref(), max_uses);
            if email.is_none() {
                world.offers.lock().unwrap_or_else(PoisonError::into_inner).add(code.clone());
            }
            Some(Edit::Invite(invite, code))
        }
    }
}

/// Changes a membership of a user. Who was put out mostly comes back.
fn member(world: &World, rng: &mut Rng, user: &User) -> Edit {
    let watch = world.notes.store.watch();
    let status = |tenant: &str| {
        watch.table.get(&member_key(&user.sub, tenant)).map(|member| text(member, "status").to_owned())
    };
    let memberships: Vec<(&str, String)> =
        TENANTS.into_iter().filter_map(|tenant| Some((tenant, status(tenant)?))).collect();
    drop(watch);
    let key = |tenant: &str| (UserKey { pool: parsed(HERE), sub: parsed(&user.sub) }, parsed(tenant));
    let Some((tenant, status)) = rng.choice(memberships) else {
        let tenant = any_tenant(rng);
        return Edit::Add(key(tenant), any_role(rng, tenant));
    };
    match (status.as_str(), rng.u32(0..10)) {
        ("active", 0..2) => Edit::Suspend(key(tenant)),
        ("active", 2..4) | ("suspended", 0..2) => Edit::Remove(key(tenant)),
        ("active", 4..7) => {
            let other = any_tenant(rng);
            Edit::Add(key(other), any_role(rng, other))
        }
        ("active", _) => {
            let mut roles = vec![any_role(rng, tenant), any_role(rng, tenant)];
            roles.dedup();
            Edit::SetRoles(key(tenant), roles)
        }
        ("suspended", _) => Edit::Resume(key(tenant)),
        _ => Edit::Add(key(tenant), any_role(rng, tenant)),
    }
}

/// Pauses one tenant at a time, for a while.
fn pause(world: &World, rng: &mut Rng) -> Option<Edit> {
    let mut offers = world.offers.lock().unwrap_or_else(PoisonError::into_inner);
    match offers.paused {
        None => {
            let tenant = any_tenant(rng);
            offers.paused = Some((tenant, tick() + seconds(rng.u64(3..60))));
            Some(Edit::SetStatus(parsed(tenant), TenantStatus::Suspended))
        }
        Some((tenant, until)) if until < tick() => {
            offers.paused = None;
            Some(Edit::SetStatus(parsed(tenant), TenantStatus::Active))
        }
        Some(_) => None,
    }
}

/// Makes a tenant, or places the last one in a cell.
fn mover(world: &World, rng: &mut Rng) -> Option<Edit> {
    let mut offers = world.offers.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(last) = offers.movers.get(offers.placed).cloned() {
        offers.placed += 1;
        let cell = rng.choice(["here", "there"])?;
        return Some(Edit::Place(parsed(&last), parsed(cell)));
    }
    let name = format!("mover-{}", offers.movers.len());
    offers.movers.push(name.clone());
    Some(Edit::Tenant(parsed(&name)))
}
