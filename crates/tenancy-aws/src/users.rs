//! The user directory: users in a Cognito user pool.

use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::error::BuildError;
use aws_sdk_cognitoidentityprovider::types::AttributeType;
use tenancy::ports::{DirectoryError, UserDirectory};
use tenancy::{PoolId, TenantId, Username};

use crate::call_error::CallError;

/// Writes the tenant attribute of users in Cognito user pools. It reads nothing.
#[derive(Clone, Debug)]
pub struct CognitoUsers {
    client: Client,
    attribute: String,
}

impl CognitoUsers {
    /// `attribute` is the name of the tenant attribute, such as `custom:tenantId`.
    #[must_use]
    pub fn new(client: Client, attribute: String) -> Self {
        Self { client, attribute }
    }
}

impl UserDirectory for CognitoUsers {
    async fn set_tenant(
        &self,
        pool: &PoolId,
        username: &Username,
        tenant: &TenantId,
    ) -> Result<(), DirectoryError> {
        let attribute = AttributeType::builder().name(&self.attribute).value(tenant.as_str()).build();
        let attribute = attribute.map_err(|error: BuildError| DirectoryError(Box::new(error)))?;
        self.client
            .admin_update_user_attributes()
            .user_pool_id(pool.as_str())
            .username(username.as_str())
            .user_attributes(attribute)
            .send()
            .await
            .map(|_| ())
            .map_err(|error| DirectoryError(Box::new(CallError::of(&error))))
    }
}
