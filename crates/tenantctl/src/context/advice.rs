//! Advice that takes the whole context: how to sign in again, and which Region was asked.

use tenancy::PoolId;

use super::Context;
use crate::failure::Failure;
use crate::region;
use user_pool::aws_error::Meaning;

impl Context {
    /// What to say when there is no such pool: which region was asked, and which one the pool's id names.
    pub(crate) fn region_hint(&self, pool: &PoolId) -> String {
        region::hint(pool.as_str(), self.asked_region(pool))
    }

    /// With the Region to ask, when `pool` is in another one than was asked.
    pub(crate) fn with_region_of(&self, pool: &PoolId, failure: Failure) -> Failure {
        match region::mistake(pool.as_str(), self.asked_region(pool)) {
            Some(mistake) => failure.hint(mistake),
            None => failure,
        }
    }

    fn asked_region<'a>(&'a self, pool: &'a PoolId) -> &'a str {
        let asked = self.aws.get().and_then(|aws| aws.sdk.region()).map(AsRef::as_ref);
        // As `sdk_of`.
        asked.or_else(|| pool.as_str().split_once('_').map(|(region, _)| region)).unwrap_or_default()
    }

    /// What to do about an error that signing in again ends, by where these credentials come from.
    pub(crate) fn sign_in_advice(&self, meaning: Meaning) -> Option<String> {
        self.aws.get().and_then(|aws| aws.signer.advice(meaning))
    }

    /// With advice that only the whole context can give: how to sign in again, which Region was asked for the table.
    pub(crate) fn advise(&self, failure: Failure) -> Failure {
        let Some(meaning) = failure.meaning() else { return failure };
        if let Some(advice) = self.sign_in_advice(meaning) {
            return failure.advised(meaning, &advice);
        }
        let is_of_table = failure.code() == "store" && meaning == Meaning::NotFound;
        match (is_of_table, self.table_name()) {
            (true, Ok(table)) => failure.hint(self.table_hint(&table)),
            _ => failure,
        }
    }

    pub(crate) fn table_hint(&self, table: &str) -> String {
        let asked = self.aws.get().and_then(|aws| aws.sdk.region()).map(AsRef::as_ref);
        if let Some(mistake) = asked.and_then(|asked| region::mistake(table, asked)) {
            return mistake;
        }
        let place = match &self.globals.local {
            Some(file) => format!("There is no such table in {}.", file.display()),
            None => {
                format!("There is no such table in {} for these credentials.", asked.unwrap_or("this Region"))
            }
        };
        format!(
            "{place} Check --table, --region, --profile and --local, or create the table with `tenantctl table create`."
        )
    }
}
