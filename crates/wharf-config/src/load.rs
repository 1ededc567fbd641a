//! From what the operator said to a configuration.

use std::fmt;
use std::sync::Arc;

use crate::node::{Content, Node, entry};
use crate::options::{Config, ROOT};
use crate::print;
use crate::reader::{Reader, Remark};
use crate::used::Said;
use crate::value::Value as _;
use crate::{Origin, checks, defaults, environment, renamed, yaml};

/// All that the operator said.
#[derive(Clone, Default)]
pub struct Sources {
    /// The file: its name and its text. Without one a registry for trying out, on this
    /// machine only, with its images in `./wharfinger-data`.
    pub file: Option<(String, String)>,
    /// The environment; only `REGISTRY_*` matters.
    pub environment: Vec<(String, String)>,
    /// What the command line says.
    pub flags: Vec<Flag>,
}

/// A value from the command line; it wins over the environment, which wins over the file.
#[derive(Clone, Debug)]
pub struct Flag {
    /// As the user wrote it: `--addr`.
    pub name: &'static str,
    /// Where the value belongs, as `["http", "addr"]`.
    pub option: &'static [&'static str],
    /// Its text.
    pub value: String,
}

/// A configuration that can be used.
#[derive(Clone)]
pub struct Loaded {
    /// What was said, completed with defaults.
    pub config: Config,
    /// What its author should know.
    pub warnings: Vec<Remark>,
    tree: Node,
}

/// A configuration that cannot be used, and why.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}", .errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct Refused {
    /// At least one.
    pub errors: Vec<Remark>,
    /// What else its author should know.
    pub warnings: Vec<Remark>,
}

/// Reads, completes and checks a configuration.
///
/// # Errors
/// Everything that is wrong with it, each with its line or variable.
pub fn load(sources: &Sources) -> Result<Loaded, Refused> {
    let (mut tree, mut warnings) = document(sources)?;
    defaults::unfold_bare(ROOT, &mut tree);
    let (mut told, mut errors) = environment::apply(ROOT, &mut tree, &sources.environment);
    warnings.append(&mut told);
    for flag in &sources.flags {
        set(&mut tree, flag);
    }
    let mut said = Said::default();
    said.look(ROOT, &tree, "");
    warnings.append(&mut said.warnings);
    errors.append(&mut said.errors);

    renamed::carry_over(&mut tree);
    defaults::fill(ROOT, &mut tree);
    let mut reader = Reader::default();
    let config = Config::read(&tree, &mut reader);
    errors.append(&mut reader.errors);
    match config {
        Some(config) => {
            let loaded = Loaded {
                config,
                warnings,
                tree,
            };
            errors.append(&mut checks::check(&loaded));
            if errors.is_empty() {
                return Ok(loaded);
            }
            let warnings = loaded.warnings;
            Err(Refused { errors, warnings })
        }
        None => Err(Refused { errors, warnings }),
    }
}

fn document(sources: &Sources) -> Result<(Node, Vec<Remark>), Refused> {
    let (origin, text) = match &sources.file {
        Some((name, text)) => {
            let name = Arc::from(name.as_str());
            (Origin::File { name, line: 1 }, text.as_str())
        }
        None => (Origin::Default, UNCONFIGURED),
    };
    let read = yaml::parse_with_doubles(text, &origin).map_err(|error| Refused {
        errors: vec![Remark {
            origin: origin.at(error.line),
            option: String::new(),
            text: error.reason,
        }],
        warnings: Vec::new(),
    });
    let (tree, doubles) = read?;
    let warnings = doubles.into_iter().map(|double| Remark {
        origin: double.origin,
        option: String::new(),
        text: format!("`{}` stands here twice: this one counts", double.key),
    });
    Ok((tree, warnings.collect()))
}

fn set(tree: &mut Node, flag: &Flag) {
    let origin = Origin::Flag(flag.name);
    let mut node = tree;
    for key in flag.option {
        if node.entries_mut().is_none() {
            *node = Node::empty_map(origin.clone());
        }
        let Some(entries) = node.entries_mut() else {
            return;
        };
        node = entry(entries, key, &origin);
    }
    *node = Node {
        origin,
        content: Content::Scalar(flag.value.clone()),
    };
}

// === impl Sources ===

impl fmt::Debug for Sources {
    /// Without texts: there are secrets in them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.environment.iter().map(|(name, _)| name).collect();
        f.debug_struct("Sources")
            .field("file", &self.file.as_ref().map(|(name, _)| name))
            .field("environment", &names)
            .field("flags", &self.flags)
            .finish()
    }
}

// === impl Loaded ===

impl fmt::Debug for Loaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loaded")
            .field("config", &self.config)
            .field("warnings", &self.warnings)
            .finish_non_exhaustive()
    }
}

impl Loaded {
    /// The configuration as YAML, each value with where it came from; secrets hidden.
    #[must_use]
    pub fn print(&self) -> String {
        print::yaml(ROOT, &self.tree)
    }

    /// The same as JSON: `[{"option", "value", "origin"}]`.
    #[must_use]
    pub fn print_json(&self) -> serde_json::Value {
        print::json(ROOT, &self.tree)
    }

    /// Something to tell about an option, with where its value came from.
    #[must_use]
    pub fn remark(&self, option: &str, text: impl Into<String>) -> Remark {
        // Where it was not said itself, what it stands in was.
        let mut node = &self.tree;
        // `rules[0]` is two steps.
        let steps = option.split('.').flat_map(|key| {
            let item = key.find('[').unwrap_or(key.len());
            let (key, item) = key.split_at(item);
            std::iter::once(key).chain((!item.is_empty()).then_some(item))
        });
        for key in steps {
            match node.step(key) {
                Some(below) if below.origin != Origin::Default => node = below,
                Some(_) | None => break,
            }
        }
        Remark {
            origin: node.origin.clone(),
            option: option.to_owned(),
            text: text.into(),
        }
    }
}

/// What holds where there is no file.
const UNCONFIGURED: &str = "\
version: 0.1
storage:
  filesystem:
    rootdirectory: ./wharfinger-data
  delete:
    enabled: true
http:
  addr: 127.0.0.1:5000
";
