//! `wharf login`.

use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;

use anyhow::{Error, Result, bail};
use serde_json::json;
use wharf_client::{
    ClientError, ClientSettings, Credential, CredentialScope, Credentials, Kept, RegistryClient,
    Secret,
};

use super::exit::Interrupted;
use super::explain::Explanation;
use super::{logout, wait};
use crate::cli::{LogIn, Login};
use crate::password;
use crate::terminal::{say, warn};

pub(super) fn run(command: &Login) -> Result<ExitCode> {
    match command {
        Login::In(command) if command.get_login => get_login(command),
        Login::In(command) => log_in(command),
        Login::Out(command) => logout::run(command),
    }
}

/// Says who is logged in, and asks nobody.
fn get_login(command: &LogIn) -> Result<ExitCode> {
    let scope = &command.registry.0;
    let credentials = command.reach.credentials();
    let found = wait(async { Ok(credentials.get(scope).await?) })?;
    let Some(found) = found else {
        bail!("not logged in to {0}: wharf login {0}", shown(scope));
    };
    let user = found.username();
    if command.json {
        let line = json!({"registry": shown(scope), "user": user});
        say(&line.to_string());
    } else {
        say(user.unwrap_or("(an identity token, without a name)"));
    }
    Ok(ExitCode::SUCCESS)
}

fn log_in(command: &LogIn) -> Result<ExitCode> {
    if command.reach.anonymous {
        bail!("nobody cannot log in: leave --anonymous out");
    }
    let scope = &command.registry.0;
    let mut settings = command.reach.settings(Some(&scope.registry))?;
    let explanation = command.explain.then(Explanation::new);
    if let Some(explanation) = &explanation {
        explanation.listen(&mut settings);
    }
    let credentials = command.reach.credentials();
    let login = Attempt {
        scope,
        settings,
        credentials: &credentials,
    };
    let done = match said(command)? {
        Some(credential) => wait(login.with(credential)),
        None => match wait(login.again())? {
            Some(done) => Ok(done),
            None => wait(login.with(asked(command, scope)?)),
        },
    };
    let LoggedIn { user, kept } = done.map_err(advise)?;
    let is_explained = explanation.is_some();
    tell(command, &user, &kept, is_explained);
    if credentials.given(scope)?.is_some() {
        warn("DOCKER_AUTH_CONFIG has another login for it, which counts as long as it is set");
    }
    Ok(ExitCode::SUCCESS)
}

/// A login at one registry.
struct Attempt<'a> {
    scope: &'a CredentialScope,
    settings: ClientSettings,
    credentials: &'a Credentials,
}

struct LoggedIn {
    user: String,
    kept: Where,
}

/// Where the credential is now.
enum Where {
    /// It was kept by this login.
    Now { kept: Kept, is_token: bool },
    /// It had been kept before, and is still good.
    Before,
}

// === impl Attempt ===

impl Attempt<'_> {
    /// With this name and password, which are kept if they are taken.
    async fn with(&self, credential: Credential) -> Result<LoggedIn> {
        let user = name(&credential);
        let token = self.client(credential.clone())?.log_in().await?;
        let is_token = token.is_some();
        let credential = token.unwrap_or(credential);
        let kept = self.credentials.store(self.scope, &credential).await?;
        let kept = Where::Now { kept, is_token };
        Ok(LoggedIn { user, kept })
    }

    /// With what was kept earlier; `None` if that is nothing, or good no more.
    async fn again(&self) -> Result<Option<LoggedIn>> {
        let Some(credential) = self.credentials.get(self.scope).await? else {
            return Ok(None);
        };
        let user = name(&credential);
        match self.client(credential)?.ping().await {
            Ok(()) => Ok(Some(LoggedIn {
                user,
                kept: Where::Before,
            })),
            Err(ClientError::Denied { .. }) => {
                warn("what was kept earlier is good no more");
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    fn client(&self, credential: Credential) -> Result<RegistryClient> {
        let registry = self.scope.registry.clone();
        let client = RegistryClient::new(registry, &self.settings, Some(credential))?;
        Ok(client)
    }
}

// === private ===

/// The name and password that the flags say, if they do.
fn said(command: &LogIn) -> Result<Option<Credential>> {
    let registry = &command.registry.0.registry;
    let creds = command.reach.creds.iter();
    if let Some(creds) = creds.into_iter().find(|it| it.whose.is(registry)) {
        let password = creds.password.clone();
        return Ok(Some(Credential::password(creds.user.clone(), password)));
    }
    let Some(user) = &command.username else {
        return Ok(None);
    };
    let password = if let Some(password) = &command.password {
        warn("--password shows the password to other users: --password-stdin does not");
        Secret::from(password.as_str())
    } else if command.password_stdin {
        let line = password::line(LONGEST)?;
        if line.is_empty() {
            bail!("standard input has no password in its first line");
        }
        Secret::from(line.as_str())
    } else {
        hidden()?
    };
    Ok(Some(Credential::password(user.clone(), password)))
}

/// A name and a password from the terminal.
fn asked(command: &LogIn, scope: &CredentialScope) -> Result<Credential> {
    if !io::stdin().is_terminal() {
        bail!(
            "there is no terminal to ask for name and password on: use --username and \
             --password-stdin"
        );
    }
    if !command.json {
        warn(&format!("Log in to {}", shown(scope)));
    }
    let mut error = io::stderr();
    write!(error, "Username: ")?;
    error.flush()?;
    // Signals are answered only while something is waited for.
    let line = || anyhow::Ok(password::line(LONGEST)?);
    let user = wait(async { tokio::task::spawn_blocking(line).await? })?;
    if user.is_empty() {
        bail!("a login needs a name");
    }
    Ok(Credential::password(user.as_str(), hidden()?))
}

fn hidden() -> Result<Secret> {
    if !io::stdin().is_terminal() {
        bail!("there is no terminal to ask for a password on: use --password-stdin");
    }
    let password = password::ask("Password: ", LONGEST)?;
    // Ctrl-C, where nothing is shown.
    if password.contains('\u{3}') {
        return Err(Interrupted.into());
    }
    if password.is_empty() {
        bail!("a login needs a password");
    }
    Ok(Secret::from(password.as_str()))
}

fn tell(command: &LogIn, user: &str, kept: &Where, is_explained: bool) {
    let registry = shown(&command.registry.0);
    if command.json {
        let (file, helper, token) = match kept {
            Where::Before => (None, None, None),
            Where::Now { kept, is_token } => match kept {
                Kept::File(path) => (Some(path), None, Some(is_token)),
                Kept::Helper(name) => (None, Some(name), Some(is_token)),
            },
        };
        let line = json!({
            "registry": registry,
            "user": user,
            "keptBefore": matches!(kept, Where::Before),
            "file": file,
            "helper": helper,
            "identityToken": token,
        });
        say(&line.to_string());
        return;
    }
    // Standard output is the explanation.
    let tell = if is_explained { warn } else { say };
    tell(&format!("logged in to {registry} as {user}"));
    match kept {
        Where::Before => tell("what was kept earlier is still good"),
        Where::Now {
            kept: Kept::Helper(name),
            ..
        } => tell(&format!("kept by docker-credential-{name}")),
        Where::Now {
            kept: Kept::File(path),
            is_token,
        } => {
            let what = if *is_token {
                "an identity token"
            } else {
                "the password"
            };
            warn(&format!(
                "{what} is in {}, readable for whoever can read that file: a credential helper \
                 hides it (docs/client.md, \"Logging in\")",
                path.display()
            ));
        }
    }
}

/// What to do about a login that failed.
fn advise(error: Error) -> Error {
    match error.downcast_ref::<ClientError>() {
        Some(ClientError::Denied { .. }) => error.context(
            "not logged in: check name and password; where an account has a second factor, the \
             password is an access token",
        ),
        _ => error.context("not logged in"),
    }
}

fn name(credential: &Credential) -> String {
    credential.username().unwrap_or("(unknown)").to_owned()
}

/// A registry, or a part of it.
pub(super) fn shown(scope: &CredentialScope) -> String {
    match &scope.namespace {
        Some(namespace) => format!("{}/{namespace}", scope.registry),
        None => scope.registry.to_string(),
    }
}

/// Bytes of a name or a password: tokens may be long.
const LONGEST: usize = 64 << 10;
