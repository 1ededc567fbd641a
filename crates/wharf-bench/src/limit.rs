//! The limit on small pushes: the files that a push leaves in distribution's layout, made by as
//! many threads as the workloads have connections, and nothing else: no HTTP, no hash, no look
//! at what is there. Waits for the disk are shared, as by `wharf`: one `syncfs` for all who wait
//! at that moment.

mod files;
mod together;

use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use serde::Serialize;

use self::files::Push;
use self::together::Together;

/// What is pushed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Files {
    /// A new tag of a manifest that is there, as in `new-tags`.
    Tag,
    /// Two blobs, a manifest and its tag, as in `push-images`.
    Image,
}

/// When the disk is waited for.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Waits {
    /// Never: nothing survives power loss.
    Never,
    /// Once before each answer that promises something: after power loss a name may be there
    /// without what it leads to.
    Answers,
    /// Before each name that leads to another: three times for a tag, ten times for an image.
    Names,
}

// === impl Files ===

impl fmt::Display for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tag => "a tag",
            Self::Image => "an image",
        })
    }
}

// === impl Waits ===

impl fmt::Display for Waits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Never => "never",
            Self::Answers => "before each answer",
            Self::Names => "before each name",
        })
    }
}

/// What was reached.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Limit {
    /// What was pushed.
    pub files: Files,
    /// When the disk was waited for.
    pub waits: Waits,
    /// How many of them in a second.
    pub per_second: f64,
}

/// Each combination in turns, and the medians of the turns. The files stay.
///
/// # Errors
/// When a file cannot be made.
pub fn measure(directory: &Path, time: Duration, turns: usize) -> Result<Vec<Limit>> {
    let all = [Files::Tag, Files::Image].map(|files| {
        let waits = [Waits::Never, Waits::Answers, Waits::Names];
        waits.map(|waits| (files, waits))
    });
    let mut rates = vec![Vec::new(); all.as_flattened().len()];
    for turn in 0..turns {
        for (number, (&(files, waits), rates)) in
            all.as_flattened().iter().zip(&mut rates).enumerate()
        {
            let directory = directory.join(format!("{turn}-{number}"));
            rates.push(rate(&directory, files, waits, time)?);
        }
    }
    let limits = all.as_flattened().iter().zip(rates);
    let limits = limits.filter_map(|(&(files, waits), mut rates)| {
        rates.sort_by(f64::total_cmp);
        let per_second = *rates.get(rates.len() / 2)?;
        Some(Limit {
            files,
            waits,
            per_second,
        })
    });
    Ok(limits.collect())
}

fn rate(directory: &Path, files: Files, waits: Waits, time: Duration) -> Result<f64> {
    std::fs::create_dir_all(directory)?;
    let together = Together::new(directory)?;
    let made = AtomicU64::new(0);
    let started = Instant::now();
    thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| {
                let (together, made) = (&together, &made);
                scope.spawn(move || {
                    let mut push = Push::new(directory, thread, together, waits);
                    while started.elapsed() < time {
                        match files {
                            Files::Tag => push.tag()?,
                            Files::Image => push.image()?,
                        }
                        made.fetch_add(1, Ordering::Relaxed);
                    }
                    anyhow::Ok(())
                })
            })
            .collect();
        threads.into_iter().try_for_each(|thread| {
            let ended = thread.join();
            ended.unwrap_or_else(|_| Err(anyhow!("a thread panicked")))
        })
    })?;
    Ok(made.into_inner() as f64 / started.elapsed().as_secs_f64())
}

/// Connections of `new-tags` and `push-images`.
const THREADS: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_pushes_leave_what_a_registry_would_find() {
        let directory = std::env::temp_dir().join(format!("wharf-limit-{}", std::process::id()));
        let limits = measure(&directory, Duration::from_millis(20), 1).unwrap();
        assert_eq!(limits.len(), 6);
        assert!(limits.iter().all(|limit| limit.per_second > 0.0));
        // The last one: images, with a wait before each name.
        let registry = directory.join("0-5/docker/registry/v2");
        let tags = registry.join("repositories/bench/push/_manifests/tags");
        let mut links = 0;
        for tag in std::fs::read_dir(tags).unwrap() {
            let link = tag.unwrap().path().join("current/link");
            assert_eq!(link.metadata().unwrap().len(), 71, "{link:?}");
            links += 1;
        }
        assert!(links > 0);
        let uploads = registry.join("repositories/bench/push/_uploads");
        assert_eq!(std::fs::read_dir(uploads).unwrap().count(), 0);
        std::fs::remove_dir_all(directory).unwrap();
    }
}
