//! The texts of the page. A translation is another value of [`Texts`].

pub(crate) struct Texts {
    /// The value of `lang`.
    pub(crate) language: &'static str,
    pub(crate) lead: &'static str,
    pub(crate) label: &'static str,
    pub(crate) button: &'static str,
    pub(crate) invalid: &'static str,
    pub(crate) unavailable: &'static str,
    /// Begins the title of a page with an error.
    pub(crate) error: &'static str,
    pub(crate) list: &'static str,
    pub(crate) support: &'static str,
}

pub(crate) const ENGLISH: Texts = Texts {
    language: "en",
    lead: "We take you to the sign-in of your organization.",
    label: "E-mail address or organization code",
    button: "Continue",
    invalid: "Enter an e-mail address or an organization code.",
    unavailable: "Sign-in is not available right now. Try again in a moment.",
    error: "Error",
    list: "Or choose your organization",
    support: "Get help",
};
