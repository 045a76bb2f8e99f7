//! A world: tenants, one user, invites, bindings, settings, and an event. It is small and has no types of the code under test, so
//! that the reference cannot inherit a mistake from them.

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

/// Of each tenant, with its id before it.
pub(crate) const NAME: &str = "name";
pub(crate) const TIER: &str = "tier";

/// A role, a group, a name or a tier as only this tenant has it.
pub(crate) fn own(tenant: usize, text: &str) -> String {
    format!("{}-{text}", TENANTS.get(tenant).copied().unwrap_or_default())
}

/// The other way round; `None`: it is of another tenant.
pub(crate) fn plain(tenant: usize, text: &str) -> Option<String> {
    text.strip_prefix(*TENANTS.get(tenant)?)?.strip_prefix('-').map(str::to_owned)
}

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

impl World {
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
