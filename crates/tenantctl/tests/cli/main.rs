//! The real binary, against a real DynamoDB engine and the local stack.

#[cfg(test)]
mod audit;
#[cfg(test)]
mod bindings;
#[cfg(test)]
mod cell;
#[cfg(test)]
mod completions;
#[cfg(test)]
mod conventions;
#[cfg(test)]
mod credentials;
#[cfg(test)]
mod defaults;
#[cfg(test)]
mod doctor;
#[cfg(test)]
mod documents;
#[cfg(test)]
mod domain;
#[cfg(test)]
mod errors;
#[cfg(test)]
mod fake_aws;
#[cfg(test)]
mod invite;
#[cfg(test)]
mod lists;
#[cfg(test)]
mod member;
#[cfg(test)]
mod onboard;
#[cfg(test)]
mod operating;
#[cfg(test)]
mod paging;
#[cfg(test)]
mod pool;
#[cfg(test)]
mod repair;
#[cfg(test)]
mod replay;
#[cfg(test)]
mod route;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod support;
#[cfg(test)]
mod table;
#[cfg(test)]
mod tenant;
#[cfg(test)]
mod why;
