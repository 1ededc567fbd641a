//! An authorization server with two accounts, and the registry that trusts it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use tempfile::TempDir;
use wharf_auth::{
    Access, Accounts, Audit, AuthorizationServer, Authorizer as _, Basic, Credentials, Htpasswd,
    Issued, IssuerParts, Keys, NoToken, OwnKeys, PullLimit, Refusal, Request, Rules, Scopes,
    Secret, Sessions, Shown, Token, TokenRequest,
};

pub(crate) struct Issuer {
    pub(crate) directory: TempDir,
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) server: Arc<AuthorizationServer>,
    pub(crate) token: Token,
}

// === impl Issuer ===

impl Issuer {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("htpasswd"), ACCOUNTS).unwrap();
        Self::within(directory, "the service")
    }

    /// In a directory that others may have used.
    pub(crate) fn within(directory: TempDir, service: &str) -> Self {
        let keys = Arc::new(Keys::open(directory.path()).unwrap());
        let sessions = Arc::new(Sessions::open(directory.path(), UNUSED).unwrap());
        let accounts = Htpasswd::open(directory.path().join("htpasswd")).unwrap();
        let parts = IssuerParts {
            issuer: "the issuer".to_owned(),
            service: service.to_owned(),
            expiration: EXPIRATION,
            keys: Arc::clone(&keys),
            sessions: Arc::clone(&sessions),
            accounts: Arc::new(Accounts::new(Some(accounts))),
            rules: Rules::default().into(),
            account_pulls: Some(PullLimit {
                pulls: 100,
                interval: Duration::from_secs(21600),
            }),
            anonymous_pulls: None,
            audit: Audit::default(),
        };
        let token = Token::own(OwnKeys {
            keys,
            realm: String::new(),
            path: "/auth/token".to_owned(),
            service: service.to_owned(),
            issuer: "the issuer".to_owned(),
        });
        Self {
            directory,
            sessions,
            server: AuthorizationServer::new(parts),
            token,
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// A token for ann.
    pub(crate) async fn ann(&self, scope: &str) -> Issued {
        let basic = basic("ann", "secret");
        self.server
            .issue(&request(Shown::Password(&basic), scope))
            .await
            .unwrap()
    }

    /// A refresh token for ann.
    pub(crate) async fn refresh(&self) -> Secret {
        let basic = basic("ann", "secret");
        let request = TokenRequest {
            is_offline: true,
            ..request(Shown::Password(&basic), "")
        };
        self.server.issue(&request).await.unwrap().refresh.unwrap()
    }

    pub(crate) async fn by_refresh(&self, token: &Secret, scope: &str) -> Result<Issued, NoToken> {
        self.server
            .issue(&request(Shown::Refresh(token), scope))
            .await
    }

    /// Whether the registry lets somebody do that; else, what it says.
    pub(crate) async fn show(&self, token: &Secret, scope: &str) -> Result<String, String> {
        let credentials = Credentials::Bearer(token.clone());
        let needs: Vec<Access> = Scopes::parse([scope])
            .unwrap()
            .iter()
            .map(|scope| scope.access.clone())
            .collect();
        match self
            .token
            .authorize(&Request::new(&credentials, &needs))
            .await
        {
            Ok(identity) => Ok(identity.account),
            Err(Refusal::Challenge { challenge, .. }) => {
                let (_, error) = challenge.split_once(",error=").unwrap();
                Err(error.trim_matches('"').to_owned())
            }
            Err(refusal) => panic!("{refusal:?}"),
        }
    }
}

pub(crate) fn basic(user: &str, password: &str) -> Basic {
    Basic {
        user: user.to_owned(),
        password: Secret::new(password),
    }
}

pub(crate) fn request<'a>(shown: Shown<'a>, scope: &'a str) -> TokenRequest<'a> {
    TokenRequest {
        shown,
        service: None,
        scopes: vec![scope],
        client: "a test",
        is_offline: false,
        address: None,
    }
}

/// The head and the claims.
pub(crate) fn parts(token: &Secret) -> [Value; 2] {
    let mut parts = token.reveal().split('.').map(|part| {
        let text = URL_SAFE_NO_PAD.decode(part).unwrap();
        serde_json::from_slice(&text).unwrap_or_default()
    });
    [parts.next().unwrap(), parts.next().unwrap()]
}

pub(crate) const EXPIRATION: Duration = Duration::from_secs(300);
pub(crate) const UNUSED: Duration = Duration::from_secs(3600);

/// bcrypt, of `secret`.
pub(crate) const ACCOUNTS: &str = "\
    ann:$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n\
    bob:$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n";
