//! Who may ask: the one service account that there is, by tokens and by URLs that it signed
//! (<https://cloud.google.com/storage/docs/authentication/signatures>).

use std::path::Path;

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::Value;

use super::Google;
use super::request::Asked;
use crate::command::Run;
use crate::digest::sha256;

/// The public half of the account's key.
pub(super) struct Access(Vec<u8>);

// === impl Access ===

impl Access {
    /// Of the key in this file of PEM.
    pub(super) fn of(key: &Path) -> Self {
        let public = Run::tool("openssl")
            .words("rsa -RSAPublicKey_out -outform DER -in")
            .arg(key)
            .ok();
        Self(public.stdout)
    }

    pub(super) fn is_given(&self, asked: &Asked) -> bool {
        self.has_token(asked).unwrap_or(false) || self.is_signed(asked).unwrap_or(false)
    }

    fn has_token(&self, asked: &Asked) -> Option<bool> {
        let token = asked.header("authorization")?.strip_prefix("Bearer ")?;
        let (message, signature) = token.rsplit_once('.')?;
        let (head, claims) = message.split_once('.')?;
        let json = |text: &str| -> Option<Value> {
            serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(text).ok()?).ok()
        };
        let (head, claims) = (json(head)?, json(claims)?);
        let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).ok()?;
        let is_his = head["kid"] == Google::KEY_NAME
            && claims["iss"] == Google::ACCOUNT
            && claims["exp"].as_i64()? > Timestamp::now().as_second();
        Some(is_his && self.has_signed(message, &signature))
    }

    /// It has to be for Google's own host, which this server stands for.
    fn is_signed(&self, asked: &Asked) -> Option<bool> {
        let said = |name: &str| asked.query(&format!("X-Goog-{name}"));
        let (date, credential) = (said("Date")?, said("Credential")?);
        let (account, scope) = credential.split_once('/')?;
        let query = asked.target.query()?;
        let mut pairs: Vec<_> = query
            .split('&')
            .filter(|pair| !pair.starts_with("X-Goog-Signature="))
            .collect();
        pairs.sort_unstable();
        let request = format!(
            "{}\n{}\n{}\nhost:storage.googleapis.com\n\nhost\nUNSIGNED-PAYLOAD",
            asked.method,
            asked.target.path(),
            pairs.join("&"),
        );
        let digest = sha256(request.as_bytes());
        let digest = digest.trim_start_matches("sha256:");
        let message = format!("GOOG4-RSA-SHA256\n{date}\n{scope}\n{digest}");
        let end = jiff::fmt::strtime::parse("%Y%m%dT%H%M%SZ", date).ok()?;
        let end = end
            .to_datetime()
            .ok()?
            .to_zoned(jiff::tz::TimeZone::UTC)
            .ok()?;
        let end = end.timestamp().as_second() + said("Expires")?.parse::<i64>().ok()?;
        let is_his = account == Google::ACCOUNT
            && scope == format!("{}/auto/storage/goog4_request", date.get(..8)?)
            && end > Timestamp::now().as_second();
        Some(is_his && self.has_signed(&message, &bytes(said("Signature")?)?))
    }

    fn has_signed(&self, message: &str, signature: &[u8]) -> bool {
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.0);
        key.verify(message.as_bytes(), signature).is_ok()
    }
}

/// Of hexadecimal digits.
fn bytes(digits: &str) -> Option<Vec<u8>> {
    let places = (0..digits.len()).step_by(2);
    let byte = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    places.map(byte).collect()
}
