//! What the connections of each workload ask.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;

use super::operations::{Item, Operations, Way};
use super::table::{Task, Workload};
use crate::content::{Content, Mould};
use crate::goods::{Goods, MANIFEST_TYPE, REPOSITORY, Sizes, image};
use crate::http::head::Head;
use crate::http::load::Script;
use crate::http::request::{Host, Request};
use crate::stores::large;

/// All that requests are made of.
#[derive(Clone, Debug)]
pub struct Material {
    /// How much of everything.
    pub sizes: Sizes,
    /// What was stored.
    pub goods: Goods,
    /// Big blobs to push.
    pub big: Mould,
    /// Those that are pushed in parallel.
    pub parallel: Mould,
    /// Layers of small images.
    pub layer: Mould,
    /// Configs of small images.
    pub config: Mould,
}

/// Numbers that no other push of this or of another run has had.
#[derive(Clone, Debug)]
pub struct Numbers(Rc<Cell<u128>>);

type Scripts = Vec<Box<dyn Script>>;

const LAYER: usize = 10 * 1024;
const CONFIG: usize = 256;
/// How many different pages are asked for.
const PAGES: usize = 64;
/// Entries of a page.
pub const PAGE: usize = 100;

// === impl Material ===

impl Material {
    /// Takes as long as the big blob takes to hash, twice.
    #[must_use]
    pub fn new(sizes: Sizes) -> Self {
        Self {
            sizes,
            goods: Goods::new(&sizes),
            big: Mould::new(3, sizes.big),
            parallel: Mould::new(4, sizes.parallel),
            layer: Mould::new(5, LAYER),
            config: Mould::new(6, CONFIG),
        }
    }
}

// === impl Numbers ===

impl Numbers {
    /// Begins with the time.
    #[must_use]
    pub fn new() -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        Self(Rc::new(Cell::new(now.unwrap_or_default().as_nanos() << 24)))
    }

    /// The next one.
    #[must_use]
    pub fn next(&self) -> u128 {
        self.0.set(self.0.get() + 1);
        self.0.get()
    }
}

impl Default for Numbers {
    fn default() -> Self {
        Self::new()
    }
}

/// The bytes of blobs that one operation moves to the server.
#[must_use]
pub fn pushed_bytes(task: Task, sizes: &Sizes) -> u64 {
    match task {
        Task::PushBig | Task::PushChunked => sizes.big as u64,
        Task::PushParallel => sizes.parallel as u64,
        Task::PushImages => (LAYER + CONFIG) as u64,
        _ => 0,
    }
}

/// The requests of a workload that only asks, every connection the same.
#[must_use]
pub fn requests(task: Task, host: &Host, material: &Material) -> Vec<Request> {
    let goods = &material.goods;
    let accept = format!("Accept: {MANIFEST_TYPE}\r\n");
    let blob = |content: &Content| format!("/v2/{REPOSITORY}/blobs/{}", content.digest);
    let manifest = |reference: &str| format!("/v2/{REPOSITORY}/manifests/{reference}");
    match task {
        Task::PullBig | Task::PullBigTls => {
            let big = goods.big.iter();
            big.map(|content| host.get(&blob(content), "", Some(content.len())))
                .collect()
        }
        Task::PullSmall => {
            let small = goods.small.iter();
            small
                .map(|content| host.get(&blob(content), "", Some(content.len())))
                .collect()
        }
        Task::PullRanges => {
            let big = goods.big.iter();
            big.flat_map(|content| {
                ranges(host, &blob(content), content.len(), material.sizes.piece)
            })
            .collect()
        }
        Task::BlobHead => {
            let small = goods.small.iter();
            small
                .map(|content| host.head(&blob(content), "", Some(content.len())))
                .collect()
        }
        Task::ManifestByTag
        | Task::ManifestByPassword
        | Task::ManifestByToken
        | Task::IdleConnections => {
            let manifests = goods.manifests.iter();
            manifests
                .map(|(tag, content)| host.get(&manifest(tag), &accept, Some(content.len())))
                .collect()
        }
        Task::ManifestByDigest => {
            let manifests = goods.manifests.iter();
            manifests
                .map(|(_, content)| {
                    let path = manifest(&content.digest.to_string());
                    host.get(&path, &accept, Some(content.len()))
                })
                .collect()
        }
        Task::ManifestHead => {
            let manifests = goods.manifests.iter();
            manifests
                .map(|(tag, content)| host.head(&manifest(tag), &accept, Some(content.len())))
                .collect()
        }
        Task::TagsWhole => vec![host.get(&format!("/v2/{}/tags/list", large::SOME_TAGS), "", None)],
        Task::TagsPageOfSome => pages(large::SOME, |at| {
            let (name, last) = (large::SOME_TAGS, large::tag(at));
            host.get(
                &format!("/v2/{name}/tags/list?n={PAGE}&last={last}"),
                "",
                None,
            )
        }),
        Task::TagsPageOfMany => pages(material.sizes.tags, |at| {
            let (name, last) = (large::MANY_TAGS, large::tag(at));
            host.get(
                &format!("/v2/{name}/tags/list?n={PAGE}&last={last}"),
                "",
                None,
            )
        }),
        Task::CatalogPage => pages(material.sizes.repositories, |at| {
            let last = large::repository(at).replace('/', "%2F");
            host.get(&format!("/v2/_catalog?n={PAGE}&last={last}"), "", None)
        }),
        Task::StartUp => {
            let content = large::manifest(material.sizes.tags / 2);
            let (name, tag) = (large::MANY_TAGS, large::tag(material.sizes.tags / 2));
            let path = format!("/v2/{name}/manifests/{tag}");
            vec![host.get(&path, &accept, Some(content.len()))]
        }
        Task::PullWithoutCollection | Task::PullUnderCollection | Task::PullUnderHaste => {
            let needed = goods.needed();
            let blobs = needed.small.iter();
            let blobs = blobs.map(|content| host.get(&blob(content), "", Some(content.len())));
            let manifests = needed.manifests.iter();
            let manifests = manifests
                .map(|(tag, content)| host.get(&manifest(tag), &accept, Some(content.len())));
            alternately(blobs, manifests)
        }
        Task::VersionCheck | Task::IdleMemory => vec![host.get("/v2/", "", None)],
        Task::PushBig
        | Task::PushParallel
        | Task::PushChunked
        | Task::PushImages
        | Task::NewTags
        | Task::Mixed
        | Task::Collect => Vec::new(),
    }
}

/// One script for every connection; `asked` is what [`requests`] made.
#[must_use]
pub fn scripts(
    workload: &Workload,
    host: &Host,
    material: &Material,
    numbers: &Numbers,
    asked: Vec<Request>,
) -> Scripts {
    let asked: Rc<[Request]> = asked.into();
    (0..workload.connections)
        .map(|connection| -> Box<dyn Script> {
            if asked.is_empty() {
                pushing(workload.task, connection, host, material, numbers)
            } else {
                let asked = Rc::clone(&asked);
                // Connections begin at different places, so that they do not go in step.
                let at = connection * asked.len() / workload.connections;
                Box::new(Cycle { asked, at })
            }
        })
        .collect()
}

fn pushing(
    task: Task,
    connection: usize,
    host: &Host,
    material: &Material,
    numbers: &Numbers,
) -> Box<dyn Script> {
    let numbers = numbers.clone();
    let source: Box<dyn FnMut() -> Option<Vec<Item>>> = match task {
        Task::PushBig => once(material.big.cast(numbers.next()), Way::Patch),
        Task::PushParallel => once(material.parallel.cast(numbers.next()), Way::Patch),
        Task::PushChunked => {
            let way = Way::Chunks(material.sizes.piece);
            once(material.big.cast(numbers.next()), way)
        }
        Task::PushImages => {
            let (layer, config) = (material.layer.clone(), material.config.clone());
            Box::new(move || Some(new_image(&config, &layer, &numbers)))
        }
        Task::Mixed => mixed(connection, host, material, numbers),
        // Those that only ask come here with nothing to ask.
        _ => {
            let manifest = material.goods.manifests.first().cloned();
            Box::new(move || {
                let (_, content) = manifest.clone()?;
                Some(vec![Item::Manifest(
                    format!("t{:x}", numbers.next()),
                    content,
                )])
            })
        }
    };
    let repository = match task {
        Task::NewTags => REPOSITORY.to_owned(),
        _ => format!("bench/push{connection}"),
    };
    Box::new(Operations::new(host.clone(), repository, source))
}

fn once(content: Content, way: Way) -> Box<dyn FnMut() -> Option<Vec<Item>>> {
    let mut content = Some(content);
    Box::new(move || Some(vec![Item::Blob(content.take()?, way)]))
}

fn new_image(config: &Mould, layer: &Mould, numbers: &Numbers) -> Vec<Item> {
    let number = numbers.next();
    let (config, layer) = (config.cast(number), layer.cast(number));
    let manifest = image(
        (config.digest, config.len()),
        &[(layer.digest, layer.len())],
        "pushed",
    );
    vec![
        Item::Blob(layer, Way::Put),
        Item::Blob(config, Way::Put),
        Item::Manifest(format!("t{number:x}"), manifest),
    ]
}

fn mixed(
    connection: usize,
    host: &Host,
    material: &Material,
    numbers: Numbers,
) -> Box<dyn FnMut() -> Option<Vec<Item>>> {
    let mut asked = requests(Task::PullSmall, host, material);
    asked.extend(requests(Task::ManifestByTag, host, material));
    let layer = material.layer.clone();
    let mut at = connection * 7;
    Box::new(move || {
        at += 1;
        if at.is_multiple_of(10) {
            return Some(vec![Item::Blob(layer.cast(numbers.next()), Way::Put)]);
        }
        // 31 has no factor in common with the usual counts: all of them come in turn.
        let request = asked.get(at * 31 % asked.len().max(1))?;
        Some(vec![Item::Ask(request.clone())])
    })
}

/// One of these and one of those, as long as there are both.
fn alternately(
    these: impl Iterator<Item = Request>,
    those: impl Iterator<Item = Request>,
) -> Vec<Request> {
    these.zip(those).flat_map(<[Request; 2]>::from).collect()
}

fn ranges(host: &Host, path: &str, length: u64, piece: usize) -> Vec<Request> {
    (0..length)
        .step_by(piece)
        .map(|start| {
            let end = (start + piece as u64).min(length);
            let field = format!("Range: bytes={start}-{}\r\n", end - 1);
            host.get(path, &field, Some(end - start))
        })
        .collect()
}

/// Pages spread over the middle half of `count` entries.
fn pages(count: usize, request: impl Fn(usize) -> Request) -> Vec<Request> {
    let room = (count / 2).saturating_sub(PAGE);
    (0..PAGES)
        .map(|at| request(count / 4 + at * room / PAGES))
        .collect()
}

/// Asks the same again and again.
struct Cycle {
    asked: Rc<[Request]>,
    at: usize,
}

impl Script for Cycle {
    fn next(&mut self, _last: Option<&Head>) -> Result<Option<Request>> {
        let request = self.asked.get(self.at).cloned();
        self.at = (self.at + 1) % self.asked.len().max(1);
        Ok(request)
    }
}
