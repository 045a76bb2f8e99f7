//! Random schedules.

use fastrand::Rng;
use tenancy::{CellStatus, TenantStatus};

use super::schedule::{Act, Attempt, CELLS, Call, Event, Invite, LENGTH, MemberAct, Schedule, TENANTS};
use super::turns::{Fault, FaultKind};

fn one_in(rng: &mut Rng, n: u32) -> bool {
    rng.u32(0..n) == 0
}

/// Who and what the calls of a schedule are about.
struct Scope {
    users: usize,
    tenants: Vec<usize>,
    /// Whether few users and operators meet at the same records all the time.
    is_narrow: bool,
}

impl Scope {
    fn random(rng: &mut Rng) -> Self {
        let mut tenants: Vec<usize> = (0..TENANTS.len()).collect();
        let is_narrow = one_in(rng, 2);
        if is_narrow {
            rng.shuffle(&mut tenants);
            tenants.truncate(rng.usize(1..=3));
        }
        let users = match rng.u32(0..20) {
            _ if is_narrow => rng.usize(2..=3),
            0 => rng.usize(16..=50),
            1..6 => rng.usize(6..=15),
            _ => rng.usize(2..=5),
        };
        Self { users, tenants, is_narrow }
    }

    fn tenant(&self, rng: &mut Rng) -> usize {
        rng.choice(self.tenants.iter().copied()).unwrap_or_default()
    }

    /// The memberships of a user at the begin: none, one, or one in each tenant.
    fn members(&self, rng: &mut Rng, user: usize) -> Vec<(usize, usize, &'static str)> {
        let count = match rng.u32(0..12) {
            0 | 1 => rng.usize(1..=self.tenants.len()),
            2..5 => 1,
            5 if self.is_narrow => 1,
            _ => 0,
        };
        let mut tenants = self.tenants.clone();
        rng.shuffle(&mut tenants);
        let mut member = |tenant| {
            let status = rng.choice(["active", "active", "active", "suspended", "removed"]);
            (user, tenant, status.unwrap_or("active"))
        };
        tenants.into_iter().take(count).map(&mut member).collect()
    }

    /// A change by an operator.
    fn act(&self, rng: &mut Rng, invites: usize) -> Act {
        let (user, tenant, invite) = (rng.usize(0..self.users), self.tenant(rng), rng.usize(0..invites));
        match rng.u32(0..30) {
            0..4 => Act::Revoke(invite),
            4..8 => Act::Resend(invite),
            8..10 => Act::Invite(user, tenant),
            10..13 => Act::Member(MemberAct::Suspend, user, tenant),
            13..16 => Act::Member(MemberAct::Remove, user, tenant),
            16..18 => Act::Member(MemberAct::Resume, user, tenant),
            18..20 => Act::Member(MemberAct::Add, user, tenant),
            20..23 => Act::Member(MemberAct::SetRoles, user, tenant),
            23 => Act::Member(MemberAct::MakeDefault, user, tenant),
            24 => Act::Tenant(TenantStatus::Suspended, tenant),
            25 => Act::Tenant(TenantStatus::Active, tenant),
            26 if one_in(rng, 2) => Act::Tenant(TenantStatus::Offboarded, tenant),
            26 | 27 => Act::Bind(tenant, rng.bool()),
            28 => Act::Unbind,
            _ => Act::Place(tenant, rng.usize(0..CELLS.len())),
        }
    }
}

/// Situations that only few calls at the same time lead to, so that chance alone would seldom do so.
impl Schedule {
    /// Operators place all tenants into one cell, and close it meanwhile.
    fn add_placements(&mut self, rng: &mut Rng) {
        let cell = rng.usize(0..CELLS.len());
        let also = [
            Act::Cell(CellStatus::Closed, cell),
            Act::Cell(CellStatus::Open, cell),
            Act::Tenant(TenantStatus::Offboarded, rng.usize(0..TENANTS.len())),
        ];
        let acts = (0..TENANTS.len()).map(|tenant| Act::Place(tenant, cell)).chain(also);
        let acts: Vec<Act> = acts.filter(|_| !one_in(rng, 4)).collect();
        self.calls.extend(acts.into_iter().map(|act| call(rng, act)));
    }

    /// A user joins through the identity provider, while it is bound to another tenant, or lets nobody join any more.
    fn add_moved_provider(&mut self, rng: &mut Rng) {
        let user = 0;
        self.members.retain(|(of, ..)| *of != user);
        self.defaults.retain(|(of, _)| *of != user);
        self.calls.retain(|call| call.act.attempt().is_none_or(|attempt| attempt.user != user));
        let other = (self.provider + 1) % TENANTS.len();
        let acts = if rng.bool() {
            vec![Act::Unbind, Act::Bind(other, true)]
        } else {
            vec![Act::Bind(self.provider, false)]
        };
        let event = if rng.bool() { Event::SignIn } else { Event::Confirmation };
        let attempt = Attempt { user, event, code: None, tenant: None, is_federated: true };
        let acts = acts.into_iter().chain([Act::Attempt(attempt)]);
        self.calls.extend(acts.map(|act| without_faults(rng, act)));
    }

    /// The last use of an invite that has expired by the clock of an operator, who makes a new one or revokes the old one.
    fn add_expired_invite(&mut self, rng: &mut Rng) {
        let (user, tenant, number) = (0, rng.usize(0..TENANTS.len()), self.invites.len());
        if self.invites.iter().any(|invite| (invite.bound, invite.tenant) == (Some(user), tenant)) {
            return;
        }
        self.invites.push(Invite { tenant, bound: Some(user), max_uses: 1, expires: LENGTH / 2 });
        let attempt =
            Attempt { user, event: Event::SignIn, code: Some(number), tenant: None, is_federated: false };
        self.calls.push(Call { at: 0, ..without_faults(rng, Act::Attempt(attempt)) });
        self.calls.push(Call { at: LENGTH - 1, ..without_faults(rng, Act::Invite(user, tenant)) });
        self.calls.extend(rng.bool().then(|| Call { at: 0, ..without_faults(rng, Act::Revoke(number)) }));
    }

    /// A user whose default tenant is lost signs in, which moves the default, while an operator moves it as well.
    fn add_lost_default(&mut self, rng: &mut Rng) {
        let user = 0;
        self.members.retain(|(of, ..)| *of != user);
        self.defaults.retain(|(of, _)| *of != user);
        self.members.extend([(user, 0, "removed"), (user, 1, "active"), (user, 2, "active")]);
        self.defaults.push((user, 0));
        let attempt = Attempt { user, event: Event::SignIn, code: None, tenant: None, is_federated: false };
        let acts = [Act::Attempt(attempt), Act::Member(MemberAct::MakeDefault, user, 2)];
        self.calls.extend(acts.map(|act| without_faults(rng, act)));
    }
}

impl Schedule {
    /// Mostly few users, up to 50.
    pub(crate) fn random(rng: &mut Rng) -> Self {
        let scope = Scope::random(rng);
        let users = scope.users;
        let mut invites: Vec<Invite> =
            (0..rng.usize(1..=3)).map(|_| invite(rng, &scope, None, users as u64)).collect();
        let shared = invites.len();
        let (mut calls, mut members, mut defaults) = (Vec::new(), Vec::new(), Vec::new());
        for user in 0..users {
            let own = scope.members(rng, user);
            defaults.extend(
                rng.choice(&own).filter(|_| one_in(rng, 2)).map(|(user, tenant, _)| (*user, *tenant)),
            );
            members.extend(own);
            let (mut codes, mut is_federated) = (Vec::new(), false);
            match rng.u32(0..10) {
                0 => is_federated = true,
                2..5 => {
                    // Bound to the address, in one tenant or in two.
                    let tenant = scope.tenant(rng);
                    for tenant in [tenant, (tenant + 1) % TENANTS.len()].into_iter().take(rng.usize(1..=2)) {
                        if rng.bool() {
                            codes.push(invites.len());
                        }
                        invites.push(Invite { tenant, ..invite(rng, &scope, Some(user), 2) });
                    }
                }
                _ => codes.extend((0..rng.usize(1..=2)).map(|_| rng.usize(0..shared))),
            }
            for _ in 0..rng.usize(if scope.is_narrow { 2..=3 } else { 1..=3 }) {
                let event = match rng.u32(0..6) {
                    0 => Event::Refresh,
                    1 | 2 => Event::SignIn,
                    _ => Event::Confirmation,
                };
                let code = rng.choice(codes.iter().copied()).filter(|_| !one_in(rng, 6));
                let tenant = one_in(rng, 4).then(|| scope.tenant(rng));
                calls.push(call(rng, Act::Attempt(Attempt { user, event, code, tenant, is_federated })));
            }
        }
        for _ in 0..rng.usize(if scope.is_narrow { 2..=6 } else { 0..=4 + users / 4 }) {
            let act = scope.act(rng, invites.len());
            calls.push(call(rng, act));
        }
        let mut schedule = Self {
            users,
            members,
            defaults,
            invites,
            provider: scope.tenant(rng),
            capacity: rng.u64(1..=2),
            cached_for: rng.choice([0, 30, 200]).unwrap_or_default(),
            calls,
            order: rng.u64(..),
            sticks: rng.choice([0, 50, 90, 98]).unwrap_or_default(),
        };
        match rng.u32(0..24) {
            0..4 => schedule.add_placements(rng),
            4..8 => schedule.add_moved_provider(rng),
            8..11 => schedule.add_expired_invite(rng),
            11..14 => schedule.add_lost_default(rng),
            _ => {}
        }
        schedule
    }
}

fn invite(rng: &mut Rng, scope: &Scope, bound: Option<usize>, users: u64) -> Invite {
    Invite {
        tenant: scope.tenant(rng),
        bound,
        max_uses: match rng.u32(0..4) {
            0 | 1 => 1,
            2 => 2,
            _ => rng.u64(1..=users + 2),
        },
        expires: if one_in(rng, 8) { rng.u64(1..LENGTH) } else { 1_000_000 },
    }
}

fn without_faults(rng: &mut Rng, act: Act) -> Call {
    Call { faults: Vec::new(), ..call(rng, act) }
}

fn call(rng: &mut Rng, act: Act) -> Call {
    let kinds = [
        FaultKind::Throttle,
        FaultKind::Conflict,
        FaultKind::Internal,
        FaultKind::LoseAnswer,
        FaultKind::CrashBefore,
        FaultKind::CrashAfter,
    ];
    let count = if rng.bool() { 0 } else { rng.usize(1..=2) };
    let faults = (0..count).map(|_| Fault {
        step: rng.usize(0..14),
        times: rng.usize(1..=4),
        kind: rng.choice(kinds).unwrap_or(FaultKind::Throttle),
    });
    let faults = faults.collect();
    Call { act, at: rng.u64(0..LENGTH), faults }
}
