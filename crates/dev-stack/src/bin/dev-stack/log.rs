//! What the functions and Cognito's mail say, a line each, on standard error.

use dev_stack::{Cognito, LogLine, Mail};
use serde_json::Value;
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    task::JoinHandle,
};

/// Prints mail, and what the functions do unless their log lines are printed in full.
pub(crate) struct Printing(Vec<JoinHandle<()>>);

impl Printing {
    pub(crate) fn begin(
        cognito: &Cognito,
        (mail, lines): (Receiver<Mail>, Receiver<LogLine>),
        is_verbose: bool,
    ) -> Self {
        let mut tasks = vec![tokio::spawn(print_mail(mail))];
        if !is_verbose {
            tasks.push(tokio::spawn(print_lines(lines, cognito.clone())));
        }
        Self(tasks)
    }

    pub(crate) fn end(self) {
        for task in self.0 {
            task.abort();
        }
    }
}

/// Prints lines of the functions as they come, short.
async fn print_lines(mut lines: Receiver<LogLine>, cognito: Cognito) {
    let name = |pool: &str, sub: &str| cognito.name(pool, sub);
    loop {
        match lines.recv().await {
            Ok(line) => eprintln!("{}", short(&line, name)),
            Err(RecvError::Lagged(missed)) => eprintln!("({missed} lines of the functions are not shown)"),
            Err(RecvError::Closed) => return,
        }
    }
}

/// Prints what Cognito would send.
async fn print_mail(mut mail: Receiver<Mail>) {
    loop {
        match mail.recv().await {
            Ok(mail) => {
                let to = mail.to.unwrap_or(mail.username);
                eprintln!("[mail] to {to}: {} {}", mail.subject, mail.secret);
            }
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return,
        }
    }
}

/// One invocation as `sign-in  ana@example.com  issued  tenant=acme  12 ms`; any other line as it is.
/// `name` gives the name of a user of a pool.
fn short(line: &LogLine, name: impl Fn(&str, &str) -> Option<String>) -> String {
    let record: Value = serde_json::from_str(&line.text).unwrap_or_default();
    let text = |member: &str| record.get(member).and_then(Value::as_str);
    let Some(outcome) = text("Outcome") else { return format!("[{}] {}", line.function, line.text) };
    let user = text("sub").map(|sub| {
        let known = text("userPoolId").and_then(|pool| name(pool, sub));
        known.unwrap_or_else(|| sub.to_owned())
    });
    let mut parts = vec![action(text("triggerSource").unwrap_or(&line.function)).to_owned()];
    parts.push(user.unwrap_or_else(|| "-".to_owned()));
    parts.push(outcome.to_owned());
    for (label, member) in [("tenant", "tenantId"), ("reason", "reason"), ("cause", "cause")] {
        parts.extend(text(member).map(|value| format!("{label}={value}")));
    }
    let took = record.get("DurationMs").and_then(Value::as_f64).unwrap_or_default();
    parts.push(format!("{took:.0} ms"));
    parts.join("  ")
}

/// What a user did to fire a trigger.
fn action(source: &str) -> &str {
    match source {
        "PostConfirmation_ConfirmSignUp" => "confirm",
        "PostConfirmation_ConfirmForgotPassword" => "new-password",
        "TokenGeneration_Authentication" | "TokenGeneration_HostedAuth" => "sign-in",
        "TokenGeneration_NewPasswordChallenge" => "first-password",
        "TokenGeneration_RefreshTokens" => "refresh",
        "TokenGeneration_AuthenticateDevice" => "device",
        "TokenGeneration_ClientCredentials" => "machine",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invocation_is_one_short_line() {
        let rows = [
            (
                r#"{"Outcome":"issued","DurationMs":11.589,"triggerSource":"TokenGeneration_Authentication","userPoolId":"p","sub":"s","tenantId":"acme"}"#,
                "sign-in  ana@example.com  issued  tenant=acme  12 ms",
            ),
            (
                r#"{"Outcome":"denied","DurationMs":3.2,"triggerSource":"PostConfirmation_ConfirmSignUp","userPoolId":"p","sub":"other","reason":"expired"}"#,
                "confirm  other  denied  reason=expired  3 ms",
            ),
            (r#"{"Outcome":"passed","DurationMs":1}"#, "pre  -  passed  1 ms"),
            (r#"{"event":"config.invalid"}"#, r#"[pre] {"event":"config.invalid"}"#),
            ("thread panicked", "[pre] thread panicked"),
        ];

        for (text, shown) in rows {
            let line = LogLine { function: "pre".to_owned(), text: text.to_owned() };
            let name =
                |pool: &str, sub: &str| (pool == "p" && sub == "s").then(|| "ana@example.com".to_owned());
            assert_eq!(short(&line, name), shown);
        }
    }
}
