//! An image for people: sections, aligned.

use wharf_image::{Attached, ImageDetails, Inspection};
use wharf_spec::{Descriptor, Platform};

use crate::collection::size;

/// All of it. What others wrote moves nobody's cursor.
pub(super) fn lines(inspection: &Inspection) -> Vec<String> {
    let mut page = Page::default();
    let root = &inspection.root;
    page.fields(&[
        ("Name", &inspection.names.join(", ")),
        ("Digest", &root.digest.to_string()),
        ("Type", &root.media_type),
    ]);
    let platforms = inspection.platforms.iter();
    let platforms = platforms.map(|it| vec![shown(&it.platform), it.digest.to_string()]);
    page.section("Platforms", platforms.collect());
    if let Some(image) = &inspection.image {
        page.image(image);
    }
    let referrers = inspection.referrers.iter().map(referrer);
    let attached = inspection.attached.iter().map(attached);
    page.section("Referrers", referrers.chain(attached).collect());
    page.0
}

/// Lines of text.
#[derive(Default)]
struct Page(Vec<String>);

// === impl Page ===

impl Page {
    fn image(&mut self, image: &ImageDetails) {
        self.0.push(String::new());
        let base = image.base.as_ref().map(|base| {
            let parts = [&base.name, &base.digest].into_iter().flatten();
            parts.map(String::as_str).collect::<Vec<_>>().join("@")
        });
        self.fields(&[
            (
                "Image",
                &format!("{} ({})", image.digest, shown(&image.platform)),
            ),
            ("ID", &image.config.digest.to_string()),
            ("Created", &image.created),
            ("Author", &image.author),
            ("Size", &size(image.size)),
            ("Base", &base.unwrap_or_default()),
            ("Entrypoint", &words(&image.entrypoint)),
            ("Command", &words(&image.command)),
            ("Directory", &image.working_directory),
            ("User", &image.user),
            ("Ports", &image.exposed_ports.join(" ")),
            ("Volumes", &image.volumes.join(" ")),
            ("Stop signal", &image.stop_signal),
        ]);
        let layers = image.layers.iter().enumerate().map(|(index, layer)| {
            let diff_id = layer.diff_id.map(|it| it.to_string());
            vec![
                index.to_string(),
                size(layer.descriptor.size),
                layer.descriptor.digest.to_string(),
                diff_id.unwrap_or_default(),
            ]
        });
        self.table(
            "Layers",
            &["#", "SIZE", "DIGEST", "DIFF ID"],
            layers.collect(),
        );
        let history = image.history.iter().map(|step| {
            let layer = step.layer.map(|it| it.to_string());
            let by = match step.created_by.as_str() {
                "" => &step.comment,
                by => by,
            };
            vec![
                layer.unwrap_or_default(),
                step.created.clone(),
                by.to_owned(),
            ]
        });
        self.table("History", &["LAYER", "CREATED", "STEP"], history.collect());
        let environment = image.environment.iter();
        self.section(
            "Environment",
            environment.map(|it| vec![it.clone()]).collect(),
        );
        for (head, pairs) in [
            ("Labels", &image.labels),
            ("Annotations", &image.annotations),
        ] {
            let pairs = pairs
                .iter()
                .map(|(key, value)| vec![format!("{key}={value}")]);
            self.section(head, pairs.collect());
        }
    }

    /// Names and values; what is empty is left out.
    fn fields(&mut self, fields: &[(&str, &str)]) {
        for (name, value) in fields.iter().filter(|(_, value)| !value.is_empty()) {
            self.0.push(format!("{name:FIELD$}{}", plain(value)));
        }
    }

    fn table(&mut self, head: &str, columns: &[&str], mut rows: Vec<Vec<String>>) {
        if !rows.is_empty() {
            rows.insert(0, columns.iter().map(ToString::to_string).collect());
        }
        self.section(head, rows);
    }

    /// Rows under a head, in columns that are as wide as their widest cell.
    fn section(&mut self, head: &str, rows: Vec<Vec<String>>) {
        if rows.is_empty() {
            return;
        }
        self.0.push(String::new());
        self.0.push(head.to_owned());
        let rows: Vec<Vec<String>> = rows
            .into_iter()
            .map(|row| row.iter().map(|cell| plain(cell)).collect())
            .collect();
        let mut widths: Vec<usize> = Vec::new();
        for row in &rows {
            widths.resize(widths.len().max(row.len()), 0);
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = cell.chars().count().max(*width);
            }
        }
        for row in rows {
            let cells = row.iter().zip(&widths);
            let cells: Vec<_> = cells
                .map(|(cell, width)| format!("{cell:width$}"))
                .collect();
            self.0.push(format!("  {}", cells.join("  ").trim_end()));
        }
    }
}

// === private ===

fn referrer(descriptor: &Descriptor) -> Vec<String> {
    let kind = descriptor.artifact_type.as_ref();
    vec![
        kind.unwrap_or(&descriptor.media_type).clone(),
        size(descriptor.size),
        descriptor.digest.to_string(),
    ]
}

/// One that is known by its tag, which has the digest that it is about, and what it is.
fn attached(attached: &Attached) -> Vec<String> {
    let tag = attached.tag.as_str();
    let kind = tag.rsplit_once('.').map_or(tag, |(_, kind)| kind);
    vec![
        format!(".{kind}, by its tag"),
        size(attached.descriptor.size),
        attached.descriptor.digest.to_string(),
    ]
}

fn shown(platform: &Platform) -> String {
    let parts = [&platform.os, &platform.architecture];
    let parts = parts.into_iter().chain(&platform.variant);
    parts.map(String::as_str).collect::<Vec<_>>().join("/")
}

/// A command line, as JSON where its words could not be told apart.
fn words(words: &[String]) -> String {
    let is_plain = |word: &String| !word.is_empty() && !word.contains([' ', '"', '\'']);
    if words.iter().all(is_plain) {
        return words.join(" ");
    }
    serde_json::to_string(words).unwrap_or_default()
}

fn plain(text: &str) -> String {
    text.replace(char::is_control, " ")
}

/// Columns of the names of fields.
const FIELD: usize = 13;

#[cfg(test)]
mod tests {
    use serde_json::json;
    use wharf_image::{BaseImage, LayerDetails, PlatformEntry, Step};

    use super::*;

    fn blob(letter: char, size: u64) -> Descriptor {
        let digest = format!("sha256:{}", letter.to_string().repeat(64));
        let blob = json!({"mediaType": "a/b", "digest": digest, "size": size});
        serde_json::from_value(blob).unwrap()
    }

    fn details() -> ImageDetails {
        let texts = |texts: &[&str]| texts.iter().map(ToString::to_string).collect::<Vec<_>>();
        let step = |by: &str, layer| Step {
            created: "2026-01-02T03:04:05Z".to_owned(),
            created_by: by.to_owned(),
            comment: String::new(),
            layer,
        };
        ImageDetails {
            digest: blob('b', 0).digest,
            config: blob('c', 300),
            platform: Platform {
                os: "linux".to_owned(),
                architecture: "arm64".to_owned(),
                variant: Some("v8".to_owned()),
                ..Platform::default()
            },
            created: "2026-01-02T03:04:05Z".to_owned(),
            author: String::new(),
            size: 1_572_864,
            layers: vec![LayerDetails {
                descriptor: blob('d', 2048),
                diff_id: Some(blob('e', 0).digest),
            }],
            history: vec![
                step("ADD rootfs /", Some(0)),
                step("ENV\u{1b}[2J A=b", None),
            ],
            labels: [("one".to_owned(), "two".to_owned())].into(),
            annotations: std::collections::BTreeMap::new(),
            environment: texts(&["PATH=/bin"]),
            entrypoint: texts(&["sh", "-c", "echo a b"]),
            command: texts(&["serve", "config.yml"]),
            working_directory: "/".to_owned(),
            user: String::new(),
            exposed_ports: texts(&["80/tcp", "443/tcp"]),
            volumes: Vec::new(),
            stop_signal: String::new(),
            base: Some(BaseImage {
                name: Some("docker.io/library/base:1".to_owned()),
                digest: None,
            }),
        }
    }

    #[test]
    fn an_image_has_sections() {
        let image = details();
        let inspection = Inspection {
            names: vec!["quay.io/app:1".to_owned()],
            root: blob('a', 900),
            platforms: vec![PlatformEntry {
                platform: image.platform.clone(),
                digest: image.digest,
            }],
            image: Some(image),
            referrers: vec![blob('f', 10)],
            attached: vec![Attached {
                tag: format!("sha256-{}.sig", "a".repeat(64)).parse().unwrap(),
                descriptor: blob('f', 11),
            }],
        };
        let page = lines(&inspection).join("\n");
        // Digests as a letter with its number, so that lines are short.
        let page = ('a'..='f').fold(page, |page, letter| {
            page.replace(&letter.to_string().repeat(64), &format!("{letter}64"))
        });
        let page = page.replace(&" ".repeat(61), "");
        insta::assert_snapshot!(page, @r#"
        Name         quay.io/app:1
        Digest       sha256:a64
        Type         a/b

        Platforms
          linux/arm64/v8  sha256:b64

        Image        sha256:b64 (linux/arm64/v8)
        ID           sha256:c64
        Created      2026-01-02T03:04:05Z
        Size         1.5 MiB
        Base         docker.io/library/base:1
        Entrypoint   ["sh","-c","echo a b"]
        Command      serve config.yml
        Directory    /
        Ports        80/tcp 443/tcp

        Layers
          #  SIZE     DIGEST      DIFF ID
          0  2.0 KiB  sha256:d64  sha256:e64

        History
          LAYER  CREATED               STEP
          0      2026-01-02T03:04:05Z  ADD rootfs /
                 2026-01-02T03:04:05Z  ENV [2J A=b

        Environment
          PATH=/bin

        Labels
          one=two

        Referrers
          a/b               10 B  sha256:f64
          .sig, by its tag  11 B  sha256:f64
        "#);
    }
}
