//! What an operator would write of cells, places and mail domains.

use std::collections::HashMap;

use aws_sdk_dynamodb::{Client, types::AttributeValue};

use crate::{DevStackError, seed::failed};

pub(super) struct Items {
    pub(super) client: Client,
    pub(super) table: String,
}

/// A user pool for tenants.
pub(super) struct Cell<'a> {
    pub(super) name: &'a str,
    pub(super) pool: &'a str,
    pub(super) region: &'a str,
    pub(super) client: &'a str,
    /// Host and port of the login pages.
    pub(super) domain: &'a str,
    pub(super) issuer: &'a str,
    pub(super) tenants: usize,
}

/// Where a tenant lives.
pub(super) struct Place<'a> {
    pub(super) cell: &'a str,
    pub(super) pool: &'a str,
    pub(super) client: Option<&'a str>,
    pub(super) provider: Option<&'a str>,
    pub(super) is_listed: bool,
}

impl Items {
    pub(super) async fn cell(&self, cell: &Cell<'_>) -> Result<(), DevStackError> {
        let key = format!("CELL#{}", cell.name);
        let item = [
            ("pk", text(&key)),
            ("sk", text("META")),
            ("et", text("cell")),
            ("gsi1pk", text("CELLS")),
            ("gsi1sk", text(cell.name)),
            ("cell", text(cell.name)),
            ("pool", text(cell.pool)),
            ("region", text(cell.region)),
            ("status", text("open")),
            ("capacity", number(900)),
            ("tenants", number(cell.tenants)),
            ("clientId", text(cell.client)),
            ("domain", text(cell.domain)),
            ("issuer", text(cell.issuer)),
        ];
        self.put(item).await
    }

    pub(super) async fn domain(&self, domain: &str, tenant: &str) -> Result<(), DevStackError> {
        let key = format!("DOMAIN#{domain}");
        let item = [
            ("pk", text(&key)),
            ("sk", text("PTR")),
            ("et", text("domain")),
            ("gsi1pk", text(&format!("TENANT#{tenant}"))),
            ("gsi1sk", text(&key)),
            ("tid", text(tenant)),
            ("route", AttributeValue::Bool(true)),
            ("join", AttributeValue::Bool(false)),
        ];
        self.put(item).await
    }

    pub(super) async fn listed(&self, slug: &str, tenant: &str, name: &str) -> Result<(), DevStackError> {
        let item = [
            ("pk", text("LISTED")),
            ("sk", text(slug)),
            ("et", text("listed")),
            ("tid", text(tenant)),
            ("name", text(name)),
        ];
        self.put(item).await
    }

    pub(super) async fn place(&self, tenant: &str, place: &Place<'_>) -> Result<(), DevStackError> {
        let mut values = vec![
            ("cell", text(place.cell)),
            ("pools", AttributeValue::L(vec![text(place.pool)])),
            ("listed", AttributeValue::Bool(place.is_listed)),
        ];
        values.extend(place.client.map(|client| ("clientId", text(client))));
        values.extend(place.provider.map(|provider| ("provider", text(provider))));
        let sets: Vec<_> = values.iter().map(|(name, _)| format!("#{name} = :{name}")).collect();
        let mut update = self.client.update_item().table_name(&self.table);
        update = update.key("pk", text(&format!("TENANT#{tenant}"))).key("sk", text("META"));
        update = update.update_expression(format!("SET {}", sets.join(", ")));
        for (name, value) in values {
            update = update
                .expression_attribute_names(format!("#{name}"), name)
                .expression_attribute_values(format!(":{name}"), value);
        }
        update.send().await.map(|_| ()).map_err(failed)
    }

    async fn put<const N: usize>(&self, item: [(&str, AttributeValue); N]) -> Result<(), DevStackError> {
        // The version of the layout.
        let item = item.into_iter().chain([("v", number(1))]);
        let item: HashMap<_, _> = item.map(|(name, value)| (name.to_owned(), value)).collect();
        self.client.put_item().table_name(&self.table).set_item(Some(item)).send().await.map_err(failed)?;
        Ok(())
    }
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

fn number(value: usize) -> AttributeValue {
    AttributeValue::N(value.to_string())
}
