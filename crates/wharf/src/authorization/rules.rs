//! `wharfinger.auth.rules` and `wharfinger.auth.groups` as what decides.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;
use wharf_auth::{Action, Actions, Effect, Glob, Group, RepositoryPattern, Rule, Rules, What, Who};
use wharf_config::options::{self, RuleClass};
use wharf_config::{Loaded, Remark};

/// Makes the rules of a configuration. What is odd about them is added to `warnings`.
///
/// # Errors
/// The first option that cannot be used.
pub(crate) fn rules(loaded: &Loaded, warnings: &mut Vec<Remark>) -> Result<Rules, Remark> {
    let identity = &loaded.config.wharfinger.auth;
    for (name, members) in &identity.groups {
        let option = format!("wharfinger.auth.groups.{name}");
        for member in members.iter().filter(|member| member.contains(['*', '?'])) {
            let text = format!("`{member}` is the name of an account here, not a pattern");
            warnings.push(loaded.remark(&option, text));
        }
    }
    let mut rules = Vec::with_capacity(identity.rules.len());
    for (index, written) in identity.rules.iter().enumerate() {
        let mut reading = Reading {
            loaded,
            written,
            groups: &identity.groups,
            path: format!("wharfinger.auth.rules[{index}]"),
            warnings,
        };
        rules.push(reading.rule()?);
    }
    Ok(Rules::new(rules))
}

/// One rule while it is read.
struct Reading<'a> {
    loaded: &'a Loaded,
    written: &'a options::Rule,
    groups: &'a BTreeMap<String, Vec<String>>,
    /// Where it stands.
    path: String,
    warnings: &'a mut Vec<Remark>,
}

// === impl Reading ===

impl Reading<'_> {
    fn rule(&mut self) -> Result<Rule, Remark> {
        Ok(Rule {
            name: self.written.name.clone().filter(|name| !name.is_empty()),
            who: self.who()?,
            what: self.what()?,
            networks: self.each("networks", &self.written.networks, network)?,
            effect: match self.written.effect {
                options::Effect::Allow => Effect::Allow,
                options::Effect::Deny => Effect::Deny,
            },
        })
    }

    fn who(&mut self) -> Result<Who, Remark> {
        let rule = self.written;
        let names_accounts = !rule.accounts.is_empty() || !rule.groups.is_empty();
        if !rule.anonymous && !names_accounts {
            let text = "a rule for nobody: say `accounts`, `groups` or `anonymous: true`";
            return Err(self.remark("", text));
        }
        if rule.anonymous && names_accounts {
            let text = "fits everybody: `accounts` and `groups` beside it change nothing";
            self.warnings.push(self.remark(".anonymous", text));
        }
        let accounts = self.each("accounts", &rule.accounts, |pattern| match pattern {
            // In the names of accounts a slash separates nothing.
            "*" => Glob::parse("**"),
            pattern => Glob::parse(pattern),
        })?;
        if rule.anonymous {
            return Ok(Who::Everybody);
        }
        // `wharf user` may put somebody into any group, now or later.
        let are_elsewhere = self.loaded.config.wharfinger.auth.directory.is_some();
        let mut groups = Vec::with_capacity(rule.groups.len());
        for (index, name) in rule.groups.iter().enumerate() {
            let members = self.groups.get(name);
            if members.is_none() && !are_elsewhere {
                let text = format!("there is no group `{name}` in wharfinger.auth.groups");
                let remark = self.remark(&format!(".groups[{index}]"), text);
                self.warnings.push(remark);
            }
            groups.push(Group::new(name, members.into_iter().flatten()));
        }
        Ok(Who::Accounts(accounts, groups))
    }

    fn what(&self) -> Result<What, Remark> {
        let rule = self.written;
        let actions = self.each("actions", &rule.actions, action)?;
        match rule.class {
            RuleClass::Admin => {
                if !rule.repositories.is_empty() {
                    let text = "a rule with `class: admin` is not about repositories: \
                                write another one for them";
                    return Err(self.remark(".repositories", text));
                }
                if actions.iter().any(|action| *action != Action::All) {
                    let text = "with `class: admin` there is only `*`: leave the actions out";
                    return Err(self.remark(".actions", text));
                }
                Ok(What::Registry)
            }
            RuleClass::Repository => {
                if rule.repositories.is_empty() {
                    let text = "a rule about nothing: say `repositories` (`**` for all of them), \
                                or `class: admin`";
                    return Err(self.remark("", text));
                }
                if actions.is_empty() {
                    let text = "a rule about no action: say `actions`, some of pull, push, \
                                delete, or `*` for all";
                    return Err(self.remark("", text));
                }
                let patterns =
                    self.each("repositories", &rule.repositories, RepositoryPattern::parse)?;
                let actions: Actions = actions.into_iter().collect();
                Ok(What::Repositories(patterns, actions))
            }
        }
    }

    /// What the texts of a list are.
    fn each<T, E: fmt::Display>(
        &self,
        list: &str,
        texts: &[String],
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Result<Vec<T>, Remark> {
        let items = texts.iter().enumerate().map(|(index, text)| {
            parse(text).map_err(|error| {
                let place = format!(".{list}[{index}]");
                self.remark(&place, format!("`{text}`: {error}"))
            })
        });
        items.collect()
    }

    /// About the rule, or about what is `below` it.
    fn remark(&self, below: &str, text: impl Into<String>) -> Remark {
        self.loaded.remark(&format!("{}{below}", self.path), text)
    }
}

fn action(word: &str) -> Result<Action, &'static str> {
    Action::parse(word).ok_or("none of pull, push, delete and *")
}

/// A network, or one address. Those of IPv4 written in IPv6 are those of IPv4, as those of
/// clients are.
fn network(text: &str) -> Result<IpNet, &'static str> {
    let network = match text.parse::<IpAddr>() {
        Ok(address) => IpNet::from(address),
        Err(_) => text
            .parse::<IpNet>()
            .map_err(|_| "no network: write it as 192.0.2.0/24 or 2001:db8::/32")?,
    };
    let mapped = match network {
        IpNet::V6(network) => network.addr().to_ipv4_mapped(),
        IpNet::V4(_) => None,
    };
    match mapped {
        Some(address) => network
            .prefix_len()
            .checked_sub(96)
            .and_then(|length| IpNet::new(address.into(), length).ok())
            .ok_or("a network that has both IPv4 and IPv6 in it: write two"),
        None => Ok(network),
    }
}

#[cfg(test)]
mod tests;
