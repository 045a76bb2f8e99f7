//! The Region that a name says.

/// The Region in a user pool's id (`eu-west-1_AbC`) or in an ARN. Ids of emulators may begin with anything.
pub fn region_named(name: &str) -> Option<&str> {
    let region = if name.starts_with("arn:") {
        name.split(':').nth(3)?
    } else {
        name.split_once('_').map(|(region, _)| region).filter(|region| region.contains('-'))?
    };
    Some(region).filter(|region| !region.is_empty())
}
