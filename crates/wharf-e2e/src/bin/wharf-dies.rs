//! The server that kills itself, as `kill -9` would, at the store call that a test chooses:
//! `wharf-dies ADDRESS DIRECTORY CALL before|after`. It never does with call 0. In place of the
//! address it takes something to do once: `delete`, `restore`, `collect` or `scrub`; or `copy`,
//! from `old` to `new` in the directory.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use wharf_http::{App, Limits, Server, Settings, Shutdown};
use wharf_registry::{
    Collection, CollectionEnd, CopyEvents, CopyProblem, Copying, Error, Finding, OnSurplus,
    Options, Registry, ScrubEvents, ScrubMode, ScrubStart, Scrubbing, Silent, Verify,
};
use wharf_store::{Fault, FaultPlan, Faulty, FileStore};

type Done = Result<(), Box<dyn std::error::Error>>;

/// Nobody reads it.
struct Unheard;

fn main() -> Done {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [task, data, call, when] = arguments.as_slice() else {
        return Err("usage: wharf-dies ADDRESS|TASK DIRECTORY CALL before|after".into());
    };
    let fault = if when == "after" {
        Fault::DieAfter
    } else {
        Fault::Die
    };
    let plan = FaultPlan::default();
    match call.parse()? {
        0 => {}
        call => plan.arm(call, fault),
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    if task == "copy" {
        let data = Path::new(data);
        let to = Faulty::new(FileStore::new(data.join("new"))?, plan);
        return runtime.block_on(copy(FileStore::new(data.join("old"))?, to));
    }
    let store = Faulty::new(FileStore::new(data)?, plan);
    match task.as_str() {
        "delete" | "restore" | "collect" | "scrub" => {
            let options = Options {
                trash: DAY,
                ..Options::default()
            };
            let registry = Registry::new(Arc::new(store), options);
            runtime.block_on(once(task, registry))
        }
        address => {
            let registry = Registry::new(Arc::new(store), Options::default());
            runtime.block_on(serve(address, registry))
        }
    }
}

async fn serve(address: &str, registry: Registry) -> Done {
    let settings = Settings {
        body_stall: Duration::from_secs(10),
        ..Settings::default()
    };
    let server = Server::bind(address, App::new(registry, settings), Limits::default()).await?;
    server.run(Shutdown::default()).await;
    Ok(())
}

/// One blob at a time: the calls are the same each time.
async fn copy(from: FileStore, to: Faulty<FileStore>) -> Done {
    let copying = Copying {
        at_once: NonZeroUsize::MIN,
        rate: 0,
        verify: Verify::Size,
        surplus: OnSurplus::Keep,
    };
    let pass = wharf_registry::copy(Arc::new(from), Arc::new(to), &copying, &Unheard);
    match Box::pin(pass).await?.problems {
        0 => Ok(()),
        problems => Err(format!("{problems} problems").into()),
    }
}

async fn once(task: &str, registry: Registry) -> Done {
    match task {
        "delete" => match registry.repository("team/app".parse()?).delete().await {
            Ok(_) | Err(Error::RepositoryUnknown(_)) => Ok(()),
            Err(error) => Err(error.into()),
        },
        "restore" => {
            for entry in registry.trash().await?.entries {
                let restored = registry.restore(entry.id).await?;
                match restored {
                    Ok(Some(restored)) if restored.lacking.is_empty() => {}
                    lacking => return Err(format!("{lacking:?}").into()),
                }
            }
            Ok(())
        }
        "collect" => {
            let options = Collection::default();
            let collected = registry.collect(&options, &mut Silent).await?;
            match collected.end {
                CollectionEnd::Complete => Ok(()),
                end => Err(format!("{end:?}").into()),
            }
        }
        _ => {
            let scrubbing = Scrubbing {
                mode: ScrubMode::Repair,
                rate: 0,
                grace: Duration::ZERO,
            };
            let scrubbed = registry.scrub(&scrubbing, ScrubStart::Anew, &Unheard);
            scrubbed.await;
            Ok(())
        }
    }
}

impl ScrubEvents for Unheard {
    fn found(&self, _: &Finding) {}
}

impl CopyEvents for Unheard {
    fn problem(&self, _: &CopyProblem) {}
}

const DAY: Duration = Duration::from_secs(24 * 3600);
