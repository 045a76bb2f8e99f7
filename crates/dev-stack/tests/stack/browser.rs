//! A browser as far as the login pages need one: it keeps cookies, fills in forms, and follows redirects when told.

use std::collections::BTreeMap;

use form_urlencoded::{Serializer, parse};

use crate::fixture::exchange;

#[derive(Default)]
pub(crate) struct Browser {
    cookies: BTreeMap<String, String>,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Browser {
    pub(crate) async fn get(&mut self, url: &str) -> Answer {
        self.request("GET", url, "").await
    }

    /// Follows redirects below `base`, and no other.
    pub(crate) async fn open(&mut self, base: &str, url: &str) -> Answer {
        let mut answer = self.get(url).await;
        while let Some(path) = answer.location().filter(|location| location.starts_with('/')) {
            answer = self.get(&format!("{base}{path}")).await;
        }
        answer
    }

    /// Sends the first form of a page with these fields beside its own hidden ones.
    pub(crate) async fn submit(&mut self, base: &str, page: &Answer, fields: &[(&str, &str)]) -> Answer {
        let mut form = Serializer::new(String::new());
        form.append_pair("_csrf", &page.csrf()).extend_pairs(fields);
        let action = unescaped(page.between(r#"action=""#));
        self.request("POST", &format!("{base}{action}"), &form.finish()).await
    }

    pub(crate) async fn request(&mut self, method: &str, url: &str, body: &str) -> Answer {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let cookies = cookies.join("; ");
        let headers = [("cookie", cookies.as_str()), ("content-type", "application/x-www-form-urlencoded")];
        let (status, head, body) = exchange(method, url, &headers, body).await;
        let set = head.lines().filter_map(|line| line.strip_prefix("set-cookie: "));
        for cookie in set {
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            if cookie.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        Answer { status, head, body }
    }

    pub(crate) fn has_cookie(&self, name: &str) -> bool {
        self.cookies.contains_key(name)
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    pub(crate) fn location(&self) -> Option<String> {
        self.header("location").map(str::to_owned)
    }

    /// The parameters of the address that it redirects to, below `address`.
    pub(crate) fn told(&self, address: &str) -> BTreeMap<String, String> {
        let location = self.location().unwrap_or_else(|| panic!("no redirect: {} {}", self.head, self.body));
        let query = location.strip_prefix(address).and_then(|rest| rest.strip_prefix(['?', '&']));
        let query = query.unwrap_or_else(|| panic!("not at {address}: {location}"));
        parse(query.as_bytes()).into_owned().collect()
    }

    /// The text of the alert.
    pub(crate) fn alert(&self) -> String {
        unescaped(self.between(r#"role="alert">"#).split("</p>").next().unwrap())
    }

    pub(crate) fn csrf(&self) -> String {
        self.between(r#"name="_csrf" value=""#).to_owned()
    }

    /// What follows `begin` in the page, up to the next quote or tag.
    fn between(&self, begin: &str) -> &str {
        let (_, rest) = self.body.split_once(begin).unwrap_or_else(|| panic!("no {begin}: {}", self.body));
        rest.split(['"', '<']).next().unwrap()
    }
}

fn unescaped(html: &str) -> String {
    let entities = [("&quot;", "\""), ("&#39;", "'"), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")];
    entities.into_iter().fold(html.to_owned(), |text, (entity, letter)| text.replace(entity, letter))
}
