//! Joining a tenant: through an invite, or through the tenant's own identity provider.
//!
//! [`rules`] decides, in plain functions; [`engine`] reads, calls the rules and writes.

pub mod applicant;
mod attempt;
pub mod engine;
pub mod offer;
pub mod plan;
mod providers;
pub mod rules;

pub use applicant::{Applicant, Redeem};
pub use engine::{join, offer_of_code};
pub use offer::{JoinOutcome, JoinRefusal, JoinReport, Offer, OfferTerms, RefusedOffer, Way};
pub use plan::{DefaultChange, JoinPlan, MembershipChange};
