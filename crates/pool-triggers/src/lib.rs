//! Attach and detach the triggers of a live user pool, and change nothing else in it: plan, check, apply, verify, undo.
//! docs/pool-triggers.md has the steps; docs/decisions/0005-pools-are-updated-as-they-are-described.md says why.
//!
//! `UpdateUserPool` resets everything that it is not sent, so a change of one trigger sends the whole pool back:
//!
//! | Module | What it holds |
//! | --- | --- |
//! | [`description`], [`difference`] | a description as it came, byte for byte; what is different between two |
//! | [`members`], [`update`] | what becomes of every member of a description; the whole request |
//! | [`slots`], [`judge`] | what holds the two triggers, and whether that may change |
//! | [`check`] | whether Cognito may invoke a function |
//! | [`owner`], [`fragment`] | who owns a pool, and what it writes into its own code |
//! | [`goal`], [`plan`], [`obstacle`] | what the pool is to become, what that changes, and why it may not |
//! | [`backup`], [`apply`](mod@apply), [`verify`], [`wire`] | the write with all that is around it, and its calls |

pub mod apply;
pub mod backup;
pub mod check;
pub mod description;
pub mod difference;
pub mod fragment;
pub mod goal;
pub mod judge;
pub mod members;
mod obstacle;
pub mod owner;
pub mod plan;
mod refused;
pub mod slots;
pub mod update;
mod verify;
pub mod wire;

pub use apply::{Outcome, Work, apply};
pub use goal::Goal;
pub use plan::Plan;
pub use refused::{Choice, Refused};
pub use verify::MfaOutcome;
