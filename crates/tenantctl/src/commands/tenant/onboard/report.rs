//! What became of each step.

use serde::Serialize;

use crate::commands::invite::NewCode;
use crate::page::{GOOD, Page, Show, WARN, styled};

/// What became of a step, or would.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Outcome {
    /// Done now.
    Done,
    /// It was so already.
    Found,
    /// `--apply` will do it.
    Planned,
}

#[derive(Debug, Serialize)]
pub(super) struct StepReport {
    pub(super) step: &'static str,
    pub(super) outcome: Outcome,
    pub(super) detail: String,
}

/// A tenant with all that it needs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Onboarded {
    pub(super) tenant: String,
    pub(super) applied: bool,
    pub(super) cell: String,
    pub(super) user_pool_id: String,
    /// The app client at which the tenant's users sign in. Not known in a plan to make one.
    pub(super) client_id: Option<String>,
    pub(super) steps: Vec<StepReport>,
    /// The first administrator's invite, if it was made now.
    pub(super) invite: Option<NewCode>,
}

impl Onboarded {
    pub(super) fn has_code(&self) -> bool {
        self.invite.is_some()
    }
}

impl Show for Onboarded {
    fn show(&self, page: &mut Page) {
        let rows = self.steps.iter().map(|step| {
            let outcome = match step.outcome {
                Outcome::Done => styled(GOOD, "done"),
                Outcome::Found => "found".to_owned(),
                Outcome::Planned => styled(WARN, "planned"),
            };
            [step.step.to_owned(), outcome, step.detail.clone()]
        });
        page.table(&["step", "outcome", "detail"], rows, "");
        page.gap();
        if !self.applied {
            page.paragraph(
                0,
                &format!("{} add --apply to write.", styled(WARN, "Plan, nothing is written:")),
            );
            return;
        }
        page.paragraph(0, &format!("Tenant `{}` is onboarded.", self.tenant));
        if let Some(code) = &self.invite {
            code.show(page);
        }
    }
}
