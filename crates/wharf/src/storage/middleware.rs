//! `middleware.storage`: other places that clients are sent to for blobs. Each piece stands
//! around those before it, as in distribution, and the first one around the store.

mod cloudfront;
mod redirect;
mod rewrite;

use std::sync::Arc;

use wharf_config::options::{StorageMiddleware, StorageMiddlewareName};
use wharf_config::{Loaded, Remark};
use wharf_store::Locate;

pub(crate) use self::cloudfront::Ranges;

use self::cloudfront::Described;
use self::redirect::Redirect;
use self::rewrite::Rewrite;
use super::edge::{self, Edge};

/// A piece that is described, but has not read or asked anything yet.
enum Piece {
    Redirect(Redirect),
    Rewrite(Rewrite),
    CloudFront(Box<Described>),
}

/// Where clients are sent in the end.
pub(crate) struct Around {
    pub(crate) locator: Option<Arc<dyn Locate>>,
    /// Which somebody has to keep up to date.
    pub(crate) ranges: Vec<Arc<Ranges>>,
}

/// What one piece is told of: its options, and how the configuration names them.
struct Written<'a> {
    loaded: &'a Loaded,
    index: usize,
    middleware: &'a StorageMiddleware,
}

/// Whether the options can be used; what their author should know otherwise.
///
/// # Errors
/// The first that cannot.
pub(crate) fn check(loaded: &Loaded, warnings: &mut Vec<Remark>) -> Result<(), Remark> {
    let pieces = pieces(loaded, warnings)?;
    let sends_nowhere = loaded.config.storage.redirect.disable;
    let text = "changes nothing: storage.redirect.disable sends clients nowhere";
    if sends_nowhere && !pieces.is_empty() {
        warnings.push(loaded.remark("middleware.storage", text));
    }
    if !Edge::of(loaded)?.is_some_and(|edge| edge.has_clients()) {
        return Ok(());
    }
    if sends_nowhere {
        warnings.push(loaded.remark(edge::URL, text));
    }
    if pieces.is_empty() {
        Ok(())
    } else {
        let text = "clients cannot be sent to an edge and elsewhere: remove middleware.storage, \
                    or this";
        Err(loaded.remark(edge::URL, text))
    }
}

/// Puts the pieces around `locator`, which knows where the store would send clients.
///
/// # Errors
/// The first option that cannot be used.
pub(crate) async fn around(
    loaded: &Loaded,
    locator: Option<Arc<dyn Locate>>,
) -> Result<Around, Remark> {
    let mut around = Around {
        locator,
        ranges: Vec::new(),
    };
    if loaded.config.storage.redirect.disable {
        return Ok(around);
    }
    if let Some(edge) = Edge::of(loaded)?.filter(Edge::has_clients) {
        around.locator = edge.locator()?;
        return Ok(around);
    }
    // They were told when the configuration was checked.
    let mut told = Vec::new();
    for piece in pieces(loaded, &mut told)? {
        around.locator = match (piece, around.locator) {
            (Piece::Redirect(redirect), _) => Some(Arc::new(redirect)),
            (Piece::Rewrite(rewrite), Some(inner)) => Some(rewrite.around(inner)),
            (Piece::CloudFront(described), Some(bucket)) => {
                let (locator, ranges) = described.open(bucket).await?;
                around.ranges.extend(ranges);
                Some(locator)
            }
            (Piece::Rewrite(_) | Piece::CloudFront(_), None) => None,
        };
    }
    Ok(around)
}

fn pieces(loaded: &Loaded, warnings: &mut Vec<Remark>) -> Result<Vec<Piece>, Remark> {
    let Some(middleware) = &loaded.config.middleware else {
        return Ok(Vec::new());
    };
    let storage = &loaded.config.storage;
    let bucket = storage.s3.as_ref().or(storage.s3aws.as_ref());
    let mut is_sent = bucket.is_some() || storage.gcs.is_some() || storage.azure.is_some();
    let mut pieces = Vec::new();
    for (index, middleware) in middleware.storage.iter().enumerate() {
        if middleware.disabled {
            continue;
        }
        let written = Written {
            loaded,
            index,
            middleware,
        };
        pieces.push(match middleware.name {
            StorageMiddlewareName::Redirect => {
                is_sent = true;
                Piece::Redirect(Redirect::new(&written)?)
            }
            StorageMiddlewareName::Rewrite => {
                if !is_sent {
                    let text = "changes nothing: this storage sends clients nowhere; for that, \
                                put `redirect` before it";
                    warnings.push(written.remark("name", text));
                }
                Piece::Rewrite(Rewrite::new(&written, warnings)?)
            }
            StorageMiddlewareName::CloudFront => {
                let Some(bucket) = bucket.filter(|_| pieces.is_empty()) else {
                    let text = "CloudFront is for what storage.s3 stores, and has to stand around \
                                it: put it before other middleware";
                    return Err(written.remark("name", text));
                };
                Piece::CloudFront(Box::new(Described::new(&written, bucket, warnings)?))
            }
        });
    }
    Ok(pieces)
}

// === impl Written ===

impl Written<'_> {
    /// Something to tell about an option of its own (`options.host`, `name`).
    fn remark(&self, option: &str, text: impl Into<String>) -> Remark {
        let option = format!("middleware.storage[{}].{option}", self.index);
        self.loaded.remark(&option, text)
    }

    /// What has to be there.
    ///
    /// # Errors
    /// When it is not.
    fn needed<'v>(&self, option: &str, value: Option<&'v String>) -> Result<&'v str, Remark> {
        let missing = || self.remark(&format!("options.{option}"), "this has to be said");
        value.map(String::as_str).ok_or_else(missing)
    }
}
