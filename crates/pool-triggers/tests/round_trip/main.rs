//! A pool before and after an update.

#[cfg(test)]
mod any_pool;
