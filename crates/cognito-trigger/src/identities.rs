//! Reads the attributes that list a user's identities.

use tenancy::address::{Identities, Identity, ProviderKind};

use function::json::{Ambiguous, Object, text};

/// Reads the attribute `identities`, a JSON text. `cognito:user_status` says whether the user exists only through a provider
/// (`EXTERNAL_PROVIDER`).
pub(crate) fn read(attributes: &Object<'_>) -> Result<Identities, Ambiguous> {
    let status = attributes.present("cognito:user_status")?.and_then(text);
    let is_federated = status.as_deref() == Some("EXTERNAL_PROVIDER");
    let listed = match attributes.present("identities")? {
        None => Some(Vec::new()),
        Some(value) => text(value).and_then(|list| identity_list(&list)),
    };
    Ok(match listed {
        Some(list) if list.is_empty() && !is_federated => Identities::None,
        Some(list) if list.is_empty() => Identities::Unreadable,
        Some(list) if is_federated => Identities::Federated(list),
        Some(list) => Identities::Linked(list),
        None => Identities::Unreadable,
    })
}

/// `None` when the text is not a list of identities that all name a provider. An empty text is an empty list.
fn identity_list(text: &str) -> Option<Vec<Identity>> {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Listed {
        provider_name: String,
        #[serde(default)]
        provider_type: serde_json::Value,
        #[serde(default)]
        primary: serde_json::Value,
    }

    if text.trim().is_empty() {
        return Some(Vec::new());
    }
    let listed: Vec<Listed> = serde_json::from_str(text).ok()?;
    let identities = listed.into_iter().map(|listed| {
        Some(Identity {
            provider: listed.provider_name.parse().ok()?,
            kind: ProviderKind::parse(listed.provider_type.as_str().unwrap_or_default()),
            is_primary: listed.primary == true || listed.primary == "true",
        })
    });
    identities.collect()
}
