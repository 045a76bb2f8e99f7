//! Row-level security on a real PostgreSQL, which the tests start themselves. Where none is installed, each test says
//! `not run: no PostgreSQL`. With `ORDERS_TEST_POSTGRES`, the address of a superuser, they use a server that is there; it
//! keeps their databases.

mod check;
mod row_security;
mod server;
mod service;
mod tokens;
