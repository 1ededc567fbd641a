//! One option, a value, and what is seen of it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::Value;
use wharf_e2e::configured::Configuration;

use super::look::Look;
use super::surroundings::Surroundings;

/// An option and its effect.
pub(super) struct Case {
    pub(super) option: &'static str,
    value: Value,
    with: Vec<(&'static str, Value)>,
    instead: Vec<(&'static str, Value)>,
    environment: Vec<(&'static str, &'static str)>,
    refusal: Option<&'static str>,
    effect: fn(&Look<'_>) -> bool,
}

/// Where the option is set.
#[derive(Clone, Copy, Debug)]
pub(super) enum Said {
    InTheFile,
    ByItsVariable,
    Nowhere,
}

/// `effect` looks at a server whether `option` has this `value`.
pub(super) fn case(option: &'static str, value: Value, effect: fn(&Look<'_>) -> bool) -> Case {
    Case {
        option,
        value,
        with: Vec::new(),
        instead: Vec::new(),
        environment: Vec::new(),
        refusal: None,
        effect,
    }
}

// === impl Said ===

impl Said {
    pub(super) const ALL: [Self; 3] = [Self::InTheFile, Self::ByItsVariable, Self::Nowhere];
}

// === impl Case ===

impl Case {
    /// What else stands in the file, always.
    pub(super) fn with(mut self, option: &'static str, value: Value) -> Self {
        self.with.push((option, value));
        self
    }

    /// What stands in the file where the option is not tried: another value of it, where the
    /// default would be of no use.
    pub(super) fn instead(mut self, option: &'static str, value: Value) -> Self {
        self.instead.push((option, value));
        self
    }

    /// What the environment holds beside options, always.
    pub(super) fn variable(mut self, name: &'static str, value: &'static str) -> Self {
        self.environment.push((name, value));
        self
    }

    /// Without it, the rest is refused with these words.
    pub(super) fn needed(mut self, refusal: &'static str) -> Self {
        self.refusal = Some(refusal);
        self
    }

    /// Starts a server and looks at it.
    pub(super) fn run(
        &self,
        said: Said,
        variable: &str,
        surroundings: &Surroundings,
    ) -> Result<(), String> {
        let set = |configuration: Configuration, (option, value): &(&'static str, Value)| {
            configuration.set(option, surroundings.fill(value))
        };
        let configuration = self.with.iter().fold(Configuration::default(), set);
        let others = self.environment.iter();
        let configuration = others.fold(configuration, |configuration, (name, value)| {
            let value = surroundings.fill(&Value::from(*value));
            configuration.variable(name, value.as_str().unwrap())
        });
        let configuration = match said {
            Said::InTheFile => set(configuration, &(self.option, self.value.clone())),
            Said::ByItsVariable => {
                let value = surroundings.fill(&self.value);
                let text = value.as_str().map_or(value.to_string(), str::to_owned);
                configuration.variable(variable, &text)
            }
            Said::Nowhere => self.instead.iter().fold(configuration, set),
        };
        let is_set = match said {
            Said::InTheFile | Said::ByItsVariable => true,
            Said::Nowhere => false,
        };
        if let Some(refusal) = self.refusal.filter(|_| !is_set) {
            return match configuration.try_start() {
                Ok(_) => Err("it starts without it".to_owned()),
                Err(log) if log.contains(refusal) => Ok(()),
                Err(log) => Err(format!("it is refused with other words\n{log}")),
            };
        }
        let tried = catch_unwind(AssertUnwindSafe(|| {
            let server = configuration.start();
            let seen = (self.effect)(&Look::new(&server, surroundings, is_set));
            (seen == is_set).then_some(()).ok_or_else(|| server.log())
        }));
        match tried {
            Ok(Ok(())) => Ok(()),
            Ok(Err(log)) if is_set => Err(format!("nothing is seen of it\n{log}")),
            Ok(Err(log)) => Err(format!("its effect is seen without it\n{log}")),
            Err(panic) => Err(story(panic.as_ref())),
        }
    }
}

fn story(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.unwrap_or_else(|| "it panicked".to_owned())
}
