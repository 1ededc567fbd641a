//! The commands by what they are for: as many as there are, a plain list of them says little.

use std::fmt::Write as _;

use clap::Command;

/// The same command, whose help lists its commands in groups.
pub(crate) fn grouped(command: Command) -> Command {
    let mut text = String::new();
    for (title, names) in GROUPS {
        _ = writeln!(text, "{title}:");
        for name in *names {
            let about = command.find_subcommand(name).and_then(Command::get_about);
            let about = about.map(ToString::to_string).unwrap_or_default();
            _ = writeln!(text, "  {name:WIDTH$}  {about}");
        }
        text.push('\n');
    }
    command.help_template(format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{text}Options:\n{{options}}{{after-help}}"
    ))
}

/// All commands that are shown, by what they are for.
const GROUPS: &[(&str, &[&str])] = &[
    (
        "Images",
        &[
            "pull", "push", "copy", "save", "load", "ls", "inspect", "tag", "rm",
        ],
    ),
    (
        "Looking closer",
        &[
            "unpack",
            "export",
            "diff",
            "manifest",
            "blob",
            "config",
            "digest",
            "referrers",
        ],
    ),
    ("Who you are", &["login", "logout"]),
    ("Serving", &["serve", "edge", "storage", "repo", "trash"]),
    ("Accounts of a server", &["user", "token", "auth"]),
    ("Space of a server", &["garbage-collect", "gc", "scrub"]),
    ("This program", &["completion", "manual"]),
];
const WIDTH: usize = 15;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::Cli;

    #[test]
    fn every_command_is_in_one_group() {
        let command = <Cli>::command();
        let shown = command.get_subcommands().filter(|it| !it.is_hide_set());
        let shown: BTreeSet<&str> = shown.map(Command::get_name).collect();
        let grouped: Vec<&str> = GROUPS
            .iter()
            .flat_map(|(_, names)| *names)
            .copied()
            .collect();
        assert_eq!(shown, grouped.iter().copied().collect());
        assert_eq!(shown.len(), grouped.len());
    }
}
