//! What Cognito sends to a trigger and accepts from it, and what every trigger has in common.
//!
//! | Module | What it does |
//! | --- | --- |
//! | [`event`] | tolerant views of the event; its own bytes with only `response` replaced |
//! | [`reply`] | what pre-token-generation answers: claims and groups in the shape of the event's version |
//! | [`claims`] | names of claims, those that Cognito reserves among them |
//! | [`failure`] | the closed list of what a user can be told |
//! | [`report`] | the one line per invocation, in CloudWatch's embedded metric format |
//! | [`settings`] | environment variables, every fault named at once |
//! | [`logging`] | what is printed besides the report |
//! | [`mod@serve`] | the loop: budget of time, panics caught, one report a call |
//!
//! `aws_lambda_events` builds the claims of a reply. Its envelopes are not used: they refuse machine tokens, null `scopes`
//! and unknown trigger sources, drop unknown fields, and cannot leave `groupOverrideDetails` out, which takes a user's
//! groups away (docs/decisions/0002).

pub mod claims;
pub mod event;
pub mod failure;
mod json;
pub mod logging;
pub mod reply;
pub mod report;
pub mod serve;
pub mod settings;

pub use event::{Envelope, Event, EventVersion, Request, UnreadableEvent};
pub use failure::{PublicError, TriggerFailure};
pub use report::Report;
pub use serve::{Answer, Call, Trigger, serve};
