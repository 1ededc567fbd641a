//! `wharf garbage-collect`: a collection, told as distribution tells it.
// distribution: registry/storage/garbagecollect.go

use std::io::{BufWriter, Stdout, Write as _};
use std::process::ExitCode;

use anyhow::Result;
use serde_json::json;
use wharf_config::{Loaded, load};
use wharf_registry::{
    Collected, Collection, CollectionEnd, CollectionEvent, CollectionEvents, CollectionMode,
    CollectionStatus, Untagged, moment,
};
use wharf_spec::{Digest, RepositoryName};

use crate::cli::{CalledAs, GarbageCollect};
use crate::collection::{self, Grace, size};
use crate::config::tell;
use crate::settings;
use crate::sources::sources;
use crate::storage;
use crate::terminal::{say, warn};

/// Collects once.
pub(crate) fn run(arguments: &GarbageCollect, name: CalledAs) -> Result<ExitCode> {
    let sources = match sources(arguments.file.path(), name) {
        Ok(sources) => sources,
        Err(error) => {
            warn(&format!("configuration error: {error:#}"));
            return Ok(ExitCode::FAILURE);
        }
    };
    let loaded = match load(&sources) {
        Ok(loaded) => loaded,
        Err(refused) => {
            tell(&refused);
            return Ok(ExitCode::FAILURE);
        }
    };
    if let Err(error) = settings::make(&loaded) {
        warn(&format!("configuration error: {error}"));
        return Ok(ExitCode::FAILURE);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    match runtime.block_on(collect(arguments, &loaded)) {
        Ok(code) => Ok(code),
        Err(error) => {
            warn(&format!("failed to garbage collect: {error:#}"));
            Ok(ExitCode::FAILURE)
        }
    }
}

async fn collect(arguments: &GarbageCollect, loaded: &Loaded) -> Result<ExitCode> {
    let config = &loaded.config;
    let registry = storage::registry(loaded)?;
    let grace = collection::grace(&registry, config, arguments.grace).await?;
    let options = Collection {
        grace: grace.time,
        untagged: if arguments.delete_untagged {
            Untagged::All
        } else {
            collection::untagged(config)
        },
        untagged_age: arguments.untagged_age.unwrap_or(grace.untagged),
        mode: if arguments.dry_run {
            CollectionMode::DryRun
        } else {
            CollectionMode::Remove
        },
        ..Collection::default()
    };
    let mut lines = Lines::new(if arguments.quiet || arguments.json {
        Voice::Quiet
    } else {
        Voice::Aloud
    });
    let collected = registry.collect(&options, &mut lines).await?;
    match options.mode {
        CollectionMode::DryRun => {}
        CollectionMode::Remove => {
            let status = CollectionStatus::of(&collected, grace.time, "command");
            if let Err(error) = registry.remember_collection(&status).await {
                warn(&format!(
                    "what it came to could not be written down: {error}"
                ));
            }
        }
    }
    if arguments.json {
        say(&format!(
            "{:#}",
            as_json(&collected, &options, grace, &lines.problems)
        ));
    } else {
        lines.end(&collected);
        if !arguments.quiet {
            conclude(&collected, arguments, grace);
        }
    }
    let why = match collected.end {
        CollectionEnd::Complete => return Ok(ExitCode::SUCCESS),
        CollectionEnd::WithoutData => "what could not be read may need any blob: none was removed",
        CollectionEnd::ClockWentBack => {
            "the clock was set back, and what is old cannot be told from what is new: run it again"
        }
        CollectionEnd::Stopped => "it was stopped",
    };
    warn(&format!("failed to garbage collect: {why}"));
    Ok(ExitCode::FAILURE)
}

/// What distribution does not say.
fn conclude(collected: &Collected, arguments: &GarbageCollect, grace: Grace) {
    let would = if arguments.dry_run {
        "would be"
    } else {
        "were"
    };
    warn(&format!("{} {would} freed", size(collected.bytes)));
    let waiting = collected.waiting;
    if waiting.blobs > 0 {
        let until = waiting.next.map(moment).unwrap_or_default();
        let hint = if grace.is_served && arguments.grace.is_none() {
            ": clients may still need them; --grace 0s frees them now"
        } else {
            ""
        };
        let (blobs, bytes) = (waiting.blobs, size(waiting.bytes));
        warn(&format!("{blobs} blobs ({bytes}) stay until {until}{hint}"));
    }
}

fn as_json(
    collected: &Collected,
    options: &Collection,
    grace: Grace,
    problems: &[String],
) -> serde_json::Value {
    let status = CollectionStatus::of(collected, grace.time, "command");
    json!({
        "dry_run": options.mode == CollectionMode::DryRun,
        "server": grace.is_served,
        "collected": status,
        "problems": problems,
    })
}

/// Distribution's lines, in its order: what goes is told at the end.
struct Lines {
    voice: Voice,
    output: BufWriter<Stdout>,
    repositories: Vec<RepositoryName>,
    manifests: Vec<String>,
    links: Vec<(usize, Digest)>,
    blobs: Vec<Digest>,
    problems: Vec<String>,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Voice {
    Aloud,
    Quiet,
}

// === impl Lines ===

impl Lines {
    fn new(voice: Voice) -> Self {
        Self {
            voice,
            output: BufWriter::new(std::io::stdout()),
            repositories: Vec::new(),
            manifests: Vec::new(),
            links: Vec::new(),
            blobs: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// Nobody reading it is no reason to fail.
    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        let _ = writeln!(self.output, "{line}");
    }

    fn end(&mut self, collected: &Collected) {
        if self.voice == Voice::Quiet {
            return;
        }
        for manifest in std::mem::take(&mut self.manifests) {
            self.line(format_args!("manifest eligible for deletion: {manifest}"));
        }
        self.line(format_args!(
            "\n{} blobs marked, {} blobs and {} manifests eligible for deletion",
            collected.marked, collected.blobs, collected.manifests
        ));
        for digest in std::mem::take(&mut self.blobs) {
            self.line(format_args!("blob eligible for deletion: {digest}"));
        }
        for (place, digest) in std::mem::take(&mut self.links) {
            if let Some(name) = self.repositories.get(place).cloned() {
                self.line(format_args!(
                    "{name}: layer link eligible for deletion: {digest}"
                ));
            }
        }
        let _ = self.output.flush();
    }
}

impl CollectionEvents for Lines {
    fn tell(&mut self, event: CollectionEvent<'_>) {
        if let CollectionEvent::Problem { path, what } = event {
            let problem = format!("{path}: {what}");
            warn(&format!("kept what may depend on this: {problem}"));
            self.problems.push(problem);
        }
        if self.voice == Voice::Quiet {
            return;
        }
        match event {
            CollectionEvent::Problem { .. } => {}
            CollectionEvent::Repository(name) => self.line(format_args!("{name}")),
            CollectionEvent::Manifest { repository, digest } => {
                self.line(format_args!("{repository}: marking manifest {digest} "));
            }
            CollectionEvent::Blob { repository, digest } => {
                self.line(format_args!("{repository}: marking blob {digest}"));
            }
            CollectionEvent::ManifestEligible {
                repository,
                digest,
                tags,
            } => {
                let tags = tags.join(" ");
                self.manifests
                    .push(format!("{{{repository} {digest} [{tags}]}}"));
            }
            CollectionEvent::LinkEligible { repository, digest } => {
                if self.repositories.last() != Some(repository) {
                    self.repositories.push(repository.clone());
                }
                self.links.push((self.repositories.len() - 1, digest));
            }
            CollectionEvent::BlobEligible { digest, .. } => self.blobs.push(digest),
        }
    }
}
