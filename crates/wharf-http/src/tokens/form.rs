//! A form that asks for a token.

use form_urlencoded::parse;
use wharf_auth::Secret;

use super::refusal::{Mistake, Refused};
use crate::head::Head;
use crate::request::{BodyError, RequestBody};

/// What is asked for.
pub(super) struct Form {
    pub(super) grant: Grant,
    pub(super) service: Option<String>,
    pub(super) scopes: Vec<String>,
    pub(super) client: String,
    pub(super) is_offline: bool,
}

/// By what.
pub(super) enum Grant {
    Password { user: String, password: Secret },
    Refresh(Secret),
}

/// The fields as they came.
#[derive(Default)]
struct Fields {
    grant_type: Option<Secret>,
    username: Option<Secret>,
    password: Option<Secret>,
    refresh_token: Option<Secret>,
    service: Option<Secret>,
    client_id: Option<Secret>,
    access_type: Option<Secret>,
    scopes: Vec<String>,
}

// === impl Form ===

impl Form {
    pub(super) async fn read(head: &Head, body: &mut RequestBody) -> Result<Self, Refused> {
        let kind = head.content_type().unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(Mistake::Kind.into());
        }
        let text = body.collect_at_most(LARGEST).await;
        let text = text.map_err(|error| match error {
            BodyError::TooLarge => Mistake::TooLarge(LARGEST),
            BodyError::Slow => Mistake::Slow,
            BodyError::Interrupted => Mistake::Interrupted,
        })?;
        Self::parse(&text)
    }

    fn parse(text: &[u8]) -> Result<Self, Refused> {
        let mut fields = Fields::default();
        for (name, value) in parse(text) {
            fields.take(&name, &value)?;
        }
        let grant_type = fields.grant_type.as_ref().map(Secret::reveal);
        let grant = match (
            grant_type,
            fields.username,
            fields.password,
            fields.refresh_token,
        ) {
            (Some("password"), Some(user), Some(password), None) => Grant::Password {
                user: user.reveal().to_owned(),
                password,
            },
            (Some("refresh_token"), None, None, Some(token)) => Grant::Refresh(token),
            // Docker names the account besides.
            (Some("refresh_token"), Some(_), None, Some(token)) => Grant::Refresh(token),
            (Some("password" | "refresh_token"), ..) => return Err(Mistake::Grant.into()),
            (Some(_), ..) => return Err(Mistake::GrantType.into()),
            (None, ..) => return Err(Mistake::Grant.into()),
        };
        let text = |field: Option<Secret>| field.map(|it| it.reveal().to_owned());
        Ok(Self {
            grant,
            service: text(fields.service),
            scopes: fields.scopes,
            client: text(fields.client_id).unwrap_or_default(),
            is_offline: fields
                .access_type
                .is_some_and(|it| it.reveal() == "offline"),
        })
    }
}

// === impl Fields ===

impl Fields {
    /// Nothing may be there twice (RFC 6749, section 3.2) but scopes, and what is empty counts
    /// as not being there.
    fn take(&mut self, name: &str, value: &str) -> Result<(), Refused> {
        let field = match name {
            "grant_type" => &mut self.grant_type,
            "username" => &mut self.username,
            "password" => &mut self.password,
            "refresh_token" => &mut self.refresh_token,
            "service" => &mut self.service,
            "client_id" => &mut self.client_id,
            "access_type" => &mut self.access_type,
            "scope" => {
                self.scopes.push(value.to_owned());
                return Ok(());
            }
            _ => return Ok(()),
        };
        if value.is_empty() {
            return Ok(());
        }
        if field.is_some() {
            return Err(Mistake::Repeated.into());
        }
        *field = Some(Secret::new(value));
        Ok(())
    }
}

/// Bytes of a form.
const LARGEST: usize = 64 << 10;
