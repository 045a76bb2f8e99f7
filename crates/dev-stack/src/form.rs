//! `application/x-www-form-urlencoded`, of bodies and of query strings.

use std::collections::HashMap;

/// Names and values; of a name that comes twice, the last value.
pub(crate) fn parse(form: &[u8]) -> HashMap<String, String> {
    form_urlencoded::parse(form).into_owned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_decoded() {
        let form =
            parse(b"grant_type=client_credentials&scope=api%2Fread+api%2fwrite&odd=100%&sign=%+5&empty=&twice=1&twice=2");

        assert_eq!(form["grant_type"], "client_credentials");
        assert_eq!(form["scope"], "api/read api/write");
        assert_eq!(form["odd"], "100%");
        assert_eq!(form["sign"], "% 5");
        assert_eq!(form["empty"], "");
        assert_eq!(form["twice"], "2");
    }
}
