//! What was on offer and was refused, in words.

use tenancy::redemption::{InviteRefusal, OpeningKey, Redemption, RefusedOpening};
use tenancy::{InviteHash, MembershipStatus, PresentedCode, TenantId, TenantStatus, Timestamp};

use super::advice::Advice;
use super::explain::Case;
use crate::commands::arguments::rfc3339;

/// How an invite was found.
pub(super) fn found_by(hash: &InviteHash, case: Case<'_>) -> &'static str {
    match case.event.map(|event| &event.request.invite_code) {
        Some(PresentedCode::Code(code)) if code.hash() == *hash => "code",
        _ => "address",
    }
}

/// The tenant of an opening, if it is known.
pub(super) fn tenant_of<'a>(opening: &OpeningKey, case: Case<'a>) -> Option<&'a TenantId> {
    match opening {
        OpeningKey::Invite(hash) => Some(&case.seen.offers.get(hash)?.terms.as_ref()?.invite.tenant),
        OpeningKey::Provider(provider) => Some(&case.seen.providers.get(provider)?.tenant),
    }
}

/// Why one was refused, as the end of a sentence.
pub(super) fn why(refused: &RefusedOpening, case: Case<'_>) -> String {
    let tenant = tenant_of(&refused.opening, case);
    let name = tenant.map_or("its tenant", TenantId::as_str);
    let invite = match &refused.opening {
        OpeningKey::Invite(hash) => case.seen.offers.get(hash).and_then(|offer| offer.terms.as_ref()),
        OpeningKey::Provider(_) => None,
    };
    let invite = invite.map(|terms| &terms.invite);
    match refused.why {
        InviteRefusal::NoInvite => "there is none".to_owned(),
        InviteRefusal::Malformed => "the code is malformed".to_owned(),
        InviteRefusal::Unknown => "no invite has this code".to_owned(),
        InviteRefusal::Revoked => "it was revoked".to_owned(),
        InviteRefusal::Expired => {
            let at = invite.map_or(Timestamp::default(), |invite| invite.expires_at);
            format!("it expired at {}", rfc3339(at))
        }
        InviteRefusal::UsedUp => {
            let (uses, most) = invite.map_or((0, 0), |invite| (invite.uses, invite.max_uses));
            format!("it is used up ({uses} of {most} uses)")
        }
        InviteRefusal::WrongAddress => wrong_address(case),
        InviteRefusal::AddressNotVerified => {
            "it is bound to the user's address, and the address is not verified".to_owned()
        }
        InviteRefusal::WrongTenant => {
            "the request asks for another tenant than the app client is bound to".to_owned()
        }
        InviteRefusal::TenantNotActive => {
            let status = tenant.and_then(|tenant| case.seen.tenant(tenant));
            let status = status.map_or(TenantStatus::Suspended, |tenant| tenant.status);
            format!("{name} is {}", status.name())
        }
        InviteRefusal::MembershipNotActive => {
            let records = case.seen.records.as_ref();
            let membership = tenant.and_then(|tenant| records?.in_tenant(tenant));
            let status = membership.map_or("not active", |membership| membership.status.name());
            format!("the user's membership in {name} is {status}, and no invite revives it")
        }
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
    let has_code = request.is_some_and(|request| request.invite_code != PresentedCode::None);
    let Some(Redemption::Refused(reason)) = &case.details.redemption else {
        return "No invite was looked for.".to_owned();
    };
    if *reason == InviteRefusal::Malformed {
        return "The code that came with the request is malformed.".to_owned();
    }
    if *reason == InviteRefusal::WrongTenant {
        return "The request asks for another tenant than the app client is bound to, so no invite was looked for."
            .to_owned();
    }
    if let Some(first) = case.details.refused.first() {
        let subject = match &first.opening {
            OpeningKey::Invite(_) if has_code && first.why == InviteRefusal::Unknown => {
                return "No invite has the code that came with the request.".to_owned();
            }
            OpeningKey::Invite(hash) => {
                let tenant =
                    tenant_of(&first.opening, case).map_or(String::new(), |tenant| format!(" to {tenant}"));
                format!("The invite {}{tenant} does not admit the user", hash.short())
            }
            OpeningKey::Provider(provider) => {
                format!("The identity provider {provider} does not admit the user")
            }
        };
        return format!("{subject}: {}.", why(first, case));
    }
    match request {
        Some(request) if request.email.is_none() => {
            "No code came with the request, and the event has no e-mail address for which an invite could be open."
        }
        Some(request) if !request.is_email_verified => {
            "No code came with the request, and the e-mail address is not verified, so that invites to it do not count."
        }
        Some(_) if *reason == InviteRefusal::AddressNotVerified => {
            "No code came with the request, and the e-mail address is the word of an identity provider that is not trusted for it."
        }
        _ => "No code came with the request, and no invite is open for the e-mail address.",
    }
    .to_owned()
}

/// What to do, so that an invite admits the user.
pub(super) fn advice(case: Case<'_>) -> Advice {
    let first = case.details.refused.first();
    let tenant = first.and_then(|refused| tenant_of(&refused.opening, case));
    let request = case.event.map(|event| &event.request);
    if first.is_none() && request.is_some_and(|request| request.email.is_some() && !request.is_email_verified)
    {
        return Advice::text(
            "The user verifies the address in the app; an open invite for it is then redeemed at the next sign-in",
        );
    }
    let (Some(refused), Some(tenant)) = (first, tenant) else {
        return Advice::invite(None, "If the user belongs to a tenant, invite them");
    };
    match (refused.why, &refused.opening) {
        (InviteRefusal::TenantNotActive, _) => match case.seen.tenant(tenant).map(|tenant| tenant.status) {
            Some(TenantStatus::Offboarded) => Advice::text("Offboarding is final: there is nothing to do"),
            _ => Advice::resume_tenant(tenant),
        },
        (InviteRefusal::MembershipNotActive, _) => {
            let records = case.seen.records.as_ref();
            let is_removed = records
                .and_then(|records| records.in_tenant(tenant))
                .is_some_and(|membership| membership.status == MembershipStatus::Removed);
            let verb = if is_removed { "add" } else { "resume" };
            Advice::member(verb, case, tenant, format!("If the user is to come back to {tenant}"))
        }
        (InviteRefusal::AddressNotVerified, _) => Advice::text(
            "The user verifies the address in the app, or the tenant's own identity provider is trusted for it (tenantctl idp bind --trust-email)",
        ),
        (InviteRefusal::WrongAddress, _) => Advice::text(
            "The user signs up with the address that was invited, and verifies it; or this address is invited too",
        ),
        (InviteRefusal::Expired, OpeningKey::Invite(hash)) => {
            Advice::resend(hash, tenant, format!("If the user belongs to {tenant}, make a new code"))
        }
        _ => Advice::invite(Some(tenant), format!("If the user belongs to {tenant}, invite them anew")),
    }
}
