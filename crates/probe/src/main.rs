//! The probe as a Lambda function. See the library: never attach it to a user pool that has users.

use std::time::Duration;

use lambda_runtime::{Diagnostic, Error, LambdaEvent, run, service_fn};
use probe::{Outcome, Probe};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let probe = &Probe::default();
    let handler = service_fn(move |event: LambdaEvent<Value>| async move {
        match probe.take(event.payload) {
            Outcome::Reply { reply, after_ms } => {
                tokio::time::sleep(Duration::from_millis(after_ms)).await;
                Ok(reply)
            }
            Outcome::Failure(text) => Err(Diagnostic { error_type: "PROBE".to_owned(), error_message: text }),
        }
    });
    run(handler).await
}
