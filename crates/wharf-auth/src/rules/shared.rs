//! Rules that can change while requests go on.

use std::sync::{Arc, Mutex, PoisonError};

use super::Rules;

/// The rules in force, for all who have to follow them. A clone is another handle of the same.
#[derive(Clone, Debug, Default)]
pub struct SharedRules(Arc<Mutex<Arc<Rules>>>);

// === impl SharedRules ===

impl SharedRules {
    /// Those in force at this moment; a request that has them keeps to them.
    #[must_use]
    pub fn current(&self) -> Arc<Rules> {
        Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// From now on these.
    pub fn replace(&self, rules: Rules) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(rules);
    }
}

impl From<Rules> for SharedRules {
    fn from(rules: Rules) -> Self {
        Self(Arc::new(Mutex::new(Arc::new(rules))))
    }
}
