//! Where this stack is known to differ from AWS, beside what it does not have at all. [`unknowns`](super::unknowns) has
//! what nobody knows. `docs/cognito.md` lists both.

/// A federated user is found by the e-mail in a pool whose names are e-mails, when no native user has it. In Cognito
/// only the username and the `sub` find a federated user.
pub(crate) const FEDERATED_USERS_ARE_FOUND_BY_EMAIL: bool = true;
