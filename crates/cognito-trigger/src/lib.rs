//! What Cognito sends to a trigger and accepts from it, and what every trigger has in common.
//!
//! | Module | What it does |
//! | --- | --- |
//! | [`event`] | tolerant views of the event; its own bytes with only `response` replaced |
//! | [`reply`] | what pre-token-generation answers: claims and groups in the shape of the event's version |
//! | [`claims`] | names of claims, those that Cognito reserves among them |
//! | [`public_error`] | the closed list of what a user can be told |
//! | [`failure`], [`outcome`] | how a call ended, and how each end shows |
//! | [`log_event`], [`report`] | what log lines say |
//! | [`incoming`] | whether a trigger has to act on an event |
//! | [`settings`] | the settings that every trigger has |
//! | [`trigger`] | what every trigger does before and after its own work |
//!
//! A new trigger is a crate of its own with an implementation of [`Trigger`], and a line in `dev_stack::functions`.
//!
//! `aws_lambda_events` is not used for the envelope of an event: its structs refuse machine tokens, null `scopes` and unknown
//! trigger sources, drop unknown fields, and cannot leave `groupOverrideDetails` out, which takes a user's groups away
//! (docs/decisions/0002).

pub mod claims;
pub mod event;
pub mod failure;
mod identities;
pub mod incoming;
mod json;
pub mod log_event;
pub mod outcome;
pub mod public_error;
pub mod reply;
pub mod report;
pub mod settings;
pub mod trigger;

pub use event::{Envelope, Event, EventVersion, Request, UnreadableEvent};
pub use failure::Failure;
pub use incoming::Incoming;
pub use log_event::LogEvent;
pub use outcome::{Handled, Outcome};
pub use public_error::PublicError;
pub use report::Costs;
pub use settings::TriggerSettings;
pub use trigger::{Trigger, TriggerFunction};
