//! A world: tenants, one user, invites, bindings, settings, and an event. It is small and has no types of the code under test, so
//! that the reference cannot inherit a mistake from them.

use fastrand::Rng;

/// Tenants of a world. Their order is that of their ids.
pub(crate) const TENANTS: [&str; 5] = ["acme", "globex", "hooli", "initech", "umbrella"];
pub(crate) const HERE: &str = "eu-west-1_Here";
pub(crate) const THERE: &str = "eu-west-1_There";
/// The moment of every event, in epoch seconds.
pub(crate) const NOW: u64 = 1_800_000_000;
pub(crate) const EMAIL: &str = "ana@example.com";
pub(crate) const OTHER_EMAIL: &str = "eve@example.com";
pub(crate) const PROVIDER: &str = "Okta";
pub(crate) const CLIENT: &str = "client1";
pub(crate) const SUB: &str = "0b1c2d3e-ana";

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct World {
    /// By the numbers of [`TENANTS`]; `None`: the item is missing.
    pub(crate) tenants: Vec<Option<Tenant>>,
    /// The user's membership in each tenant.
    pub(crate) members: Vec<Option<Member>>,
    pub(crate) default: Option<usize>,
    pub(crate) invites: Vec<Invite>,
    pub(crate) client: Option<(usize, Mode)>,
    pub(crate) provider: Option<Provider>,
    pub(crate) settings: Settings,
    pub(crate) event: Event,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Status {
    Active,
    Suspended,
    /// Of a tenant: offboarded. Of a membership: removed.
    Over,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Tenant {
    pub(crate) status: Status,
    pub(crate) is_damaged: bool,
    /// Pools; empty: all.
    pub(crate) pools: Vec<&'static str>,
    /// Whether the role `admin` has groups of its own.
    pub(crate) lists_groups: bool,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Member {
    pub(crate) status: Status,
    pub(crate) roles: Vec<&'static str>,
    pub(crate) joined_at: Option<u64>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Bound {
    Nobody,
    Own,
    Other,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Invite {
    pub(crate) tenant: usize,
    pub(crate) bound: Bound,
    pub(crate) roles: Vec<&'static str>,
    pub(crate) uses: u64,
    pub(crate) max_uses: u64,
    pub(crate) is_revoked: bool,
    pub(crate) expires_at: u64,
    /// `None`: the pointer lacks it.
    pub(crate) created_at: Option<u64>,
    pub(crate) is_used_by_user: bool,
    /// Whether the user's address points at it.
    pub(crate) has_pointer: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Mode {
    Required,
    Machine,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Provider {
    pub(crate) tenant: usize,
    pub(crate) joins: bool,
    pub(crate) is_trusted: bool,
    pub(crate) roles: Vec<&'static str>,
}

#[expect(clippy::struct_excessive_bools, reason = "each is a setting of two values")]
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Settings {
    pub(crate) pool_tenant: Option<usize>,
    pub(crate) redeem: bool,
    pub(crate) observe: bool,
    pub(crate) refuses_machines: bool,
    pub(crate) admits_uninvited: bool,
    pub(crate) verifies_provider: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Identity {
    Native,
    /// The SAML provider [`PROVIDER`].
    Enterprise,
    Social,
    /// The attribute is no JSON.
    Unreadable,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Code {
    None,
    Blank,
    Of(usize),
    Unknown,
    Malformed,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Asked {
    None,
    Blank,
    Tenant(usize),
    Malformed,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Event {
    pub(crate) source: &'static str,
    pub(crate) version: &'static str,
    pub(crate) has_email: bool,
    /// The attribute `email_verified`; `None`: missing.
    pub(crate) email_verified: Option<&'static str>,
    pub(crate) identity: Identity,
    pub(crate) code: Code,
    pub(crate) asked: Asked,
    /// The attribute `custom:tenantId`, forged or not.
    pub(crate) stamp: Option<&'static str>,
    pub(crate) is_hostile: bool,
}

pub(crate) const CONFIRM: &str = "PostConfirmation_ConfirmSignUp";
pub(crate) const MACHINE: &str = "TokenGeneration_ClientCredentials";
pub(crate) const REFRESH: &str = "TokenGeneration_RefreshTokens";
pub(crate) const HOSTED: &str = "TokenGeneration_HostedAuth";

const SOURCES: [&str; 10] = [
    CONFIRM,
    CONFIRM,
    "PostConfirmation_ConfirmForgotPassword",
    MACHINE,
    REFRESH,
    REFRESH,
    HOSTED,
    "TokenGeneration_Authentication",
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
        Self { tenants, members, default, invites, client, provider, settings, event }
    }

    /// Worlds with a little less in them, to shrink a failure.
    pub(crate) fn simpler(&self) -> Vec<Self> {
        let mut found = Vec::new();
        let mut add = |change: &dyn Fn(&mut Self)| {
            let mut world = self.clone();
            change(&mut world);
            if world != *self {
                found.push(world);
            }
        };
        for n in 0..TENANTS.len() {
            add(&|world| world.members.iter_mut().skip(n).take(1).for_each(|member| *member = None));
            add(&|world| {
                let tenant = Tenant {
                    status: Status::Active,
                    is_damaged: false,
                    pools: Vec::new(),
                    lists_groups: false,
                };
                world.tenants.iter_mut().skip(n).take(1).for_each(|slot| *slot = Some(tenant.clone()));
            });
        }
        for n in 0..self.invites.len() {
            add(&|world| {
                drop(world.invites.remove(n));
                if matches!(world.event.code, Code::Of(_)) {
                    world.event.code = Code::Of(0);
                }
                if world.invites.is_empty() && world.event.code == Code::Of(0) {
                    world.event.code = Code::None;
                }
            });
        }
        add(&|world| world.default = None);
        add(&|world| world.client = None);
        add(&|world| world.provider = None);
        add(&|world| world.settings.pool_tenant = None);
        add(&|world| world.settings.redeem = true);
        add(&|world| world.settings.observe = false);
        add(&|world| world.settings.refuses_machines = false);
        add(&|world| world.settings.admits_uninvited = false);
        add(&|world| world.settings.verifies_provider = false);
        add(&|world| world.event.identity = Identity::Native);
        add(&|world| world.event.asked = Asked::None);
        add(&|world| world.event.code = Code::None);
        add(&|world| world.event.stamp = None);
        add(&|world| world.event.is_hostile = false);
        add(&|world| world.event.version = "2");
        found
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
