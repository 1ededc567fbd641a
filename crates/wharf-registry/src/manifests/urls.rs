//! Do the layers of a manifest name URLs that the operator wants named?

use wharf_spec::{Descriptor, Manifest, media_type};

use crate::{Error, Result, UrlPolicy};

/// Refuses a manifest with a URL that is not wanted, or without one that is needed.
pub(super) fn check(policy: &UrlPolicy, manifest: &Manifest) -> Result<()> {
    match policy {
        UrlPolicy::Unchecked => return Ok(()),
        UrlPolicy::Web | UrlPolicy::Listed(_) => {}
    }
    for (number, layer) in manifest.layers().iter().enumerate() {
        if !is_layer(layer) {
            continue;
        }
        let refused = layer.urls.iter().position(|url| !policy.takes(url));
        if let Some(position) = refused {
            return Err(Error::LayerUrl(format!(
                "layers[{number}].urls[{position}]"
            )));
        }
        if layer.urls.is_empty() && layer.media_type == media_type::DOCKER_FOREIGN_LAYER {
            return Err(Error::LayerUrlMissing(format!("layers[{number}].urls")));
        }
    }
    Ok(())
}

/// Whether the repository need not hold the layer.
pub(super) fn excuse(policy: &UrlPolicy, layer: &Descriptor) -> bool {
    match policy {
        UrlPolicy::Unchecked => layer.is_nondistributable(),
        UrlPolicy::Web | UrlPolicy::Listed(_) => {
            layer.has_nondistributable_type() && !layer.urls.is_empty()
        }
    }
}

/// The types whose URLs a client might follow. Of Docker's, only foreign layers are fetched
/// from elsewhere; distribution does not know those compressed by zstd.
fn is_layer(layer: &Descriptor) -> bool {
    let is_plain = matches!(
        layer.media_type.as_str(),
        media_type::OCI_LAYER | media_type::OCI_LAYER_GZIP | media_type::OCI_LAYER_ZSTD
    );
    is_plain || layer.has_nondistributable_type()
}
