//! Which cell takes a tenant, and what operators may change.

use proptest::prelude::*;
use tenancy::operate::Rule;
use tenancy::operate::cells::{self, CellEdit, Pick};
use tenancy::{Cell, CellStatus, Place, TenantStatus, TenantTier};

use crate::support::{tenant, tenant_id};

fn cell(name: &str, tenants: u32, capacity: u32) -> Cell {
    Cell {
        name: name.parse().unwrap(),
        pool: format!("eu-west-1_{name}").parse().unwrap(),
        region: "eu-west-1".parse().unwrap(),
        status: CellStatus::Open,
        capacity,
        tenants,
        tiers: Vec::new(),
        client: None,
        domain: "login.example.com".parse().unwrap(),
        issuer: None,
        scopes: Vec::new(),
    }
}

fn tier(name: &str) -> TenantTier {
    name.parse().unwrap()
}

#[test]
fn a_tenant_goes_to_the_emptiest_open_cell_that_takes_its_tier() {
    let draining = Cell { status: CellStatus::Draining, ..cell("draining", 0, 10) };
    let closed = Cell { status: CellStatus::Closed, ..cell("closed", 0, 10) };
    let silo = Cell { tiers: vec![tier("enterprise")], ..cell("silo", 0, 1) };
    let full = cell("full", 5, 5);
    let rows: [(&str, &[Cell], Result<&str, Rule>); 8] = [
        ("the lowest share, not the lowest count", &[cell("a", 3, 4), cell("b", 50, 100)], Ok("b")),
        ("of equals the first by name", &[cell("b", 1, 2), cell("c", 2, 4), cell("a", 3, 6)], Ok("a")),
        ("not a draining or closed one", &[draining.clone(), closed.clone(), cell("a", 9, 10)], Ok("a")),
        ("not one of another tier", &[silo.clone(), cell("a", 9, 10)], Ok("a")),
        ("not a full one", &[full.clone(), cell("a", 99, 100)], Ok("a")),
        ("all are full", &[full.clone(), silo.clone()], Err(Rule::CellsFull(tier("pro")))),
        ("nobody takes the tier", &[silo, draining], Err(Rule::NoCell(tier("pro")))),
        ("there are none", &[], Err(Rule::NoCell(tier("pro")))),
    ];

    for (row, cells, expected) in rows {
        let chosen = cells::choose(cells, &tier("pro"), Pick::Emptiest).map(|cell| cell.name.as_str());
        assert_eq!(chosen, expected, "{row}");
    }
}

#[test]
fn a_free_place_is_counted_over_all_cells_in_the_order_of_their_names() {
    let cells = [cell("c", 0, 2), cell("b", 4, 4), cell("a", 2, 3)];

    let chosen = [0, 1, 2, 3, 4, u64::MAX]
        .map(|number| cells::choose(&cells, &tier("pro"), Pick::FreePlace(number)).unwrap().name.as_str());

    assert_eq!(chosen, ["a", "c", "c", "a", "c", "a"]);
}

proptest! {
    #[test]
    fn a_cell_without_room_is_never_chosen(
        counts in prop::collection::vec((0_u32..4, 0_u32..4), 0..6),
        number in any::<u64>(),
    ) {
        let cells: Vec<Cell> =
            counts.iter().enumerate().map(|(n, (tenants, capacity))| cell(&format!("c{n}"), *tenants, *capacity)).collect();
        let has_room = cells.iter().any(|cell| cell.tenants < cell.capacity);

        for pick in [Pick::Emptiest, Pick::FreePlace(number)] {
            let chosen = cells::choose(&cells, &tier("pro"), pick);
            prop_assert_eq!(chosen.is_ok(), has_room);
            prop_assert!(chosen.is_ok_and(|cell| cell.tenants < cell.capacity) || !has_room);
        }
    }
}

#[test]
fn a_named_cell_says_why_it_takes_no_tenant() {
    let draining = Cell { status: CellStatus::Draining, ..cell("a", 0, 10) };
    let silo = Cell { tiers: vec![tier("enterprise")], ..cell("a", 0, 1) };
    let rows = [
        (cell("a", 9, 10), None),
        (cell("a", 10, 10), Some("cell `a` is full")),
        (cell("a", 0, 0), Some("cell `a` is full")),
        (draining, Some("cell `a` is draining, and takes no tenants")),
        (silo, Some("cell `a` does not take the tier `pro`")),
    ];

    for (cell, expected) in rows {
        let refused = cells::check_takes(&cell, &tier("pro")).err().map(|rule| rule.to_string());
        assert_eq!(refused.as_deref(), expected);
    }
}

#[test]
fn a_tenant_is_placed_once_and_not_after_its_end() {
    let placed = Place { cell: Some("a".parse().unwrap()), ..Place::default() };
    let (active, gone) = (tenant("acme", TenantStatus::Active), tenant("acme", TenantStatus::Offboarded));

    assert_eq!(cells::check_place(&active, &Place::default()), Ok(()));
    assert_eq!(
        cells::check_place(&active, &placed),
        Err(Rule::TenantPlaced { tenant: tenant_id("acme"), cell: "a".parse().unwrap() })
    );
    assert_eq!(cells::check_place(&gone, &placed), Err(Rule::TenantOffboarded(tenant_id("acme"))));
}

#[test]
fn a_cells_change_names_what_is_different_and_nothing_else() {
    let before = cell("a", 3, 10);
    let wanted = CellEdit {
        status: Some(CellStatus::Open),
        capacity: Some(2),
        tiers: Some(vec![tier("pro"), tier("free")]),
        client: Some("shared".parse().unwrap()),
    };

    let change = cells::edit(&before, wanted).unwrap().unwrap();

    assert_eq!(change.detail, "capacity 10 -> 2, tiers all -> pro, free, client none -> shared");
    assert_eq!(change.edit.status, None);
    let same = CellEdit { capacity: Some(10), tiers: Some(Vec::new()), ..CellEdit::default() };
    assert_eq!(cells::edit(&before, same), Ok(None));
}

#[test]
fn a_cell_with_tenants_is_not_closed() {
    let close = || CellEdit { status: Some(CellStatus::Closed), ..CellEdit::default() };

    let refused = cells::edit(&cell("a", 1, 10), close());

    assert_eq!(refused, Err(Rule::CellNotEmpty { cell: "a".parse().unwrap(), tenants: 1 }));
    assert!(cells::edit(&cell("a", 0, 10), close()).unwrap().is_some());
}

#[test]
fn a_pool_is_of_one_cell() {
    let cells = [cell("a", 0, 1), cell("b", 0, 1)];

    assert_eq!(cells::check_pool_is_free(&"eu-west-1_c".parse().unwrap(), &cells), Ok(()));
    let taken = cells::check_pool_is_free(&cells[1].pool, &cells).unwrap_err();
    assert_eq!(
        (taken.name(), taken.to_string().as_str()),
        ("cell-pool-taken", "user pool eu-west-1_b belongs to cell `b`")
    );
}

#[test]
fn a_tenant_moves_to_no_cell_while_it_has_members_in_another_pool() {
    let (here, there) = (cell("a", 0, 1), cell("b", 0, 1));
    let move_to_a = |in_use: &[&Cell]| {
        let in_use: Vec<_> = in_use.iter().map(|cell| cell.pool.clone()).collect();
        cells::check_pools(&tenant_id("acme"), &in_use, &here)
    };

    assert_eq!(move_to_a(&[]), Ok(()));
    assert_eq!(move_to_a(&[&here]), Ok(()));
    let elsewhere = Rule::TenantElsewhere {
        tenant: tenant_id("acme"),
        pool: there.pool.clone(),
        cell: here.name.clone(),
    };
    assert_eq!(move_to_a(&[&here, &there]), Err(elsewhere));
}
