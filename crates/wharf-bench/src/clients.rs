//! Clients side by side: the same image pulled into a layout, and copied from one registry to
//! another, by each in turn.

mod image;
mod report;
mod tool;
mod turn;

use std::net::TcpStream;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use self::image::Image;
pub use self::image::ImageSize;
pub use self::report::{Report, Row};
use self::tool::Client;
use self::turn::Turn;
use crate::servers::installed::{self, LeftOut};
use crate::servers::{Running, Server, Setup};
use crate::stores::removal;
use crate::stores::tree::Tree;

/// What is measured.
#[derive(Debug)]
pub struct Plan {
    /// The build of wharf: it is one of the clients, and both registries.
    pub wharf: Server,
    /// Directories to look for the others in.
    pub tools: Vec<PathBuf>,
    /// How often they take turns.
    pub alternations: usize,
    /// The image.
    pub size: ImageSize,
}

/// What a client is asked to do.
#[derive(Clone, Copy, Debug, Eq, PartialEq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Task {
    /// From a registry into an OCI layout.
    Pull,
    /// From a registry to another one.
    Copy,
}

/// Measures them all. Every turn begins with nothing at the place that is written to, and is
/// looked at when it has ended: all bytes must be there.
///
/// # Errors
/// When a server does not start, or a client fails.
pub fn run(plan: &Plan, scratch: &Path, told: &mut dyn FnMut(&str)) -> Result<Report> {
    let (clients, left_out) = clients(plan)?;
    let root = scratch.join("source");
    let image = Image::make(&Tree::new(&root), &plan.size)?;
    let source = start(&plan.wharf, &root, &scratch.join("source-server"))?;
    let mut report = Report::new(&clients, left_out, &plan.size);
    for task in [Task::Pull, Task::Copy] {
        for alternation in 0..plan.alternations {
            // Another one goes first each time.
            let in_turn = clients.iter().cycle().skip(alternation);
            for client in in_turn.take(clients.len()) {
                let place = scratch.join("turn");
                removal::remove(&place);
                let turn = one(plan, task, client, &source, &image, &place)
                    .with_context(|| format!("{} {task:?}", client.name()))?;
                told(&format!("{task:?} {}: {turn}", client.name()));
                report.add(task, client.name(), turn);
                removal::remove(&place);
            }
        }
    }
    Ok(report)
}

fn one(
    plan: &Plan,
    task: Task,
    client: &Client,
    source: &Running,
    image: &Image,
    place: &Path,
) -> Result<Turn> {
    std::fs::create_dir_all(place)?;
    let from = format!("{}/{}:{}", source.address(), image::REPOSITORY, image::TAG);
    match task {
        Task::Pull => {
            let layout = place.join("layout");
            let turn = Turn::of(&mut client.pull(&from, &layout), place)?;
            image.check_layout(&layout)?;
            Ok(turn)
        }
        Task::Copy => {
            let root = place.join("target");
            let target = start(&plan.wharf, &root, &place.join("target-server"))?;
            let to = format!("{}/{}:{}", target.address(), image::REPOSITORY, image::TAG);
            let turn = Turn::of(&mut client.copy(&from, &to), place)?;
            image.check_store(&Tree::new(&root))?;
            Ok(turn)
        }
    }
}

fn start(wharf: &Server, data: &Path, scratch: &Path) -> Result<Running> {
    let listens = |address| TcpStream::connect(address).is_ok();
    wharf.start(data, scratch, &Setup::Plain, listens)
}

fn clients(plan: &Plan) -> Result<(Vec<Client>, Vec<LeftOut>)> {
    let mut clients = vec![Client::Wharf(plan.wharf.program.clone())];
    let mut left_out = Vec::new();
    for (name, make) in Client::OTHERS {
        match installed::find(name, &plan.tools) {
            Some(program) => clients.push(make(program)),
            None => left_out.push(LeftOut {
                name: name.to_owned(),
                reason: format!("{name} is not installed"),
            }),
        }
    }
    Ok((clients, left_out))
}
