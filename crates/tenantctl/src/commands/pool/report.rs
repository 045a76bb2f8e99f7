//! What `pool attach` and `pool detach` say.

use serde::Serialize;
use serde_json::Value;

use super::backup::PutBack;
use super::difference::Difference;
use super::functions::Checked;
use super::owner::{Confidence, Owner};
use super::update::LeftOut;
use crate::page::{BAD, BOLD, DIM, GOOD, Page, Show, WARN, styled};

/// A plan, and what came of it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report {
    /// `attach` or `detach`.
    pub(super) action: &'static str,
    /// The pool.
    pub(super) user_pool_id: String,
    /// Its name.
    pub(super) pool_name: Option<String>,
    /// What is to be different in the whole pool.
    pub(super) plan: Vec<Difference>,
    /// What is described and not sent.
    pub(super) left_out: Vec<LeftOut>,
    /// The functions that were looked at.
    pub(super) functions: Vec<Checked>,
    /// Who owns the pool, if a tag tells.
    pub(super) owner: Option<Owner>,
    /// What the owner writes into its code; only when the pool is not changed for that reason.
    pub(super) fragment: Option<String>,
    /// What is worth knowing.
    pub(super) notes: Vec<String>,
    /// Whether the update was sent and accepted.
    pub(super) applied: bool,
    /// Whether the pool is now as planned, in every member; null when nothing was sent.
    pub(super) verified: Option<bool>,
    /// Where it is not.
    pub(super) differences: Vec<Difference>,
    /// The MFA configuration after the update.
    pub(super) mfa: Option<MfaOutcome>,
    /// The file with the pool as it was.
    pub(super) backup: Option<String>,
    /// How the pool is put back.
    #[serde(skip)]
    pub(super) put_back: Option<PutBack>,
    /// The plan has been shown before.
    #[serde(skip)]
    pub(super) is_shown: bool,
}

/// What became of the MFA configuration.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum MfaOutcome {
    /// As it was.
    Unchanged,
    /// The update had weakened it; it has been put back.
    Restored,
    /// It has changed.
    Changed,
    /// It could not be read.
    Unknown,
}

impl Show for Report {
    fn show(&self, page: &mut Page) {
        if !self.is_shown {
            self.show_plan(page);
        }
        if self.applied {
            self.show_outcome(page);
        }
    }
}

impl Report {
    /// The pool, as in `eu-west-1_AbCdEf123 (production)`.
    pub(super) fn pool(&self) -> String {
        match &self.pool_name {
            Some(name) => format!("{} ({})", self.user_pool_id, one_line(name)),
            None => self.user_pool_id.clone(),
        }
    }

    fn show_plan(&self, page: &mut Page) {
        if self.plan.is_empty() {
            let state = if self.action == "attach" { "is attached already" } else { "is attached" };
            let what = if self.action == "attach" { "all that was asked for" } else { "nothing" };
            page.paragraph(0, &format!("Nothing to do: {what} {state}, in user pool {}.", self.pool()));
            self.functions.iter().for_each(|function| show_function(page, function));
            return;
        }
        let plan = if self.action == "attach" { "Plan: attach to" } else { "Plan: detach from" };
        page.line(format!("{} user pool {}", styled(BOLD, plan), self.pool()));
        page.gap();
        self.plan.iter().for_each(|difference| show_difference(page, difference));
        page.gap();
        page.paragraph(0, "Everything else is sent back as it is described.");
        for left in &self.left_out {
            page.paragraph(2, &format!("Not sent: {}: {}.", left.path, left.why));
        }
        self.functions.iter().for_each(|function| show_function(page, function));
        for note in &self.notes {
            page.paragraph(0, note);
        }
        if let Some(owner) = &self.owner {
            page.gap();
            let sure = if owner.confidence == Confidence::Certain { "belongs" } else { "seems to belong" };
            page.paragraph(
                0,
                &format!("The pool {sure} to {}, by its tag {}.", owner.tool.name(), owner.tag),
            );
        }
        if let Some(fragment) = &self.fragment {
            page.gap();
            page.line(fragment.trim_end());
        }
    }

    fn show_outcome(&self, page: &mut Page) {
        page.gap();
        if let Some(backup) = &self.backup {
            page.line(format!("{} {backup}", styled(DIM, "As it was:")));
        }
        if self.mfa == Some(MfaOutcome::Restored) {
            page.paragraph(
                0,
                &styled(
                    WARN,
                    "The update had weakened the MFA configuration. It has been put back as it was.",
                ),
            );
        }
        if self.verified == Some(true) {
            page.line(format!("{} User pool {} is as planned;", styled(GOOD, "Done."), self.user_pool_id));
            if self.mfa == Some(MfaOutcome::Unknown) {
                page.line("everything else was read again and is as before, but for the MFA configuration,");
                page.line("which cannot be read.");
            } else {
                page.line("everything else was read again and is as before.");
            }
            if let Some(put_back) = &self.put_back {
                page.gap();
                page.line(put_back.commands(Some(MfaOutcome::Unchanged)));
            }
            return;
        }
        page.line(format!("{} The user pool is not as planned:", styled(BAD, "Updated, but wrong.")));
        page.gap();
        self.differences.iter().for_each(|difference| show_difference(page, difference));
    }
}

fn show_function(page: &mut Page, function: &Checked) {
    if let Some(problem) = &function.problem {
        page.line(format!("{} {}", styled(BAD, "Problem:"), function.arn));
        page.paragraph(2, problem);
        return;
    }
    page.line(format!("{} may be invoked by Cognito.", function.trigger));
    if let Some(note) = &function.note {
        page.paragraph(2, note);
    }
}

fn show_difference(page: &mut Page, difference: &Difference) {
    page.line(styled(BOLD, &difference.path));
    if !difference.before.is_null() {
        page.line(format!("  {} {}", styled(BAD, "-"), plain(&difference.before)));
    }
    if difference.after.is_null() {
        page.line(format!("  {} (none)", styled(GOOD, "+")));
    } else {
        page.line(format!("  {} {}", styled(GOOD, "+"), plain(&difference.after)));
    }
}

/// A text of one line without quotes, anything else as JSON.
pub(super) fn plain(value: &Value) -> String {
    match value.as_str() {
        Some(text) if !text.contains(char::is_control) => text.to_owned(),
        _ => value.to_string(),
    }
}

/// A text in one line: what somebody else has written must not look like a line of this tool.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_others_have_written_stays_in_its_line() {
        assert_eq!(plain(&json!("one {####}")), "one {####}");
        assert_eq!(
            plain(&json!("one\nDone. User pool is as planned;")),
            r#""one\nDone. User pool is as planned;""#
        );
        assert_eq!(one_line("production\nDone."), "production Done.");
    }
}
