//! What Cognito sends, read; and what it accepts, written.

#[cfg(test)]
mod documented;
#[cfg(test)]
mod event;
#[cfg(test)]
mod published;
