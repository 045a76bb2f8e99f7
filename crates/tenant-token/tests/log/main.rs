//! What the verifier logs. A process of its own, because each of its threads must log from the first event on.

#[cfg(test)]
mod events;
#[cfg(test)]
#[allow(dead_code, reason = "made for the other tests too")]
#[path = "../verifier/support.rs"]
mod support;
