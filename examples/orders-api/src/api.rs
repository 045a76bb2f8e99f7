use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{
        DefaultBodyLimit, Path, State,
        rejection::{JsonRejection, PathRejection},
    },
    http::{StatusCode, header::LOCATION},
    response::IntoResponse,
    routing::get,
};
use serde::Deserialize;
use tenant_token::{TenantLayer, TenantToken};
use uuid::Uuid;

use crate::{
    orders::{Item, Order, Orders},
    problem::Problem,
};

const BODY_BYTES_MAX: usize = 4096;

/// The routes. Each handler takes the tenant from the token: a path or a body says only what the caller wants.
pub fn app<O: Orders>(layer: TenantLayer, orders: O) -> Router {
    Router::new()
        .route("/orders", get(list::<O>).post(add::<O>))
        .route("/orders/{id}", get(find::<O>).delete(remove::<O>))
        .fallback(async || Problem::new(StatusCode::NOT_FOUND))
        .method_not_allowed_fallback(async || Problem::new(StatusCode::METHOD_NOT_ALLOWED))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        // Everything above is behind the layer: no request without a tenant gets there.
        .layer(layer)
        .route("/health", get(async || "ok"))
        .with_state(Arc::new(orders))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewOrder {
    item: Item,
}

async fn list<O: Orders>(
    token: TenantToken,
    State(orders): State<Arc<O>>,
) -> Result<Json<Vec<Order>>, Problem> {
    Ok(Json(orders.list(&token).await?))
}

async fn add<O: Orders>(
    token: TenantToken,
    State(orders): State<Arc<O>>,
    body: Result<Json<NewOrder>, JsonRejection>,
) -> Result<impl IntoResponse, Problem> {
    let Json(NewOrder { item }) = body?;
    let order = Order { id: Uuid::new_v4(), item };
    orders.add(&token, &order).await?;
    Ok((StatusCode::CREATED, [(LOCATION, format!("/orders/{}", order.id))], Json(order)))
}

async fn find<O: Orders>(
    token: TenantToken,
    State(orders): State<Arc<O>>,
    id: Result<Path<Uuid>, PathRejection>,
) -> Result<Json<Order>, Problem> {
    let Path(id) = id?;
    // The order of another tenant is not found either: 403 would tell that there is one.
    orders.find(&token, id).await?.map(Json).ok_or_else(|| Problem::new(StatusCode::NOT_FOUND))
}

async fn remove<O: Orders>(
    token: TenantToken,
    State(orders): State<Arc<O>>,
    id: Result<Path<Uuid>, PathRejection>,
) -> Result<StatusCode, Problem> {
    if !token.has_role("admin") {
        return Err(Problem::new(StatusCode::FORBIDDEN));
    }
    let Path(id) = id?;
    let removed = orders.remove(&token, id).await?;
    if removed { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::new(StatusCode::NOT_FOUND)) }
}
