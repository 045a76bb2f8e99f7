//! The real function binaries on a real DynamoDB engine, from recorded events and through a local Cognito.

#[cfg(test)]
mod api_failures;
#[cfg(test)]
mod authorizer;
#[cfg(test)]
mod behind_the_token;
#[cfg(test)]
mod cells;
#[cfg(test)]
mod failures;
#[cfg(test)]
mod federation;
#[cfg(test)]
mod front_door;
#[cfg(test)]
mod gateway;
#[cfg(test)]
mod issued_tokens;
#[cfg(test)]
mod machine_tokens;
#[cfg(test)]
mod permissions;
#[cfg(test)]
mod probe;
#[cfg(test)]
mod reads;
#[cfg(test)]
mod recorded_events;
#[cfg(test)]
mod redemption;
#[cfg(test)]
mod router;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod settings;
#[cfg(test)]
mod supply;
#[cfg(test)]
mod support;
#[cfg(test)]
mod tokens;
#[cfg(test)]
mod whole_path;
