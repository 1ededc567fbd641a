//! `wharf auth can-i`: who may do what, without asking a server.

use std::net::IpAddr;
use std::process::ExitCode;
use std::str::FromStr;

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use serde_json::json;
use wharf_auth::{Account, Action, Actions, Decision, Directory, Resource, Rules, Subject};
use wharf_config::{Config, load};
use wharf_spec::{NameError, RepositoryName};

use crate::authorization;
use crate::cli::{CalledAs, ConfigFile};
use crate::config::tell;
use crate::sources::sources;
use crate::terminal::{say, warn};

/// Tell whether somebody may do something, and which rule says so
///
/// Looks at the rules of CONFIG (wharfinger.auth.rules) and at the user's groups, and at nothing
/// else: neither whether there is such a user nor whether there is such a repository, nor at the
/// scopes of a token.
///
/// Exits with 0 if it is allowed, with 1 if it is denied, with 2 if it cannot be told.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CanI {
    /// The name of an account; `-` for whoever does not log in
    user: String,

    /// What is to be done
    #[arg(value_enum)]
    action: Wanted,

    /// With which repository; `_catalog`, with `list`, for the list of all of them
    repository: Target,

    #[command(flatten)]
    file: ConfigFile,

    /// The address that the user comes from; without it rules with networks fit nobody
    #[arg(long, value_name = "IP")]
    address: Option<IpAddr>,

    /// A group that the user is in, beside those of CONFIG and `wharf user`; can be said several times
    #[arg(long = "group", value_name = "GROUP")]
    groups: Vec<String>,

    /// As JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Wanted {
    /// Read manifests, blobs and tags
    Pull,
    /// Write them, for which one has to be able to pull too
    Push,
    /// Remove them
    Delete,
    /// Read the list of all repositories
    List,
}

#[derive(Clone, Debug)]
struct Target(Resource);

/// Tells it; what cannot be told has an exit code of its own.
pub(crate) fn run(question: &CanI, name: CalledAs) -> ExitCode {
    question.run(name).unwrap_or_else(|error| {
        warn(&format!("wharf: {error:#}"));
        ExitCode::from(CANNOT_BE_TOLD)
    })
}

// === impl CanI ===

impl CanI {
    fn run(&self, name: CalledAs) -> Result<ExitCode> {
        let is_list = self.action == Wanted::List;
        if is_list != (self.repository.0 == Resource::Catalog) {
            bail!("`list` goes with `{CATALOG}`, and no other action does");
        }
        let loaded = match load(&sources(&self.file, name)?) {
            Ok(loaded) => loaded,
            Err(refused) => {
                tell(&refused);
                return Ok(ExitCode::from(CANNOT_BE_TOLD));
            }
        };
        let mut warnings = loaded.warnings.clone();
        let rules = authorization::rules(&loaded, &mut warnings);
        let rules = rules.map_err(|error| anyhow::anyhow!("configuration error: {error}"))?;
        for warning in warnings {
            warn(&format!("warning: {warning}"));
        }
        let decision = if asks_who(&loaded.config)? {
            self.decide(&rules, self.account(&loaded.config)?.as_ref())
        } else {
            Decision {
                is_allowed: true,
                because: "nobody is asked who they are: there is neither auth.htpasswd nor \
                          wharfinger.auth.directory"
                    .to_owned(),
            }
        };
        self.tell(&decision);
        Ok(if decision.is_allowed {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }

    /// The decision on the action, or on another one that its requests need.
    fn decide(&self, rules: &Rules, account: Option<&Account>) -> Decision {
        let subject = Subject {
            account,
            address: self.address,
        };
        let decide = |action| rules.decide(&subject, &self.repository.0, action);
        let action = self.action.action();
        let mut others = self.action.needs().iter().filter(|other| *other != action);
        let objection = others.find_map(|other| {
            let Decision {
                is_allowed,
                because,
            } = decide(other);
            (!is_allowed).then(|| Decision {
                is_allowed,
                because: format!("{because}, on the {other} that goes with a {action}"),
            })
        });
        match decide(action) {
            decision if decision.is_allowed => objection.unwrap_or(decision),
            decision => decision,
        }
    }

    /// With the groups it is in, beside those of the rules: those that were said, and those
    /// that `wharf user` put it into.
    fn account(&self, config: &Config) -> Result<Option<Account>> {
        if self.user == NOBODY {
            return Ok(None);
        }
        let mut groups = self.groups.clone();
        if let Some(directory) = &config.wharfinger.auth.directory {
            let mut users = Directory::open(directory)?.users()?;
            groups.extend(
                users
                    .remove(&self.user)
                    .into_iter()
                    .flat_map(|it| it.groups),
            );
        }
        Ok(Some(Account {
            name: self.user.clone(),
            groups,
            ..Account::default()
        }))
    }

    fn tell(&self, decision: &Decision) {
        let because = &decision.because;
        if self.json {
            let account = (self.user != NOBODY).then_some(&self.user);
            let told = json!({
                "account": account,
                "action": self.action.action().as_str(),
                "resource": self.repository.0.to_string(),
                "allowed": decision.is_allowed,
                "because": because,
            });
            say(&format!("{told:#}"));
        } else if decision.is_allowed {
            say(&format!("allow: {because}"));
        } else {
            say(&format!("deny: {because}"));
        }
    }
}

// === impl Wanted ===

impl Wanted {
    const fn action(self) -> Action {
        match self {
            Self::Pull => Action::Pull,
            Self::Push => Action::Push,
            Self::Delete => Action::Delete,
            Self::List => Action::All,
        }
    }

    /// What its requests need: see [`wharf_auth::Access::needed`].
    fn needs(self) -> Actions {
        match self {
            Self::Push => Actions::PULL_AND_PUSH,
            Self::Pull | Self::Delete | Self::List => self.action().into(),
        }
    }
}

// === impl Target ===

impl FromStr for Target {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == CATALOG {
            return Ok(Self(Resource::Catalog));
        }
        text.parse::<RepositoryName>()
            .map(|name| Self(Resource::Repository(name)))
    }
}

/// Whether rules decide there, and not that everybody may do everything.
fn asks_who(config: &Config) -> Result<bool> {
    let auth = &config.auth;
    if auth.token.is_some() {
        bail!("auth.token: what somebody may do is in their token");
    }
    if auth.silly.is_some() {
        bail!("auth.silly: whoever shows anything may do everything, and nobody else anything");
    }
    Ok(auth.htpasswd.is_some() || config.wharfinger.auth.directory.is_some())
}

/// As in the path of the API; no repository can be called so.
const CATALOG: &str = "_catalog";
const NOBODY: &str = "-";
/// The exit code that is neither allow nor deny; clap's for what it cannot read.
const CANNOT_BE_TOLD: u8 = 2;

const EXAMPLES: &str = "\
Examples:
  wharf auth can-i ann push team/app /etc/docker/registry/config.yml
      allow: rule 2 (the team pushes)
  wharf auth can-i - pull library/alpine
      For whoever does not log in
  wharf auth can-i ann list _catalog --address 192.0.2.7
      The list of all repositories, from there
  wharf auth can-i ann delete team/app --group admins --json
      As if ann were one of the admins, for a script
";
