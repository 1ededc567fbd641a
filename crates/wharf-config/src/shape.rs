//! What may be configured, as data: the one table that reading, printing, checking, the
//! reference page and the JSON Schema are made from. `section!` declares it.

/// What a value may be.
#[derive(Debug)]
pub(crate) enum Shape {
    Text,
    /// A text that nothing prints.
    Secret,
    Boolean,
    /// From, and up to.
    Integer(i64, i64),
    Duration,
    /// One of these words.
    Choice(&'static [&'static str]),
    List(&'static Self),
    /// By any name.
    Map(&'static Self),
    /// Whatever it is, nobody looks at it.
    Anything,
    Section(&'static Section),
}

/// Options that stand together below one key.
#[derive(Debug)]
pub(crate) struct Section {
    pub(crate) options: &'static [Declared],
    /// A bare text stands for the section of that name with nothing in it.
    pub(crate) bare: bool,
}

/// One option.
#[derive(Debug)]
pub(crate) struct Declared {
    /// As it stands in YAML.
    pub(crate) key: &'static str,
    /// Its part of the variable's name where Go's field has another name than the key.
    pub(crate) environment: Option<&'static str>,
    /// What it is for.
    pub(crate) meaning: &'static str,
    /// In YAML; none for what is off, empty, or has to be said.
    pub(crate) default: Option<&'static str>,
    /// The version of distribution that brought it, or `wharfinger`.
    pub(crate) since: &'static str,
    pub(crate) state: State,
    /// It may be left out, and then it is not there at all.
    pub(crate) optional: bool,
    pub(crate) shape: &'static Shape,
}

/// How far an option works.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum State {
    Works,
    /// Understood; using it gives a message that says what does not happen.
    NotBuilt,
    /// Understood; using it is an error, since serving without it would be wrong.
    Refused,
    /// Understood; there is nothing that it could change.
    NoEffect,
    /// Of distribution 2 only: understood, and a message says what to write now.
    Gone,
}

// === impl Section ===

impl Section {
    pub(crate) fn option(&self, key: &str) -> Option<&'static Declared> {
        self.options.iter().find(|option| option.key == key)
    }
}

// === impl Declared ===

impl Declared {
    /// Its parts of a variable's name: both spellings are taken.
    pub(crate) fn environment_names(&self) -> impl Iterator<Item = String> {
        let key = Some(self.key.to_ascii_uppercase());
        key.into_iter().chain(self.environment.map(str::to_owned))
    }
}

// === impl State ===

impl State {
    /// What the reference says of it; nothing where it just works.
    pub(crate) const fn remark(self) -> Option<&'static str> {
        match self {
            Self::Works => None,
            Self::NotBuilt => Some("not built yet: using it gives a warning"),
            Self::Refused => Some("not built yet: using it is an error"),
            Self::NoEffect => Some("accepted; changes nothing here"),
            Self::Gone => Some("distribution 2 only"),
        }
    }
}
