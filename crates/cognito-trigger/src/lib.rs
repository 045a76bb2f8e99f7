//! What all Cognito triggers share: reading the event, the reply, errors, logs, settings.
//!
//! | Module | What it does |
//! | --- | --- |
//! | [`event`] | reads the event; gives its own bytes back with only `response` replaced |
//! | [`reply`] | the reply of pre-token-generation: claims and groups in the shape of the event's version |
//! | [`claims`] | claim names, and the reserved ones |
//! | [`marker`] | the scope that marks an access token with a tenant |
//! | [`public_error`] | the closed list of texts for users |
//! | [`failure`], [`outcome`] | how a call ended, and how each end is told |
//! | [`log_event`], [`report`] | the contents of log lines |
//! | [`incoming`] | decides whether a trigger acts on an event |
//! | [`settings`] | the settings that all triggers have |
//! | [`trigger`] | the steps before and after a trigger's own work |
//!
//! A new trigger is a crate of its own that implements [`Trigger`]; docs/architecture.md names the lists that get its name.
//!
//! `aws_lambda_events` is not used for the event: its structs refuse machine tokens, null `scopes` and unknown trigger
//! sources. They also drop unknown fields, and cannot leave `groupOverrideDetails` out, which removes a user's groups
//! (docs/decisions/0002).

pub mod claims;
pub mod event;
pub mod failure;
mod identities;
pub mod incoming;
pub mod log_event;
pub mod marker;
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
pub use settings::TriggerSettings;
pub use trigger::{Trigger, TriggerFunction};
