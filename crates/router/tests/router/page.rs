//! The start page, read as a browser reads it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use crate::support::{Door, Got, SHARED};

/// A tag of a page: its name, and its attributes.
#[derive(Debug)]
struct Tag<'a> {
    name: &'a str,
    attributes: Vec<(&'a str, &'a str)>,
    /// The text behind it, up to the next tag.
    text: &'a str,
}

impl Tag<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(attribute, _)| *attribute == name).map(|(_, value)| *value)
    }
}

/// The tags of a page. Our page quotes every value.
fn tags(html: &str) -> Vec<Tag<'_>> {
    let mut tags = Vec::new();
    for part in html.split('<').skip(1) {
        let (inside, text) = part.split_once('>').expect("a tag ends");
        let (name, mut rest) = inside.split_once(' ').unwrap_or((inside, ""));
        let mut attributes = Vec::new();
        while !rest.trim().is_empty() {
            rest = rest.trim_start();
            let end = rest.find(['=', ' ']).unwrap_or(rest.len());
            let (attribute, after) = rest.split_at(end);
            let quoted = after.strip_prefix("=\"");
            let (value, after) =
                quoted.map_or(("", after), |value| value.split_once('"').expect("a value ends"));
            attributes.push((attribute, value));
            rest = after;
        }
        tags.push(Tag { name, attributes, text: text.trim() });
    }
    tags
}

fn one<'a, 't>(tags: &'t [Tag<'a>], name: &str) -> &'t Tag<'a> {
    let mut found = tags.iter().filter(|tag| tag.name == name);
    let tag = found.next().unwrap_or_else(|| panic!("no {name}"));
    assert!(found.next().is_none(), "one {name}");
    tag
}

/// What holds for every page.
fn check(got: &Got) -> Vec<Tag<'_>> {
    let html = got.text();
    let tags = tags(html);
    assert_eq!(got.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(html.starts_with("<!doctype html>\n"));
    assert_eq!(one(&tags, "html").get("lang"), Some("en"));
    for name in ["script", "img", "link", "iframe", "object", "base", "svg"] {
        assert!(tags.iter().all(|tag| tag.name != name), "no {name}");
    }
    assert!(tags.iter().flat_map(|tag| &tag.attributes).all(|(name, _)| !name.starts_with("on")));
    assert!(tags.iter().all(|tag| tag.get("style").is_none()));
    let (style, _) = html.split_once("<style>").unwrap().1.split_once("</style>").unwrap();
    let hash = STANDARD.encode(Sha256::digest(style));
    let policy = got.header("content-security-policy").unwrap();
    assert!(policy.contains(&format!("style-src 'sha256-{hash}'")), "{policy}");
    assert!(!style.contains("url(") && !style.contains("@import"));
    let form = one(&tags, "form");
    assert_eq!((form.get("method"), form.get("action")), (Some("post"), Some("/start")));
    let (label, input) = (one(&tags, "label"), one(&tags, "input"));
    assert_eq!((label.get("for"), input.get("id")), (Some("q"), Some("q")));
    assert_eq!(label.text, "E-mail address or organization code");
    for (name, value) in [
        ("name", "q"),
        ("autocomplete", "username"),
        ("autocapitalize", "none"),
        ("spellcheck", "false"),
        ("required", ""),
        ("maxlength", "254"),
    ] {
        assert_eq!(input.get(name), Some(value), "{name}");
    }
    assert_eq!((one(&tags, "button").get("type"), one(&tags, "button").text), (Some("submit"), "Continue"));
    one(&tags, "h1");
    one(&tags, "main");
    tags
}

#[tokio::test]
async fn the_page_is_one_form_with_a_label_and_without_a_script() {
    let door = Door::new();

    let got = door.get(SHARED, "/").await;

    assert_eq!(got.status, 200);
    assert!(got.body.len() < 8 * 1024, "{} bytes", got.body.len());
    let tags = check(&got);
    assert_eq!((one(&tags, "title").text, one(&tags, "h1").text), ("Sign in", "Sign in"));
    assert!(tags.iter().all(|tag| tag.get("role") != Some("alert")));
    assert!(tags.iter().all(|tag| !matches!(tag.name, "a" | "ul")));
    assert!(door.table.read.lock().unwrap().is_empty(), "the page reads nothing");
}

#[tokio::test]
async fn a_malformed_entry_is_told_in_one_text_and_an_unknown_one_is_no_error() {
    let door = Door::new();
    let long = "a".repeat(300);

    for entry in ["", "   ", "ac", "a b c", "acme.com", "ana@", "@acme.com", "a b@acme.com", &long, "\u{0}"] {
        let got = door.start(entry).await;

        assert_eq!(got.status, 422, "{entry:?}");
        let tags = check(&got);
        let alert = tags.iter().find(|tag| tag.get("role") == Some("alert")).unwrap();
        assert_eq!(alert.text, "Enter an e-mail address or an organization code.");
        let input = one(&tags, "input");
        assert_eq!(input.get("aria-describedby"), alert.get("id"));
        assert_eq!(input.get("aria-invalid"), Some("true"));
        assert_eq!(one(&tags, "title").text, "Error: Sign in");
    }
    assert!(door.table.read.lock().unwrap().is_empty(), "nothing is read for a malformed entry");
    let twice = door.post("/start", "application/x-www-form-urlencoded", "q=acme&q=acme").await;
    assert_eq!(twice.status, 422);
    assert_eq!(door.start("nobody").await.status, 303);
}

#[tokio::test]
async fn what_the_user_sent_is_shown_again_and_stays_text() {
    let door = Door::new();
    let entry = "\"><script>alert(1)</script>' onfocus=x {{ brand }} @";

    let got = door.start(entry).await;

    check(&got);
    assert!(!got.text().contains("<script>"));
    assert!(
        got.text().contains("value=\"&#34;&#62;&#60;script&#62;alert(1)&#60;/script&#62;&#39;"),
        "{}",
        got.text()
    );
}

#[tokio::test]
async fn the_public_list_is_sorted_by_name_and_leads_to_each_login() {
    let door = Door::with(&[
        ("PUBLIC_LIST", "on"),
        ("BRAND_NAME", "Example <b>Cloud</b>"),
        ("SUPPORT_URL", "https://help.example.com/sign-in"),
    ]);
    door.table.list(&[
        ("zeta", "alpha & Söhne"),
        ("acme", "Beta <i>x</i>"),
        ("mid", "Alpha"),
        ("quote", "\"q\""),
    ]);

    let got = door.get(SHARED, "/").await;

    let tags = check(&got);
    let links: Vec<_> = tags.iter().filter(|tag| tag.name == "a").collect();
    let shown: Vec<_> = links.iter().map(|link| (link.get("href").unwrap(), link.text)).collect();
    assert_eq!(
        shown,
        [
            ("https://quote.app.example.com/login", "&#34;q&#34;"),
            ("https://mid.app.example.com/login", "Alpha"),
            ("https://zeta.app.example.com/login", "alpha &#38; Söhne"),
            ("https://acme.app.example.com/login", "Beta &#60;i&#62;x&#60;/i&#62;"),
            ("https://help.example.com/sign-in", "Get help"),
        ]
    );
    assert_eq!(one(&tags, "title").text, "Example &#60;b&#62;Cloud&#60;/b&#62;");
    let list = door.get(SHARED, "/v1/tenants").await.json();
    assert_eq!(list["tenants"][1], serde_json::json!({ "slug": "acme", "name": "Beta <i>x</i>" }));
    assert_eq!(list["tenants"].as_array().unwrap().len(), 4);
}

/// Contrast of text and of the edges of controls (WCAG 2.2, 1.4.3 and 1.4.11), from the colours of the style.
#[tokio::test]
async fn text_and_controls_have_the_contrast_that_wcag_asks_for() {
    let page = Door::new().get(SHARED, "/").await;
    let schemes: Vec<_> = page.text().split("--page:").skip(1).map(|rest| format!("--page:{rest}")).collect();
    assert_eq!(schemes.len(), 2, "light and dark");

    for scheme in schemes {
        let colour = |name: &str| {
            let (_, rest) = scheme.split_once(&format!("--{name}: #")).unwrap();
            let hex: String = rest.chars().take_while(char::is_ascii_hexdigit).collect();
            let hex = if hex.len() == 3 { hex.chars().flat_map(|c| [c, c]).collect() } else { hex };
            luminance(u32::from_str_radix(&hex, 16).unwrap())
        };
        for (front, back, least) in [
            ("text", "card", 7.0),
            ("text", "page", 7.0),
            ("quiet", "card", 4.5),
            ("quiet", "page", 4.5),
            ("on", "accent", 4.5),
            ("on", "pressed", 4.5),
            ("bad", "bad-page", 4.5),
            ("accent", "card", 4.5),
            ("line", "card", 3.0),
            ("bad", "card", 3.0),
        ] {
            let (a, b) = (colour(front), colour(back));
            let contrast = (a.max(b) + 0.05) / (a.min(b) + 0.05);
            assert!(contrast >= least, "{front} on {back}: {contrast:.2}");
        }
    }
}

/// Relative luminance (WCAG 2.2).
fn luminance(rgb: u32) -> f64 {
    let part = |shift: u32| {
        let value = f64::from((rgb >> shift) & 0xff) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * part(16) + 0.7152 * part(8) + 0.0722 * part(0)
}
