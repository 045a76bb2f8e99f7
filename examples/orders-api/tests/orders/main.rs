//! The service, in memory and on a real PostgreSQL.
//!
//! The tests start the PostgreSQL that they find in `PATH` or in `/usr/lib/postgresql`. A test that needs one and finds none
//! says `not run: no PostgreSQL`. If `ORDERS_TEST_POSTGRES` has the address of a superuser, they use that server instead,
//! and leave roles and databases there.

#[cfg(test)]
mod api;
#[cfg(test)]
mod check;
#[cfg(test)]
mod command;
#[cfg(test)]
mod http;
#[cfg(test)]
mod isolation;
#[cfg(test)]
mod published;
#[cfg(test)]
mod row_security;
#[cfg(test)]
mod server;
#[cfg(test)]
mod tokens;
