//! The front door: from a host, a slug, a code or an e-mail address to the sign-in of a tenant.
//!
//! A name that is unknown is no error: it gets the route of the default cell, which tenants without a place of their own have
//! too. So an answer does not tell whether such a tenant exists.

mod asked;
mod find;
mod host;

pub use asked::Asked;
pub use find::{Answer, Directory, ListedTenant, MOST_LISTED, MailRoute, Resident, Route, Unknown, find};
pub use host::{FrontHost, HostSuffix};
