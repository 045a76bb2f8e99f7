//! The real policies, and the tokens that the local stack issues.

#[cfg(test)]
mod decisions;
#[cfg(test)]
mod mapping;
#[cfg(test)]
mod pitfalls;
#[cfg(test)]
mod same;
#[cfg(test)]
mod support;
#[cfg(test)]
mod validation;
