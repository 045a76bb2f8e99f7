//! The identity providers of a user, and the invites that they open through the user's address.

use std::collections::BTreeMap;

use futures_util::future::try_join_all;

use super::applicant::Applicant;
use crate::address::{Opens, Voucher};
use crate::ports::{JoinStore, StoreError};
use crate::{ProviderBinding, ProviderName};

/// Users with more identities than this: their providers' bindings are not read, and open nothing.
const MAX_PROVIDERS: usize = 8;

/// The bindings of a user's identity providers. Each is read once per call.
pub(super) struct Providers<'a, S> {
    applicant: Applicant<'a>,
    store: &'a S,
    bindings: BTreeMap<ProviderName, Option<ProviderBinding>>,
}

impl<'a, S: JoinStore> Providers<'a, S> {
    pub(super) fn new(applicant: Applicant<'a>, store: &'a S) -> Self {
        Self { applicant, store, bindings: BTreeMap::new() }
    }

    /// Drops the bindings, so that they are read again.
    pub(super) fn forget(&mut self) {
        self.bindings.clear();
    }

    /// Which tenants' invites the user's address opens.
    pub(super) async fn opens(&mut self) -> Result<Opens, StoreError> {
        let voucher = self.applicant.address().map_or(Voucher::Nobody, |address| address.voucher());
        self.opened_by(voucher).await
    }

    pub(super) async fn opens_with_code(&mut self) -> Result<Opens, StoreError> {
        let voucher = self.applicant.address().map_or(Voucher::Nobody, |address| address.voucher_with_code());
        self.opened_by(voucher).await
    }

    async fn opened_by(&mut self, voucher: Voucher<'_>) -> Result<Opens, StoreError> {
        let providers = match voucher {
            Voucher::Nobody => return Ok(Opens::Nothing),
            Voucher::Verified => return Ok(Opens::Anything),
            Voucher::Providers(providers) if providers.len() > MAX_PROVIDERS => return Ok(Opens::Nothing),
            Voucher::Providers(providers) => providers,
        };
        let unread = providers.iter().filter(|provider| !self.bindings.contains_key(**provider));
        let (store, pool) = (self.store, &self.applicant.user.pool);
        let read = unread.map(|provider| async move {
            Ok::<_, StoreError>(((*provider).clone(), store.provider_binding(pool, provider).await?))
        });
        let read = try_join_all(read).await?;
        self.bindings.extend(read);
        let bindings: Vec<Option<&ProviderBinding>> =
            providers.iter().map(|provider| self.bindings.get(*provider).and_then(Option::as_ref)).collect();
        Ok(Opens::of_bindings(&bindings))
    }

    pub(super) async fn binding(
        &mut self,
        provider: &ProviderName,
    ) -> Result<Option<ProviderBinding>, StoreError> {
        if let Some(binding) = self.bindings.get(provider) {
            return Ok(binding.clone());
        }
        let binding = self.store.provider_binding(&self.applicant.user.pool, provider).await?;
        self.bindings.insert(provider.clone(), binding.clone());
        Ok(binding)
    }
}
