//! Programs that keep credentials: `docker-credential-NAME get|store|erase|list`, with what
//! they need on standard input and what they say on standard output.
//! docker-credential-helpers: credentials/credentials.go, client/client.go

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};
use zeroize::Zeroizing;

use super::credential::Credential;
use super::entry::quoted;
use super::error::CredentialError;
use super::secret::Secret;

/// One of them.
#[derive(Debug)]
pub(super) struct Helper<'a> {
    name: &'a str,
    program: PathBuf,
    patience: Duration,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    #[serde(default)]
    username: String,
    secret: Secret,
}

// === impl Helper ===

impl<'a> Helper<'a> {
    /// The one of this name: looked for in `directories`, then in `PATH`.
    pub(super) fn new(
        name: &'a str,
        directories: &[PathBuf],
        patience: Duration,
    ) -> Result<Self, CredentialError> {
        let is_legal = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if name.is_empty() || !name.bytes().all(is_legal) {
            return Err(CredentialError::HelperName(name.to_owned()));
        }
        let program = PathBuf::from(format!("docker-credential-{name}"));
        let mut known = directories.iter().map(|it| it.join(&program));
        Ok(Self {
            name,
            program: known.find(|path| path.exists()).unwrap_or(program),
            patience,
        })
    }

    /// What it keeps for a server; `None` if it says that it keeps nothing.
    pub(super) async fn get(&self, server: &str) -> Result<Option<Credential>, CredentialError> {
        let text = match self.run("get", server.as_bytes()).await {
            Err(CredentialError::HelperFailed { message, .. }) if is_absence(&message) => {
                return Ok(None);
            }
            text => text?,
        };
        let answer: Answer = self.understood("get", &text)?;
        Ok(Some(if answer.username == TOKEN {
            Credential::IdentityToken {
                username: None,
                token: answer.secret,
            }
        } else {
            Credential::Password {
                username: answer.username,
                password: answer.secret,
            }
        }))
    }

    /// Makes it keep this.
    pub(super) async fn store(
        &self,
        server: &str,
        credential: &Credential,
    ) -> Result<(), CredentialError> {
        let (username, secret) = match credential {
            Credential::Password { username, password } => (username.as_str(), password),
            Credential::IdentityToken { token, .. } => (TOKEN, token),
            // The protocol has no word for it.
            Credential::RegistryToken(_) => {
                return Err(CredentialError::HelperFailed {
                    name: self.name.to_owned(),
                    verb: "store",
                    message: "helpers do not keep tokens of registries".to_owned(),
                });
            }
        };
        let (server, username) = (quoted(server), quoted(username));
        let secret = quoted(secret.expose());
        let parts = ["{\"ServerURL\":", &server, ",\"Username\":", &username];
        let parts = parts.into_iter().chain([",\"Secret\":", &secret, "}"]);
        let room = parts.clone().map(str::len).sum();
        let mut input = Zeroizing::new(Vec::with_capacity(room));
        for part in parts {
            input.extend_from_slice(part.as_bytes());
        }
        self.run("store", &input).await.map(drop)
    }

    /// Makes it forget; whether it knew.
    pub(super) async fn erase(&self, server: &str) -> Result<bool, CredentialError> {
        match self.run("erase", server.as_bytes()).await {
            Err(CredentialError::HelperFailed { message, .. }) if is_absence(&message) => Ok(false),
            done => done.map(|_| true),
        }
    }

    /// The servers that it keeps something for, with the name of the account at each.
    pub(super) async fn list(&self) -> Result<BTreeMap<String, String>, CredentialError> {
        let text = self.run("list", b"").await?;
        let list: Option<BTreeMap<String, String>> = self.understood("list", &text)?;
        Ok(list.unwrap_or_default())
    }

    async fn run(
        &self,
        verb: &'static str,
        input: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, CredentialError> {
        let child = Command::new(&self.program)
            .arg(verb)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn();
        let child = child.map_err(|source| CredentialError::HelperMissing {
            name: self.name.to_owned(),
            source,
        })?;
        let ended = tokio::time::timeout(self.patience, converse(child, input)).await;
        let slow = |_| CredentialError::HelperSlow {
            name: self.name.to_owned(),
            verb,
            after: self.patience,
        };
        let failed = |message: String| CredentialError::HelperFailed {
            name: self.name.to_owned(),
            verb,
            message,
        };
        let (succeeded, output) = ended.map_err(slow)?.map_err(|it| failed(it.to_string()))?;
        if output.len() as u64 > LARGEST {
            return Err(failed(format!("it said more than {LARGEST} bytes")));
        }
        if succeeded {
            return Ok(output);
        }
        // Failures are told on standard output, too, and in one line.
        let message = String::from_utf8_lossy(&output);
        let message = message
            .trim()
            .chars()
            .take(MOST_MESSAGE)
            .collect::<String>();
        let is_silent = message.is_empty();
        Err(failed(if is_silent {
            SILENT.to_owned()
        } else {
            message
        }))
    }

    fn understood<T: for<'b> Deserialize<'b>>(
        &self,
        verb: &'static str,
        text: &[u8],
    ) -> Result<T, CredentialError> {
        serde_json::from_slice(text).map_err(|_| CredentialError::HelperAnswer {
            name: self.name.to_owned(),
            verb,
        })
    }
}

// === private ===

/// Says what is to be said and hears what comes; both at once, since a pipe holds little.
async fn converse(mut child: Child, input: &[u8]) -> std::io::Result<(bool, Zeroizing<Vec<u8>>)> {
    let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
    let say = async {
        if let Some(mut stdin) = stdin {
            // One that does not read all, or none of it, may be right all the same.
            stdin.write_all(input).await.ok();
        }
    };
    let hear = async {
        let mut output = Zeroizing::new(Vec::with_capacity(ROOM));
        if let Some(stdout) = stdout {
            stdout.take(LARGEST + 1).read_to_end(&mut output).await?;
        }
        Ok::<_, std::io::Error>(output)
    };
    let ((), output) = tokio::join!(say, hear);
    let output = output?;
    Ok((child.wait().await?.success(), output))
}

/// docker-credential-helpers: credentials/error.go
fn is_absence(message: &str) -> bool {
    message.trim() == "credentials not found in native keychain"
}

/// The name of the account where the secret is an identity token.
const TOKEN: &str = "<token>";
const SILENT: &str = "it did not say why";
/// Characters of a message that anybody reads.
const MOST_MESSAGE: usize = 500;
/// Bytes of an answer.
const LARGEST: u64 = 1 << 20;
/// Bytes that an answer has: a buffer that grows leaves copies behind.
const ROOM: usize = 16 << 10;
