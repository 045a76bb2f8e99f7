//! Where this stack is known to differ from AWS: the one list, which `docs/cognito.md` repeats.
//! [`unknowns`](super::unknowns) has what nobody knows of AWS.

/// A difference that stays.
#[derive(Clone, Copy, Debug)]
pub struct Difference {
    pub about: &'static str,
    pub aws: &'static str,
    pub here: &'static str,
}

/// All of them, as the documentation lists them.
pub const DIFFERENCES: [Difference; 13] = [
    Difference {
        about: "callers",
        aws: "IAM decides who may call an administrator's operation, and what a function may do",
        here: "every caller may call everything, and a function may do everything",
    },
    Difference {
        about: "managed login",
        aws: "pages for users and providers, by `https` on the pool's domain; `resource`, `lang`, `max_age`; styles",
        here: "sign-in, sign-up, confirmation and sign-out at `http://<prefix>.auth.localhost:<port>`. One page stands for each provider and signs in everybody. No implicit grant, no forgotten or first passwords, no second factors",
    },
    Difference {
        about: "token endpoint",
        aws: "on the pool's domain",
        here: "there, and also below the issuer, with or without a domain; the discovery document names the latter",
    },
    Difference {
        about: "sign-in flows",
        aws: "also `CUSTOM_AUTH`, `USER_AUTH`, devices, passkeys",
        here: "`USER_PASSWORD_AUTH`, `USER_SRP_AUTH`, `ADMIN_USER_PASSWORD_AUTH`, refresh",
    },
    Difference {
        about: "second factors",
        aws: "also SMS, and a choice among several",
        here: "an authenticator app and e-mail; the preferred one, or the first that was turned on",
    },
    Difference {
        about: "triggers",
        aws: "also before sign-up, around authentication, for challenges, messages, migration and federation",
        here: "post-confirmation and pre-token-generation; others are kept and not called",
    },
    Difference { about: "case of names", aws: "a pool can be case-sensitive", here: "case never matters" },
    Difference {
        about: "federated users",
        aws: "found by username and `sub`",
        here: "in a pool whose names are e-mails administrators find them by e-mail, too",
    },
    Difference {
        about: "messages",
        aws: "sent, with the pool's texts, by e-mail or SMS",
        here: "not sent: `Cognito::mail` and standard error have the code",
    },
    Difference {
        about: "codes and temporary passwords",
        aws: "expire, and too many wrong ones lock",
        here: "stay good until the next one; nothing locks",
    },
    Difference {
        about: "threat protection, password history",
        aws: "refuse sign-ins and old passwords",
        here: "kept as settings, not played",
    },
    Difference {
        about: "quotas",
        aws: "requests above them are throttled",
        here: "none, unless a test sets `Cognito::limit_user_updates`",
    },
    Difference { about: "`ListUsers`", aws: "shows a change after a moment", here: "shows it at once" },
];

/// "federated users" above.
pub(crate) const FEDERATED_USERS_ARE_FOUND_BY_EMAIL: bool = true;
