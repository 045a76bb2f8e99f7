//! The e-mail addresses of the members of a list, as their pools have them now.

use std::collections::BTreeMap;

use tenancy::PoolId;
use tenancy_aws::operator::MemberRecord;

use crate::context::Context;
use crate::failure::Failure;
use crate::progress::Progress;
use user_pool::pace::Pacer;
use user_pool::users::find_by_sub;

use super::lookup::list_failure;

/// Most members of a list with addresses. One call a member: more would take long, and take the quota from others.
const MOST: usize = 100;

/// Calls a second, of the 30 that an account has ([`user_pool::users`]).
const PER_SECOND: u32 = 20;

/// An address that a pool has of a user.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Address {
    pub(super) email: String,
    pub(super) is_verified: bool,
}

/// What the pools said.
#[derive(Debug)]
pub(super) struct Addresses {
    /// In the order of the members; `None` for one whose pool has no such user, no address, or was not asked.
    pub(super) found: Vec<Option<Address>>,
    /// Pools that said nothing, and why.
    pub(super) refused: Vec<String>,
}

/// Why the addresses of so many members are not looked up, if they are not.
pub(super) fn not_asked(members: usize, context: &Context) -> Option<String> {
    if members > MOST {
        return Some(format!("e-mail addresses are shown for up to {MOST} members: --limit {MOST}"));
    }
    let is_alone = members > 0 && !context.has_cognito();
    is_alone.then(|| "--local has no user pool, so e-mail addresses are not shown".to_owned())
}

/// Asks the pool of each member, one call after the other. A pool that refuses once is not asked again.
pub(super) async fn look_up(members: &[MemberRecord], context: &Context) -> Addresses {
    let mut clients = BTreeMap::new();
    let mut addresses = Addresses { found: Vec::new(), refused: Vec::new() };
    let mut pacer = Pacer::new(PER_SECOND);
    let mut progress = Progress::new("members looked up", u64::try_from(members.len()).ok());
    for member in members {
        let pool = &member.user.pool;
        if !clients.contains_key(pool) {
            let client = context.cognito_of(pool).await;
            let client = client.map_err(|failure| addresses.refuse(pool, failure, context)).ok();
            clients.insert(pool.clone(), client);
        }
        let Some(Some(client)) = clients.get(pool) else {
            addresses.found.push(None);
            continue;
        };
        pacer.turn().await;
        let user = find_by_sub(client, pool, &member.user.sub, &["email", "email_verified"]).await;
        pacer.answered();
        let address = match user {
            Ok(user) => user.and_then(|user| {
                let is_verified = user.attribute("email_verified") == Some("true");
                user.attribute("email").map(|email| Address { email: email.to_owned(), is_verified })
            }),
            Err(error) => {
                addresses.refuse(pool, list_failure(pool, &error), context);
                clients.insert(pool.clone(), None);
                None
            }
        };
        addresses.found.push(address);
        progress.advance(1);
    }
    addresses
}

impl Addresses {
    fn refuse(&mut self, pool: &PoolId, failure: Failure, context: &Context) {
        let why = context.advise(failure).with_hint();
        self.refused.push(format!("the e-mail addresses of pool {pool} are missing: {why}"));
    }
}
