//! Random worlds.

use fastrand::Rng;

use super::world::{
    Asked, Bound, CONFIRM, Code, Event, HERE, HOSTED, Identity, Invite, MACHINE, Member, Mode, NOW, Provider,
    REFRESH, Settings, Status, TENANTS, THERE, Tenant, World,
};

const AUTHENTICATION: &str = "TokenGeneration_Authentication";

const SOURCES: [&str; 10] = [
    CONFIRM,
    CONFIRM,
    "PostConfirmation_ConfirmForgotPassword",
    MACHINE,
    REFRESH,
    REFRESH,
    HOSTED,
    AUTHENTICATION,
    "TokenGeneration_NewPasswordChallenge",
    "TokenGeneration_OfTomorrow",
];

const ROLES: [&str; 3] = ["admin", "editor", "viewer"];

fn one_in(rng: &mut Rng, n: u32) -> bool {
    rng.u32(0..n) == 0
}

fn any<T: Copy>(rng: &mut Rng, of: &[T]) -> Option<T> {
    rng.choice(of).copied()
}

fn number(rng: &mut Rng) -> usize {
    rng.usize(0..TENANTS.len())
}

fn roles(rng: &mut Rng) -> Vec<&'static str> {
    ROLES.into_iter().filter(|_| rng.bool()).collect()
}

fn status(rng: &mut Rng) -> Status {
    match rng.u32(0..6) {
        0 => Status::Suspended,
        1 => Status::Over,
        _ => Status::Active,
    }
}

impl World {
    /// Most values are likely ones, so that a world often gets far.
    pub(crate) fn random(rng: &mut Rng) -> Self {
        let tenants: Vec<Option<Tenant>> = TENANTS.iter().map(|_| tenant(rng)).collect();
        let members = TENANTS.iter().map(|_| one_in(rng, 3).then(|| member(rng))).collect();
        let sound: Vec<usize> = (0..TENANTS.len()).filter(|n| is_sound(tenants.get(*n))).collect();
        let mut invites: Vec<Invite> = Vec::new();
        for _ in 0..rng.usize(0..4) {
            let Some(tenant) = any(rng, &sound) else { break };
            let mut invite = invite(rng, tenant);
            // One open invite of a tenant for an address.
            invite.has_pointer &= !invites.iter().any(|other| other.has_pointer && other.tenant == tenant);
            invites.push(invite);
        }
        let client =
            one_in(rng, 3).then(|| (number(rng), if rng.bool() { Mode::Required } else { Mode::Machine }));
        let provider = any(rng, &sound).filter(|_| rng.bool()).map(|tenant| Provider {
            tenant,
            joins: rng.bool(),
            is_trusted: rng.bool(),
            roles: roles(rng),
        });
        let settings = Settings {
            pool_tenant: one_in(rng, 6).then(|| number(rng)),
            redeem: !one_in(rng, 8),
            observe: one_in(rng, 8),
            refuses_machines: rng.bool(),
            admits_uninvited: one_in(rng, 4),
            verifies_provider: one_in(rng, 4),
        };
        let event = event(rng, invites.len());
        let default = one_in(rng, 2).then(|| number(rng));
        let mut world = Self { tenants, members, default, invites, client, provider, settings, event };
        let Some(tenant) = any(rng, &sound) else { return world };
        match rng.u32(0..12) {
            0 => world.add_asserted_address(rng, tenant),
            1 => world.add_code_of_member(rng, tenant),
            2 => world.add_switch(rng),
            _ => {}
        }
        world
    }
}

/// Situations that chance alone would seldom lead to. What is not set here stays random.
impl World {
    /// A user of the identity provider of `tenant` signs in, and mostly has an invite by the address: of this tenant, or of
    /// another one.
    fn add_asserted_address(&mut self, rng: &mut Rng, tenant: usize) {
        self.members.fill(None);
        self.client = None;
        let roles = roles(rng);
        self.provider = Some(Provider { tenant, joins: one_in(rng, 3), is_trusted: !one_in(rng, 4), roles });
        if one_in(rng, 3) {
            self.invites.truncate(1);
        } else {
            self.invites = vec![open_invite(rng, tenant)];
        }
        self.event.source = any(rng, &[CONFIRM, HOSTED, HOSTED, AUTHENTICATION]).unwrap_or(HOSTED);
        self.event.identity = Identity::Enterprise;
        self.event.code = Code::None;
        self.event.asked =
            any(rng, &[Asked::None, Asked::None, Asked::Tenant(tenant)]).unwrap_or(Asked::None);
    }

    /// A member of one tenant has an invite to `tenant`, and shows its code or does not.
    fn add_code_of_member(&mut self, rng: &mut Rng, tenant: usize) {
        let home = (tenant + 1) % TENANTS.len();
        self.members.fill(None);
        self.set_member(home, Member { status: Status::Active, ..member(rng) });
        self.invites = vec![open_invite(rng, tenant)];
        self.client = None;
        self.event.source = any(rng, &[CONFIRM, REFRESH, HOSTED, AUTHENTICATION]).unwrap_or(HOSTED);
        self.event.code = any(rng, &[Code::Of(0), Code::Of(0), Code::None]).unwrap_or(Code::None);
        let asked = [Asked::None, Asked::Tenant(tenant), Asked::Tenant(home), Asked::Tenant(number(rng))];
        self.event.asked = any(rng, &asked).unwrap_or(Asked::None);
    }

    /// An app asks for one of the user's two tenants, in any state.
    fn add_switch(&mut self, rng: &mut Rng) {
        let (one, other) = (number(rng), number(rng));
        self.members.fill(None);
        self.set_member(one, Member { status: Status::Active, ..member(rng) });
        self.set_member(other, member(rng));
        self.default = any(rng, &[None, Some(one), Some(other)]).flatten();
        self.client = self.client.filter(|_| one_in(rng, 4));
        self.event.source = any(rng, &[REFRESH, HOSTED, AUTHENTICATION]).unwrap_or(HOSTED);
        self.event.code = Code::None;
        self.event.asked = any(rng, &[Asked::Tenant(one), Asked::Tenant(other)]).unwrap_or(Asked::None);
    }

    fn set_member(&mut self, tenant: usize, member: Member) {
        if let Some(slot) = self.members.get_mut(tenant) {
            *slot = Some(member);
        }
    }
}

fn open_invite(rng: &mut Rng, tenant: usize) -> Invite {
    let invite = invite(rng, tenant);
    Invite {
        bound: Bound::Own,
        is_revoked: false,
        uses: 0,
        is_used_by_user: false,
        has_pointer: true,
        ..invite
    }
}

fn is_sound(tenant: Option<&Option<Tenant>>) -> bool {
    tenant.and_then(Option::as_ref).is_some_and(|tenant| !tenant.is_damaged)
}

fn tenant(rng: &mut Rng) -> Option<Tenant> {
    if one_in(rng, 12) {
        return None;
    }
    let pools: &[&'static str] = match rng.u32(0..8) {
        0 => &[THERE],
        1 => &[HERE],
        2 => &[THERE, HERE],
        _ => &[],
    };
    Some(Tenant {
        status: status(rng),
        is_damaged: one_in(rng, 20),
        pools: pools.to_vec(),
        lists_groups: rng.bool(),
    })
}

fn member(rng: &mut Rng) -> Member {
    let joined_at = (!one_in(rng, 6)).then(|| NOW - rng.u64(1..4));
    Member { status: status(rng), roles: roles(rng), joined_at }
}

fn invite(rng: &mut Rng, tenant: usize) -> Invite {
    let bound = any(rng, &[Bound::Own, Bound::Own, Bound::Nobody, Bound::Other]).unwrap_or(Bound::Own);
    let max_uses = rng.u64(1..4);
    Invite {
        tenant,
        bound,
        roles: roles(rng),
        uses: rng.u64(0..=max_uses),
        max_uses,
        is_revoked: one_in(rng, 6),
        // Before, at and after the moment of the event.
        expires_at: if one_in(rng, 4) { NOW - rng.u64(0..2) } else { NOW + rng.u64(1..3) },
        created_at: (!one_in(rng, 6)).then(|| NOW - rng.u64(1..4)),
        is_used_by_user: one_in(rng, 6),
        has_pointer: bound == Bound::Own && !one_in(rng, 5),
    }
}

fn event(rng: &mut Rng, invites: usize) -> Event {
    let source = any(rng, &SOURCES).unwrap_or(HOSTED);
    let code = match rng.u32(0..8) {
        0 => Code::Unknown,
        1 => Code::Malformed,
        2 => Code::Blank,
        3 | 4 if invites > 0 => Code::Of(rng.usize(0..invites)),
        _ => Code::None,
    };
    let asked = match rng.u32(0..8) {
        0 | 1 => Asked::Tenant(number(rng)),
        2 => Asked::Malformed,
        3 => Asked::Blank,
        _ => Asked::None,
    };
    let identities = [Identity::Native, Identity::Native, Identity::Enterprise, Identity::Social];
    Event {
        source,
        version: if source == MACHINE { "3" } else { any(rng, &["1", "2", "3", "9"]).unwrap_or("2") },
        has_email: !one_in(rng, 8),
        email_verified: any(
            rng,
            &[Some("true"), Some("true"), Some("false"), Some("TRUE"), Some(" true"), None],
        )
        .flatten(),
        identity: if one_in(rng, 20) {
            Identity::Unreadable
        } else {
            any(rng, &identities).unwrap_or(Identity::Native)
        },
        code,
        asked,
        stamp: match rng.u32(0..4) {
            0 => None,
            1 => Some("Not A Tenant"),
            _ => any(rng, &TENANTS),
        },
        is_hostile: rng.bool(),
    }
}
