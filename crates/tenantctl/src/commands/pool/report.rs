//! What `pool attach`, `detach` and `restore` say.

use pool_triggers::check::Checked;
use pool_triggers::difference::{Difference, one_line, plain, shown};
use pool_triggers::owner::{Confidence, Owner};
use pool_triggers::update::LeftOut;
use pool_triggers::{MfaOutcome, Outcome, Plan};
use serde::Serialize;
use serde_json::Value;

use crate::page::{BAD, BOLD, DIM, GOOD, Page, Show, WARN, styled};

/// A plan, and what came of it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report<'a> {
    /// `attach`, `detach` or `restore`.
    action: &'static str,
    user_pool_id: &'a str,
    pool_name: Option<&'a str>,
    plan: &'a [Difference],
    left_out: &'a [LeftOut],
    unknown: &'a [String],
    /// The file that the pool is put back from.
    file: Option<&'a str>,
    /// When that file was made.
    taken_at: Option<&'a str>,
    changed_since: &'a [String],
    functions: &'a [Checked],
    owner: Option<&'a Owner>,
    fragment: Option<&'a str>,
    notes: Vec<&'a str>,
    /// Whether the update was sent and accepted.
    applied: bool,
    /// Whether the pool is now as planned, in every member; null when nothing was sent.
    verified: Option<bool>,
    differences: &'a [Difference],
    mfa: Option<MfaOutcome>,
    /// The file with the pool as it was.
    backup: Option<String>,
    #[serde(skip)]
    put_back: Option<String>,
    /// The plan has been shown before.
    #[serde(skip)]
    pub(super) is_shown: bool,
}

impl<'a> Report<'a> {
    /// `outcome` with the words that say how the pool is put back.
    pub(super) fn of(
        action: &'static str,
        user_pool_id: &'a str,
        plan: &'a Plan,
        fragment: Option<&'a str>,
        outcome: Option<(&'a Outcome, String)>,
    ) -> Self {
        let saved = plan.goal.saved();
        let (outcome, put_back) = outcome.unzip();
        let more = outcome.map(|outcome| outcome.notes.as_slice()).unwrap_or_default();
        Self {
            action,
            user_pool_id,
            pool_name: plan.pool.value().get("Name").and_then(Value::as_str),
            plan: &plan.differences,
            left_out: &plan.left_out,
            unknown: &plan.unknown,
            file: saved.map(|saved| saved.file.as_str()),
            taken_at: saved.map(|saved| saved.taken_at.as_str()),
            changed_since: &plan.changed_since,
            functions: &plan.functions,
            owner: plan.owner.as_ref(),
            fragment,
            notes: plan.notes.iter().chain(more).map(String::as_str).collect(),
            applied: outcome.is_some(),
            verified: outcome.map(|outcome| outcome.differences.is_empty()),
            differences: outcome.map(|outcome| outcome.differences.as_slice()).unwrap_or_default(),
            mfa: outcome.map(|outcome| outcome.mfa),
            backup: outcome.map(|outcome| outcome.backup.display().to_string()),
            put_back,
            is_shown: false,
        }
    }
}

impl Show for Report<'_> {
    fn show(&self, page: &mut Page) {
        if !self.is_shown {
            self.show_plan(page);
        }
        if self.applied {
            self.show_outcome(page);
        }
    }
}

impl Report<'_> {
    /// The pool, as in `eu-west-1_AbCdEf123 (production)`.
    pub(super) fn pool(&self) -> String {
        match &self.pool_name {
            Some(name) => format!("{} ({})", self.user_pool_id, one_line(name)),
            None => self.user_pool_id.to_owned(),
        }
    }

    fn show_plan(&self, page: &mut Page) {
        if self.plan.is_empty() {
            let what = match (self.action, self.file) {
                ("restore", Some(file)) => format!("user pool {} is as in {file}", self.pool()),
                ("attach", _) => {
                    format!("the given functions are already attached to user pool {}", self.pool())
                }
                _ => format!("no function to detach in user pool {}", self.pool()),
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
            let warning =
                format!("Other changes since the file was made, which the restore also undoes: {paths}.");
            page.paragraph(0, &styled(WARN, &warning));
        }
        page.paragraph(
            0,
            if self.file.is_some() {
                "All other settings are the same in the file."
            } else {
                "All other settings are sent back unchanged."
            },
        );
        for left in self.left_out {
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
            page.line(format!("{} {backup}", styled(DIM, "Backup:")));
        }
        if self.mfa == Some(MfaOutcome::Restored) {
            page.paragraph(
                0,
                &styled(WARN, "The update weakened the MFA configuration. tenantctl restored it."),
            );
        }
        if self.verified == Some(true) {
            page.line(format!(
                "{} User pool {} has the planned changes;",
                styled(GOOD, "Done."),
                self.user_pool_id
            ));
            if self.mfa == Some(MfaOutcome::Unknown) {
                page.line(
                    "all other settings were read again and are unchanged, except the MFA configuration,",
                );
                page.line("which cannot be read.");
            } else {
                page.line("all other settings were read again and are unchanged.");
            }
            if let Some(put_back) = &self.put_back {
                page.gap();
                page.line(put_back);
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
