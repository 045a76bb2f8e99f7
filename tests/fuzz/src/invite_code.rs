use tenancy::InviteCode;

/// An invite code, as people type it.
///
/// - A code that is read is printed as `inv_` and 26 characters of Crockford's alphabet, and read back as itself.
/// - Case, blanks around it, hyphens and the prefix do not matter.
/// - `Debug` and errors do not show the code.
pub fn invite_code(data: &[u8]) {
    let Ok(raw) = std::str::from_utf8(data) else { return };
    let Ok(code) = raw.parse::<InviteCode>() else { return };
    let printed = code.reveal();
    let bare = printed.strip_prefix("inv_").expect("the prefix");
    assert_eq!(bare.len(), 26, "{printed}");
    assert!(bare.bytes().all(|b| b"0123456789ABCDEFGHJKMNPQRSTVWXYZ".contains(&b)), "{printed}");

    let hyphens: String = bare.chars().flat_map(|c| [c, '-']).collect();
    let ways = [printed.clone(), printed.to_lowercase(), bare.to_owned(), format!(" \t{printed}\n"), hyphens];
    for way in ways {
        let again: InviteCode = way.parse().unwrap_or_else(|error| panic!("{way:?}: {error}"));
        assert_eq!((again.reveal(), again.hash()), (printed.clone(), code.hash()), "{way:?}");
    }
    assert!(!format!("{code:?}").contains(bare));
    assert!(!code.hash().as_str().contains(bare));
}
