//! Invite codes: typed codes are parsed, malformed ones are refused, and no output contains a code.

use std::collections::HashSet;

use proptest::prelude::*;
use tenancy::{EmailHash, InviteCode, InviteHash, Presented};

const CODE: &str = "inv_0123456789ABCDEFGHJKMNPQRS";

#[test]
fn a_code_is_read_however_it_is_typed() {
    let canonical: InviteCode = CODE.parse().unwrap();
    let rows = [
        "  inv_0123456789ABCDEFGHJKMNPQRS\n",
        "INV_0123456789ABCDEFGHJKMNPQRS",
        "inv_0123456789abcdefghjkmnpqrs",
        "0123456789ABCDEFGHJKMNPQRS",
        "inv_01234-56789-ABCDE-FGHJK-MNPQR-S",
        "inv_O123456789ABCDEFGHJKMNPQRS",
        "inv_oI23456789ABCDEFGHJKMNPQRS",
        "inv_0l23456789ABCDEFGHJKMNPQRS",
    ];

    for raw in rows {
        assert_eq!(raw.parse::<InviteCode>().as_ref(), Ok(&canonical), "{raw:?}");
    }
}

#[test]
fn what_is_no_code_is_refused() {
    let rows = [
        "inv_",
        "-",
        "inv_nope",
        "inv_0123456789ABCDEFGHJKMNPQR",
        "inv_0123456789ABCDEFGHJKMNPQRST",
        "inv_U123456789ABCDEFGHJKMNPQRS",
        "inv_0123456789ABCDEFGHJKMNPQR ",
        "inv_0123456789 ABCDEFGHJKMNPQRS",
        "inv_inv_0123456789ABCDEFGHJKMNPQRS",
        "inv_\u{ff10}123456789ABCDEFGHJKMNPQRS",
        "inv_0123456789ABCDEFGHJKMNPQR\u{0}",
    ];

    for raw in rows {
        assert_eq!(Presented::<InviteCode>::parse(raw), Presented::Malformed, "{raw:?}");
    }
}

#[test]
fn a_blank_code_from_an_empty_form_field_counts_as_none() {
    for raw in ["", " ", "\t\n", "\u{a0}"] {
        assert_eq!(Presented::<InviteCode>::parse(raw), Presented::None, "{raw:?}");
    }
}

#[test]
fn the_hash_is_the_published_one() {
    // printf '%s' 'cognito-tenancy/invite/v1:0123456789ABCDEFGHJKMNPQRS' | sha256sum
    let code: InviteCode = CODE.parse().unwrap();

    assert_eq!(code.hash().as_str(), "19902b2d82d66c64b12191aa9d5d64778c1393218315ae248aaffbcc6642c36c");
}

#[test]
fn a_code_does_not_show_in_debug() {
    let code: InviteCode = CODE.parse().unwrap();

    assert_eq!(format!("{code:?}"), "InviteCode(<redacted>)");
    assert_eq!(code.reveal(), CODE);
}

proptest! {
    #[test]
    fn every_code_that_is_made_can_be_read_back(bytes: [u8; 26]) {
        let code = InviteCode::from_random(bytes);
        prop_assert_eq!(code.reveal().parse::<InviteCode>(), Ok(code.clone()));
        prop_assert_eq!(code.reveal().to_lowercase().parse::<InviteCode>(), Ok(code));
    }

    #[test]
    fn no_text_is_too_much_for_the_parser(raw in "\\PC*") {
        if let Ok(code) = raw.parse::<InviteCode>() {
            prop_assert_eq!(code.reveal().len(), 30);
        }
    }
}

#[test]
fn each_of_the_130_bits_counts() {
    let base = [0_u8; 26];
    let mut codes = HashSet::from([InviteCode::from_random(base).reveal()]);

    for position in 0..26 {
        for bit in 0..5 {
            let mut bytes = base;
            bytes[position] ^= 1 << bit;
            assert!(codes.insert(InviteCode::from_random(bytes).reveal()), "bit {bit} of byte {position}");
        }
    }

    assert_eq!(codes.len(), 131);
}

#[test]
fn the_upper_bits_of_a_random_byte_do_not_count() {
    let codes = [0, 32, 64, 224].map(|upper| InviteCode::from_random([upper | 31; 26]).reveal());

    assert_eq!(codes, [(); 4].map(|()| format!("inv_{}", "Z".repeat(26))));
}

#[test]
fn a_hash_is_64_lower_case_hex_digits_and_8_of_them_name_it() {
    let code: InviteCode = CODE.parse().unwrap();
    let rows = [
        ("0".repeat(64), true),
        ("9af0".repeat(16), true),
        ("a".repeat(63), false),
        ("a".repeat(65), false),
        ("A".repeat(64), false),
        ("g".repeat(64), false),
        (format!("{}#", "a".repeat(63)), false),
        (String::new(), false),
    ];

    for (raw, is_hash) in rows {
        assert_eq!(raw.parse::<InviteHash>().is_ok(), is_hash, "{raw:?}");
    }
    assert_eq!(code.hash().short(), "19902b2d");
    assert_eq!(EmailHash::of(&"ana@example.com".parse().unwrap()).short(), "9961d5fe");
}
