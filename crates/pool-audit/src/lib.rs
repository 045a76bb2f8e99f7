//! An audit of a user pool, read-only: docs/doctor.md has every rule.
//!
//! | Module | What it holds |
//! | --- | --- |
//! | [`expected`] | what was asked for |
//! | [`collect`] | the calls; everything else is pure |
//! | [`snapshot`], [`functions`] | what was read |
//! | [`unread`], [`incomplete`] | what could not be read, and what that means |
//! | [`finding`], [`rules`] | the rules, one small function each |
//! | [`judge`](judge()) | every rule over what was read |

pub mod collect;
pub mod expected;
pub mod finding;
pub mod functions;
pub mod incomplete;
mod judge;
pub mod rules;
pub mod snapshot;
pub mod unread;

pub use expected::Expected;
pub use finding::{Finding, Rule, Severity};
pub use judge::{Gap, Judgement, judge, severity};
pub use snapshot::Snapshot;
pub use unread::{No, Read, Unread};
