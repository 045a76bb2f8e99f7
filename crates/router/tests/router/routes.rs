//! Whom hosts, slugs, codes and addresses lead to. Texts that no tenant can be called by cost no read but that of the default
//! cell.

use serde_json::json;

use crate::support::{Door, SHARED};

/// A host; whose route it has, or the status.
const HOSTS: [(&str, &str); 42] = [
    ("app.example.com", "default"),
    ("acme.app.example.com", "acme"),
    ("ACME.App.Example.COM", "acme"),
    ("acme.app.example.com.", "acme"),
    ("acme.app.example.com:443", "acme"),
    ("acme.app.example.com.:8443", "acme"),
    ("acme.app.example.com:", "acme"),
    ("app.example.com:65535", "default"),
    ("ａｃｍｅ.app.example.com", "acme"),
    ("acme。app.example.com", "acme"),
    ("initech.app.example.com", "initech"),
    ("globex.app.example.com", "default"),
    ("gone.app.example.com", "default"),
    ("dangling.app.example.com", "default"),
    ("nobody-at-all.app.example.com", "default"),
    ("bücher.app.example.com", "default"),
    ("xn--bcher-kva.app.example.com", "default"),
    ("ac.app.example.com", "421"),
    ("-acme.app.example.com", "421"),
    ("acme-.app.example.com", "421"),
    ("ac_me.app.example.com", "421"),
    ("a.acme.app.example.com", "421"),
    ("acme.app.example.com..", "421"),
    (".app.example.com", "421"),
    ("..app.example.com", "421"),
    ("acmeapp.example.com", "421"),
    ("example.com", "421"),
    ("evil.example", "421"),
    ("acme.app.example.com.evil.example", "421"),
    ("evil.example/acme.app.example.com", "421"),
    ("acme.app.example.com@evil.example", "421"),
    ("evil@acme.app.example.com", "421"),
    ("acme.app.example.com:443:443", "421"),
    ("acme.app.example.com:x", "421"),
    ("acme.app.example.com:123456", "421"),
    ("acme.app.example.com\t", "421"),
    ("acme app.example.com", "421"),
    ("acme.app.example.com,app.example.com", "421"),
    ("127.0.0.1", "421"),
    ("[::1]:80", "421"),
    ("%61cme.app.example.com", "421"),
    ("", "421"),
];

/// A slug or a code; whose route it has.
const CODES: [(&str, &str); 26] = [
    ("acme", "acme"),
    ("ACME", "acme"),
    ("  acme\t", "acme"),
    ("\r\nacme\r\n", "acme"),
    ("initech", "initech"),
    ("globex", "default"),
    ("gone", "default"),
    ("dangling", "default"),
    ("nobody-at-all", "default"),
    ("tenant-7", "default"),
    ("", "default"),
    ("ac", "default"),
    ("acme ", "acme"),
    ("ac me", "default"),
    ("acme.", "default"),
    ("acme#META", "default"),
    ("acme\u{0}", "default"),
    ("acme\r\nX: y", "default"),
    ("//acme", "default"),
    ("../acme", "default"),
    ("ａｃｍｅ", "default"),
    ("a\u{212a}me", "default"),
    ("аcme", "default"),
    ("acme\u{200b}", "default"),
    ("ana@acme.com", "default"),
    ("https://acme.app.example.com", "default"),
];

/// An address; whose route it has.
const ADDRESSES: [(&str, &str); 27] = [
    ("ana@acme.com", "acme"),
    ("Ana@ACME.com", "acme"),
    (" ana@acme.com\n", "acme"),
    ("ana+tag@acme.com", "acme"),
    ("\"ana\"@acme.com", "acme"),
    ("ana@evil.example@acme.com", "acme"),
    ("ünï@acme.com", "acme"),
    ("ana@bücher.example", "acme"),
    ("ana@BÜCHER.example", "acme"),
    ("ana@xn--bcher-kva.example", "acme"),
    ("ana@initech.example", "initech"),
    ("ana@globex.example", "default"),
    ("ana@private.example", "default"),
    ("ana@gone.example", "default"),
    ("ana@dangling.example", "default"),
    ("ana@sub.acme.com", "default"),
    ("ana@com", "default"),
    ("ana@acme.com.", "default"),
    ("ana@acme.com.evil.example", "default"),
    ("ana@.acme.com", "default"),
    ("ana@acme.com#PTR", "default"),
    ("ana@acme.com\r\nx: y", "default"),
    ("a na@acme.com", "default"),
    ("@acme.com", "default"),
    ("ana@", "default"),
    ("acme.com", "default"),
    ("", "default"),
];

#[tokio::test]
async fn a_host_leads_to_its_tenant_and_a_foreign_host_nowhere() {
    for (host, expected) in HOSTS {
        let door = Door::new();

        let got = door.get(host, "/v1/route").await;

        assert_eq!(got.whose(), expected, "{host:?}");
        if expected == "421" {
            assert!(door.table.read.lock().unwrap().is_empty(), "{host:?}");
        }
    }
}

#[tokio::test]
async fn a_slug_and_a_code_lead_to_their_tenant() {
    for (code, expected) in CODES {
        let door = Door::new();

        let query: String =
            form_urlencoded::Serializer::new(String::new()).append_pair("slug", code).finish();
        let of_query = door.get(SHARED, &format!("/v1/route?{query}")).await;
        let of_body = door.route_of(&json!({ "code": code })).await;

        assert_eq!((of_query.whose().as_str(), of_body.whose().as_str()), (expected, expected), "{code:?}");
    }
}

#[tokio::test]
async fn an_address_leads_to_the_tenant_of_exactly_its_domain() {
    for (address, expected) in ADDRESSES {
        let door = Door::new();

        let got = door.route_of(&json!({ "email": address })).await;

        assert_eq!(got.whose(), expected, "{address:?}");
    }
}

#[tokio::test]
async fn what_no_tenant_can_be_called_reads_the_default_cell_and_nothing_else() {
    let long = "a".repeat(41);
    let address = format!("ana@{}.com", "a".repeat(64));
    for body in [
        json!({ "code": "a b" }),
        json!({ "code": long }),
        json!({ "email": "ana" }),
        json!({ "email": address }),
        json!({ "email": "ana@localhost" }),
    ] {
        let door = Door::new();

        assert_eq!(door.route_of(&body).await.whose(), "default", "{body}");

        assert_eq!(*door.table.read.lock().unwrap(), ["cell shared-1"], "{body}");
    }
}

#[tokio::test]
async fn the_host_decides_and_a_query_must_name_one_slug() {
    let door = Door::new();
    let rows = [
        ("initech.app.example.com", "/v1/route?slug=acme", "initech"),
        ("nobody.app.example.com", "/v1/route?slug=acme", "default"),
        (SHARED, "/v1/route?slug=acme&slug=initech", "default"),
        (SHARED, "/v1/route?slug=acme&slug=acme", "default"),
        (SHARED, "/v1/route?SLUG=acme", "default"),
        (SHARED, "/v1/route?email=ana@acme.com", "default"),
        (SHARED, "/v1/route?x=%FF&slug=acme&y", "acme"),
        (SHARED, "/v1/route", "default"),
    ];

    for (host, path, expected) in rows {
        assert_eq!(door.get(host, path).await.whose(), expected, "{host} {path}");
    }
}

#[tokio::test]
async fn a_route_has_all_that_a_sign_in_needs_and_nothing_else_of_the_tenant() {
    let door = Door::with(&[("SHOW_NAME", "on")]);

    let acme = door.get(SHARED, "/v1/route?slug=acme").await;
    let own_host = door.get("acme.app.example.com", "/v1/route").await;

    let expected = json!({
        "v": 1, "region": "eu-west-1", "userPoolId": "eu-west-1_Acme", "clientId": "acmeclient",
        "issuer": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Acme",
        "authorizationEndpoint": "https://acme-silo.login.example.com/oauth2/authorize",
        "tokenEndpoint": "https://acme-silo.login.example.com/oauth2/token",
        "scopes": ["openid", "email"], "identityProvider": "AcmeOkta",
        "loginUrl": "https://acme.app.example.com/login",
    });
    assert_eq!(acme.json(), expected);
    assert_eq!(own_host.json()["name"], "Name of acme", "only on the tenant's own host");
    let silent = Door::new().get("acme.app.example.com", "/v1/route").await;
    assert_eq!(silent.json(), expected, "and only with SHOW_NAME=on");
}

#[tokio::test]
async fn a_form_is_sent_on_to_the_login_of_the_tenant_with_the_address_in_the_fragment() {
    let door = Door::new();
    let rows = [
        ("acme", "https://acme.app.example.com/login"),
        ("ana@acme.com", "https://acme.app.example.com/login#login_hint=ana%40acme.com"),
        (" Ana+x@acme.com ", "https://acme.app.example.com/login#login_hint=Ana%2Bx%40acme.com"),
        ("ünï@acme.com", "https://acme.app.example.com/login#login_hint=%C3%BCn%C3%AF%40acme.com"),
        ("nobody", "https://www.example.com/sign-in"),
        ("globex", "https://www.example.com/sign-in"),
        ("ana@globex.example", "https://www.example.com/sign-in#login_hint=ana%40globex.example"),
        ("ana@nobody.example", "https://www.example.com/sign-in#login_hint=ana%40nobody.example"),
        ("ana@localhost", "https://www.example.com/sign-in#login_hint=ana%40localhost"),
    ];
    for (entry, target) in rows {
        let got = door.start(entry).await;
        assert_eq!((got.status, got.header("location")), (303, Some(target)), "{entry:?}");
        assert_eq!(got.header("cache-control"), Some("no-store"), "{entry:?}");
    }

    let silent = Door::with(&[("PASS_HINT", "off")]);
    let got = silent.start("ana@acme.com").await;
    assert_eq!(got.header("location"), Some("https://acme.app.example.com/login"));
}

#[tokio::test]
async fn a_tenants_host_sends_people_to_its_login() {
    let door = Door::new();
    let rows = [
        ("acme.app.example.com", "https://acme.app.example.com/login", "public, max-age=60"),
        ("initech.app.example.com:443", "https://initech.app.example.com/login", "public, max-age=60"),
        ("globex.app.example.com", "https://www.example.com/sign-in", "public, max-age=10"),
        ("nobody.app.example.com", "https://www.example.com/sign-in", "public, max-age=10"),
    ];

    for (host, target, cached) in rows {
        let got = door.get(host, "/").await;
        assert_eq!((got.status, got.header("location")), (303, Some(target)), "{host}");
        assert_eq!(got.header("cache-control"), Some(cached), "{host}");
    }
}
