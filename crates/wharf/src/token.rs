//! `wharf token`: personal access tokens, for people's machines and for robots.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Result, bail};
use serde_json::json;
use wharf_auth::{Directory, NewToken, PersonalToken, Use};

use crate::accounts::{Place, Where};
use crate::cli::{self, CalledAs};
use crate::terminal::{say, say_table, time, warn};

/// Runs one of its commands.
pub(crate) fn run(command: &cli::Token, name: CalledAs) -> Result<ExitCode> {
    let (kept, open): (Where<'_>, fn(PathBuf) -> _) = match command {
        // A user of the htpasswd file may have one before the directory is there.
        cli::Token::Create(create) => ((&create.kept).into(), Directory::create),
        cli::Token::List(list) => ((&list.kept).into(), Directory::open),
        cli::Token::Revoke(revoke) => ((&revoke.kept).into(), Directory::open),
    };
    let Some(place) = Place::find(&kept, name, open)? else {
        return Ok(ExitCode::FAILURE);
    };
    match command {
        cli::Token::Create(arguments) => create(arguments, &place),
        cli::Token::List(arguments) => list(arguments, &place),
        cli::Token::Revoke(arguments) => {
            let token = place.directory.revoke_token(&arguments.id)?;
            say(&format!("revoked {} of {}", arguments.id, token.account));
            Ok(())
        }
    }?;
    Ok(ExitCode::SUCCESS)
}

fn create(arguments: &cli::Create, place: &Place) -> Result<()> {
    let user = &arguments.user;
    let is_user = place.directory.users()?.contains_key(user);
    if !is_user && !place.is_in_htpasswd(user)? {
        bail!(
            "there is no user {user} in {}: make one with `wharf user add {user} --no-password`",
            place.describe()
        );
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let ends = arguments.expires.map(|expires| (now + expires.0).as_secs());
    let (id, token) = place.directory.create_token(NewToken {
        account: user.clone(),
        description: arguments.description.clone(),
        scopes: arguments.scopes.clone(),
        expires: ends,
    })?;
    let ends = ends.map(time).transpose()?;
    if arguments.json {
        let scopes = arguments.scopes.iter().map(ToString::to_string);
        let told = json!({
            "id": id,
            "user": user,
            "token": token.reveal(),
            "scopes": scopes.collect::<Vec<_>>(),
            "expires": ends,
        });
        say(&format!("{told:#}"));
        return Ok(());
    }
    // Alone on standard output, for scripts.
    say(token.reveal());
    let ends = ends.map_or("it does not expire".to_owned(), |ends| {
        format!("it expires at {ends}")
    });
    warn(&format!(
        "This is the password for `docker login --username {user}`, and cannot be shown again; \
         {ends}. `wharf token revoke {id}` revokes it."
    ));
    Ok(())
}

fn list(arguments: &cli::List, place: &Place) -> Result<()> {
    let tokens = place.directory.tokens()?;
    let uses = place.directory.uses()?;
    if arguments.json {
        let tokens: Result<Vec<_>> = tokens
            .iter()
            .map(|(id, token)| as_json(id, token, uses.get(id)))
            .collect();
        say(&format!("{:#}", json!(tokens?)));
        return Ok(());
    }
    let rows: Result<Vec<_>> = tokens
        .iter()
        .map(|(id, token)| as_row(id, token, uses.get(id)))
        .collect();
    let heads = [
        "ID",
        "USER",
        "CREATED",
        "EXPIRES",
        "LAST USED",
        "FROM",
        "SCOPES",
        "DESCRIPTION",
    ];
    say_table(heads, &rows?);
    Ok(())
}

fn as_json(id: &str, token: &PersonalToken, used: Option<&Use>) -> Result<serde_json::Value> {
    Ok(json!({
        "id": id,
        "user": token.account,
        "description": token.description,
        "scopes": token.scopes,
        "created": time(token.created)?,
        "expires": token.expires.map(time).transpose()?,
        "has_expired": token.has_expired(),
        "last_used": used.map(|used| time(used.time)).transpose()?,
        "last_address": used.and_then(|used| used.address),
    }))
}

fn as_row(id: &str, token: &PersonalToken, used: Option<&Use>) -> Result<[String; 8]> {
    let expires = match token.expires {
        Some(_) if token.has_expired() => "expired".to_owned(),
        Some(expires) => time(expires)?,
        None => "never".to_owned(),
    };
    let address = used.and_then(|used| used.address);
    Ok([
        id.to_owned(),
        token.account.clone(),
        time(token.created)?,
        expires,
        used.map_or(Ok("never".to_owned()), |used| time(used.time))?,
        address
            .map(|address| address.to_string())
            .unwrap_or_default(),
        if token.scopes.is_empty() {
            "all".to_owned()
        } else {
            token.scopes.join(" ")
        },
        token.description.clone().unwrap_or_default(),
    ])
}
