//! Changes of the table: written, or shown in a dry run.

use tenancy_aws::operator::{Change, Operator, OperatorError, PlannedWrite};

use super::Context;
use crate::failure::Failure;
use crate::options::WriteOptions;
use crate::page::Show;

/// A change that was written, or, in a dry run, would have been.
#[derive(Debug)]
pub(crate) struct Applied {
    is_changed: bool,
    is_dry_run: bool,
    preview: Vec<PlannedWrite>,
}

impl Applied {
    /// Of a change that was written elsewhere.
    pub(crate) fn written() -> Self {
        Self { is_changed: true, is_dry_run: false, preview: Vec::new() }
    }

    /// Together with another change.
    pub(crate) fn add(&mut self, is_changed: bool) {
        self.is_changed |= is_changed;
    }
}

impl Context {
    /// Writes `change`, or shows it, and says so. `what` is what it is about, as in "tenant `acme`"; `summary` says what
    /// is different now; `facts` are more members of the JSON document, and more lines for people.
    pub(crate) async fn write(
        &self,
        operator: &Operator,
        change: Change,
        options: WriteOptions,
        what: &str,
        summary: &str,
        facts: impl Show,
    ) -> Result<(), Failure> {
        let applied = self.apply(operator, change, options, what).await?;
        self.say_written(&applied, summary, facts);
        Ok(())
    }

    /// Writes `change`, unless it is a dry run, and says nothing yet.
    pub(crate) async fn apply(
        &self,
        operator: &Operator,
        change: Change,
        options: WriteOptions,
        what: &str,
    ) -> Result<Applied, Failure> {
        Ok(self.try_apply(operator, change, options, what).await?)
    }

    /// The same, for a caller that plans again when another write came first.
    pub(crate) async fn try_apply(
        &self,
        operator: &Operator,
        change: Change,
        options: WriteOptions,
        what: &str,
    ) -> Result<Applied, OperatorError> {
        let (is_changed, preview) = (!change.is_empty(), change.preview());
        if !options.dry_run {
            operator.apply(change, what).await?;
        }
        Ok(Applied { is_changed, is_dry_run: options.dry_run, preview })
    }

    pub(crate) fn say_written(&self, applied: &Applied, summary: &str, facts: impl Show) {
        let writes =
            applied.is_dry_run.then(|| applied.preview.iter().map(crate::written::Planned::from).collect());
        self.say(&crate::written::Written {
            changed: applied.is_changed,
            dry_run: applied.is_dry_run,
            summary,
            writes,
            facts,
        });
    }
}
