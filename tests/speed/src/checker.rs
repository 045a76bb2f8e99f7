//! Checks signatures (AWS Signature Version 4), so that every client does the whole work of signing.

use std::sync::Mutex;

use ring::hmac::Key;

use crate::http::Request;
use crate::sigv4::{self, ALGORITHM, KEY_ID, SECRET};

#[derive(Default)]
pub(crate) struct Checker {
    /// The last scope and its key: it changes once a day, and between services.
    key: Mutex<Option<(String, Key)>>,
}

impl Checker {
    /// What is wrong with the signature of a request.
    pub(crate) fn check(&self, request: &Request) -> Result<(), &'static str> {
        let authorization = request.header("authorization").ok_or("no authorization")?;
        let rest = authorization.strip_prefix(ALGORITHM).ok_or("another algorithm")?;
        let part = |name: &str| {
            let mut parts = rest.split(',');
            parts.find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='))
        };
        let (key_id, scope) = part("Credential").and_then(|it| it.split_once('/')).ok_or("no credential")?;
        if key_id != KEY_ID {
            return Err("another key");
        }
        let signed = part("SignedHeaders").ok_or("no signed headers")?;
        if !signed.split(';').any(|name| name == "host") {
            return Err("the host is not signed");
        }
        let canonical = canonical(request, signed).ok_or("a signed header is missing")?;
        let date = request.header("x-amz-date").ok_or("no date")?;
        let right = sigv4::signature(&self.key_of(scope), date, scope, &canonical);
        if part("Signature") == Some(&right) { Ok(()) } else { Err("a wrong signature") }
    }

    fn key_of(&self, scope: &str) -> Key {
        let mut last = self.key.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some((known, key)) = last.as_ref()
            && known == scope
        {
            return key.clone();
        }
        let key = sigv4::key(SECRET, scope);
        *last = Some((scope.to_owned(), key.clone()));
        key
    }
}

fn canonical(request: &Request, signed: &str) -> Option<String> {
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    let mut text = format!("{}\n{path}\n{query}\n", request.method);
    for name in signed.split(';') {
        text.extend([name, ":", request.header(name)?, "\n"]);
    }
    Some(format!("{text}\n{signed}\n{}", sigv4::hash(&request.body)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> Request {
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        Request {
            method: "POST".to_owned(),
            path: "/".to_owned(),
            headers: vec![header("host", "127.0.0.1"), header("x-amz-date", "20260101T000000Z")],
            body: b"{}".to_vec(),
        }
    }

    fn signed(request: &Request) -> String {
        let scope = "20260101/eu-west-1/dynamodb/aws4_request";
        let canonical = canonical(request, "host;x-amz-date").unwrap();
        let key = sigv4::key(SECRET, scope);
        let signature = sigv4::signature(&key, "20260101T000000Z", scope, &canonical);
        format!(
            "{ALGORITHM} Credential={KEY_ID}/{scope}, SignedHeaders=host;x-amz-date, Signature={signature}"
        )
    }

    #[test]
    fn a_request_with_its_signature_passes_and_a_changed_one_does_not() {
        let mut request = request();
        request.headers.push(("authorization".to_owned(), signed(&request)));
        let checker = Checker::default();

        assert_eq!(checker.check(&request), Ok(()));
        request.body = b"{ }".to_vec();
        assert_eq!(checker.check(&request), Err("a wrong signature"));
    }

    /// AWS documentation, "Examples of the complete Signature Version 4 signing process": GET Object.
    #[test]
    fn the_signature_is_that_of_the_documentation() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let signature = "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41";
        let request = Request {
            method: "GET".to_owned(),
            path: "/test.txt".to_owned(),
            headers: [
                ("host", "examplebucket.s3.amazonaws.com"),
                ("range", "bytes=0-9"),
                ("x-amz-content-sha256", empty),
                ("x-amz-date", "20130524T000000Z"),
                ("authorization", &format!("{ALGORITHM} Credential={KEY_ID}/20130524/us-east-1/s3/aws4_request,SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,Signature={signature}")),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
            body: Vec::new(),
        };

        assert_eq!(Checker::default().check(&request), Ok(()));
    }
}
