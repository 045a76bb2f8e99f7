//! What a command says that has written, or would have.

use serde::Serialize;
use serde_json::{Map, Value};
use tenancy_aws::operator::PlannedWrite;

use crate::page::{BAD, BOLD, DIM, GOOD, Page, Show, WARN, styled};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Written<'a, F> {
    /// Whether anything is, or would be, different.
    pub(crate) changed: bool,
    /// Whether nothing was written.
    pub(crate) dry_run: bool,
    /// What is different, in a sentence.
    pub(crate) summary: &'a str,
    /// The items; only of a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) writes: Option<Vec<Planned<'a>>>,
    #[serde(flatten)]
    pub(crate) facts: F,
}

/// One item that would be written.
#[derive(Serialize)]
pub(crate) struct Planned<'a> {
    action: &'static str,
    pk: &'a str,
    sk: &'a str,
    before: Option<&'a Map<String, Value>>,
    after: Option<&'a Map<String, Value>>,
}

/// Nothing more to say.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct NoFacts {}

impl Show for NoFacts {
    fn show(&self, _: &mut Page) {}
}

impl<'a> From<&'a PlannedWrite> for Planned<'a> {
    fn from(write: &'a PlannedWrite) -> Self {
        Self {
            action: write.action,
            pk: &write.pk,
            sk: &write.sk,
            before: write.before.as_ref(),
            after: write.after.as_ref(),
        }
    }
}

impl<F: Show> Show for Written<'_, F> {
    fn show(&self, page: &mut Page) {
        if !self.changed {
            page.paragraph(0, &format!("Nothing to do: {}", self.summary));
            self.facts.show(page);
            return;
        }
        let Some(writes) = &self.writes else {
            page.paragraph(0, self.summary);
            self.facts.show(page);
            return;
        };
        page.paragraph(0, &format!("{} {}", styled(WARN, "Dry run, nothing is written:"), self.summary));
        page.gap();
        for write in writes {
            write.show(page);
        }
    }
}

impl Planned<'_> {
    fn show(&self, page: &mut Page) {
        let style = match self.action {
            "create" => GOOD,
            "delete" => BAD,
            "change" => WARN,
            _ => DIM,
        };
        page.line(format!(
            "{} {}",
            styled(style, self.action),
            styled(BOLD, format!("{} / {}", self.pk, self.sk))
        ));
        let empty = Map::new();
        let (before, after) = (self.before.unwrap_or(&empty), self.after.unwrap_or(&empty));
        let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
        names.sort();
        names.dedup();
        for name in names.into_iter().filter(|name| !matches!(name.as_str(), "pk" | "sk")) {
            match (before.get(name), after.get(name)) {
                (None, Some(new)) => page.line(format!("  + {name} = {new}")),
                (Some(old), None) if self.action == "change" => page.line(format!("  - {name} = {old}")),
                (Some(old), Some(new)) if old != new => page.line(format!("  ~ {name} = {old} -> {new}")),
                (Some(old), Some(_)) if self.action == "require" => page.line(format!("    {name} = {old}")),
                _ => {}
            }
        }
    }
}
