//! `tenantctl pool`: attached to pools of the local stack, and of a fake where a server has to misbehave.

#[cfg(test)]
mod attach;
#[cfg(test)]
mod backup;
#[cfg(test)]
mod detach;
#[cfg(test)]
mod fake;
#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod registration;
#[cfg(test)]
mod restore;
#[cfg(test)]
mod verification;
