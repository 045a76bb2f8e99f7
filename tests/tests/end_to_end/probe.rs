//! The probe, which answers as it is told: it prints nothing of what it is told.

use dev_stack::{DevStack, FunctionProgram, FunctionSpec, Invocation, StackOptions, functions};
use serde_json::{Value, json};

use crate::support::figures::{self, CREDENTIALS};

const PROBE: &str = "probe";

/// Planted in events, attributes, metadata and instructions.
const CANARIES: [&str; 6] = [
    "canary.mail@example.com",
    "CanaryUserName",
    "canary-family-name",
    "canary-metadata",
    "canary-instruction",
    "canary-group",
];

fn event(instruction: &str) -> Value {
    json!({
        "version": "2", "triggerSource": "TokenGeneration_Authentication", "userName": CANARIES[1],
        "request": {
            "userAttributes": {
                "email": CANARIES[0], "family_name": CANARIES[2], "custom:probe": instruction,
            },
            "groupConfiguration": { "groupsToOverride": [CANARIES[5]] },
            "clientMetadata": { "note": CANARIES[3] },
        },
        "response": {},
    })
}

#[tokio::test]
async fn nothing_that_is_printed_holds_what_the_probe_is_told() {
    let stack = DevStack::start(StackOptions::default()).await.unwrap();
    let program = FunctionProgram::Binary(functions::probe().await.unwrap());
    let mut spec = FunctionSpec::new(PROBE, program);
    let loud = [("AWS_LAMBDA_LOG_LEVEL", "TRACE"), ("RUST_LOG", "trace"), ("RUST_BACKTRACE", "full")];
    spec.env = loud.into_iter().chain(CREDENTIALS).map(|(name, value)| (name.into(), value.into())).collect();
    stack.lambda().add_function(spec);
    let told = |instruction: Value| event(&instruction.to_string()).to_string();
    let events = [
        event("").to_string(),
        told(json!({ "key": CANARIES[4], "set": { "/extra": CANARIES[4] } })),
        told(json!({ "key": CANARIES[4], "do": "fail", "text": CANARIES[4] })),
        told(json!({ "key": CANARIES[4], "unknown": CANARIES[4] })),
        event(CANARIES[4]).to_string(),
        json!({ "probeCounts": {} }).to_string(),
        format!("{{\"request\": \"{}\"", CANARIES[4]),
    ];

    let mut failed = 0;
    for event in &events {
        let ended = stack.lambda().invoke(PROBE, event.clone().into_bytes()).await.unwrap();
        failed += usize::from(!matches!(ended, Invocation::Ok(_)));
    }

    assert!((3..=4).contains(&failed), "{failed} of {} failed", events.len());
    let printed = stack.lambda().logs(PROBE).unwrap().join("\n");
    let canaries: Vec<&str> = CANARIES.into_iter().chain(CREDENTIALS.map(|(_, value)| value)).collect();
    for canary in &canaries {
        assert!(!printed.contains(canary), "printed {canary}: {printed}");
    }
    figures::canaries(PROBE, &printed, canaries.len());
    stack.stop().await;
}
