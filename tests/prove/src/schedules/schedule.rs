//! A schedule: who calls what, which requests fail, and in which order the steps go.

use tenancy::{CellStatus, TenantStatus};

use super::turns::Fault;

/// Tenants of a schedule.
pub(crate) const TENANTS: [&str; 3] = ["acme", "globex", "initech"];
/// The cells: name and pool.
pub(crate) const CELLS: [(&str, &str); 2] = [("here", HERE), ("there", "eu-west-1_There")];
pub(crate) const HERE: &str = "eu-west-1_Here";
/// The moment at which a schedule begins, in epoch seconds. It is over a minute later.
pub(crate) const BEGIN: u64 = 1_800_000_000;
pub(crate) const LENGTH: u64 = 60;

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Schedule {
    pub(crate) users: usize,
    /// Memberships at the begin: a user, a tenant, and the status.
    pub(crate) members: Vec<(usize, usize, &'static str)>,
    /// Profiles at the begin: a user, and the default tenant.
    pub(crate) defaults: Vec<(usize, usize)>,
    pub(crate) invites: Vec<Invite>,
    /// The tenant whose identity provider lets its users join at the begin.
    pub(crate) provider: usize,
    /// How many tenants each cell takes.
    pub(crate) capacity: u64,
    /// For how many steps a tenant is cached.
    pub(crate) cached_for: u64,
    pub(crate) calls: Vec<Call>,
    /// The seed of the order of the steps.
    pub(crate) order: u64,
    /// Of 100 steps, how many are of the call that made the last one.
    pub(crate) sticks: u8,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Invite {
    pub(crate) tenant: usize,
    /// The user to whose address it is bound.
    pub(crate) bound: Option<usize>,
    pub(crate) max_uses: u64,
    /// Seconds after [`BEGIN`].
    pub(crate) expires: u64,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Call {
    pub(crate) act: Act,
    /// Seconds after [`BEGIN`], on the clock of the caller.
    pub(crate) at: u64,
    pub(crate) faults: Vec<Fault>,
}

/// A user, what the event is, and the number of the invite whose code it has.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Attempt {
    pub(crate) user: usize,
    pub(crate) event: Event,
    pub(crate) code: Option<usize>,
    /// The tenant that the app asks for.
    pub(crate) tenant: Option<usize>,
    /// Whether the user comes from the identity provider, and without a verified address.
    pub(crate) is_federated: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Event {
    Confirmation,
    SignIn,
    Refresh,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Act {
    Attempt(Attempt),
    Revoke(usize),
    Resend(usize),
    /// Invites the address of a user to a tenant.
    Invite(usize, usize),
    /// What is done, to which user, in which tenant.
    Member(MemberAct, usize, usize),
    /// The new status of a tenant.
    Tenant(TenantStatus, usize),
    /// A tenant and a cell.
    Place(usize, usize),
    /// The new status of a cell.
    Cell(CellStatus, usize),
    /// Binds the identity provider to a tenant: whether its users join.
    Bind(usize, bool),
    Unbind,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum MemberAct {
    Suspend,
    Remove,
    Resume,
    Add,
    SetRoles,
    MakeDefault,
}

/// One line for each invite that a call can meet, and for each call.
impl std::fmt::Display for Schedule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let users: Vec<usize> = self.calls.iter().filter_map(|call| Some(call.act.attempt()?.user)).collect();
        for (number, Invite { tenant, bound, max_uses, expires }) in self.invites.iter().enumerate() {
            if bound.is_none_or(|user| users.contains(&user)) {
                let tenant = TENANTS.get(*tenant).copied().unwrap_or_default();
                writeln!(
                    f,
                    "  invite {number}: {tenant}, for {max_uses}, expires at {expires} s, bound to {bound:?}"
                )?;
            }
        }
        for (user, tenant, status) in self.members.iter().filter(|(user, ..)| users.contains(user)) {
            let is_default = self.defaults.contains(&(*user, *tenant));
            let default = if is_default { ", by default" } else { "" };
            let tenant = TENANTS.get(*tenant).copied().unwrap_or_default();
            writeln!(f, "  user {user}: {status} in {tenant}{default}")?;
        }
        for (number, call) in self.calls.iter().enumerate() {
            writeln!(f, "  call {number}, at {} s: {:?}, {:?}", call.at, call.act, call.faults)?;
        }
        let provider = TENANTS.get(self.provider).copied().unwrap_or_default();
        write!(
            f,
            "  provider of {provider}, cells for {}, cached for {} steps, order {}, sticks {}",
            self.capacity, self.cached_for, self.order, self.sticks
        )
    }
}

impl Act {
    pub(crate) fn attempt(&self) -> Option<&Attempt> {
        match self {
            Self::Attempt(attempt) => Some(attempt),
            _ => None,
        }
    }
}

pub(crate) fn sub(user: usize) -> String {
    format!("user-{user}")
}

pub(crate) fn email(user: usize) -> String {
    format!("user-{user}@example.com")
}

impl Schedule {
    /// Schedules with a little less in them, to shrink a failure; the greatest steps first.
    pub(crate) fn simpler(&self) -> Vec<Self> {
        let mut found = Vec::new();
        let mut add = |change: &dyn Fn(&mut Self)| {
            let mut schedule = self.clone();
            change(&mut schedule);
            if schedule != *self {
                found.push(schedule);
            }
        };
        let calls = self.calls.len();
        let mut size = calls / 2;
        while size > 0 {
            for from in (0..calls).step_by(size) {
                add(&|schedule| drop(schedule.calls.drain(from..(from + size).min(calls))));
            }
            size /= 2;
        }
        add(&|schedule| {
            schedule.members.clear();
            schedule.defaults.clear();
        });
        add(&|schedule| schedule.calls.iter_mut().for_each(|call| call.faults.clear()));
        add(&|schedule| schedule.calls.iter_mut().for_each(|call| call.at = 0));
        add(&|schedule| schedule.sticks = 98);
        add(&|schedule| schedule.cached_for = 0);
        for n in 0..calls {
            for fault in 0..self.calls.get(n).map_or(0, |call| call.faults.len()) {
                add(&|schedule| {
                    schedule
                        .calls
                        .iter_mut()
                        .skip(n)
                        .take(1)
                        .for_each(|call| call.faults = without(&call.faults, fault));
                });
                add(&|schedule| {
                    let faults = schedule.calls.iter_mut().skip(n).take(1).flat_map(|call| &mut call.faults);
                    faults.skip(fault).take(1).for_each(|fault| fault.times = 1);
                });
            }
        }
        found
    }
}

fn without(faults: &[Fault], number: usize) -> Vec<Fault> {
    faults.iter().enumerate().filter(|(at, _)| *at != number).map(|(_, fault)| fault.clone()).collect()
}
