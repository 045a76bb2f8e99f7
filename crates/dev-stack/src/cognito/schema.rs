//! The attributes that users of a pool may have: `SchemaAttributes`.

use serde_json::{Value, json};

use super::{error::CognitoError, shape::Object, unknowns};
use crate::json::merge;

/// The schema of a new pool (API reference, the answer of `CreateUserPool`), without custom attributes.
pub(crate) fn standard() -> Vec<Value> {
    let text = |name: &str, least: u32, most: u32| {
        let limits = json!({ "MinLength": least.to_string(), "MaxLength": most.to_string() });
        let sub = name == "sub";
        json!({
            "Name": name, "AttributeDataType": "String", "DeveloperOnlyAttribute": false,
            "Mutable": !sub, "Required": sub, "StringAttributeConstraints": limits,
        })
    };
    let other = |name: &str, kind: &str| {
        json!({
            "Name": name, "AttributeDataType": kind, "DeveloperOnlyAttribute": false,
            "Mutable": true, "Required": false,
        })
    };
    let mut updated_at = other("updated_at", "Number");
    merge(&mut updated_at, json!({ "NumberAttributeConstraints": { "MinValue": "0" } }));
    let texts = [
        "name",
        "given_name",
        "family_name",
        "middle_name",
        "nickname",
        "preferred_username",
        "profile",
        "picture",
        "website",
        "email",
        "gender",
        "zoneinfo",
        "locale",
        "phone_number",
        "address",
    ];
    let mut schema = vec![text("sub", 1, 2_048)];
    schema.extend(texts.map(|name| text(name, 0, 2_048)));
    schema.push(text("birthdate", 10, 10));
    schema.extend(["email_verified", "phone_number_verified"].map(|name| other(name, "Boolean")));
    schema.push(updated_at);
    schema
}

/// A custom attribute as the console makes it: a mutable text of up to 2,048 characters. `name` has its prefix.
pub(crate) fn custom_text(name: &str) -> Value {
    json!({
        "Name": name, "AttributeDataType": "String", "DeveloperOnlyAttribute": false, "Mutable": true,
        "Required": false, "StringAttributeConstraints": { "MinLength": "0", "MaxLength": "2048" },
    })
}

/// Adds what a request lists: a standard attribute changes, any other name becomes a custom attribute.
pub(crate) fn extend(schema: &mut Vec<Value>, listed: Vec<Value>) -> Result<(), CognitoError> {
    for attribute in listed {
        let name = name_of(&attribute).to_owned();
        if let Some(known) = schema.iter_mut().find(|known| name_of(known) == name) {
            merge(known, attribute);
        } else {
            schema.push(custom(schema, attribute)?);
        }
    }
    Ok(())
}

/// Adds custom attributes to a pool that exists.
pub(crate) fn add_custom(schema: &mut Vec<Value>, listed: Vec<Value>) -> Result<(), CognitoError> {
    for attribute in listed {
        schema.push(custom(schema, attribute)?);
    }
    Ok(())
}

/// The name of a schema attribute, with its prefix.
pub(crate) fn name_of(attribute: &Value) -> &str {
    attribute.get("Name").and_then(Value::as_str).unwrap_or_default()
}

/// Refuses attributes that the schema does not have, and `sub`.
pub(crate) fn check_names(schema: &[Value], changes: &[(String, String)]) -> Result<(), CognitoError> {
    for (name, _) in changes {
        if name == "sub" {
            return Err(CognitoError::invalid_parameter("Cannot modify the non-mutable attribute sub"));
        }
        if !schema.iter().any(|attribute| name_of(attribute) == name) {
            return Err(CognitoError::invalid_parameter(format!(
                "Attributes did not conform to the schema: {name}: Attribute does not exist in the schema.\n"
            )));
        }
    }
    Ok(())
}

/// Refuses changes of attributes that can only be set when a user is made.
pub(crate) fn check_mutable(schema: &[Value], changes: &[(String, String)]) -> Result<(), CognitoError> {
    let fixed = |name: &str| {
        schema.iter().any(|attribute| {
            name_of(attribute) == name && attribute.get("Mutable").and_then(Value::as_bool) == Some(false)
        })
    };
    match changes.iter().find(|(name, _)| fixed(name)) {
        None => Ok(()),
        Some((name, _)) => {
            Err(CognitoError::invalid_parameter(format!("user.{name}: Attribute cannot be updated.\n")))
        }
    }
}

fn custom(schema: &[Value], attribute: Value) -> Result<Value, CognitoError> {
    let Value::Object(sent) = attribute else { return Ok(attribute) };
    let developer = sent.get("DeveloperOnlyAttribute").and_then(Value::as_bool).unwrap_or_default();
    let plain = sent.get("Name").and_then(Value::as_str).unwrap_or_default();
    let plain = plain.strip_prefix("custom:").unwrap_or(plain);
    let name = if developer { format!("dev:{plain}") } else { format!("custom:{plain}") };
    if schema.iter().any(|known| name_of(known) == name) {
        let message = format!("{name}: Existing attribute already has name {name}.");
        return Err(CognitoError::invalid_parameter(message));
    }
    if sent.get("Required").and_then(Value::as_bool) == Some(true) {
        return Err(CognitoError::invalid_parameter(
            "Required custom attributes are not supported currently.",
        ));
    }
    let mut made = Object::new();
    made.insert("AttributeDataType".to_owned(), json!("String"));
    made.insert("DeveloperOnlyAttribute".to_owned(), json!(developer));
    made.insert("Mutable".to_owned(), json!(unknowns::CUSTOM_ATTRIBUTES_ARE_MUTABLE));
    made.insert("Required".to_owned(), json!(false));
    made.extend(sent);
    made.insert("Name".to_owned(), json!(name));
    let constraints = match made.get("AttributeDataType").and_then(Value::as_str) {
        Some("String") => Some("StringAttributeConstraints"),
        Some("Number") => Some("NumberAttributeConstraints"),
        _ => None,
    };
    if let Some(constraints) = constraints {
        made.entry(constraints).or_insert_with(|| json!({}));
    }
    Ok(Value::Object(made))
}
