//! A request as a `curl` command.

use wharf_client::{Authorization, Exchange, Purpose, SentContent};
use wharf_spec::{Digest, Reference};

use super::documents::{self, Documents, Role};
use super::shell::{header, origin, quoted};
use super::variables::{Secret, Variables, location, short};

/// One request.
pub(super) struct Command<'a> {
    pub(super) exchange: &'a Exchange,
    pub(super) options: &'a [String],
    pub(super) variables: &'a mut Variables,
    pub(super) documents: &'a Documents,
}

// === impl Command ===

impl Command<'_> {
    /// It, and what is done with what comes back.
    pub(super) fn lines(mut self) -> Vec<String> {
        let exchange = self.exchange;
        let url = quoted(&exchange.url);
        match &exchange.purpose {
            _ if exchange.method == "HEAD" => vec![self.curl(&["-I", &url])],
            Purpose::Token(scopes) if self.is_good() => {
                let name = self.variables.token(&exchange.registry, scopes);
                let form = self.form();
                let curl = self.curl(&[&form, &url]);
                vec![format!(
                    "{name}=$({curl} | jq -r '.token // .access_token')"
                )]
            }
            Purpose::Token(_) => {
                let form = self.form();
                vec![self.curl(&["-i", &form, &url])]
            }
            Purpose::Manifest(reference) if self.is_good() => self.manifest(reference, &url),
            Purpose::Blob(digest) if self.is_good() => self.blob(digest, &url),
            Purpose::Tags | Purpose::Catalog | Purpose::Referrers(_) if self.is_good() => {
                vec![format!("{} | jq .", self.curl(&[&url]))]
            }
            Purpose::ManifestPush(reference) => {
                let digest = match reference {
                    Reference::Digest(digest) => Some(*digest),
                    Reference::Tag(_) => self.said_digest(),
                };
                let file = digest.map_or_else(|| "MANIFEST".to_owned(), |digest| digest.hex());
                let data = format!("--data-binary @\"$BLOBS/{file}\"");
                vec![self.curl(&["-X PUT", &data, &url])]
            }
            Purpose::UploadStart(digest) | Purpose::Mount { digest, .. } => {
                vec![self.going_on(digest, &["-X POST"], &url)]
            }
            Purpose::UploadChunk { digest, offset } => {
                let url = format!("\"${}\"", location(digest));
                let data = self.chunk(digest, *offset);
                vec![self.going_on(digest, &["-X PATCH", &data], &url)]
            }
            Purpose::UploadEnd(digest) => {
                let is_first = exchange.url.contains("?digest=");
                let separator = if is_first { '?' } else { '&' };
                let url = format!("\"${}{separator}digest={digest}\"", location(digest));
                let data = self.chunk(digest, 0);
                vec![self.curl(&["-X PUT", &data, &url])]
            }
            Purpose::UploadStatus(digest) => {
                vec![self.curl(&["-i", &format!("\"${}\"", location(digest))])]
            }
            Purpose::UploadCancel(digest) => {
                vec![self.curl(&["-X DELETE", &format!("\"${}\"", location(digest))])]
            }
            Purpose::ManifestDelete(_) | Purpose::BlobDelete(_) => {
                vec![self.curl(&["-i -X DELETE", &url])]
            }
            // The head says it.
            Purpose::Ping
            | Purpose::Manifest(_)
            | Purpose::Blob(_)
            | Purpose::BlobHead(_)
            | Purpose::Tags
            | Purpose::Catalog
            | Purpose::Referrers(_) => vec![self.curl(&["-D - -o /dev/null", &url])],
        }
    }

    fn manifest(&mut self, reference: &Reference, url: &str) -> Vec<String> {
        let digest = match reference {
            Reference::Digest(digest) => Some(*digest),
            Reference::Tag(_) => self.said_digest(),
        };
        let head = self.exchange.outcome.as_ref().ok();
        let content_type = head.and_then(|head| head.header("content-type"));
        let (_, kind) = documents::manifest(content_type.unwrap_or_default());
        let name = match digest {
            Some(digest) => format!("{kind}-{}.json", short(&digest, 12)),
            None => format!("{kind}.json"),
        };
        self.kept(&name, digest.as_ref(), url)
    }

    fn blob(&mut self, digest: &Digest, url: &str) -> Vec<String> {
        if self
            .exchange
            .headers
            .iter()
            .any(|(name, _)| name == "range")
        {
            // The command before this one had no reason to break off.
            return Vec::new();
        }
        let (kind, ending) = match self.documents.role(digest) {
            Some(Role::Config) => ("config".to_owned(), ".json"),
            Some(Role::Layer { number, ending, .. }) => (format!("layer-{number}"), *ending),
            Some(Role::SomeLayer(ending)) => ("layer".to_owned(), *ending),
            Some(Role::Child(_)) | None => ("blob".to_owned(), ""),
        };
        let name = format!("{kind}-{}{ending}", short(digest, 12));
        self.kept(&name, Some(digest), url)
    }

    /// A document in a file, which is verified.
    fn kept(&mut self, name: &str, digest: Option<&Digest>, url: &str) -> Vec<String> {
        let curl = self.curl(&["-o", name, url]);
        let check = digest.map(|digest| {
            let (sum, hex) = (digest.algorithm().name(), digest.hex());
            format!("echo '{hex}  {name}' | {sum}sum -c")
        });
        [Some(curl), check].into_iter().flatten().collect()
    }

    /// A request whose answer says where the upload goes on.
    fn going_on(&mut self, digest: &Digest, arguments: &[&str], url: &str) -> String {
        let head = self.exchange.outcome.as_ref().ok();
        let Some(next) = head.and_then(|head| head.header("location")) else {
            return self.curl(&[&["-i"], arguments, &[url]].concat());
        };
        let is_path = next.starts_with('/');
        let origin = if is_path {
            origin(&self.exchange.url)
        } else {
            ""
        };
        let format = "-o /dev/null -w '%header{location}'";
        let curl = self.curl(&[&[format], arguments, &[url]].concat());
        format!(
            "{}={}$({curl})",
            location(digest),
            quoted_or_nothing(origin)
        )
    }

    /// What is sent of a file, which is all of it unless the chunk is one of several.
    fn chunk(&self, digest: &Digest, offset: u64) -> String {
        let file = format!("\"$BLOBS/{}\"", digest.hex());
        let headers = &self.exchange.headers;
        let is_part = headers.iter().any(|(name, _)| name == "content-range");
        match self.exchange.content {
            SentContent::Bytes(length) if is_part || offset > 0 => {
                let from = offset.saturating_add(1);
                format!("--data-binary @<(tail -c +{from} {file} | head -c {length})")
            }
            SentContent::Bytes(_) => format!("--data-binary @{file}"),
            SentContent::Nothing | SentContent::Form(_) => String::new(),
        }
    }

    fn form(&mut self) -> String {
        let exchange = self.exchange;
        let SentContent::Form(fields) = &exchange.content else {
            return String::new();
        };
        let fields = fields.iter().map(|field| match &field.value {
            Some(value) => {
                let pair = quoted(&format!("{}={value}", field.name));
                format!("--data-urlencode {pair}")
            }
            None => {
                let secret = Secret::of_field(&field.name);
                let variable = self.variables.secret(&exchange.registry, secret);
                format!("--data-urlencode \"{}=${variable}\"", field.name)
            }
        });
        fields.collect::<Vec<_>>().join(" ")
    }

    /// `curl` with how it is reached, who asks, and the headers; then these words.
    fn curl(&mut self, arguments: &[&str]) -> String {
        let mut words = vec!["curl -sS".to_owned()];
        words.extend(self.options.iter().cloned());
        let status = self.exchange.outcome.as_ref().map(|head| head.status);
        if matches!(status, Ok(300..=399)) {
            words.push("-L".to_owned());
        }
        let registry = &self.exchange.registry;
        let mut variable = |secret| self.variables.secret(registry, secret);
        match &self.exchange.authorization {
            Authorization::Nothing => {}
            Authorization::Basic(_) => {
                let (user, password) = (variable(Secret::User), variable(Secret::Password));
                words.push(format!("-u \"${user}:${password}\""));
            }
            Authorization::IdentityToken(_) => {
                let (user, token) = (variable(Secret::User), variable(Secret::IdentityToken));
                words.push(format!("-u \"${user}:${token}\""));
            }
            Authorization::Bearer(scopes) => {
                let token = self.variables.token(registry, scopes);
                words.push(format!("-H \"Authorization: Bearer ${token}\""));
            }
            Authorization::RegistryToken => {
                let token = variable(Secret::RegistryToken);
                words.push(format!("-H \"Authorization: Bearer ${token}\""));
            }
        }
        // That of a form is curl's own.
        let is_form = matches!(self.exchange.content, SentContent::Form(_));
        let headers = self.exchange.headers.iter().filter(|_| !is_form);
        words.extend(headers.map(|(name, value)| format!("-H {}", header(name, value))));
        let arguments = arguments.iter().filter(|it| !it.is_empty());
        words.extend(arguments.map(|&it| it.to_owned()));
        words.join(" ")
    }

    fn said_digest(&self) -> Option<Digest> {
        let head = self.exchange.outcome.as_ref().ok()?;
        head.header("docker-content-digest")?.parse().ok()
    }

    /// Whether there is what was asked for, here or where the answer sends on to.
    fn is_good(&self) -> bool {
        let status = self.exchange.outcome.as_ref().map(|head| head.status);
        matches!(status, Ok(200..=399))
    }
}

// === private ===

fn quoted_or_nothing(text: &str) -> String {
    if text.is_empty() {
        String::new()
    } else {
        quoted(text)
    }
}
