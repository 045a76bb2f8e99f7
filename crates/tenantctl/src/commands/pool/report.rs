//! What `pool attach`, `detach` and `restore` say.

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
    /// `attach`, `detach` or `restore`.
    pub(super) action: &'static str,
    /// The pool.
    pub(super) user_pool_id: String,
    /// Its name.
    pub(super) pool_name: Option<String>,
    /// What is to be different in the whole pool.
    pub(super) plan: Vec<Difference>,
    /// What is described and not sent.
    pub(super) left_out: Vec<LeftOut>,
    /// Settings that this version does not know. They are sent back as described.
    pub(super) unknown: Vec<String>,
    /// The file that the pool is put back from.
    pub(super) file: Option<String>,
    /// When that file was made.
    pub(super) taken_at: Option<String>,
    /// Where the pool has changed since then in other ways than by what the file was made for.
    pub(super) changed_since: Vec<String>,
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
            let what = match (self.action, &self.file) {
                ("restore", Some(file)) => format!("user pool {} is as in {file}", self.pool()),
                ("attach", _) => {
                    format!("all that was asked for is attached already, in user pool {}", self.pool())
                }
                _ => format!("nothing is attached, in user pool {}", self.pool()),
            };
            page.paragraph(0, &format!("Nothing to do: {what}."));
            self.functions.iter().for_each(|function| show_function(page, function));
            return;
        }
        let plan = match self.action {
            "attach" => "Plan: attach to",
            "detach" => "Plan: detach from",
            _ => "Plan: put back",
        };
        page.line(format!("{} user pool {}", styled(BOLD, plan), self.pool()));
        if let (Some(file), Some(taken_at)) = (&self.file, &self.taken_at) {
            page.line(format!("as it was at {}, from {file}", one_line(taken_at)));
        }
        page.gap();
        self.plan.iter().for_each(|difference| show_difference(page, difference));
        page.gap();
        if !self.changed_since.is_empty() {
            let paths = self.changed_since.join(", ");
            let warning = format!(
                "Changed since the file was made, by something else than what it was made for, and put back too: {paths}."
            );
            page.paragraph(0, &styled(WARN, &warning));
        }
        page.paragraph(
            0,
            if self.file.is_some() {
                "All other settings are the same in the file."
            } else {
                "Everything else is sent back as it is described."
            },
        );
        for left in &self.left_out {
            page.paragraph(2, &format!("Not sent: {}: {}.", left.path, left.why));
        }
        if !self.unknown.is_empty() {
            let names = self.unknown.iter().map(|name| one_line(name)).collect::<Vec<_>>().join(", ");
            page.paragraph(
                2,
                &format!("This version does not know these settings, and sends them unchanged: {names}."),
            );
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
                page.line(put_back.command());
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
    if let Some(before) = &difference.before {
        page.line(format!("  {} {}", styled(BAD, "-"), plain(before)));
    }
    page.line(format!("  {} {}", styled(GOOD, "+"), shown(difference.after.as_ref())));
}

/// A value, or that there is none.
pub(super) fn shown(value: Option<&Value>) -> String {
    value.map_or_else(|| "(none)".to_owned(), plain)
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
