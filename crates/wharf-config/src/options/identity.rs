//! `wharfinger.auth`

use std::collections::BTreeMap;
use std::time::Duration;

use crate::section::{choice, section};

section! {
    /// Who may do what, beyond what distribution's `auth` can say.
    Identity {
        /// What a client is told to log in to, where `auth.htpasswd.realm` does not say it.
        realm: String = "Registry" [since "wharfinger"];
        /// Where `wharf user` and `wharf token` keep accounts, personal access tokens and the
        /// keys of the authorization server. Only the user that the server runs as should be
        /// able to read it.
        directory: Option<String> [since "wharfinger"];
        /// Names of groups, each with its accounts.
        groups: BTreeMap<String, Vec<String>> [since "wharfinger"];
        /// What is allowed and what is denied. The first that fits decides; what none fits is
        /// denied. Without any, every account may do everything.
        rules: Vec<Rule> [since "wharfinger"];
        /// The authorization server inside. With it, clients show tokens instead of passwords.
        server: Option<AuthorizationServer> [since "wharfinger"];
        /// How much somebody may do in a time.
        limits: AccountLimits [since "wharfinger"];
        /// A file for the audit log, one JSON object in each line; `-` for standard output.
        /// SIGHUP opens it again.
        audit: Option<String> [since "wharfinger"];
        /// Networks of proxies in front, such as `10.0.0.0/8`: from these addresses, and no
        /// others, `X-Forwarded-For` is believed. `unix` stands for whoever comes over a unix
        /// socket.
        proxies: Vec<String> [since "wharfinger"];
    }
}

section! {
    /// Something that is allowed or denied. Whatever is left out fits everything, but one of
    /// `accounts`, `groups` and `anonymous` must be said, and one of `repositories` and
    /// `class: admin`.
    Rule {
        /// What logs and `wharf auth can-i` call it. Without one, its number, from 1.
        name: Option<String> [since "wharfinger"];
        /// Accounts by name or pattern: `ann`, `ci-*`; `*` for all of them.
        accounts: Vec<String> [since "wharfinger"];
        /// Accounts in one of these groups.
        groups: Vec<String> [since "wharfinger"];
        /// Everybody, those included who do not log in.
        anonymous: bool = "false" [since "wharfinger"];
        /// Repositories by pattern: `*` stands for any characters but `/`, `**` for any part of
        /// the path (`team/**`), `${account}` for the account's name.
        repositories: Vec<String> [since "wharfinger"];
        /// What the rule is about.
        class: RuleClass = "repository" [since "wharfinger"];
        /// Some of `pull`, `push`, `delete`; `*` for all.
        actions: Vec<String> [since "wharfinger"];
        /// Networks that the client must be in, such as `192.0.2.0/24`.
        networks: Vec<String> [since "wharfinger"];
        /// What follows.
        effect: Effect = "allow" [since "wharfinger"];
    }
}

choice! {
    /// What a rule is about.
    RuleClass {
        /// Repositories.
        Repository = "repository",
        /// The registry as a whole: the list of all repositories.
        Admin = "admin",
    }
}

choice! {
    /// What follows from a rule.
    Effect {
        /// It may be done.
        Allow = "allow",
        /// It may not.
        Deny = "deny",
    }
}

section! {
    /// The authorization server inside: `/auth/token` and `/auth/keys`.
    AuthorizationServer (bare) {
        /// Where else to listen for it, as HOST:PORT. Without it, where the registry does.
        addr: Option<String> [since "wharfinger"];
        /// The URL that clients are sent to for a token. Without it, `/auth/token` on the host
        /// that they asked.
        realm: Option<String> [since "wharfinger"];
        /// What it calls itself: a token's `iss`.
        issuer: String = "wharfinger" [since "wharfinger"];
        /// What it calls this registry: a token's `aud`.
        service: String = "wharfinger" [since "wharfinger"];
        /// How long a token is good for.
        expiration: Duration = "5m" [since "wharfinger"];
        /// How long a refresh token is good for after it was last used.
        refresh: Duration = "2160h" [since "wharfinger"];
    }
}

section! {
    /// How much somebody may do in a time.
    AccountLimits {
        /// Manifests that are pulled.
        pulls: PullLimits [since "wharfinger"];
        /// Wrong passwords.
        logins: LoginLimits [since "wharfinger"];
    }
}

section! {
    /// How many manifests may be pulled (`GET`; a `HEAD` is not counted).
    PullLimits {
        /// By an account. 0 for any number.
        account: u32 = "0" [since "wharfinger"];
        /// By everybody at one address who does not log in (an IPv6 network of 64 bits counts
        /// as one). 0 for any number.
        anonymous: u32 = "0" [since "wharfinger"];
        /// In which time.
        interval: Duration = "6h" [since "wharfinger"];
    }
}

section! {
    /// How many wrong passwords are answered before their account and their address have to
    /// wait.
    LoginLimits {
        /// From one address (an IPv6 network of 64 bits counts as one); ten times that for one
        /// account from all addresses together. 0 for any number.
        failures: u32 = "20" [since "wharfinger"];
        /// In which time.
        interval: Duration = "5m" [since "wharfinger"];
    }
}
