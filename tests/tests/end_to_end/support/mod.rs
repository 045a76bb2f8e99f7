//! What the tests run on: a table on a real DynamoDB engine, the real function binaries behind a real Runtime API, a
//! local Cognito; each test has its own.

pub(crate) mod faults;
pub(crate) mod figures;
pub(crate) mod items;
mod machine;
mod pool;
mod role;
mod world;

pub(crate) use pool::{UserPool, payload};
pub(crate) use world::{World, fixture, fixtures};

/// The invite code of the fixtures.
pub(crate) const CODE: &str = "inv_0123456789ABCDEFGHJKMNPQRS";

/// The pool of the fixtures.
pub(crate) const POOL: &str = "eu-west-1_EXAMPLE01";

/// The user of the fixtures.
pub(crate) const SUB: &str = "8d6b2c1e-4a7f-4f0e-9b53-1f7a4c2d9e10";

/// The e-mail address of the fixtures' user.
pub(crate) const EMAIL: &str = "ana@example.com";

/// The app client of the fixtures.
pub(crate) const CLIENT: &str = "3n4b5urk1ft4fl3mg5e62d9ado";
