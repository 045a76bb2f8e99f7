//! The local stack from outside: through the real SDK client, over HTTP, with real child processes.

#[cfg(test)]
mod addresses;
#[cfg(test)]
mod administrators;
#[cfg(test)]
mod admission;
#[cfg(test)]
mod api_gateway;
#[cfg(test)]
mod app_clients;
#[cfg(test)]
mod browser;
#[cfg(test)]
mod browsers;
#[cfg(test)]
mod events;
#[cfg(test)]
mod federation;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod functions_and_callers;
#[cfg(test)]
mod functions_as_processes;
#[cfg(test)]
mod machines;
#[cfg(test)]
mod made_through_the_api;
#[cfg(test)]
mod managed_login;
#[cfg(test)]
mod printed;
#[cfg(test)]
mod rotation;
#[cfg(test)]
mod second_factors;
#[cfg(test)]
mod sign_up_and_sign_in;
#[cfg(test)]
mod srp;
#[cfg(test)]
mod srp_client;
#[cfg(test)]
mod the_program;
#[cfg(test)]
mod the_stack_itself;
#[cfg(test)]
mod trigger_failures;
#[cfg(test)]
mod user_pools;
