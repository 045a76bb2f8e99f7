//! Sign-in and refresh: which tenant, groups and IAM roles the token carries.

pub mod choose;
pub mod decide;
pub mod groups;

pub use choose::{ChosenBy, Refusal};
pub use decide::{CrossTenant, Grant, NoGrant, Notes, SignIn, SignInDecision, decide, decide_machine};
