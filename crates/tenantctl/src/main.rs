//! `tenantctl`, the operator's tool. The command line, the environment and the clock enter here.

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    tenantctl::run(std::env::args_os()).await
}
