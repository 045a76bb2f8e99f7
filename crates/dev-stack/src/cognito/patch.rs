//! For tests: any description in a pool, a client or a provider, also what the API would not let anybody set.

use serde_json::{Value, json};

use super::{client::Client, schema, service::Cognito};
use crate::{
    DevStackError,
    json::{members, merge, merge_members},
};

impl Cognito {
    /// Merges JSON into what `DescribeUserPool` shows (RFC 7396: objects are merged, `null` takes a member away,
    /// anything else replaces). Nothing is checked. `LambdaConfig` takes ARNs and decides what fires.
    ///
    /// # Errors
    ///
    /// [`DevStackError::UnknownPool`].
    pub fn patch_pool(&self, pool_id: &str, patch: Value) -> Result<(), DevStackError> {
        self.change_pool(pool_id, |pool| merge_members(&mut pool.description, patch))
    }

    /// Merges JSON into one attribute of a pool's schema, of a name with its prefix (`custom:tenantId`); `null`
    /// takes the attribute away, and one that is not there is added.
    ///
    /// # Errors
    ///
    /// [`DevStackError::UnknownPool`].
    pub fn patch_attribute(&self, pool_id: &str, name: &str, patch: Value) -> Result<(), DevStackError> {
        self.change_pool(pool_id, |pool| {
            let mut attributes = pool.schema().to_vec();
            let known = attributes.iter().position(|attribute| schema::name_of(attribute) == name);
            let mut attribute = match known {
                Some(place) => attributes.remove(place),
                None => schema::custom_text(name),
            };
            if !patch.is_null() {
                merge(&mut attribute, patch);
                attributes.insert(known.unwrap_or(attributes.len()), attribute);
            }
            pool.description.insert("SchemaAttributes".to_owned(), json!(attributes));
        })
    }

    /// As [`Cognito::patch_pool`], for what `DescribeUserPoolClient` shows.
    ///
    /// # Errors
    ///
    /// [`DevStackError::UnknownPool`]; [`DevStackError::UnknownClient`].
    pub fn patch_client(&self, pool_id: &str, client_id: &str, patch: Value) -> Result<(), DevStackError> {
        let unknown = || DevStackError::UnknownClient(client_id.to_owned());
        let mut found = Err(unknown());
        self.change_pool(pool_id, |pool| {
            found = pool
                .clients
                .get_mut(client_id)
                .map(Client::description_mut)
                .ok_or_else(unknown)
                .map(|description| merge_members(description, patch));
        })?;
        found
    }

    /// As [`Cognito::patch_pool`], for what `DescribeIdentityProvider` shows. A provider that is not there is
    /// made, of type OIDC.
    ///
    /// # Errors
    ///
    /// [`DevStackError::UnknownPool`].
    pub fn patch_identity_provider(
        &self,
        pool_id: &str,
        name: &str,
        patch: Value,
    ) -> Result<(), DevStackError> {
        self.change_pool(pool_id, |pool| {
            let provider = pool.providers.entry(name.to_owned()).or_insert_with(|| {
                let now = crate::clock::now_seconds();
                members(json!({
                    "ProviderName": name, "ProviderType": "OIDC", "CreationDate": now, "LastModifiedDate": now,
                }))
            });
            merge_members(provider, patch);
        })
    }
}
