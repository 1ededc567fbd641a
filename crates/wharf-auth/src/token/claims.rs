//! What a token says of who shows it.
// distribution: docs/content/spec/auth/jwt.md

use serde::Deserialize;
use serde_json::Value;

use super::parameters::Parameters;
use crate::{Access, Action, Actions, PullLimit};

/// Those claims that decide. `exp`, `nbf` and `aud` were looked at with the signature.
#[derive(Deserialize)]
pub(super) struct Claims {
    /// Who made it.
    pub(super) iss: String,
    /// Whom it is about; nobody, where everybody may do that much.
    #[serde(default)]
    sub: Option<String>,
    #[serde(default)]
    access: Option<Vec<Grant>>,
    /// Its number. It decides nothing, so it may be anything.
    #[serde(default)]
    jti: Option<Value>,
    #[serde(default)]
    exp: Option<Value>,
    #[serde(default)]
    nbf: Option<Value>,
}

/// What may be done with one resource. `class` is not looked at, as by distribution.
#[derive(Deserialize)]
struct Grant {
    #[serde(default, rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    actions: Option<Vec<String>>,
    #[serde(default)]
    parameters: Parameters,
}

// === impl Claims ===

impl Claims {
    /// Whether all that is needed is allowed. Resources are compared letter by letter: a name
    /// is no pattern.
    pub(super) fn allow(&self, needs: &[Access]) -> bool {
        needs.iter().all(|need| {
            let grants = self.access.iter().flatten();
            let grants = grants.filter(|grant| grant.is_for(need));
            let actions: Actions = grants.flat_map(Grant::actions).collect();
            actions.allow(need.actions)
        })
    }

    /// How much may be pulled, as the first grant has it that speaks of what is needed.
    pub(super) fn pulls(&self, needs: &[Access]) -> Option<PullLimit> {
        let grants = self.access.iter().flatten();
        let mut grants = grants.filter(|grant| needs.iter().any(|need| grant.is_for(need)));
        grants.find_map(|grant| grant.parameters.pulls)
    }

    /// The account, which may be nobody's.
    pub(super) fn account(&self) -> String {
        self.sub.clone().unwrap_or_default()
    }

    /// What it is called in the audit logs of who made it and of who takes it.
    pub(super) fn because(&self) -> String {
        match self.jti.as_ref().and_then(Value::as_str) {
            Some(jti) => format!("token {jti}"),
            None => "a token without a jti".to_owned(),
        }
    }

    /// `exp` and perhaps `nbf`, in seconds since 1970; `None` if they cannot be told.
    pub(super) fn times(&self) -> Option<(f64, Option<f64>)> {
        let nbf = match &self.nbf {
            Some(nbf) => Some(nbf.as_f64()?),
            None => None,
        };
        Some((self.exp.as_ref()?.as_f64()?, nbf))
    }
}

// === impl Grant ===

impl Grant {
    fn is_for(&self, need: &Access) -> bool {
        self.kind.as_deref() == Some(need.resource.kind())
            && self.name.as_deref() == Some(need.resource.name())
    }

    fn actions(&self) -> impl Iterator<Item = Action> {
        let actions = self.actions.iter().flatten();
        actions.filter_map(|action| Action::parse(action))
    }
}
