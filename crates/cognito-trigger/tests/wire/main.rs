//! Reading what Cognito sends, and writing what it accepts.

#[cfg(test)]
mod documented;
#[cfg(test)]
mod event;
#[cfg(test)]
mod published;
#[cfg(test)]
mod settings;
#[cfg(test)]
mod told;
