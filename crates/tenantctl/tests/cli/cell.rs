//! `tenantctl cell`, and the places of tenants.

mod commands;
pub(crate) mod fixtures;
mod functions;
mod placing;
