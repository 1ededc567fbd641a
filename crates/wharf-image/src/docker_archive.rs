//! Archives as `docker save` writes them: of today's engines, which are OCI layouts too, and
//! of older ones, which are not. moby: image/tarexport

mod older;

use std::sync::Arc;

use serde::Deserialize;
use wharf_client::ImageName;
use wharf_spec::Descriptor;

use self::older::OlderSource;
use crate::layout::{INDEX, LayoutSource, Wanted, blob_name};
use crate::members::{self, Members};
use crate::source::Source;
use crate::{ImageError, manifests};

/// An image, as `manifest.json` has it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Saved {
    config: String,
    #[serde(default)]
    repo_tags: Option<Vec<String>>,
    #[serde(default)]
    layers: Option<Vec<String>>,
}

/// Opens an archive for reading, whatever wrote it.
pub(crate) async fn open(
    members: Arc<dyn Members>,
    name: Option<ImageName>,
) -> Result<Arc<dyn Source>, ImageError> {
    let what = format!("{LIST} in {}", members.place());
    let list = members::read(&members, LIST, MOST_LIST).await?;
    let saved: Option<Vec<Saved>> = list
        .map(|list| serde_json::from_slice(&list))
        .transpose()
        .map_err(|error| ImageError::damaged(&what, error.to_string()))?;
    let has_index = members::open(&members, INDEX).await?.is_some();
    if has_index {
        let wanted = name.clone().map_or(Wanted::All, Wanted::Image);
        let layout = LayoutSource::open(Arc::clone(&members), wanted).await?;
        if is_complete(&layout, saved.as_deref()).await {
            return Ok(Arc::new(layout));
        }
    }
    let Some(saved) = saved else {
        let problem = "it has no manifest.json: it is no archive of `docker save`, or one from \
                       before Docker 1.10";
        return Err(ImageError::damaged(members.place(), problem));
    };
    Ok(Arc::new(OlderSource::open(members, saved, name).await?))
}

/// Whether the layout tells all that the list does. Docker 25 wrote manifests without layers.
async fn is_complete(layout: &LayoutSource, saved: Option<&[Saved]>) -> bool {
    let Some(saved) = saved else {
        return true;
    };
    if layout.entries().is_empty() {
        return saved.is_empty();
    }
    for entry in layout.entries() {
        if !is_told(layout, entry, saved).await {
            return false;
        }
    }
    true
}

async fn is_told(layout: &LayoutSource, entry: &Descriptor, saved: &[Saved]) -> bool {
    let Ok(bytes) = layout.manifest(entry).await else {
        return false;
    };
    let Ok(manifest) = manifests::parse(bytes, entry) else {
        return false;
    };
    let Some(config) = manifest.config() else {
        return true;
    };
    let config = blob_name(&config.digest);
    let listed = saved.iter().find(|it| it.config == config);
    listed.is_none_or(|it| it.layers.as_ref().map_or(0, Vec::len) == manifest.layers().len())
}

const LIST: &str = "manifest.json";
/// Bytes of the list that are read.
const MOST_LIST: u64 = 16 << 20;
