//! What was on offer and was refused, in words.

use tenancy::address::{Address, Identities, Opens, ProviderKind, Voucher};
use tenancy::join::{JoinOutcome, JoinRefusal, RefusedOffer, Way};
use tenancy::{InviteHash, MembershipStatus, Presented, ProviderName, TenantId, TenantStatus, Timestamp};

use super::advice::Advice;
use super::case::Case;
use super::explain::capitalized;
use crate::moment::Moment;

pub(super) fn found_by(hash: &InviteHash, case: Case<'_>) -> &'static str {
    match case.event.map(|event| &event.request.invite_code) {
        Some(Presented::Given(code)) if code.hash() == *hash => "code",
        _ => "address",
    }
}

/// The tenant of an opening, if it is known.
pub(super) fn tenant_of<'a>(opening: &Way, case: Case<'a>) -> Option<&'a TenantId> {
    match opening {
        Way::Invite(hash) => Some(&case.seen.offers.get(hash)?.terms.as_ref()?.invite.tenant),
        Way::Provider(provider) => Some(&case.seen.providers.get(provider)?.tenant),
    }
}

/// Why one was refused, as the end of a sentence.
pub(super) fn why(refused: &RefusedOffer, case: Case<'_>) -> String {
    let tenant = tenant_of(&refused.way, case);
    let name = tenant.map_or("its tenant", TenantId::as_str);
    let invite = match &refused.way {
        Way::Invite(hash) => case.seen.offers.get(hash).and_then(|offer| offer.terms.as_ref()),
        Way::Provider(_) => None,
    };
    let invite = invite.map(|terms| &terms.invite);
    match refused.why {
        JoinRefusal::NoInvite => "there is none".to_owned(),
        JoinRefusal::Malformed => "the code is malformed".to_owned(),
        JoinRefusal::Unknown => "no invite has this code".to_owned(),
        JoinRefusal::Revoked => "it was revoked".to_owned(),
        JoinRefusal::Expired => {
            let at = invite.map_or(Timestamp::default(), |invite| invite.expires_at);
            format!("it expired at {}", Moment(at))
        }
        JoinRefusal::UsedUp => {
            let (uses, most) = invite.map_or((0, 0), |invite| (invite.uses, invite.max_uses));
            format!("it is used up ({uses} of {most} uses)")
        }
        JoinRefusal::WrongAddress => wrong_address(case),
        JoinRefusal::AddressNotVerified => {
            "it is bound to the user's address, which is neither verified nor from an identity provider that the tenant trusts"
                .to_owned()
        }
        JoinRefusal::WrongTenant => contradiction(case).to_owned(),
        JoinRefusal::TenantNotActive => {
            let status = tenant.and_then(|tenant| case.seen.tenant(tenant));
            let status = status.map_or(TenantStatus::Suspended, |tenant| tenant.status);
            format!("{name} is {}", status.name())
        }
        JoinRefusal::OtherPool => match case.pool_tenant().filter(|only| Some(*only) != tenant) {
            Some(only) => case.bound_to(only),
            None => format!("{name} is in other user pools"),
        },
        JoinRefusal::MembershipNotActive => {
            let records = case.seen.records.as_ref();
            let membership = tenant.and_then(|tenant| records?.in_tenant(tenant));
            let status = membership.map_or("not active", |membership| membership.status.name());
            format!("the user's membership in {name} is {status}, and an invite cannot reactivate it")
        }
    }
}

/// Why nothing was looked for, as a clause: what is bound and what is asked for do not agree.
fn contradiction(case: Case<'_>) -> &'static str {
    match (case.pool_tenant(), case.bound()) {
        (Some(_), _) => "the request asks for another tenant than that of this user pool (POOL_TENANT)",
        (None, Some(_)) => "the request asks for another tenant than the app client is bound to",
        (None, None) => "the request asks for a tenant by a text that is no tenant's id",
    }
}

/// No address is ever written out.
fn wrong_address(case: Case<'_>) -> String {
    let request = case.event.map(|event| &event.request);
    let why = match request {
        Some(request) if request.email.is_none() => "the user has none",
        _ => "the user's is another",
    };
    format!("it is bound to an address, and {why}")
}

/// Why nothing was redeemed, in whole sentences.
pub(super) fn why_nothing_was_redeemed(case: Case<'_>) -> String {
    let request = case.event.map(|event| &event.request);
    let has_code = request.is_some_and(|request| request.invite_code != Presented::None);
    let Some(JoinOutcome::Refused(reason)) = case.notes.join_outcome() else {
        return "The function did not look for an invite.".to_owned();
    };
    if *reason == JoinRefusal::Malformed {
        return "The code that came with the request is malformed.".to_owned();
    }
    if *reason == JoinRefusal::WrongTenant {
        return format!("{}, so no invite was looked for.", capitalized(contradiction(case)));
    }
    if let Some(first) = case.notes.refused().first() {
        let subject = match &first.way {
            Way::Invite(_) if has_code && first.why == JoinRefusal::Unknown => {
                return "No invite has the code that came with the request.".to_owned();
            }
            Way::Invite(hash) => {
                let tenant =
                    tenant_of(&first.way, case).map_or(String::new(), |tenant| format!(" to {tenant}"));
                format!("The invite {}{tenant} does not admit the user", hash.short())
            }
            Way::Provider(provider) => {
                format!("The identity provider {provider} does not admit the user")
            }
        };
        return format!("{subject}: {}.", why(first, case));
    }
    let without = "No code came with the request, and";
    match address(case) {
        None => format!("{without} the event has no e-mail address for which an invite could be open."),
        Some(Word::Verified) => match wanted(case) {
            Some(tenant) => format!("{without} no invite to {tenant} is open for the e-mail address."),
            None => format!("{without} no invite is open for the e-mail address."),
        },
        Some(Word::NotVerified) => {
            format!("{without} the e-mail address is not verified, so that invites to it do not count.")
        }
        Some(Word::Unknown) => format!(
            "{without} the e-mail address does not count: the event does not say which identity providers the user has, or \
             names one of an unknown type."
        ),
        Some(Word::NotFresh(providers)) => format!(
            "{without} the e-mail address comes from identity provider {providers}, and counts only when the user signs in \
             through that provider (TokenGeneration_HostedAuth)."
        ),
        Some(Word::Of(providers, Opens::Only(tenant))) => format!(
            "{without} no invite to {tenant} is open for the e-mail address. The address comes from identity provider \
             {providers}, which {tenant} trusts, so it opens only invites to {tenant}."
        ),
        Some(Word::Of(providers, _)) => format!(
            "{without} the e-mail address comes from identity provider {providers}, which is bound to no tenant with \
             --trust-email, so it opens no invite."
        ),
    }
}

/// Whose word the user's address is, when no code came.
enum Word {
    Verified,
    NotVerified,
    /// The identities are unreadable, or one is of an unknown type.
    Unknown,
    /// Of these SAML or OIDC providers, at a source at which their word does not count.
    NotFresh(String),
    /// Of these providers, whose bindings open these tenants' invites.
    Of(String, Opens),
}

/// `None`: there is no address.
fn address(case: Case<'_>) -> Option<Word> {
    let request = &case.event?.request;
    let address = Address {
        email: request.email.as_ref()?,
        is_verified: request.is_email_verified,
        identities: &request.identities,
        is_fresh: case.is_fresh,
        verified_providers: &case.settings.verified_providers,
    };
    Some(match address.voucher() {
        Voucher::Verified => Word::Verified,
        Voucher::Providers(providers) => {
            let bindings: Vec<_> = providers.iter().map(|name| case.seen.providers.get(name)).collect();
            Word::Of(names(&providers), Opens::of_bindings(&bindings))
        }
        Voucher::Nobody => match (&request.identities, Address { is_fresh: true, ..address }.voucher()) {
            (_, Voucher::Providers(providers)) => Word::NotFresh(names(&providers)),
            (Identities::Unreadable, _) => Word::Unknown,
            (Identities::Federated(identities) | Identities::Linked(identities), _)
                if identities.iter().any(|identity| identity.kind == ProviderKind::Unknown) =>
            {
                Word::Unknown
            }
            _ => Word::NotVerified,
        },
    })
}

fn names(providers: &[&ProviderName]) -> String {
    providers.iter().map(|provider| provider.as_str()).collect::<Vec<_>>().join(", ")
}

/// The tenant that is bound or asked for.
fn wanted(case: Case<'_>) -> Option<&TenantId> {
    case.bound().or_else(|| case.event?.request.asked_tenant.given())
}

/// What to do, so that an invite admits the user.
pub(super) fn advice(case: Case<'_>) -> Vec<Advice> {
    let first = case.notes.refused().first();
    let tenant = first.and_then(|refused| tenant_of(&refused.way, case));
    let (Some(refused), Some(tenant)) = (first, tenant) else {
        return without_opening(case);
    };
    vec![match (refused.why, &refused.way) {
        (JoinRefusal::TenantNotActive, _) => match case.seen.tenant(tenant).map(|tenant| tenant.status) {
            Some(TenantStatus::Offboarded) => Advice::text("Offboarding is final: there is nothing to do"),
            _ => Advice::resume_tenant(tenant),
        },
        (JoinRefusal::OtherPool, _) => Advice::text(format!("The user signs in at a user pool of {tenant}")),
        (JoinRefusal::MembershipNotActive, _) => {
            let records = case.seen.records.as_ref();
            let is_removed = records
                .and_then(|records| records.in_tenant(tenant))
                .is_some_and(|membership| membership.status == MembershipStatus::Removed);
            let verb = if is_removed { "add" } else { "resume" };
            Advice::member(verb, case, tenant, format!("To let the user back into {tenant}"))
        }
        (JoinRefusal::AddressNotVerified, _) => Advice::text(format!(
            "The user verifies the address in the app. For a user of a SAML or OIDC provider that only {tenant} runs: \
             tenantctl idp bind --trust-email"
        )),
        (JoinRefusal::WrongAddress, _) => Advice::text(
            "The user signs up with the address that was invited, and verifies it; or this address is invited too",
        ),
        (JoinRefusal::Expired, Way::Invite(hash)) => {
            Advice::resend(hash, tenant, format!("If the user belongs to {tenant}, make a new code"))
        }
        _ => Advice::invite(Some(tenant), format!("If the user belongs to {tenant}, invite them anew")),
    }]
}

/// Nothing was on offer.
fn without_opening(case: Case<'_>) -> Vec<Advice> {
    let has_code = case.event.is_some_and(|event| event.request.invite_code != Presented::None);
    let invite = || Advice::invite(None, "If the user belongs to a tenant, invite them");
    match address(case) {
        _ if has_code => vec![invite()],
        Some(Word::NotVerified) => {
            let place = case.redeemed_elsewhere().map(|place| format!(" {place}")).unwrap_or_default();
            vec![Advice::text(format!(
                "The user verifies the address in the app; an open invite for it is then redeemed at the next sign-in{place}"
            ))]
        }
        Some(Word::NotFresh(_)) => {
            vec![Advice::text("The user signs in through the identity provider, with managed login")]
        }
        Some(Word::Of(_, Opens::Only(tenant))) => {
            vec![Advice::invite(Some(&tenant), format!("If the user belongs to {tenant}, invite them"))]
        }
        Some(Word::Of(providers, _)) => vec![
            Advice::trust_provider(
                case,
                &providers,
                "If only the user's own tenant runs the provider, bind it and trust its addresses",
            ),
            Advice::text(format!(
                "Or, if you run {providers} yourself and it verifies every address, name it in EMAIL_VERIFIED_PROVIDERS of \
                 both functions and map email_verified"
            )),
            Advice::member_of_any("add", case, "Or make the user a member"),
        ],
        Some(Word::Unknown) => vec![Advice::member_of_any("add", case, "Make the user a member")],
        None | Some(Word::Verified) => vec![invite()],
    }
}
