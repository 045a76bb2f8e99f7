//! Mail domains that are nobody's: whoever has an address there would be sent to the tenant.

use tenancy::MailDomain;

use crate::failure::Failure;

/// Free and throw-away mail providers, one a line; `#` begins a comment.
const SHARED: &str = include_str!("shared_domains.txt");

/// Refuses a public suffix (ICANN's, and those of the private section of <https://publicsuffix.org>), and the domain of a mail
/// provider that everybody uses.
pub(crate) fn check(domain: &MailDomain) -> Result<(), Failure> {
    if is_public_suffix(domain.as_str()) {
        let message = format!("{domain} is a public suffix: others register domains below it");
        return Err(Failure::refused("domain-public-suffix", message).hint("Give the tenant's own domain."));
    }
    if let Some(provider) = provider_of(domain.as_str()) {
        let message =
            format!("{domain} belongs to a mail provider ({provider}), where everybody can have an address");
        let hint = "Give the tenant's own domain. Its users can also go by the organization code.";
        return Err(Failure::refused("domain-shared", message).hint(hint));
    }
    Ok(())
}

/// Also a domain of which every child is one: the rule `*.kawasaki.jp` does not name `kawasaki.jp` itself.
fn is_public_suffix(domain: &str) -> bool {
    let is_suffix = |domain: &str| psl::suffix_str(domain) == Some(domain);
    is_suffix(domain) || is_suffix(&format!("child.{domain}"))
}

/// The provider that `domain` is, or is below.
fn provider_of(domain: &str) -> Option<&'static str> {
    let mut providers =
        SHARED.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    providers.find(|provider| {
        domain.strip_suffix(provider).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_suffixes_and_mail_providers_are_refused_and_domains_of_companies_are_not() {
        let rows = [
            ("acme.com", None),
            ("acme.co.uk", None),
            ("mail.acme.com", None),
            ("xn--bcher-kva.example", None),
            ("notgmail.com", None),
            ("acme.internal", None),
            ("co.uk", Some("domain-public-suffix")),
            ("com.br", Some("domain-public-suffix")),
            ("github.io", Some("domain-public-suffix")),
            ("blogspot.com", Some("domain-public-suffix")),
            ("s3.amazonaws.com", Some("domain-public-suffix")),
            ("kawasaki.jp", Some("domain-public-suffix")),
            ("xn--55qx5d.cn", Some("domain-public-suffix")),
            ("gmail.com", Some("domain-shared")),
            ("googlemail.com", Some("domain-shared")),
            ("outlook.com", Some("domain-shared")),
            ("icloud.com", Some("domain-shared")),
            ("qq.com", Some("domain-shared")),
            ("proton.me", Some("domain-shared")),
            ("mailinator.com", Some("domain-shared")),
            ("acme.mailinator.com", Some("domain-shared")),
            ("yopmail.com", Some("domain-shared")),
        ];

        for (domain, code) in rows {
            let refused = check(&domain.parse().unwrap()).err();
            assert_eq!(refused.as_ref().map(Failure::code), code, "{domain}");
        }
    }

    #[test]
    fn every_line_of_the_list_is_a_mail_domain_in_its_normal_form_and_is_listed_once() {
        let lines: Vec<&str> =
            SHARED.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
        let distinct: std::collections::BTreeSet<_> = lines.iter().collect();

        assert_eq!(lines.len(), distinct.len());
        for line in lines {
            let domain: MailDomain = line.parse().unwrap();
            assert_eq!(domain.as_str(), line);
        }
    }
}
