//! Where the front door sends a request.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use tenancy::ports::StoreError;
use tenancy::route::{
    Answer, Asked, Directory, FrontHost, HostSuffix, ListedTenant, MailRoute, Resident, Unknown, find,
};
use tenancy::{Cell, CellName, CellStatus, MailDomain, Place, Slug, TenantId, TenantStatus};

use crate::support::tenant_id;

fn cell(name: &str, client: Option<&str>) -> Cell {
    Cell {
        name: name.parse().unwrap(),
        pool: format!("eu-west-1_{name}").parse().unwrap(),
        region: "eu-west-1".parse().unwrap(),
        status: if name == "old" { CellStatus::Closed } else { CellStatus::Open },
        capacity: 10,
        tenants: 1,
        tiers: Vec::new(),
        client: client.map(|client| client.parse().unwrap()),
        domain: format!("{name}.example.com").parse().unwrap(),
        issuer: None,
        scopes: Vec::new(),
    }
}

/// Each tenant's slug is its id. `acme` has a cell of its own, `initech` a client, `umbrella` a provider, `globex` nothing;
/// `gone` is offboarded. Nobody has the slug `nobody`, and `lost` leads to a tenant that does not exist.
struct Table;

fn place(tenant: &str) -> Place {
    let nowhere = Place::default();
    match tenant {
        "acme" => Place { cell: Some("silo".parse().unwrap()), ..nowhere },
        "initech" => Place { client: Some("initechs".parse().unwrap()), ..nowhere },
        "umbrella" => Place { provider: Some("Okta".parse().unwrap()), ..nowhere },
        "of-a-closed-cell" => Place { cell: Some("old".parse().unwrap()), ..nowhere },
        "of-a-bare-cell" => Place { cell: Some("bare".parse().unwrap()), ..nowhere },
        "of-no-cell" => Place { cell: Some("none".parse().unwrap()), ..nowhere },
        _ => nowhere,
    }
}

impl Directory for Table {
    async fn foresee(&self, _: &Asked, _: &CellName) -> Result<(), StoreError> {
        Ok(())
    }

    async fn slug(&self, slug: &Slug) -> Result<Option<TenantId>, StoreError> {
        Ok((slug.as_str() != "nobody").then(|| tenant_id(slug.as_str())))
    }

    async fn mail_domain(&self, domain: &MailDomain) -> Result<Option<MailRoute>, StoreError> {
        let name =
            domain.as_str().strip_suffix(".com").filter(|name| *name != "nobody" && !name.contains('.'));
        Ok(name.map(|name| MailRoute { tenant: tenant_id(name), is_routed: name != "globex" }))
    }

    async fn resident(&self, id: &TenantId) -> Result<Option<Arc<Resident>>, StoreError> {
        let status = match id.as_str() {
            "lost" => return Ok(None),
            "gone" => TenantStatus::Offboarded,
            "initech" => TenantStatus::Suspended,
            _ => TenantStatus::Active,
        };
        let slug = Some(id.as_str().parse().unwrap());
        let (name, place) = ("Acme".parse().unwrap(), place(id.as_str()));
        Ok(Some(Arc::new(Resident { name, status, slug, place })))
    }

    async fn cell(&self, name: &CellName) -> Result<Option<Arc<Cell>>, StoreError> {
        let cell = match name.as_str() {
            "none" => return Ok(None),
            "bare" => cell("bare", None),
            "silo" => Cell {
                issuer: Some("https://issuer.example.com/silo".parse().unwrap()),
                scopes: vec!["openid".parse().unwrap(), "orders/read".parse().unwrap()],
                ..cell("silo", Some("silos"))
            },
            name => cell(name, Some("everybodys")),
        };
        Ok(Some(Arc::new(cell)))
    }

    async fn listed(&self) -> Result<Arc<Vec<ListedTenant>>, StoreError> {
        Ok(Arc::default())
    }
}

fn found(asked: &Asked) -> Result<Answer, String> {
    let default = "shared".parse().unwrap();
    let call = pin!(find(asked, &default, &Table));
    match call.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer.map_err(|error| error.to_string()),
        Poll::Pending => panic!("the table answers at once"),
    }
}

#[test]
fn a_tenant_has_the_route_of_its_place_and_everybody_else_the_default_one() {
    let rows = [
        ("acme", None, "silo silos None", false),
        ("initech", None, "shared initechs None", false),
        ("umbrella", None, "shared everybodys Okta", false),
        ("globex", None, "shared everybodys None", true),
        ("nobody", Some(Unknown::NoSlug), "shared everybodys None", true),
        ("lost", Some(Unknown::NoTenant), "shared everybodys None", true),
        ("gone", Some(Unknown::Offboarded), "shared everybodys None", true),
        ("No Slug!", Some(Unknown::Nobody), "shared everybodys None", true),
    ];

    for (code, unknown, route, is_default) in rows {
        let asked = Asked::code(&format!(" {} ", code.to_uppercase()));
        let answer = found(&asked).unwrap();
        let provider = answer.route.provider.as_ref().map_or("None", |provider| provider.as_str());
        assert_eq!(format!("{} {} {provider}", answer.cell, answer.route.client), route, "{code}");
        assert_eq!((answer.tenant.clone().err(), answer.is_default), (unknown, is_default), "{code}");
        // An address of its own would tell that a tenant exists that looks like nobody.
        let own = answer.own_login(&asked).map(Slug::as_str);
        assert_eq!(own, (!is_default).then_some(code), "{code}");
    }
}

#[test]
fn an_address_leads_to_the_tenant_that_its_domain_is_routed_to() {
    let unknown = |address: &str| found(&Asked::email(address)).unwrap().tenant.err();

    let acme = found(&Asked::email("Ana@Acme.COM")).unwrap();
    assert_eq!(acme.tenant.as_ref().unwrap().0, tenant_id("acme"));
    assert_eq!(acme.own_login(&Asked::email("ana@acme.com")).map(Slug::as_str), Some("acme"));
    assert_eq!(unknown("ana@globex.com"), Some(Unknown::NotRouted));
    assert_eq!(unknown("ana@nobody.com"), Some(Unknown::NoDomain));
    assert_eq!(unknown("ana@sub.acme.com"), Some(Unknown::NoDomain), "a subdomain is another domain");
    assert_eq!(unknown("ana@localhost"), Some(Unknown::Nobody));
}

#[test]
fn a_route_says_all_that_a_sign_in_needs() {
    let shared = found(&Asked::Nobody).unwrap().route;
    let silo = found(&Asked::code("acme")).unwrap().route;

    assert_eq!(shared.authorization_endpoint(), "https://shared.example.com/oauth2/authorize");
    assert_eq!(shared.token_endpoint(), "https://shared.example.com/oauth2/token");
    assert_eq!(shared.issuer, "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_shared");
    assert_eq!(shared.scopes, ["openid", "email"].map(|scope| scope.parse().unwrap()));
    assert_eq!(silo.issuer, "https://issuer.example.com/silo");
    assert_eq!(silo.scopes, ["openid", "orders/read"].map(|scope| scope.parse().unwrap()));
}

#[test]
fn nobody_is_sent_to_a_cell_that_serves_nothing() {
    for (tenant, why) in [
        ("of-a-closed-cell", "CELL#old / META"),
        ("of-a-bare-cell", "has no `clientId`"),
        ("of-no-cell", "does not exist"),
    ] {
        let error = found(&Asked::code(tenant)).unwrap_err();
        assert!(error.contains(why), "{tenant}: {error}");
    }
}

#[test]
fn a_host_is_the_front_door_or_one_label_below_it() {
    let suffix: HostSuffix = " App.Example.COM ".parse().unwrap();
    let long = format!("{}.app.example.com", "a".repeat(64));
    let rows = [
        ("app.example.com", Some("")),
        ("APP.example.com.", Some("")),
        ("app.example.com:8443", Some("")),
        ("app.example.com:", Some("")),
        ("acme.app.example.com", Some("acme")),
        ("ACME.app.example.com:443", Some("acme")),
        ("app.example.com:654321", None),
        ("app.example.com:80a", None),
        ("a.b.app.example.com", None),
        ("xapp.example.com", None),
        (".app.example.com", None),
        ("-acme.app.example.com", None),
        ("acme-.app.example.com", None),
        ("acme_1.app.example.com", None),
        ("acme..app.example.com", None),
        ("example.com", None),
        ("app.example.com.evil.com", None),
        (&long, None),
        ("", None),
    ];

    assert_eq!(suffix.as_str(), "app.example.com");
    for (host, expected) in rows {
        let expected = expected.map(|slug| match slug {
            "" => FrontHost::Shared,
            slug => FrontHost::Tenant(slug.parse().unwrap()),
        });
        assert_eq!(suffix.read(host), expected, "{host}");
    }
}

#[test]
fn the_front_door_has_a_host_name_of_two_labels() {
    let of_labels = |lengths: [usize; 4]| lengths.map(|length| "a".repeat(length)).join(".");
    let (longest, too_long) = (of_labels([63, 63, 63, 61]), of_labels([63, 63, 63, 62]));
    let rows = [
        ("app.example.com", true),
        ("b\u{fc}cher.example", true),
        ("a1.2b", true),
        (&longest, true),
        (&too_long, false),
        ("localhost", false),
        ("192.0.2.1", false),
        ("app.example.com:443", false),
        ("app.example.com/x", false),
        ("app..com", false),
        ("", false),
    ];

    assert_eq!(longest.len(), 253);
    for (raw, is_host) in rows {
        assert_eq!(raw.parse::<HostSuffix>().is_ok(), is_host, "{raw}");
    }
}

/// IDNA leaves soft hyphens out, so a long text can be a short name. Very long ones are refused unread.
#[test]
fn a_long_spelling_of_a_host_is_read_up_to_a_limit() {
    let spelled = |bytes: usize| {
        let padding = bytes - "aapp.example.com".len();
        format!("a{}{}pp.example.com", "\u{ad}".repeat(padding / 2), "a".repeat(1 + padding % 2))
    };

    assert_eq!(spelled(1_012).len(), 1_012);
    assert!(spelled(600).parse::<HostSuffix>().is_ok());
    assert!(spelled(1_012).parse::<HostSuffix>().is_ok());
    assert!(spelled(1_013).parse::<HostSuffix>().is_err());
    assert!(spelled(2_000).parse::<HostSuffix>().is_err());
}
