#![cfg_attr(all(feature = "https", feature = "axum"), doc = include_str!("../README.md"))]
#![cfg_attr(
    not(all(feature = "https", feature = "axum")),
    doc = "Verifies Amazon Cognito tokens of one or many user pools, and requires the tenant."
)]
//! # Where to begin
//!
//! [`Rules`] say what is accepted, [`Verifier`] verifies, [`TenantToken`] is the result, and [`Refusal`] the error. Keys come
//! from a [`KeySource`].

#![forbid(unsafe_code)]
#![warn(missing_docs, clippy::missing_errors_doc, clippy::must_use_candidate)]

mod cache;
mod claims;
mod compact;
#[cfg(feature = "axum")]
mod extract;
#[cfg(feature = "https")]
mod https;
mod issuer;
mod jwks;
mod keys;
#[cfg(feature = "tower")]
mod layer;
mod refusal;
mod rules;
mod tenant_id;
mod token;
mod verifier;

#[cfg(feature = "axum")]
pub use extract::LayerMissing;
#[cfg(feature = "https")]
pub use https::{HttpsKeys, NoRootCertificates};
pub use issuer::{InvalidIssuer, Issuer, IssuerForm, JwksUrl};
pub use keys::{FetchError, FixedKeys, KeySource};
#[cfg(feature = "tower")]
pub use layer::{TenantLayer, TenantService};
pub use refusal::Refusal;
pub use rules::{AcceptedUse, ClaimNames, Clients, Rules, RulesFault, TokenUse};
pub use tenant_id::{InvalidTenantId, TenantId, TenantRule};
pub use token::{Subject, TenantToken};
pub use verifier::{PoolsWithoutKeys, Verifier};
