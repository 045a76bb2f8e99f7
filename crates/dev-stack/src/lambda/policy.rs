//! Who may invoke a function: the statements of its resource policy.

use serde_json::{Map, Value, json};

/// One statement, as `AddPermission` takes it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Permission {
    /// `StatementId`, which is the statement's `Sid`.
    pub statement_id: String,
    /// `Action`, mostly `lambda:InvokeFunction`.
    pub action: String,
    /// `Principal`: a service, an account, an ARN, or `*`.
    pub principal: String,
    /// `SourceArn`: what may invoke through the service, such as the ARN of a user pool.
    pub source_arn: Option<String>,
    /// `SourceAccount`: whose it must be.
    pub source_account: Option<String>,
}

impl Permission {
    /// Lets Cognito invoke the function, for any pool of any account until the sources are set.
    #[must_use]
    pub fn of_cognito(statement_id: impl Into<String>) -> Self {
        Self {
            statement_id: statement_id.into(),
            action: "lambda:InvokeFunction".to_owned(),
            principal: "cognito-idp.amazonaws.com".to_owned(),
            source_arn: None,
            source_account: None,
        }
    }

    /// The statement on `resource`, as Lambda writes it.
    pub(super) fn statement(&self, resource: &str) -> Value {
        let mut condition = Map::new();
        if let Some(account) = &self.source_account {
            condition.insert("StringEquals".to_owned(), json!({ "AWS:SourceAccount": account }));
        }
        if let Some(arn) = &self.source_arn {
            condition.insert("ArnLike".to_owned(), json!({ "AWS:SourceArn": arn }));
        }
        let is_account = self.principal.len() == 12 && self.principal.bytes().all(|b| b.is_ascii_digit());
        let principal = if is_account {
            json!({ "AWS": format!("arn:aws:iam::{}:root", self.principal) })
        } else if self.principal == "*" {
            json!("*")
        } else if self.principal.starts_with("arn:") {
            json!({ "AWS": self.principal })
        } else {
            json!({ "Service": self.principal })
        };
        let mut statement = json!({
            "Sid": self.statement_id,
            "Effect": "Allow",
            "Principal": principal,
            "Action": self.action,
            "Resource": resource,
        });
        if let (Value::Object(members), false) = (&mut statement, condition.is_empty()) {
            members.insert("Condition".to_owned(), Value::Object(condition));
        }
        statement
    }
}

pub(super) fn document(statements: &[Value]) -> Value {
    json!({ "Version": "2012-10-17", "Id": "default", "Statement": statements })
}
