//! The rules, as they are listed.

use serde::Serialize;

use pool_audit::{Severity, rules};

use crate::page::{BOLD, Page, Show, styled};

#[derive(Serialize)]
pub(super) struct RuleList {
    rules: Vec<ListedRule>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ListedRule {
    id: &'static str,
    severity: Severity,
    looks_for: &'static str,
    why: &'static str,
}

impl RuleList {
    /// All rules, in the order in which they are published.
    pub(super) fn new() -> Self {
        let rules = rules::all()
            .map(|rule| ListedRule {
                id: rule.id,
                severity: rule.severity,
                looks_for: rule.looks_for,
                why: rule.why,
            })
            .collect();
        Self { rules }
    }
}

impl Show for RuleList {
    fn show(&self, page: &mut Page) {
        for rule in &self.rules {
            page.line(format!("{} ({})", styled(BOLD, rule.id), rule.severity.as_str()));
            page.paragraph(4, rule.looks_for);
        }
    }
}
