//! Layers of images (image-spec: layer.md): read and verified while they stream, applied to a
//! directory that nothing can escape, compared as trees, and written out again.
//!
//! Everything here blocks and belongs on a thread that may: bytes come from async code through a
//! [`pipe`], whose capacity is the bound of what waits. A [`LayerSource`] is a layer that can be
//! read once. Whoever has the sources opens as many of them ahead as shall download at once;
//! [`Unpacking`] and [`Tree`] take them in order.
//!
//! Nothing a layer says is believed. Digest, size and DiffID are compared when the layer has
//! ended, trailing bytes included, so what was unpacked before is not to be used until
//! [`Unpacking::finish`] returned: until then DIR bears a mark ([`MARK`]). What an entry may not
//! be is a [`Refusal`], and [`LayerError`] names layer and entry.

mod action;
mod archive;
mod chain_id;
mod compression;
mod error;
mod export;
mod layer;
mod limits;
mod name;
mod pipe;
mod tally;
mod tree;
mod unpack;

pub use archive::{Device, Entry, Kind, Time, Xattr};
pub use chain_id::chain_id;
pub use error::{Damage, Excess, LayerError, Reason, Refusal};
pub use export::export;
pub use layer::{LayerReport, LayerSource};
pub use limits::Limits;
pub use pipe::{Pipe, PipeClosed, PipeSender, pipe};
pub use tree::{Change, Difference, Node, NodeKind, Tree};
pub use unpack::{MARK, Notice, Options, Progress, Report, UnpackError, Unpacking, remove};
