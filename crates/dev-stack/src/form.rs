//! `application/x-www-form-urlencoded`, of bodies and of query strings.

use std::collections::HashMap;

/// Names and values; of a name that comes twice, the last value.
pub(crate) fn parse(body: &[u8]) -> HashMap<String, String> {
    let body = String::from_utf8_lossy(body);
    body.split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (decode_component(name), decode_component(value)))
        .collect()
}

fn decode_component(text: &str) -> String {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut ahead = bytes.clone();
                let digits = [ahead.next().unwrap_or_default(), ahead.next().unwrap_or_default()];
                let value =
                    std::str::from_utf8(&digits).ok().and_then(|hex| u8::from_str_radix(hex, 16).ok());
                match value {
                    Some(value) => {
                        bytes = ahead;
                        value
                    }
                    None => b'%',
                }
            }
            other => other,
        });
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_decoded() {
        let form = parse(b"grant_type=client_credentials&scope=api%2Fread+api%2fwrite&odd=100%&empty=");

        assert_eq!(form["grant_type"], "client_credentials");
        assert_eq!(form["scope"], "api/read api/write");
        assert_eq!(form["odd"], "100%");
        assert_eq!(form["empty"], "");
    }
}
