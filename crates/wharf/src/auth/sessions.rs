//! `wharf auth sessions`: refresh tokens, which `docker login` keeps instead of a password.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, bail};
use serde_json::json;
use wharf_auth::{Session, Sessions};

use super::directory;
use wharf_registry::moment;

use crate::cli::CalledAs;
use crate::cli::auth::{RevokedSessions, SessionCommand, ShownSessions};
use crate::terminal::{say, say_table};

pub(super) fn run(command: &SessionCommand, name: CalledAs) -> Result<ExitCode> {
    match command {
        SessionCommand::List(arguments) => list(arguments, name),
        SessionCommand::Revoke(arguments) => revoke(arguments, name),
    }
}

fn list(arguments: &ShownSessions, name: CalledAs) -> Result<ExitCode> {
    let Some(sessions) = open(arguments.file.path.as_deref(), name)? else {
        return Ok(ExitCode::FAILURE);
    };
    let sessions = sessions.list();
    if arguments.json {
        let told: Vec<_> = sessions.iter().map(as_json).collect();
        say(&format!("{:#}", serde_json::Value::from(told)));
        return Ok(ExitCode::SUCCESS);
    }
    let rows: Vec<_> = sessions.into_iter().map(as_row).collect();
    say_table(["ID", "USER", "CLIENT", "CREATED", "LAST USED"], &rows);
    Ok(ExitCode::SUCCESS)
}

fn revoke(arguments: &RevokedSessions, name: CalledAs) -> Result<ExitCode> {
    let Some(sessions) = open(arguments.file.path.as_deref(), name)? else {
        return Ok(ExitCode::FAILURE);
    };
    let is_meant = |session: &Session| {
        arguments.all
            || arguments.account.as_deref() == Some(&session.account)
            || arguments.ids.contains(&session.id)
    };
    let number = sessions.revoke(is_meant)?;
    if number == 0 {
        bail!("there is no such refresh token: see wharf auth sessions list");
    }
    say(&format!("revoked {number}"));
    Ok(ExitCode::SUCCESS)
}

fn open(file: Option<&Path>, name: CalledAs) -> Result<Option<Sessions>> {
    let Some((loaded, directory)) = directory(file, name)? else {
        return Ok(None);
    };
    let Some(server) = &loaded.config.wharfinger.auth.server else {
        bail!("there is no authorization server: set wharfinger.auth.server");
    };
    Ok(Some(Sessions::open(&directory, server.refresh)?))
}

fn as_row(session: Session) -> [String; 5] {
    let (created, used) = (moment(session.created()), moment(session.used()));
    [session.id, session.account, session.client, created, used]
}

fn as_json(session: &Session) -> serde_json::Value {
    json!({
        "id": session.id,
        "account": session.account,
        "service": session.service,
        "client": session.client,
        "created": moment(session.created()),
        "used": moment(session.used()),
    })
}
