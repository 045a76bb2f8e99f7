//! Codes on their way to users.

use serde_json::{Value, json};

/// Something that Cognito would have sent by e-mail.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Mail {
    pub pool_id: String,
    pub username: String,
    /// The address, if the user has one.
    pub to: Option<String>,
    /// What it is for, as a heading: `confirmation code`.
    pub subject: &'static str,
    pub secret: String,
}

/// `CodeDeliveryDetails` for a value of an attribute, of which only a little is shown.
pub(super) fn code_delivery(attribute: &str, value: &str) -> Value {
    if attribute == "phone_number" {
        let skipped = value.chars().count().saturating_sub(4);
        let destination = format!("+*******{}", value.chars().skip(skipped).collect::<String>());
        return json!({ "AttributeName": attribute, "DeliveryMedium": "SMS", "Destination": destination });
    }
    let masked = |part: &str| format!("{}***", part.chars().take(1).collect::<String>());
    let (local, domain) = value.rsplit_once('@').unwrap_or((value, ""));
    let destination = format!("{}@{}", masked(local), masked(domain));
    json!({ "AttributeName": "email", "DeliveryMedium": "EMAIL", "Destination": destination })
}
