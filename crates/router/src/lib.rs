//! The front door: tells apps and people which user pool, app client and login a tenant has.
//!
//! The rules are in `tenancy::route`, the reads in `tenancy_aws::directory`. This crate is the HTTP service on them. A name that
//! is unknown gets the default route, byte for byte.
//!
//! | Module | What it does |
//! | --- | --- |
//! | [`config`], [`login_url`], [`origins`] | the settings |
//! | [`service`] | what holds for all routes: host, deadline, headers, log line |
//! | `routes`, `document`, `problem` | the routes and their bodies |
//! | `page`, `texts` | the start page |
//! | `headers` | security, CORS |
//! | [`outcome`], [`report`] | how a request ended, and its log line |
//! | [`gate`], [`listen`](mod@listen) | where requests come from: Lambda, or a loopback address |

pub mod config;
mod document;
pub mod gate;
mod headers;
pub mod listen;
pub mod login_url;
pub mod origins;
pub mod outcome;
mod page;
mod problem;
pub mod report;
mod routes;
pub mod service;
mod texts;

pub use config::{Config, Entrance, Start};
pub use gate::Gate;
pub use listen::listen;
pub use service::{Concluded, FrontDoor, Incoming};
