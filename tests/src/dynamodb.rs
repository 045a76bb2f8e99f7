//! What a DynamoDB engine in one process does not show of the real one.

use serde_json::Value;

/// Whether the real DynamoDB may answer a request with items from before the last write. The engine never does, so a proof must
/// not let such a request through. A global index has no consistent reads.
#[must_use]
pub fn may_be_stale(operation: &str, request: &Value) -> bool {
    let is = |name: &str| request.get(name).is_some_and(|value| *value == Value::Bool(true));
    matches!(operation, "GetItem" | "BatchGetItem" | "Query" | "Scan")
        && !is("ConsistentRead")
        && request.get("IndexName").is_none()
}

/// The answer to such a request.
pub const STALE: &str =
    r#"{"__type":"ValidationException","message":"this read may be stale: it lacks ConsistentRead"}"#;
