//! The pool in other Regions. Each is asked there, with the same credentials.

use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::config::Region;
use aws_sdk_cognitoidentityprovider::error::ProvideErrorMetadata;
use aws_sdk_cognitoidentityprovider::types::{ReplicaStatusType, UserPoolReplicaType};
use tenancy::PoolId;

use super::pool::pages;
use super::{Watch, for_each};
use crate::snapshot::Replica;
use crate::unread::{Read, Unread};

pub(super) async fn read(cognito: &Client, watch: &Watch, pool: &PoolId) -> Read<Vec<Replica>> {
    const LIST: &str = "cognito-idp:ListUserPoolReplicas";
    let mut listed = Vec::new();
    let cut = pages(LIST, async |token| {
        let request = cognito.list_user_pool_replicas().user_pool_id(pool.as_str());
        match request.set_next_token(token).send().await {
            Ok(page) => {
                listed.extend(page.user_pool_replicas.unwrap_or_default());
                Ok(page.next_token)
            }
            // Replication is not to be had for this pool.
            Err(error) if error.code() == Some("OperationNotEnabledException") => Ok(None),
            Err(error) => Err(Unread::of(LIST, &error)),
        }
    });
    if let Some(unread) = cut.await {
        return Err(unread);
    }
    let here = cognito.config().region().map(ToString::to_string);
    // The list has the Region that was asked, too.
    let others = listed.into_iter().filter_map(|replica: UserPoolReplicaType| {
        let region = replica.region_name.filter(|region| Some(region) != here.as_ref())?;
        (replica.status != Some(ReplicaStatusType::Deleting))
            .then_some((region, replica.status == Some(ReplicaStatusType::Active)))
    });
    let replicas = for_each(watch, "replicas", others.collect(), |(region, is_active)| {
        let there = cognito.config().to_builder().region(Region::new(region.clone())).build();
        let request = Client::from_conf(there).describe_user_pool().user_pool_id(pool.as_str());
        async move {
            let answer = request.send().await;
            let triggers = answer
                .map(|answer| answer.user_pool.and_then(|pool| pool.lambda_config))
                .map_err(|error| Unread::of("cognito-idp:DescribeUserPool", &error));
            Replica { region, is_active, triggers }
        }
    });
    Ok(replicas.await)
}
