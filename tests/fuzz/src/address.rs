use tenancy::route::Asked;
use tenancy::{EmailAddress, EmailHash, MailDomain};

/// An e-mail address, and a mail domain.
///
/// - A normal form is the normal form of itself: normalising twice is the same as once, and so is its hash.
/// - It has one domain in lower-case ASCII, no blanks and no control characters, and 254 bytes at most.
/// - The domain of an address is a mail domain by itself, and the front door asks for the same one.
/// - `Debug` does not show the address.
pub fn email(data: &[u8]) {
    let Ok(raw) = std::str::from_utf8(data) else { return };
    if let Ok(domain) = raw.parse::<MailDomain>() {
        assert_eq!(domain.as_str().parse(), Ok(domain.clone()), "{raw:?}");
        assert!(is_domain(domain.as_str()) && domain.as_str().contains('.'), "{raw:?} {domain}");
    }
    let Ok(address) = raw.parse::<EmailAddress>() else {
        assert_eq!(Asked::email(raw), Asked::Nobody);
        return;
    };
    let normal = address.as_str();
    let again: EmailAddress = normal.parse().unwrap_or_else(|error| panic!("{raw:?} {normal:?}: {error}"));
    assert_eq!(again.as_str(), normal, "{raw:?}");
    assert_eq!(EmailHash::of(&again), EmailHash::of(&address));
    assert_eq!(format!("\u{3000} {raw}\n").parse(), Ok(address.clone()), "blanks around {raw:?}");

    let (local, domain) = normal.rsplit_once('@').expect("an @");
    assert!(!local.is_empty() && normal.len() <= 254, "{raw:?} {normal:?}");
    assert!(!normal.contains(|c: char| c.is_whitespace() || c.is_control()), "{raw:?} {normal:?}");
    assert!(is_domain(domain), "{raw:?} {normal:?}");
    let of = MailDomain::of(&address);
    assert_eq!(of, domain.parse().ok(), "{raw:?} {normal:?}");
    assert_eq!(Asked::email(raw), of.map_or(Asked::Nobody, Asked::Domain), "{raw:?}");
    assert!(normal.len() < 4 || !format!("{address:?}").contains(normal));
}

fn is_domain(domain: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b);
    domain.bytes().all(allowed) && domain.split('.').all(|label| (1..=63).contains(&label.len()))
}
