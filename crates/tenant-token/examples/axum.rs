//! An orders API that demands the tenant of every caller.
//!
//! ```text
//! cargo run -p tenant-token --all-features --example axum -- ISSUER CLIENT_ID [ADDRESS]
//! ```
//!
//! `ISSUER` is `https://cognito-idp.<region>.amazonaws.com/<user pool id>`, or the issuer that `cargo dev-stack` prints.
//! `CLIENT_ID` is an app client of the pool. Sign a member in, for example with `aws cognito-idp initiate-auth`, and call it
//! with their access token:
//!
//! ```text
//! curl -H "Authorization: Bearer $ACCESS_TOKEN" http://127.0.0.1:3000/orders
//! ```

use std::{collections::BTreeMap, error::Error, sync::Arc, time::SystemTime};

use axum::{Json, Router, extract::State, http::StatusCode, routing::get};
use tenant_token::{Clients, HttpsKeys, Issuer, Rules, TenantLayer, TenantToken, Verifier};
use tokio::{net::TcpListener, sync::Mutex};

/// The orders of all tenants, by tenant id. In a database, `tenant_id` is the first part of every key.
type Orders = Arc<Mutex<BTreeMap<String, Vec<String>>>>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(issuer), Some(client)) = (arguments.next(), arguments.next()) else {
        return Err("usage: axum ISSUER CLIENT_ID [ADDRESS]".into());
    };
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:3000".to_owned());

    let rules = Rules::new([Issuer::of_url(&issuer)?], Clients::listed([client]));
    let verifier = Verifier::new(rules, HttpsKeys::new()?)?;
    #[expect(clippy::disallowed_methods, reason = "the clock enters the program here")]
    if let Err(error) = verifier.prefetch(SystemTime::now()).await {
        eprintln!("{error}; the first request tries again");
    }

    let listener = TcpListener::bind(&address).await?;
    println!("http://{}/orders", listener.local_addr()?);
    axum::serve(listener, app(verifier)).await?;
    Ok(())
}

fn app(verifier: Verifier) -> Router {
    #[expect(clippy::disallowed_methods, reason = "the clock enters the program here")]
    let layer = TenantLayer::new(verifier, SystemTime::now);
    Router::new()
        .route("/orders", get(list).post(add))
        // Behind the layer there is no request without a tenant.
        .layer(layer)
        .route("/health", get(|| async { "ok" }))
        .with_state(Orders::default())
}

async fn list(token: TenantToken, State(orders): State<Orders>) -> Json<Vec<String>> {
    // The tenant comes from the token. A tenant id in the path or the body would be the caller's choice.
    let orders = orders.lock().await;
    Json(orders.get(token.tenant().as_str()).cloned().unwrap_or_default())
}

async fn add(
    token: TenantToken,
    State(orders): State<Orders>,
    item: String,
) -> Result<StatusCode, StatusCode> {
    if !token.has_role("admin") {
        return Err(StatusCode::FORBIDDEN);
    }
    orders.lock().await.entry(token.tenant().to_string()).or_default().push(item);
    Ok(StatusCode::CREATED)
}
