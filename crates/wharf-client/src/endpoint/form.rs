//! Forms, some of whose fields are secrets.

use bytes::Bytes;
use form_urlencoded::Serializer;

use crate::Secret;
use crate::observer::FormField;

/// A form (`application/x-www-form-urlencoded`).
#[derive(Clone, Debug, Default)]
pub(crate) struct Form(Vec<Field>);

#[derive(Clone, Debug)]
struct Field {
    name: &'static str,
    value: Value,
}

#[derive(Clone, Debug)]
enum Value {
    Known(String),
    Secret(Secret),
}

// === impl Form ===

impl Form {
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        let value = Value::Known(value.into());
        self.0.push(Field { name, value });
        self
    }

    pub(crate) fn with_secret(mut self, name: &'static str, value: &Secret) -> Self {
        let value = Value::Secret(value.clone());
        self.0.push(Field { name, value });
        self
    }

    pub(super) fn to_bytes(&self) -> Bytes {
        let mut form = Serializer::new(String::new());
        for Field { name, value } in &self.0 {
            let value = match value {
                Value::Known(value) => value,
                Value::Secret(secret) => secret.expose(),
            };
            form.append_pair(name, value);
        }
        form.finish().into()
    }

    /// What of it others may know.
    pub(super) fn told(&self) -> Vec<FormField> {
        let field = |field: &Field| FormField {
            name: field.name.to_owned(),
            value: match &field.value {
                Value::Known(value) => Some(value.clone()),
                Value::Secret(_) => None,
            },
        };
        self.0.iter().map(field).collect()
    }
}
