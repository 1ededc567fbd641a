//! What `wharf ls` lists, as it is written.

use std::str::FromStr;

use wharf_client::{ImageName, RegistryHost};

/// A registry, or a repository of one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Listed {
    Registry(RegistryHost),
    Repository(ImageName),
}

// === impl Listed ===

impl FromStr for Listed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.strip_prefix("docker://").unwrap_or(text);
        let host = |text: &str| text.parse().map_err(|error| format!("{error}"));
        if let Some(registry) = text.strip_suffix('/') {
            return Ok(Self::Registry(host(registry)?));
        }
        if !text.contains('/') && is_host(text) {
            return Ok(Self::Registry(host(text)?));
        }
        let name: ImageName = text.parse().map_err(|error| format!("{error}"))?;
        if is_one_image(text) {
            let repository = format!("{}/{}", name.registry, name.repository);
            return Err(format!(
                "leave out the tag to list the tags of {repository}, or ask `wharf inspect` about \
                 this one"
            ));
        }
        Ok(Self::Repository(name))
    }
}

/// Whether a name was written with a tag or a digest: a repository has neither.
pub(crate) fn is_one_image(name: &str) -> bool {
    let last = name.rsplit('/').next().unwrap_or(name);
    last.contains([':', '@'])
}

/// Where Docker would take it for a repository, too: `localhost`, and a tag that is a port.
fn is_host(text: &str) -> bool {
    let port = text.rsplit_once(':').map(|(_, port)| port);
    let is_port = |port: &str| port.ends_with(']') || port.parse::<u16>().is_ok();
    text == "localhost" || text.starts_with('[') || port.map_or(text.contains('.'), is_port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registries_are_told_from_repositories() {
        for (text, expected) in [
            ("localhost:5000", "localhost:5000"),
            ("localhost", "localhost"),
            ("127.0.0.1:5000", "127.0.0.1:5000"),
            ("[::1]:5000", "[::1]:5000"),
            ("registry:5000", "registry:5000"),
            ("quay.io", "quay.io"),
            ("docker.io/", "docker.io"),
            ("registry/", "registry"),
        ] {
            let expected = Listed::Registry(expected.parse().unwrap());
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
        for (text, expected) in [
            ("ubuntu", "docker.io/library/ubuntu"),
            ("team/app", "docker.io/team/app"),
            ("localhost:5000/app", "localhost:5000/app"),
            ("docker://quay.io/a/b", "quay.io/a/b"),
        ] {
            assert_eq!(
                text.parse(),
                Ok(Listed::Repository(expected.parse().unwrap())),
                "{text}"
            );
        }
        for wrong in ["", "/", "ubuntu:jammy", "a/b:1", "a/b@sha256:0", "A b"] {
            assert!(wrong.parse::<Listed>().is_err(), "{wrong}");
        }
    }
}
