//! `wharf completion` and `wharf manual`, as they are written.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

/// Print what a shell needs to complete commands and options
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  wharf completion bash > /etc/bash_completion.d/wharf
  wharf completion zsh > /usr/local/share/zsh/site-functions/_wharf
  wharf completion fish > ~/.config/fish/completions/wharf.fish")]
pub(crate) struct Completion {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub(crate) shell: Shell,
}

/// Write the manual: a page for each command, for man(1)
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  wharf manual /usr/local/share/man/man1
  wharf manual . && man ./wharf-unpack.1")]
pub(crate) struct Manual {
    /// The directory, which has to be there
    #[arg(value_name = "DIR")]
    pub(crate) directory: PathBuf,
}
