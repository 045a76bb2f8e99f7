//! What the verifier promises to a service, and the layer to its callers.

#[cfg(test)]
mod any_text;
#[cfg(test)]
mod background;
#[cfg(test)]
#[cfg(feature = "https")]
mod certificates;
#[cfg(test)]
#[cfg(feature = "https")]
mod https;
#[cfg(test)]
mod key_cache;
#[cfg(test)]
#[cfg(feature = "axum")]
mod layer;
#[cfg(test)]
#[path = "../../examples/vectors/made/mod.rs"]
mod made;
#[cfg(test)]
mod mutations;
#[cfg(test)]
mod pools;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod support;
#[cfg(test)]
mod vectors;
#[cfg(test)]
mod verdicts;
