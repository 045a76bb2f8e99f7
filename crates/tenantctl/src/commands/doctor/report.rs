//! What an audit says: for people, or as one document.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use pool_audit::functions::PRE_TOKEN_GENERATION;
use pool_audit::rules::RESETS;
use pool_audit::{Judgement, Severity, Snapshot, severity};
use user_pool::words::counted;

use crate::page::{BAD, BOLD, DIM, GOOD, Page, Show, WARN, styled};

/// Findings of one rule that are shown to people; the document has all.
const SHOWN: usize = 10;

/// What the mends that end in [`RESETS`] have in common (developer guide, "Updating user pool and app client
/// configuration").
const CAUTION: &str = "Caution: update-user-pool and update-user-pool-client reset every setting that is not sent, the triggers \
                       among them. Send the whole configuration, or change the template.";

/// What an audit says.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report {
    user_pool_id: String,
    /// Why the audit fails whatever it has found: parts that it could not do without were not read.
    incomplete: Vec<String>,
    pool: Pool,
    findings: Vec<Reported>,
    not_checked: Vec<NotChecked>,
    passed: Vec<&'static str>,
    counts: Counts,
    /// The severity from which on the audit fails, or `never`.
    fail_on: &'static str,
    failed: bool,
    #[serde(skip)]
    is_verbose: bool,
}

/// The pool, in short.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Pool {
    name: Option<String>,
    arn: Option<String>,
    tier: Option<String>,
    estimated_users: i32,
    /// App clients; `null` when they could not be listed.
    clients: Option<usize>,
    identity_providers: Option<usize>,
    /// What is attached, by trigger.
    triggers: BTreeMap<&'static str, String>,
    event_version: Option<String>,
    tenant_attribute: String,
    table: Option<String>,
}

/// One finding.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Reported {
    rule: &'static str,
    severity: Severity,
    subject: String,
    found: String,
    why: &'static str,
    mend: String,
    ignored: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NotChecked {
    what: &'static str,
    reason: String,
    rules: Vec<&'static str>,
}

/// How many; findings that are ignored count as ignored alone.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Counts {
    critical: usize,
    high: usize,
    medium: usize,
    low: usize,
    info: usize,
    ignored: usize,
    passed: usize,
    not_checked: usize,
}

impl Report {
    /// Puts together what was found. `fail_on`: from which severity on the audit fails; `None`, never.
    pub(super) fn new(
        snapshot: &Snapshot,
        judgement: Judgement,
        ignored: &BTreeSet<&'static str>,
        fail_on: Option<Severity>,
        is_verbose: bool,
    ) -> Self {
        let findings: Vec<Reported> = judgement
            .findings
            .into_iter()
            .map(|(rule, finding)| Reported {
                rule: rule.id,
                severity: severity(rule, &finding),
                subject: finding.subject,
                found: finding.found,
                why: rule.why,
                mend: finding.mend,
                ignored: ignored.contains(rule.id),
            })
            .collect();
        let not_checked: Vec<NotChecked> = judgement
            .not_checked
            .into_iter()
            .map(|gap| NotChecked { what: gap.what, reason: gap.reason, rules: gap.rules })
            .collect();
        let passed: Vec<&'static str> = judgement.passed.iter().map(|rule| rule.id).collect();
        let unseen: BTreeSet<_> = not_checked.iter().flat_map(|gap| &gap.rules).collect();
        let counts = Counts::new(&findings, passed.len(), unseen.len());
        let failed =
            fail_on.is_some_and(|limit| findings.iter().any(|one| !one.ignored && one.severity >= limit));
        Self {
            user_pool_id: snapshot.pool_id.clone(),
            incomplete: Vec::new(),
            pool: Pool::new(snapshot),
            findings,
            not_checked,
            passed,
            counts,
            fail_on: fail_on.map_or("never", Severity::as_str),
            failed,
            is_verbose,
        }
    }

    /// Fails for these reasons, if there are any: parts that the audit cannot do without were not read.
    pub(super) fn fail_as_incomplete(&mut self, reasons: Vec<String>) {
        self.failed |= !reasons.is_empty();
        self.incomplete = reasons;
    }

    /// Whether there are findings that are grave enough, or the audit is incomplete.
    pub(super) fn has_failed(&self) -> bool {
        self.failed
    }
}

impl Pool {
    fn new(snapshot: &Snapshot) -> Self {
        let pool = &snapshot.pool;
        Self {
            name: pool.name().map(str::to_owned),
            arn: pool.arn().map(str::to_owned),
            tier: pool.user_pool_tier().map(|tier| tier.as_str().to_owned()),
            estimated_users: pool.estimated_number_of_users(),
            clients: snapshot.clients.as_ref().ok().map(Vec::len),
            identity_providers: snapshot.providers.as_ref().ok().map(Vec::len),
            triggers: snapshot.functions.iter().map(|one| (one.trigger, one.arn.clone())).collect(),
            event_version: snapshot.pre_token_generation().map(|(_, version)| version.as_str().to_owned()),
            tenant_attribute: snapshot.expected.tenant_attribute.clone(),
            table: snapshot.expected.table.clone(),
        }
    }
}

impl Counts {
    fn new(findings: &[Reported], passed: usize, not_checked: usize) -> Self {
        let mut counts = Self { passed, not_checked, ..Self::default() };
        for finding in findings {
            let count = match finding.severity {
                _ if finding.ignored => &mut counts.ignored,
                Severity::Critical => &mut counts.critical,
                Severity::High => &mut counts.high,
                Severity::Medium => &mut counts.medium,
                Severity::Low => &mut counts.low,
                Severity::Info => &mut counts.info,
            };
            *count += 1;
        }
        counts
    }

    fn of(&self, severity: Severity) -> usize {
        match severity {
            Severity::Critical => self.critical,
            Severity::High => self.high,
            Severity::Medium => self.medium,
            Severity::Low => self.low,
            Severity::Info => self.info,
        }
    }
}

impl Show for Report {
    fn show(&self, page: &mut Page) {
        for reason in &self.incomplete {
            page.paragraph(0, &format!("{} {reason}.", styled(BAD, "Incomplete:")));
        }
        if !self.incomplete.is_empty() {
            page.gap();
        }
        self.pool.show(&self.user_pool_id, page);
        let shown: Vec<&Reported> = self.findings.iter().filter(|finding| !finding.ignored).collect();
        for group in shown.chunk_by(|a, b| a.rule == b.rule && a.severity == b.severity) {
            page.gap();
            show_group(group, page);
        }
        if shown.iter().any(|finding| finding.mend.ends_with(RESETS)) {
            page.gap();
            page.paragraph(0, CAUTION);
        }
        self.show_not_checked(page);
        if self.is_verbose {
            page.gap();
            page.heading("Passed");
            page.paragraph(2, &self.passed.join(", "));
        }
        page.gap();
        page.paragraph(0, &self.summary());
    }
}

impl Pool {
    fn show(&self, id: &str, page: &mut Page) {
        let many =
            |count: Option<usize>| count.map_or_else(|| "not known".to_owned(), |count| count.to_string());
        let mut fields = vec![
            ("User pool", format!("{} {id}", styled(BOLD, self.name.as_deref().unwrap_or("(no name)")))),
            ("Plan", self.tier.clone().unwrap_or_else(|| "not said".to_owned())),
            ("Users", format!("about {}", self.estimated_users)),
            ("App clients", many(self.clients)),
            ("Identity providers", many(self.identity_providers)),
            ("Tenant attribute", self.tenant_attribute.clone()),
        ];
        for (trigger, arn) in &self.triggers {
            let name = arn.rsplit_once(":function:").map_or(arn.as_str(), |(_, name)| name);
            let version = self.event_version.as_deref().filter(|_| *trigger == PRE_TOKEN_GENERATION);
            let version = version.map(|version| format!(", event {version}")).unwrap_or_default();
            fields.push((trigger, format!("{name}{version}")));
        }
        page.fields(fields);
    }
}

/// What one rule found, with its reason once.
fn show_group(group: &[&Reported], page: &mut Page) {
    let Some(first) = group.first() else { return };
    let style = match first.severity {
        Severity::Critical | Severity::High => BAD,
        Severity::Medium => WARN,
        Severity::Low | Severity::Info => DIM,
    };
    let severity = styled(style, first.severity.as_str().to_uppercase());
    page.line(format!("{severity}  {}", styled(BOLD, first.rule)));
    for finding in group.iter().take(SHOWN) {
        page.item(2, &format!("{}: {}", finding.subject, finding.found));
    }
    if let Some(more) = group.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        page.item(2, &format!("and {more} more; --output json has them all"));
    }
    page.paragraph(4, &format!("Why: {}", first.why));
    let mut mends: Vec<&str> = group.iter().take(SHOWN).map(|finding| finding.mend.as_str()).collect();
    mends.dedup();
    for mend in mends {
        page.paragraph(4, &format!("Fix: {mend}"));
    }
}

impl Report {
    fn show_not_checked(&self, page: &mut Page) {
        if self.not_checked.is_empty() {
            return;
        }
        page.gap();
        page.heading("Not checked");
        for gap in &self.not_checked {
            let rules = if self.is_verbose { gap.rules.join(", ") } else { counted(gap.rules.len(), "rule") };
            page.item(2, &format!("{}: {} ({rules})", gap.what, gap.reason));
        }
    }

    fn summary(&self) -> String {
        let counts = &self.counts;
        let found: Vec<String> = Severity::ALL
            .into_iter()
            .filter(|severity| counts.of(*severity) > 0)
            .map(|severity| format!("{} {}", counts.of(severity), severity.as_str()))
            .collect();
        let found = if found.is_empty() {
            styled(GOOD, "Nothing found")
        } else {
            format!("Found: {}", found.join(", "))
        };
        let ignored =
            if counts.ignored > 0 { format!(", {} ignored", counts.ignored) } else { String::new() };
        let verdict = match (self.failed, self.fail_on) {
            (true, _) if !self.incomplete.is_empty() => " Failed: the audit is incomplete.".to_owned(),
            (true, limit) => format!(" Failed: findings at or above {limit} (--fail-on)."),
            (false, _) => String::new(),
        };
        format!(
            "{found}{ignored}; {} passed, {} not checked.{verdict}",
            counted(counts.passed, "rule"),
            counts.not_checked
        )
    }
}
