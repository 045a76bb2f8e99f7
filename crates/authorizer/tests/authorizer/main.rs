//! What API Gateway gets from the authorizer, for each form of event and each end of a call.

#[cfg(test)]
mod answers;
#[cfg(test)]
mod documented;
#[cfg(test)]
mod events;
#[cfg(test)]
mod failures;
#[cfg(test)]
mod live;
#[cfg(test)]
mod settings;
#[cfg(test)]
mod support;
