//! `wharf edge` on the command line.

use clap::Args;

use super::ConfigFile;

/// Serve blobs to clients that a registry sends here
///
/// A registry with `wharfinger.edge` in its configuration sends clients that pull a blob to an
/// edge, by a URL that is good for a while. The edge takes no other requests: it looks at the
/// URL's signature, and gives the blob from its own disk (wharfinger.cache), or from the storage,
/// which it reads and never writes to. Any number of edges can stand near clients, each behind
/// or without a CDN; docs/edge.md has a recipe.
///
/// CONFIG is like that of `wharf serve`, and may be the very same file. What counts of it here:
/// storage, http, log, health, wharfinger.edge and wharfinger.cache. `/` answers 200 while the
/// health checks pass.
///
/// SIGTERM or SIGINT lets transfers finish; a second one ends at once. SIGHUP reads the log level
/// and the certificates again.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Edge {
    #[command(flatten)]
    pub(crate) file: ConfigFile,
}

const EXAMPLES: &str = "\
Examples:
  wharf edge /etc/wharfinger/edge.yml
      Serve blobs as the file says
  REGISTRY_HTTP_ADDR=:8443 wharf edge /etc/docker/registry/config.yml
      The registry's own file, on another port
  curl -I http://edge.example.org/
      Is it well?
";
