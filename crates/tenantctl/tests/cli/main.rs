//! The real binary, against a real DynamoDB engine and the local stack.

mod audit;
mod bindings;
mod conventions;
#[cfg(test)]
mod doctor;
mod invite;
mod member;
mod operating;
mod pool;
mod repair;
mod replay;
mod support;
mod table;
mod tenant;
