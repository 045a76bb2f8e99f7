//! A route as it is shown, with the way to it.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use tenancy::Scope;
use tenancy::route::{Answer, Asked, Unknown};

use super::live::{Live, Router};
use crate::page::{BAD, GOOD, Page, Show, or_dash, styled};

/// One step of the way.
#[derive(Serialize)]
pub(super) struct Step {
    /// `host`, `asked`, `pointer`, `tenant`, `cell` or `client`.
    step: &'static str,
    text: String,
}

impl Step {
    pub(super) fn new(step: &'static str, text: String) -> Self {
        Self { step, text }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RouteTest {
    steps: Vec<Step>,
    tenant: Option<String>,
    cell: Option<String>,
    /// Whether an unknown name gets the same route.
    default: bool,
    /// As the router's document has it, without what only its settings say.
    route: Option<BTreeMap<&'static str, Value>>,
    against: Option<Comparison>,
}

#[derive(Serialize)]
struct Comparison {
    url: String,
    status: u16,
    same: bool,
    differences: Vec<Difference>,
}

#[derive(Serialize)]
struct Difference {
    name: String,
    expected: Option<Value>,
    answered: Option<Value>,
}

/// Adds the steps from whom the request asks for to the route.
pub(super) fn explain(asked: &Asked, answer: &Answer, steps: &mut Vec<Step>) {
    let subject = match asked {
        Asked::Nobody => {
            steps
                .push(Step::new("asked", "the request names nobody, or what no tenant can be called".into()));
            String::new()
        }
        Asked::Slug(slug) => format!("the slug `{slug}`"),
        Asked::Domain(domain) => format!("the mail domain {domain}"),
    };
    match &answer.tenant {
        Ok((id, resident)) => {
            steps.push(Step::new("pointer", format!("{subject} leads to the tenant `{id}`")));
            let status = resident.status.name();
            let place = match &resident.place.cell {
                Some(cell) => format!("lives in the cell `{cell}`"),
                None => "has no cell of its own".to_owned(),
            };
            steps.push(Step::new("tenant", format!("the tenant `{id}` is {status} and {place}")));
        }
        Err(unknown) => {
            let text = match unknown {
                Unknown::Nobody => None,
                Unknown::NoSlug | Unknown::NoDomain => Some(format!("{subject} is unknown")),
                Unknown::NotRouted => Some(format!("{subject} belongs to a tenant, and is not routed")),
                Unknown::NoTenant => Some(format!("{subject} leads to a tenant that does not exist")),
                Unknown::Offboarded => Some(format!("{subject} leads to an offboarded tenant")),
            };
            steps.extend(text.map(|text| Step::new("pointer", text)));
        }
    }
    let own = if answer.tenant.as_ref().is_ok_and(|(_, resident)| resident.place.cell.is_some()) {
        "the cell"
    } else {
        "the default cell"
    };
    steps.push(Step::new("cell", format!("{own} `{}` has the user pool {}", answer.cell, answer.route.pool)));
    let client = &answer.route.client;
    let of = match &answer.tenant {
        Ok((_, resident)) if resident.place.client.is_some() => "the tenant's own",
        _ => "that of the cell",
    };
    steps.push(Step::new("client", format!("the app client {client} is {of}")));
}

impl RouteTest {
    pub(super) fn of(answer: &Answer, steps: Vec<Step>) -> Self {
        let route = &answer.route;
        let mut members = BTreeMap::from([
            ("region", Value::from(route.region.as_str())),
            ("userPoolId", route.pool.as_str().into()),
            ("clientId", route.client.as_str().into()),
            ("issuer", route.issuer.as_str().into()),
            ("authorizationEndpoint", route.authorization_endpoint().into()),
            ("tokenEndpoint", route.token_endpoint().into()),
            ("scopes", route.scopes.iter().map(Scope::as_str).collect()),
        ]);
        if let Some(provider) = &route.provider {
            members.insert("identityProvider", provider.as_str().into());
        }
        Self {
            steps,
            tenant: answer.tenant.as_ref().ok().map(|(id, _)| id.to_string()),
            cell: Some(answer.cell.to_string()),
            default: answer.is_default,
            route: Some(members),
            against: None,
        }
    }

    /// Of a host that the router does not serve.
    pub(super) fn misdirected(steps: Vec<Step>) -> Self {
        Self { steps, tenant: None, cell: None, default: false, route: None, against: None }
    }

    /// Compares with what a router answers. Its settings decide `loginUrl` and `name`, which are not compared.
    pub(super) fn compare(&mut self, router: &Router, live: &Live) {
        let mut differences = Vec::new();
        let expected = self.route.clone().unwrap_or_default();
        let answered = live.document.as_object();
        let names = expected.keys().copied().chain(["identityProvider"]);
        let names: std::collections::BTreeSet<_> = names.collect();
        for name in names {
            let here = expected.get(name).cloned();
            let there = answered.and_then(|answered| answered.get(name)).cloned();
            if here != there {
                differences.push(Difference { name: name.to_owned(), expected: here, answered: there });
            }
        }
        let same = live.status == 200 && differences.is_empty();
        let url = router.to_string();
        self.against = Some(Comparison { url, status: live.status, same, differences });
    }

    pub(super) fn is_same(&self) -> bool {
        self.against.as_ref().is_none_or(|against| against.same)
    }
}

impl Show for RouteTest {
    fn show(&self, page: &mut Page) {
        for (number, step) in self.steps.iter().enumerate() {
            page.paragraph(0, &format!("{}. {}", number + 1, step.text));
        }
        if let Some(route) = &self.route {
            page.gap();
            let text = |value: &Value| match value {
                Value::String(text) => text.clone(),
                Value::Array(texts) => texts.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
                other => other.to_string(),
            };
            page.fields(route.iter().map(|(name, value)| (*name, text(value))));
            page.gap();
            page.paragraph(
                0,
                if self.default {
                    "This is the default route: a name that nobody has gets the same."
                } else {
                    "This route is the tenant's own: who guesses the name can recognise it."
                },
            );
        }
        let Some(against) = &self.against else { return };
        page.gap();
        if against.same {
            page.paragraph(0, &format!("{} {} answers the same", styled(GOOD, "same"), against.url));
            return;
        }
        let status = against.status;
        page.paragraph(0, &format!("{} {} answers {status}", styled(BAD, "different"), against.url));
        for difference in &against.differences {
            let shown = |value: &Option<Value>| or_dash(value.as_ref().map(Value::to_string));
            let (expected, answered) = (shown(&difference.expected), shown(&difference.answered));
            page.item(2, &format!("{}: the table says {expected}, the router {answered}", difference.name));
        }
        page.paragraph(
            0,
            "Routers cache for up to 90 seconds; if you have changed something just now, try again then.",
        );
    }
}
