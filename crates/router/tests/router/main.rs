//! What apps and people get from the front door.

#[cfg(test)]
mod cors;
#[cfg(test)]
mod documented;
#[cfg(test)]
mod failures;
#[cfg(test)]
mod http;
#[cfg(test)]
mod lambda;
#[cfg(test)]
mod log;
#[cfg(test)]
mod page;
#[cfg(test)]
mod routes;
#[cfg(test)]
mod settings;
#[cfg(test)]
mod support;
#[cfg(test)]
mod unknown;
