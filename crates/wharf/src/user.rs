//! `wharf user`: the users of `wharfinger.auth.directory`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, bail};
use serde_json::json;
use wharf_auth::{Directory, PasswordHash, User};

use crate::accounts::{Place, Where};
use crate::cli::{self, CalledAs};
use crate::password;
use crate::terminal::{say, say_table, time, warn};

/// Runs one of its commands.
pub(crate) fn run(command: &cli::User, name: CalledAs) -> Result<ExitCode> {
    let (kept, open): (Where<'_>, fn(PathBuf) -> _) = match command {
        cli::User::Add(add) => ((&add.kept).into(), Directory::create),
        cli::User::Passwd(passwd) => ((&passwd.kept).into(), Directory::open),
        cli::User::Groups(groups) => ((&groups.kept).into(), Directory::open),
        cli::User::List(list) => ((&list.kept).into(), Directory::open),
        cli::User::Remove(remove) => ((&remove.kept).into(), Directory::open),
    };
    let Some(place) = Place::find(&kept, name, open)? else {
        return Ok(ExitCode::FAILURE);
    };
    match command {
        cli::User::Add(arguments) => add(arguments, &place),
        cli::User::Passwd(arguments) => passwd(arguments, &place),
        cli::User::Groups(arguments) => groups(arguments, &place),
        cli::User::List(arguments) => list(arguments, &place),
        cli::User::Remove(arguments) => remove(arguments, &place),
    }?;
    Ok(ExitCode::SUCCESS)
}

fn add(arguments: &cli::Add, place: &Place) -> Result<()> {
    let name = arguments.name.as_str();
    // Nobody should think of a password in vain.
    if place.directory.users()?.contains_key(name) {
        bail!(
            "there is a user {name} already: change the password with `wharf user passwd {name}`"
        );
    }
    let mut generated = None;
    let password = if arguments.no_password {
        None
    } else {
        let password = password::get(&arguments.source)?;
        generated = arguments.source.generate.then(|| password.clone());
        Some(PasswordHash::of(&password)?)
    };
    let mut groups: Vec<_> = arguments.groups.iter().map(ToString::to_string).collect();
    groups.sort();
    groups.dedup();
    let user = User::new(password, groups);
    place.directory.add_user(&arguments.name, user)?;
    match generated {
        Some(password) => say(password.reveal()),
        None => say(&format!("added {name}")),
    }
    if place.is_in_htpasswd(name)? {
        warn(&format!(
            "warning: {name} is in the htpasswd file too: the password there does not count any \
             more"
        ));
    }
    if arguments.no_password {
        warn(&format!(
            "only tokens let {name} in: make one with `wharf token create --user {name}`"
        ));
    }
    Ok(())
}

fn passwd(arguments: &cli::Passwd, place: &Place) -> Result<()> {
    let name = &arguments.name;
    if !place.directory.users()?.contains_key(name) {
        let hint = if place.is_in_htpasswd(name)? {
            format!("{name} is in the htpasswd file: change it there, with `htpasswd -B`")
        } else {
            format!("there is no user {name}: `wharf user list` shows all")
        };
        bail!(hint);
    }
    let password = password::get(&arguments.source)?;
    let hash = PasswordHash::of(&password)?;
    let change = |user: &mut User| user.password = Some(hash);
    place.directory.change_user(name, change)?;
    if arguments.source.generate {
        say(password.reveal());
    } else {
        say(&format!("changed the password of {name}"));
    }
    Ok(())
}

fn groups(arguments: &cli::Groups, place: &Place) -> Result<()> {
    let change = |user: &mut User| {
        let added = arguments.add.iter().map(ToString::to_string);
        user.groups.extend(added);
        let is_removed = |group: &String| arguments.remove.iter().any(|it| it.as_str() == group);
        user.groups.retain(|group| !is_removed(group));
        user.groups.sort();
        user.groups.dedup();
    };
    let user = place.directory.change_user(&arguments.name, change)?;
    for group in user.groups {
        say(&group);
    }
    Ok(())
}

fn list(arguments: &cli::List, place: &Place) -> Result<()> {
    let users = place.directory.users()?;
    if arguments.json {
        let users: Result<Vec<_>> = users
            .iter()
            .map(|(name, user)| {
                Ok(json!({
                    "name": name,
                    "has_password": user.password.is_some(),
                    "groups": user.groups,
                    "created": time(user.created)?,
                }))
            })
            .collect();
        say(&format!("{:#}", json!(users?)));
        return Ok(());
    }
    let rows: Result<Vec<_>> = users
        .iter()
        .map(|(name, user)| {
            let has_password = if user.password.is_some() { "yes" } else { "no" };
            let groups = user.groups.join(",");
            Ok([
                name.clone(),
                has_password.to_owned(),
                time(user.created)?,
                groups,
            ])
        })
        .collect();
    say_table(["NAME", "PASSWORD", "CREATED", "GROUPS"], &rows?);
    Ok(())
}

fn remove(arguments: &cli::Remove, place: &Place) -> Result<()> {
    let name = &arguments.name;
    let revoked = place.directory.remove_user(name)?;
    say(&match revoked {
        0 => format!("removed {name}"),
        1 => format!("removed {name} and revoked 1 token"),
        more => format!("removed {name} and revoked {more} tokens"),
    });
    if place.is_in_htpasswd(name)? {
        warn(&format!(
            "warning: {name} is in the htpasswd file too, and let in by the password there"
        ));
    }
    Ok(())
}
