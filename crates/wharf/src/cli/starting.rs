//! The command line of whoever starts a server. All other commands are left out, since what it
//! takes to describe them would stay in the memory of a server that has nothing to do.

use std::env;

use clap::{Command, CommandFactory as _, Subcommand};

use super::{Cli, Serve, grouped};

/// All that is left.
#[derive(Debug, Subcommand)]
enum Only {
    Serve(Serve),
}

// === impl Cli ===

impl Cli {
    /// What the arguments of this process are read by.
    pub(crate) fn of_process() -> Command {
        if env::args_os().nth(1).is_some_and(|first| first == "serve") {
            Cli::<Only>::command()
        } else {
            grouped(Self::command())
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::FromArgMatches as _;

    use super::*;

    #[test]
    fn a_server_is_started_by_the_same_words() {
        let texts = [Cli::<Only>::command(), <Cli>::command()].map(|mut command| {
            command.build();
            let serve = command.find_subcommand_mut("serve").unwrap();
            let long = serve.render_long_help().to_string();
            (long, serve.render_help().to_string())
        });
        assert_eq!(texts[0], texts[1]);
        for arguments in [
            &["wharf", "serve"][..],
            &["wharf", "serve", "config.yml", "--addr", "localhost:5000"],
        ] {
            let read = [Cli::<Only>::command(), <Cli>::command()].map(|command| {
                let matches = command.try_get_matches_from(arguments).unwrap();
                format!("{:?}", <Cli>::from_arg_matches(&matches).unwrap())
            });
            assert_eq!(read[0], read[1]);
        }
        for wrong in [
            &["wharf", "serve", "--adr"][..],
            &["wharf", "serve", "a", "b"],
        ] {
            let said = [Cli::<Only>::command(), <Cli>::command()]
                .map(|command| command.try_get_matches_from(wrong).unwrap_err().to_string());
            assert_eq!(said[0], said[1]);
        }
    }
}
