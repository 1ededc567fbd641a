//! Whether a request is let in, before anything is done for it.

use std::fmt;
use std::sync::Arc;

use http::header::{AUTHORIZATION, FORWARDED};
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::{Value, json};
use wharf_auth::{Access, Authorizer, Credentials, Identity, Refusal, Request};
use wharf_spec::{Method, RepositoryName, Route};

use crate::error::Failure;
use crate::head::Head;
use crate::peer::Peer;
use crate::witness::Witness;

/// Who stands at the door. By default nobody: everybody may do everything.
#[derive(Clone, Default)]
pub struct Guard(Option<Arc<dyn Authorizer>>);

// === impl Guard ===

impl Guard {
    /// Everybody is looked at by `authorizer`.
    pub fn new(authorizer: impl Authorizer) -> Self {
        Self(Some(Arc::new(authorizer)))
    }

    /// True where not everybody may do everything.
    pub(crate) const fn is_there(&self) -> bool {
        self.0.is_some()
    }

    /// Lets a request pass, or says why not; `witness` sees who is turned away. A request by an unknown method is refused later,
    /// but not answered to strangers.
    pub(crate) async fn admit(
        &self,
        route: &Route,
        method: Option<Method>,
        head: &Head,
        peer: Peer,
        witness: Witness<'_>,
    ) -> Result<Identity, Failure> {
        let Some(authorizer) = &self.0 else {
            return Ok(Identity::default());
        };
        if matches!(route, Route::Root) {
            return Ok(Identity::default());
        }
        let credentials = head.headers().get_all(AUTHORIZATION);
        let credentials = Credentials::parse(credentials.iter().map(HeaderValue::as_bytes));
        let credentials = credentials.map_err(|error| {
            let why = error.to_string();
            witness.denied(None, &why);
            Failure::bad_request(StatusCode::BAD_REQUEST, &why)
        })?;
        let from = head.query.first("from");
        let from = from.and_then(|from| from.parse::<RepositoryName>().ok());
        let needs = method.map(|method| Access::needed(route, method, from.as_ref()));
        let needs = needs.unwrap_or_default();
        let request = Request {
            credentials: &credentials,
            needs: &needs,
            address: witness.address,
            is_secure: peer.secure,
            host: head.host.as_deref(),
            forwarded_proto: head.text(&HeaderName::from_static("x-forwarded-proto")),
            forwarded_host: head.text(&HeaderName::from_static("x-forwarded-host")),
            forwarded: head.text(&FORWARDED),
        };
        let authorized = authorizer.authorize(&request).await;
        if let Err(refusal) = &authorized {
            tell(witness, &credentials, refusal);
        }
        match authorized {
            Ok(identity) => {
                tracing::debug!(user = identity.account, "authorized");
                Ok(identity)
            }
            Err(Refusal::Challenge { challenge, why }) => {
                tracing::info!(why, "not authorized");
                Err(Failure::Unauthorized {
                    challenge,
                    detail: detail(&needs),
                })
            }
            Err(Refusal::Denied(decision)) => {
                tracing::info!(why = decision.because, "denied");
                Err(Failure::denied(detail(&needs)))
            }
            Err(Refusal::Throttled(wait)) => Err(Failure::Throttled(wait)),
            Err(Refusal::Busy) => Err(Failure::busy()),
            Err(Refusal::Unavailable) => Err(Failure::unavailable()),
        }
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Guard").field(&self.is_there()).finish()
    }
}

/// Tells of whoever is turned away. Who shows nothing and is told what to show is not: so
/// begins every login.
fn tell(witness: Witness<'_>, credentials: &Credentials, refusal: &Refusal) {
    let (account, is_nobody) = match credentials {
        Credentials::None => (None, true),
        Credentials::Basic(basic) if basic.is_empty() => (None, true),
        Credentials::Basic(basic) => (Some(basic.user.as_str()), false),
        Credentials::Bearer(_) | Credentials::Other => (None, false),
    };
    let because = match refusal {
        Refusal::Challenge { .. } if is_nobody => return,
        Refusal::Challenge { why, .. } => why,
        Refusal::Denied(decision) => decision.because.as_str(),
        Refusal::Throttled(_) => "too many wrong passwords",
        Refusal::Busy => "too many passwords are being checked",
        Refusal::Unavailable => "nobody can be checked",
    };
    witness.denied(account, because);
}

/// What was needed, as Go writes it (distribution: registry/auth/auth.go, `Access`).
fn detail(needs: &[Access]) -> Value {
    if needs.is_empty() {
        return Value::Null;
    }
    let records = needs.iter().flat_map(|access| {
        access.actions.iter().map(|action| {
            json!({
                "Type": access.resource.kind(),
                "Class": "",
                "Name": access.resource.name(),
                "Action": action.as_str(),
            })
        })
    });
    records.collect()
}
