//! `repair stamps` and `repair drift`.

#[cfg(test)]
mod pool;
#[cfg(test)]
mod stamps;
#[cfg(test)]
mod users;
