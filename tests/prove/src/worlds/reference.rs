//! What must come out of a world, written a second time: from `docs/errors.md`, as plainly as possible, without the code under
//! test and without its types.

use super::world::{
    Asked, Bound, CONFIRM, Code, HERE, HOSTED, Identity, Invite, MACHINE, Member, Mode, NOW, REFRESH, Status,
    TENANTS, World,
};

/// The answer to Cognito.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Answer {
    /// Claims of this tenant. A machine has no roles.
    Token {
        tenant: usize,
        roles: Vec<String>,
        groups: Vec<String>,
    },
    Error(&'static str),
    /// The event as it came.
    Unchanged,
}

/// What the table says afterwards.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct After {
    pub(crate) members: Vec<Option<(Status, Vec<String>)>>,
    pub(crate) default: Option<usize>,
    /// Of each invite: how often it was used, whether by this user, and whether the address still points at it.
    pub(crate) invites: Vec<(u64, bool, bool)>,
}

/// How a tenant looks from this pool.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Seen {
    Active,
    Suspended,
    Over,
    Elsewhere,
    Damaged,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Wanted {
    Any,
    Tenant(usize),
    Nowhere,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Joined {
    Yes,
    Already,
    Refused,
}

/// Which tenants' invites the address opens.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Opens {
    Nothing,
    Anything,
    Only(usize),
}

type Error = &'static str;

const INVITE_REQUIRED: Error = "INVITE_REQUIRED";
const NO_TENANT: Error = "NO_TENANT";
const WRONG_TENANT: Error = "WRONG_TENANT";
const CHOOSE_TENANT: Error = "CHOOSE_TENANT";
const SUSPENDED: Error = "SUSPENDED";
const UNAVAILABLE: Error = "UNAVAILABLE";

pub(crate) fn expected(world: &World) -> (Answer, After) {
    let mut state = State::of(world);
    let answer = match world.event.source {
        CONFIRM => state.confirmation(),
        MACHINE => state.machine(),
        source if source.starts_with("PostConfirmation") => Answer::Unchanged,
        _ => match state.token() {
            Ok(tenant) => state.claims(tenant),
            Err(_) if world.settings.observe => Answer::Unchanged,
            Err(error) => Answer::Error(error),
        },
    };
    (answer, state.after())
}

struct State<'a> {
    world: &'a World,
    members: Vec<Option<Member>>,
    default: Option<usize>,
    invites: Vec<Invite>,
}

impl<'a> State<'a> {
    fn of(world: &'a World) -> Self {
        let World { members, default, invites, .. } = world;
        Self { world, members: members.clone(), default: *default, invites: invites.clone() }
    }

    fn after(self) -> After {
        let texts = |roles: &[&str]| roles.iter().map(ToString::to_string).collect();
        After {
            members: self.members.iter().map(|m| m.as_ref().map(|m| (m.status, texts(&m.roles)))).collect(),
            default: self.default,
            invites: self.invites.iter().map(|i| (i.uses, i.is_used_by_user, i.has_pointer)).collect(),
        }
    }

    fn member(&self, tenant: usize) -> Option<&Member> {
        self.members.get(tenant).and_then(Option::as_ref)
    }

    fn seen(&self, tenant: usize) -> Seen {
        let Some(Some(record)) = self.world.tenants.get(tenant) else { return Seen::Damaged };
        let only = self.world.settings.pool_tenant;
        let is_here = only.is_none_or(|only| only == tenant)
            && (record.pools.is_empty() || record.pools.contains(&HERE));
        match record.status {
            _ if record.is_damaged => Seen::Damaged,
            Status::Over => Seen::Over,
            _ if !is_here => Seen::Elsewhere,
            Status::Active => Seen::Active,
            Status::Suspended => Seen::Suspended,
        }
    }

    fn is_live(&self, tenant: usize) -> bool {
        let is_active = self.member(tenant).is_some_and(|member| member.status == Status::Active);
        is_active && !matches!(self.seen(tenant), Seen::Over | Seen::Elsewhere)
    }

    /// Tenants of the memberships, in the order of joining.
    fn by_joining(&self) -> Vec<usize> {
        let mut tenants: Vec<usize> = (0..TENANTS.len()).filter(|t| self.member(*t).is_some()).collect();
        tenants.sort_by_key(|t| (self.member(*t).and_then(|m| m.joined_at).unwrap_or(u64::MAX), *t));
        tenants
    }

    fn active(&self) -> Vec<usize> {
        let is_active = |t: &usize| self.member(*t).is_some_and(|member| member.status == Status::Active);
        self.by_joining().into_iter().filter(is_active).collect()
    }

    /// The tenant that users of the app client are bound to.
    fn bound(&self) -> Result<Option<usize>, Error> {
        match (self.world.settings.pool_tenant, self.world.client) {
            (Some(only), Some((tenant, _))) if tenant != only => Err(UNAVAILABLE),
            (only, Some((tenant, Mode::Required))) => Ok(Some(only.unwrap_or(tenant))),
            (only, _) => Ok(only),
        }
    }

    fn wanted(&self) -> Result<Wanted, Error> {
        match (self.bound()?, self.world.event.asked) {
            (None, Asked::None | Asked::Blank) => Ok(Wanted::Any),
            (None, Asked::Malformed) => Ok(Wanted::Nowhere),
            (None, Asked::Tenant(asked)) => Ok(Wanted::Tenant(asked)),
            (Some(bound), Asked::None | Asked::Blank) => Ok(Wanted::Tenant(bound)),
            (Some(bound), Asked::Tenant(asked)) if asked == bound => Ok(Wanted::Tenant(bound)),
            (Some(_), Asked::Tenant(_) | Asked::Malformed) => Err(WRONG_TENANT),
        }
    }

    fn has_code(&self) -> bool {
        !matches!(self.world.event.code, Code::None | Code::Blank)
    }

    fn confirmation(&mut self) -> Answer {
        let joined = match (self.world.event.code, self.wanted()) {
            (Code::Malformed, _) | (_, Err(WRONG_TENANT)) => Ok(Joined::Refused),
            (_, Err(error)) => Err(error),
            (_, Ok(wanted)) => self.join(wanted),
        };
        match joined {
            Err(error) => Answer::Error(error),
            Ok(Joined::Yes | Joined::Already) => Answer::Unchanged,
            Ok(Joined::Refused) if self.is_member_anyway() => Answer::Unchanged,
            Ok(Joined::Refused) if self.world.settings.admits_uninvited => Answer::Unchanged,
            Ok(Joined::Refused) => Answer::Error(INVITE_REQUIRED),
        }
    }

    /// Without a code, a live membership is the result of an earlier call; not if the request contradicts itself.
    fn is_member_anyway(&self) -> bool {
        let is_live = (0..TENANTS.len()).any(|tenant| self.is_live(tenant));
        !self.has_code() && is_live && self.wanted().is_ok()
    }

    fn machine(&self) -> Answer {
        let World { settings, client, .. } = self.world;
        let tenant = match (settings.pool_tenant, client) {
            (Some(only), Some((tenant, _))) if *tenant != only => Err(UNAVAILABLE),
            (_, Some((tenant, Mode::Machine))) => Ok(Some(*tenant)),
            (Some(only), None) => Ok(Some(only)),
            _ => Ok(None),
        };
        let granted = match tenant {
            Ok(None) if settings.refuses_machines => Err(WRONG_TENANT),
            Ok(None) => return Answer::Unchanged,
            Ok(Some(tenant)) => match self.seen(tenant) {
                Seen::Active => Ok(tenant),
                Seen::Suspended | Seen::Over => Err(SUSPENDED),
                Seen::Elsewhere => Err(WRONG_TENANT),
                Seen::Damaged => Err(UNAVAILABLE),
            },
            Err(error) => Err(error),
        };
        match granted {
            Ok(tenant) => Answer::Token { tenant, roles: Vec::new(), groups: Vec::new() },
            Err(_) if settings.observe => Answer::Unchanged,
            Err(error) => Answer::Error(error),
        }
    }

    fn claims(&self, tenant: usize) -> Answer {
        let roles = self.member(tenant).map(|member| member.roles.clone()).unwrap_or_default();
        let lists = matches!(self.world.tenants.get(tenant), Some(Some(record)) if record.lists_groups);
        let mut groups: Vec<String> = Vec::new();
        for role in &roles {
            let of_role = match *role {
                "admin" if lists => vec!["admins".to_owned(), "editor".to_owned()],
                other => vec![other.to_owned()],
            };
            for group in of_role {
                if !groups.contains(&group) {
                    groups.push(group);
                }
            }
        }
        Answer::Token { tenant, roles: roles.iter().map(ToString::to_string).collect(), groups }
    }

    /// The tenant of a user's token.
    fn token(&mut self) -> Result<usize, Error> {
        if self.world.event.code == Code::Malformed {
            return Err(INVITE_REQUIRED);
        }
        let wanted = self.wanted()?;
        let mut has_tried = false;
        let lacks_wanted = matches!(wanted, Wanted::Tenant(tenant) if self.member(tenant).is_none());
        if self.has_code() || lacks_wanted {
            has_tried = true;
            if self.join(wanted)? == Joined::Refused && self.has_code() {
                return Err(INVITE_REQUIRED);
            }
        }
        let tenant = match wanted {
            Wanted::Nowhere => return Err(WRONG_TENANT),
            Wanted::Tenant(tenant) => return self.granted(tenant),
            Wanted::Any => match self.of_several()? {
                Some(tenant) => tenant,
                None if has_tried => return Err(self.nothing_left()),
                None => {
                    self.join(Wanted::Any)?;
                    match self.of_several()? {
                        Some(tenant) => tenant,
                        None => return Err(self.nothing_left()),
                    }
                }
            },
        };
        Ok(tenant)
    }

    /// The tenant that was bound or asked for, or why not.
    fn granted(&self, tenant: usize) -> Result<usize, Error> {
        match self.member(tenant).map(|member| member.status) {
            None | Some(Status::Over) => Err(WRONG_TENANT),
            Some(Status::Suspended) => Err(SUSPENDED),
            Some(Status::Active) => match self.seen(tenant) {
                Seen::Active => Ok(tenant),
                Seen::Suspended | Seen::Over => Err(SUSPENDED),
                Seen::Elsewhere => Err(WRONG_TENANT),
                Seen::Damaged => Err(UNAVAILABLE),
            },
        }
    }

    /// The tenant when none was asked for; `None`: no membership is live.
    fn of_several(&mut self) -> Result<Option<usize>, Error> {
        let Some(default) = self.default.or_else(|| self.by_joining().first().copied()) else {
            return Ok(None);
        };
        let is_refresh = self.world.event.source == REFRESH;
        let status = self.member(default).map(|member| member.status);
        match (status, self.seen(default)) {
            (Some(Status::Active), Seen::Active) => return Ok(Some(default)),
            (Some(Status::Active), Seen::Damaged) => return Err(UNAVAILABLE),
            (Some(Status::Active), Seen::Suspended) if is_refresh => return Err(SUSPENDED),
            (Some(Status::Active), Seen::Elsewhere) if is_refresh => return Err(WRONG_TENANT),
            (Some(Status::Suspended), Seen::Active | Seen::Suspended | Seen::Damaged) if is_refresh => {
                return Err(SUSPENDED);
            }
            _ => {}
        }
        let active = self.active();
        if is_refresh {
            let any_live = active.iter().any(|tenant| self.is_live(*tenant));
            return if any_live { Err(CHOOSE_TENANT) } else { Ok(None) };
        }
        if let Some(first) = active.iter().copied().find(|tenant| self.seen(*tenant) == Seen::Active) {
            // It becomes the default, where writes are allowed.
            if self.world.settings.redeem {
                self.default = Some(first);
            }
            return Ok(Some(first));
        }
        let any = |seen: Seen| active.iter().any(|tenant| self.seen(*tenant) == seen);
        match () {
            () if any(Seen::Damaged) => Err(UNAVAILABLE),
            () if any(Seen::Suspended) => Err(SUSPENDED),
            () => Ok(None),
        }
    }

    fn nothing_left(&self) -> Error {
        let suspended = |t: &usize| self.member(*t).is_some_and(|member| member.status == Status::Suspended);
        let is_kept = |t: &usize| !matches!(self.seen(*t), Seen::Over | Seen::Elsewhere);
        if self.by_joining().iter().any(|tenant| suspended(tenant) && is_kept(tenant)) {
            SUSPENDED
        } else if self.active().iter().any(|tenant| self.seen(*tenant) == Seen::Elsewhere) {
            WRONG_TENANT
        } else {
            NO_TENANT
        }
    }

    fn join(&mut self, wanted: Wanted) -> Result<Joined, Error> {
        match self.world.event.code {
            Code::Malformed | Code::Unknown => Ok(Joined::Refused),
            Code::Of(number) => self.by_code(number, wanted),
            Code::None | Code::Blank => self.without_code(wanted),
        }
    }

    fn by_code(&mut self, number: usize, wanted: Wanted) -> Result<Joined, Error> {
        let Some(invite) = self.invites.get(number).cloned() else { return Ok(Joined::Refused) };
        if invite.is_used_by_user {
            return Ok(Joined::Already);
        }
        if is_spent(&invite) {
            return self.by_spent_code(&invite, wanted);
        }
        let is_address_good = match invite.bound {
            Bound::Nobody => true,
            Bound::Other => false,
            Bound::Own => self.world.event.has_email && opens(self.with_code(), invite.tenant),
        };
        if is_address_good && self.takes(&invite) {
            self.redeem(number)?;
            return Ok(Joined::Yes);
        }
        Ok(Joined::Refused)
    }

    /// People click the old link after a new one was sent.
    fn by_spent_code(&mut self, invite: &Invite, wanted: Wanted) -> Result<Joined, Error> {
        let admits = match wanted {
            Wanted::Any => true,
            Wanted::Tenant(tenant) => tenant == invite.tenant,
            Wanted::Nowhere => false,
        };
        if !admits {
            return Ok(Joined::Refused);
        }
        if self.member(invite.tenant).is_none()
            && let Some(joined) = self.by_address(invite.tenant)?
        {
            return Ok(joined);
        }
        let is_own = invite.bound == Bound::Own && self.world.event.has_email;
        let is_active = self.member(invite.tenant).is_some_and(|member| member.status == Status::Active);
        Ok(if is_own && is_active { Joined::Already } else { Joined::Refused })
    }

    fn without_code(&mut self, wanted: Wanted) -> Result<Joined, Error> {
        match wanted {
            Wanted::Nowhere => return Ok(Joined::Refused),
            Wanted::Tenant(tenant) => match self.member(tenant).map(|member| member.status) {
                Some(Status::Active) => return Ok(Joined::Already),
                Some(_) => return Ok(Joined::Refused),
                None => {
                    if let Some(joined) = self.by_address(tenant)? {
                        return Ok(joined);
                    }
                }
            },
            Wanted::Any if (0..TENANTS.len()).any(|tenant| self.is_live(tenant)) => {
                return Ok(Joined::Already);
            }
            Wanted::Any => {}
        }
        let is_new = self.members.iter().all(Option::is_none);
        if self.world.event.source == REFRESH && !is_new {
            return Ok(Joined::Refused);
        }
        if wanted == Wanted::Any
            && let Some(joined) = self.by_oldest()?
        {
            return Ok(joined);
        }
        self.by_provider(wanted)
    }

    /// The open invite of a tenant that the address points at.
    fn by_address(&mut self, tenant: usize) -> Result<Option<Joined>, Error> {
        if !self.world.event.has_email || !opens(self.without_a_code(), tenant) {
            return Ok(None);
        }
        let at = self.invites.iter().position(|invite| invite.has_pointer && invite.tenant == tenant);
        match at {
            Some(number) => self.by_pointer(number),
            None => Ok(None),
        }
    }

    fn by_pointer(&mut self, number: usize) -> Result<Option<Joined>, Error> {
        let Some(invite) = self.invites.get(number).cloned() else { return Ok(None) };
        if NOW >= invite.expires_at {
            return Ok(None);
        }
        if invite.is_used_by_user {
            return Ok(self.is_live(invite.tenant).then_some(Joined::Already));
        }
        if is_spent(&invite) || !self.takes(&invite) {
            return Ok(None);
        }
        self.redeem(number)?;
        Ok(Some(Joined::Yes))
    }

    /// The oldest open invite of the address.
    fn by_oldest(&mut self) -> Result<Option<Joined>, Error> {
        if !self.world.event.has_email {
            return Ok(None);
        }
        if let Opens::Only(tenant) = self.without_a_code() {
            return self.by_address(tenant);
        }
        if self.without_a_code() == Opens::Nothing {
            return Ok(None);
        }
        let mut numbers: Vec<usize> =
            (0..self.invites.len()).filter(|n| self.invites.get(*n).is_some_and(|i| i.has_pointer)).collect();
        let age = |n: &usize| self.invites.get(*n).map(|i| (i.created_at.unwrap_or(u64::MAX), i.tenant));
        numbers.sort_by_key(age);
        for number in numbers {
            if let Some(joined) = self.by_pointer(number)? {
                return Ok(Some(joined));
            }
        }
        Ok(None)
    }

    fn by_provider(&mut self, wanted: Wanted) -> Result<Joined, Error> {
        let Some(binding) = self.world.provider.as_ref().filter(|binding| binding.joins) else {
            return Ok(Joined::Refused);
        };
        let is_wanted = match wanted {
            Wanted::Any => true,
            Wanted::Tenant(tenant) => tenant == binding.tenant,
            Wanted::Nowhere => false,
        };
        if self.world.event.identity != Identity::Enterprise || !is_wanted {
            return Ok(Joined::Refused);
        }
        if self.seen(binding.tenant) != Seen::Active {
            return Ok(Joined::Refused);
        }
        match self.member(binding.tenant).map(|member| member.status) {
            Some(Status::Active) => return Ok(Joined::Already),
            Some(_) => return Ok(Joined::Refused),
            None => {}
        }
        self.write(binding.tenant, &binding.roles)?;
        Ok(Joined::Yes)
    }

    /// Whether the tenant and the membership let an invite be redeemed.
    fn takes(&self, invite: &Invite) -> bool {
        let is_over = self.member(invite.tenant).is_some_and(|member| member.status != Status::Active);
        self.seen(invite.tenant) == Seen::Active && !is_over
    }

    fn redeem(&mut self, number: usize) -> Result<(), Error> {
        let Some(invite) = self.invites.get(number).cloned() else { return Ok(()) };
        self.write(invite.tenant, &invite.roles)?;
        if let Some(invite) = self.invites.get_mut(number) {
            invite.uses += 1;
            invite.is_used_by_user = true;
            invite.has_pointer &= invite.uses < invite.max_uses;
        }
        Ok(())
    }

    /// A new membership, or more roles; and the default tenant, unless there is one that is live.
    fn write(&mut self, tenant: usize, roles: &[&'static str]) -> Result<(), Error> {
        if !self.world.settings.redeem {
            return Err(UNAVAILABLE);
        }
        let keeps_default = match self.default {
            Some(default) => self.is_live(default),
            None => (0..TENANTS.len()).any(|tenant| self.is_live(tenant)),
        };
        if !keeps_default {
            self.default = Some(tenant);
        }
        let joined_at = Some(NOW);
        let Some(slot) = self.members.get_mut(tenant) else { return Ok(()) };
        let member = slot.get_or_insert(Member { status: Status::Active, roles: Vec::new(), joined_at });
        for role in roles {
            if !member.roles.contains(role) {
                member.roles.push(role);
            }
        }
        Ok(())
    }

    /// Whose invites the address opens without the code.
    fn without_a_code(&self) -> Opens {
        let event = &self.world.event;
        let is_verified = event.email_verified == Some("true");
        match event.identity {
            Identity::Native | Identity::Social if is_verified => Opens::Anything,
            Identity::Native | Identity::Social | Identity::Unreadable => Opens::Nothing,
            Identity::Enterprise if self.world.settings.verifies_provider && is_verified => Opens::Anything,
            Identity::Enterprise => self.of_trusted_provider(),
        }
    }

    /// The code proves the mailbox.
    fn with_code(&self) -> Opens {
        match self.world.event.identity {
            _ if self.world.event.email_verified == Some("true") => Opens::Anything,
            Identity::Enterprise => self.of_trusted_provider(),
            _ => Opens::Nothing,
        }
    }

    /// The provider's word counts when it sent the address just now, and for its own tenant.
    fn of_trusted_provider(&self) -> Opens {
        let is_fresh = matches!(self.world.event.source, CONFIRM | HOSTED);
        match self.world.provider.as_ref().filter(|binding| binding.is_trusted && is_fresh) {
            Some(binding) => Opens::Only(binding.tenant),
            None => Opens::Nothing,
        }
    }
}

fn opens(opens: Opens, tenant: usize) -> bool {
    match opens {
        Opens::Nothing => false,
        Opens::Anything => true,
        Opens::Only(only) => only == tenant,
    }
}

fn is_spent(invite: &Invite) -> bool {
    invite.is_revoked || NOW >= invite.expires_at || invite.uses >= invite.max_uses
}
