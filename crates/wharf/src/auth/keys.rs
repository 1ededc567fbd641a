//! `wharf auth keys` and `wharf auth rotate`.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use rcgen::{CertificateParams, DnType, KeyPair};
use wharf_auth::{KeyStory, Keys, Rotation};

use super::directory;
use wharf_registry::moment;

use crate::cli::CalledAs;
use crate::cli::auth::{Rotate, ShownKeys};
use crate::terminal::say;

pub(super) fn show(arguments: &ShownKeys, name: CalledAs) -> Result<ExitCode> {
    let Some((loaded, directory)) = directory(arguments.file.path.as_deref(), name)? else {
        return Ok(ExitCode::FAILURE);
    };
    let keys = Arc::new(Keys::open(&directory)?);
    if arguments.jwks {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()?;
        say(&runtime.block_on(keys.jwks()).to_string());
    } else if arguments.certificate {
        let server = loaded.config.wharfinger.auth.server.as_ref();
        let issuer = server.map_or("wharfinger", |server| &server.issuer);
        for private in keys.private_parts()? {
            say(certificate(&private, issuer)?.trim_end());
        }
    } else {
        for story in keys.stories() {
            say(&line(&story));
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn rotate(arguments: &Rotate, name: CalledAs) -> Result<ExitCode> {
    let Some((loaded, directory)) = directory(arguments.file.path.as_deref(), name)? else {
        return Ok(ExitCode::FAILURE);
    };
    let server = loaded.config.wharfinger.auth.server.as_ref();
    let server = server.context("there is no authorization server: set wharfinger.auth.server")?;
    let rotation = if arguments.revoke {
        Rotation::Revoking
    } else {
        Rotation::Overlapping {
            lead: if arguments.now { Duration::ZERO } else { LEAD },
            expiration: server.expiration,
        }
    };
    Keys::rotate(&directory, rotation)?;
    for story in Keys::open(&directory)?.stories() {
        say(&line(&story));
    }
    Ok(ExitCode::SUCCESS)
}

fn line(story: &KeyStory) -> String {
    let (id, created) = (&story.id, moment(story.created));
    let state = match (story.is_signing, story.trusted_until) {
        (true, None) => "signs".to_owned(),
        (true, Some(until)) => format!("signs, and verifies until {}", moment(until)),
        (false, Some(until)) => format!("verifies until {}", moment(until)),
        (false, None) => format!("signs from {}", moment(story.signs_from)),
    };
    format!("{id}  made {created}  {state}")
}

/// As distribution's `rootcertbundle` takes it: signed by itself, only to hold the key.
fn certificate(private: &[u8], issuer: &str) -> Result<String> {
    let pair = KeyPair::try_from(private)?;
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, issuer);
    Ok(params.self_signed(&pair)?.pem())
}

/// How long a new key is published before it signs: registries that fetch keys do so within
/// it.
const LEAD: Duration = Duration::from_secs(300);
