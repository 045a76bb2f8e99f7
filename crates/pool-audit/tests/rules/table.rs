//! The table, and what it ties to tenants.

use tenancy::ClientBindingMode;
use tenancy_aws::table::TableState;

use crate::sample::{POOL, bound_client, bound_provider, of_one_tenant};
use crate::{check, sample};
use pool_audit::finding::Severity::{Critical, High, Info, Low, Medium};
use pool_audit::judge;
use pool_audit::snapshot::{Bindings, Snapshot};
use pool_audit::unread::No;

fn table(snapshot: &mut Snapshot) -> &mut TableState {
    snapshot.table.as_mut().unwrap().as_mut().unwrap()
}

fn bindings(snapshot: &mut Snapshot) -> &mut Bindings {
    snapshot.bindings.as_mut().unwrap()
}

#[test]
fn a_table_that_is_not_as_it_should_be_is_found() {
    check(&[
        ("missing", |s| s.table = Ok(None), &[("table-missing", Critical)]),
        ("other keys", |s| table(s).has_keys = false, &[("table-keys", Critical)]),
        ("being made", |s| table(s).is_active = false, &[("table-keys", High)]),
        ("no index", |s| table(s).index = None, &[("table-index", High)]),
        (
            "an index of keys alone",
            |s| table(s).index.as_mut().unwrap().holds_all = false,
            &[("table-index", High)],
        ),
        ("no recovery", |s| table(s).is_recoverable = Ok(false), &[("table-recovery", Medium)]),
        ("unprotected", |s| table(s).is_deletion_protected = false, &[("table-deletion-protection", Medium)]),
        ("no expiry", |s| table(s).expires = Ok(false), &[("table-expiry", Low)]),
        ("provisioned", |s| table(s).is_on_demand = false, &[("table-provisioned", Info)]),
    ]);
}

#[test]
fn a_binding_that_leads_nowhere_is_found() {
    check(&[
        (
            "an offboarded tenant",
            |s| bindings(s).clients[0].tenant = "gone".into(),
            // Its provider is of another tenant then.
            &[("binding-tenant", Medium), ("provider-cross-tenant", High)],
        ),
        (
            "a tenant that is not there",
            |s| bindings(s).providers[0].tenant = "acmee".into(),
            &[("binding-tenant", Medium), ("provider-cross-tenant", High)],
        ),
        ("a suspended tenant", |s| bindings(s).clients[1].tenant = "globex".into(), &[]),
        (
            "a client that is not there",
            |s| bindings(s).clients.push(bound_client("wbe", "acme", ClientBindingMode::Required)),
            &[("binding-client-missing", Medium)],
        ),
        (
            "a provider that is not there",
            |s| bindings(s).providers.push(bound_provider("acme-saml", "acme")),
            &[("binding-provider-missing", Medium)],
        ),
        (
            "a damaged one",
            |s| bindings(s).damaged.push("item `CLIENT#..`: `tid` is missing.".into()),
            &[("data-damaged", Medium)],
        ),
    ]);
}

#[test]
fn a_pool_of_a_tenant_that_gets_no_token_in_it_is_found() {
    check(&[
        ("its own", |s| of_one_tenant(s, "acme"), &[]),
        (
            "one that is in this pool and another",
            |s| {
                of_one_tenant(s, "acme");
                bindings(s).tenants[0].pools = vec![POOL.to_owned(), "eu-west-1_Other".to_owned()];
            },
            &[],
        ),
        (
            "one that is in other pools, as its client and its provider say as well",
            |s| {
                of_one_tenant(s, "acme");
                bindings(s).tenants[0].pools = vec!["eu-west-1_Other".to_owned()];
            },
            &[("binding-tenant", Critical), ("binding-tenant", Medium)],
        ),
        (
            "one that is not there",
            |s| {
                of_one_tenant(s, "acmee");
                *bindings(s) = Bindings { tenants: bindings(s).tenants.clone(), ..Bindings::default() };
            },
            &[("binding-tenant", Critical)],
        ),
        (
            "one that is offboarded",
            |s| {
                of_one_tenant(s, "gone");
                *bindings(s) = Bindings { tenants: bindings(s).tenants.clone(), ..Bindings::default() };
            },
            &[("binding-tenant", Medium)],
        ),
        ("bindings of another tenant", |s| of_one_tenant(s, "globex"), &[("binding-tenant", Medium)]),
        (
            "a tenant of other pools, in a shared pool",
            |s| bindings(s).tenants[0].pools = vec!["eu-west-1_Other".to_owned()],
            &[("binding-tenant", Medium)],
        ),
    ]);
}

#[test]
fn a_part_of_the_table_that_was_refused_is_not_checked() {
    let mut snapshot = sample::snapshot();
    table(&mut snapshot).is_recoverable = Err("no".to_owned());
    snapshot.bindings = Err(sample::unread(No::Denied));

    let judgement = judge(&snapshot);

    assert!(judgement.findings.is_empty());
    let hidden: Vec<&str> = judgement.not_checked.iter().flat_map(|gap| gap.rules.clone()).collect();
    for rule in
        ["table-recovery", "binding-tenant", "provider-anyone-joins", "provider-two-tenants", "data-damaged"]
    {
        assert!(hidden.contains(&rule), "{rule}");
    }
    assert!(judgement.passed.iter().any(|rule| rule.id == "table-expiry"));
}
