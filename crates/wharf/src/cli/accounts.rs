//! `wharf user` and `wharf token`, as they are written.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use wharf_auth::{AccountName, Permitted};

use super::lifetime::Lifetime;

/// Where accounts are kept.
#[derive(Args, Debug)]
pub(crate) struct Kept {
    /// The configuration file, whose wharfinger.auth.directory it is
    /// [env: REGISTRY_CONFIGURATION_PATH]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// The directory itself, in the place of a configuration
    #[arg(long, value_name = "DIRECTORY", conflicts_with = "config")]
    pub(crate) directory: Option<PathBuf>,
}

/// Where a password comes from. Without any of these it is asked for.
#[derive(Args, Debug)]
#[group(multiple = false)]
pub(crate) struct Source {
    /// Read the password from standard input: its first line
    #[arg(long)]
    pub(crate) password_stdin: bool,

    /// Make a random password, and print it
    #[arg(long)]
    pub(crate) generate: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum User {
    /// Add a user
    ///
    /// The password is asked for, unless one of the flags says where it comes from.
    #[command(after_help = "\
Examples:
  wharf user add ann --config /etc/docker/registry/config.yml
  wharf user add bob --group team --generate --directory ./accounts
  wharf user add ci --no-password
      A robot: only its tokens let it in (wharf token create --user ci)")]
    Add(Add),
    /// Change a user's password
    ///
    /// A server notices within a second; those who are logged in with the old one have to log
    /// in again.
    #[command(after_help = "\
Examples:
  wharf user passwd ann
  wharf user passwd ann --password-stdin < password.txt")]
    Passwd(Passwd),
    /// Change the groups a user is in, and print them
    ///
    /// Rules (wharfinger.auth.rules) say what groups may do. Without --add and --remove nothing
    /// changes.
    #[command(after_help = "\
Example:
  wharf user groups ann --add team --add admins --remove guests")]
    Groups(Groups),
    /// List all users, and the groups they are in
    #[command(after_help = "\
Examples:
  wharf user list
  wharf user list --json")]
    List(List),
    /// Remove a user and revoke their tokens
    ///
    /// A server notices within a second. What the user has pushed stays.
    #[command(after_help = "\
Example:
  wharf user remove ann")]
    Remove(Remove),
}

#[derive(Args, Debug)]
pub(crate) struct Add {
    /// What the user is called
    pub(crate) name: AccountName,

    /// A group the user is in; may be said several times
    #[arg(long = "group", value_name = "GROUP")]
    pub(crate) groups: Vec<AccountName>,

    /// Without a password: only tokens let the user in
    #[arg(long, conflicts_with = "Source")]
    pub(crate) no_password: bool,

    #[command(flatten)]
    pub(crate) source: Source,

    #[command(flatten)]
    pub(crate) kept: Kept,
}

#[derive(Args, Debug)]
pub(crate) struct Passwd {
    /// Whose password it is
    pub(crate) name: String,

    #[command(flatten)]
    pub(crate) source: Source,

    #[command(flatten)]
    pub(crate) kept: Kept,
}

#[derive(Args, Debug)]
pub(crate) struct Groups {
    /// Whose groups they are
    pub(crate) name: String,

    /// A group to be in; may be said several times
    #[arg(long, value_name = "GROUP")]
    pub(crate) add: Vec<AccountName>,

    /// A group not to be in; may be said several times
    #[arg(long, value_name = "GROUP")]
    pub(crate) remove: Vec<AccountName>,

    #[command(flatten)]
    pub(crate) kept: Kept,
}

#[derive(Args, Debug)]
pub(crate) struct List {
    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) kept: Kept,
}

#[derive(Args, Debug)]
pub(crate) struct Remove {
    /// Who is to be removed
    pub(crate) name: String,

    #[command(flatten)]
    pub(crate) kept: Kept,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Token {
    /// Make a token, and print it: it cannot be shown again
    ///
    /// It is used in the place of the password of its user: `docker login --username USER`. It
    /// is good for what its scopes say, of what its user may do; without a scope for all of
    /// that. A push needs pull and push.
    #[command(after_help = "\
Examples:
  wharf token create --user ci --scope 'repository:team/*:pull,push' --expires 90d
  wharf token create --user ann --description laptop
  wharf token create --user mirror --scope 'repository:**:pull' --scope 'registry:catalog:*'")]
    Create(Create),
    /// List all tokens, without what would let somebody in
    #[command(after_help = "\
Examples:
  wharf token list
  wharf token list --json")]
    List(List),
    /// Revoke a token; a server refuses it within a second
    #[command(after_help = "\
Example:
  wharf token revoke 0123456789ab")]
    Revoke(Revoke),
}

#[derive(Args, Debug)]
pub(crate) struct Create {
    /// Whose token it is: a user of the directory or of the htpasswd file
    #[arg(long, value_name = "NAME")]
    pub(crate) user: String,

    /// What it is good for: repository:PATTERN:ACTIONS or registry:catalog:*; may be said
    /// several times
    ///
    /// In PATTERN, `*` stands for any characters but `/`, `**` for those too. ACTIONS are some
    /// of pull, push, delete, between commas, or `*`. registry:catalog:* is the list of all
    /// repositories. [default: all that its user may do]
    #[arg(long = "scope", value_name = "SCOPE")]
    pub(crate) scopes: Vec<Permitted>,

    /// When it ends: after so many minutes, hours, days, weeks or years, such as 12h or 90d
    /// [default: never]
    #[arg(long, value_name = "TIME")]
    pub(crate) expires: Option<Lifetime>,

    /// A note on what it is for, which `wharf token list` shows
    #[arg(long, value_name = "TEXT", value_parser = description)]
    pub(crate) description: Option<String>,

    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) kept: Kept,
}

#[derive(Args, Debug)]
pub(crate) struct Revoke {
    /// Which one, as `wharf token list` shows it
    pub(crate) id: String,

    #[command(flatten)]
    pub(crate) kept: Kept,
}

/// One line that fits into a table.
fn description(text: &str) -> Result<String, &'static str> {
    let is_line = text.chars().count() <= 200 && !text.contains(char::is_control);
    is_line
        .then(|| text.to_owned())
        .ok_or("a description is one line of at most 200 characters")
}
