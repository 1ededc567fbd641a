//! The table of options as a flat list.

use crate::environment::PREFIX;
use crate::options::ROOT;
use crate::reader::join;
use crate::shape::{Declared, Section, Shape, State};

/// One option that has a value of its own, or a list or a section of them.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its path: `http.tls.key`, `health.file[0].interval`.
    pub option: String,
    /// The variable that sets it; items of lists by their number.
    pub variable: String,
    pub(crate) declared: &'static Declared,
    /// Its own, or that of what it stands in.
    pub(crate) state: State,
}

/// Every option, sections before what is in them.
#[must_use]
pub fn table() -> Vec<Row> {
    let mut rows = Vec::new();
    walk(&mut rows, ROOT, "", PREFIX, State::Works);
    rows
}

fn walk(rows: &mut Vec<Row>, section: &Section, path: &str, names: &str, above: State) {
    for declared in section.options {
        let option = join(path, declared.key);
        let state = match above {
            State::Works => declared.state,
            State::NotBuilt | State::Refused | State::NoEffect | State::Gone => above,
        };
        let variable = format!("{names}{}", declared.key.to_ascii_uppercase());
        rows.push(Row {
            option: option.clone(),
            variable: variable.clone(),
            declared,
            state,
        });
        match declared.shape {
            Shape::Section(inner) => walk(rows, inner, &option, &format!("{variable}_"), state),
            Shape::List(Shape::Section(inner)) => {
                let names = format!("{variable}_0_");
                walk(rows, inner, &format!("{option}[0]"), &names, state);
            }
            Shape::List(_)
            | Shape::Text
            | Shape::Secret
            | Shape::Boolean
            | Shape::Integer(..)
            | Shape::Duration
            | Shape::Choice(_)
            | Shape::Map(_)
            | Shape::Anything => {}
        }
    }
}

// === impl Row ===

impl Row {
    /// Whether it has a value of its own, and something happens when it is set.
    #[must_use]
    pub fn works(&self) -> bool {
        self.state == State::Works && !self.is_section()
    }

    /// Whether other options stand below it.
    #[must_use]
    pub fn is_section(&self) -> bool {
        matches!(
            self.declared.shape,
            Shape::Section(_) | Shape::List(Shape::Section(_))
        )
    }
}

#[cfg(test)]
mod tests;
