//! Many users' records, read at the same time within bounds.

use tenancy::live::Tenants;
use tenancy::ports::StoreError;
use tenancy::{Pool, UserKey, UserRecords};
use tenancy_aws::DynamoStore;
use tenancy_aws::operator::{Operator, OperatorError, UserRecord};
use user_pool::many;

use crate::failure::Failure;

/// Reads that are under way at the same time.
const CONCURRENT: usize = 16;

/// What the table says of a user: the records, or what is damaged about them.
pub(crate) type Read = Result<UserRecord, tenancy::Damage>;

/// Reads the records of `users`, strongly consistent, and hands each to `take`, in no particular order.
pub(crate) async fn read_users(
    operator: &Operator,
    users: impl IntoIterator<Item = UserKey>,
    mut take: impl FnMut(UserKey, Read),
) -> Result<(), Failure> {
    let read = |user: UserKey| {
        let operator = operator.clone();
        async move {
            let read = operator.user(&user).await;
            (user, read)
        }
    };
    let take = |(user, read)| damage_apart(read).map(|read| take(user, read));
    many::for_each(CONCURRENT, users, read, take).await
}

/// The tenants of the active memberships of a user of `pool`.
pub(crate) async fn tenants_of<'o>(
    operator: &'o Operator,
    pool: Pool<'o>,
    records: &UserRecords,
) -> Result<Tenants<'o, DynamoStore>, StoreError> {
    let mut tenants = Tenants::new(operator.store(), pool);
    for membership in records.active() {
        tenants.read(std::slice::from_ref(&membership.tenant)).await?;
    }
    Ok(tenants)
}

/// A damaged item is an answer; no answer is none.
pub(crate) fn damage_apart(read: Result<UserRecord, OperatorError>) -> Result<Read, Failure> {
    match read {
        Ok(record) => Ok(Ok(record)),
        Err(OperatorError::Store(StoreError::Damaged(damage))) => Ok(Err(damage)),
        Err(error) => Err(error.into()),
    }
}
