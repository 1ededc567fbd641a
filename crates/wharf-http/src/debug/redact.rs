//! Arguments of a command, less what looks like a secret.

/// The same number of arguments, with secrets written over.
pub(super) fn arguments(arguments: &[String]) -> Vec<String> {
    let mut next_is_secret = false;
    let redact = |argument: &String| {
        if std::mem::take(&mut next_is_secret) {
            return HIDDEN.to_owned();
        }
        let (name, value) = argument
            .split_once('=')
            .map_or((argument.as_str(), None), |(name, value)| {
                (name, Some(value))
            });
        match value {
            Some(_) if names_a_secret(name) => format!("{name}={HIDDEN}"),
            Some(_) => without_password(argument),
            None => {
                next_is_secret = name.starts_with('-') && names_a_secret(name);
                without_password(argument)
            }
        }
    };
    arguments.iter().map(redact).collect()
}

fn names_a_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRETS.iter().any(|secret| name.contains(secret))
}

/// `https://user:password@host` without the password.
fn without_password(text: &str) -> String {
    let hidden = || {
        let (scheme, rest) = text.split_once("://")?;
        let authority = rest.split(['/', '?', '#']).next()?;
        let (user_info, host) = authority.rsplit_once('@')?;
        let (user, _) = user_info.split_once(':')?;
        let rest = rest.get(authority.len()..)?;
        Some(format!("{scheme}://{user}:{HIDDEN}@{host}{rest}"))
    };
    hidden().unwrap_or_else(|| text.to_owned())
}

const SECRETS: &[&str] = &[
    "password",
    "passwd",
    "secret",
    "token",
    "credential",
    "accesskey",
];
const HIDDEN: &str = "xxxxx";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_written_over() {
        for (given, shown) in [
            ("wharf serve /etc/config.yml", "wharf serve /etc/config.yml"),
            (
                "wharf --http-secret=abc --addr :1",
                "wharf --http-secret=xxxxx --addr :1",
            ),
            ("wharf --password abc serve", "wharf --password xxxxx serve"),
            ("wharf --password", "wharf --password"),
            (
                "wharf --proxy=https://me:abc@host/a@b https://me@host",
                "wharf --proxy=https://me:xxxxx@host/a@b https://me@host",
            ),
            ("redis://:abc@host:6379/0", "redis://:xxxxx@host:6379/0"),
        ] {
            let split = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
            assert_eq!(arguments(&split(given)), split(shown));
        }
    }
}
