//! Distribution's `config.yml` and `REGISTRY_*` variables as one typed [`Config`]. The one
//! crate that knows YAML and the environment.
//!
//! Every option is declared once, in [`options`], as a field of a struct with its meaning,
//! default and age. The rest follows from that table: reading, the variables' names,
//! [`Loaded::print`], [`reference`], [`json_schema`].

mod checks;
mod defaults;
mod environment;
mod load;
mod node;
pub mod options;
mod origin;
mod print;
mod reader;
mod reference;
mod renamed;
mod scalar;
mod schema;
mod section;
mod shape;
mod table;
mod used;
mod value;
mod yaml;

pub use load::{Flag, Loaded, Refused, Sources, load};
pub use options::Config;
pub use origin::Origin;
pub use reader::Remark;
pub use reference::reference;
pub use schema::json_schema;
pub use table::{Row, table};
pub use value::Secret;
