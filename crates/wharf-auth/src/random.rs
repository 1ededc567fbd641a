//! What nobody can guess.

use std::io;

use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use crate::Secret;

/// Fills all of it by chance.
///
/// # Errors
/// When there is no randomness.
pub(crate) fn fill(bytes: &mut [u8]) -> io::Result<()> {
    let filled = SystemRandom::new().fill(bytes);
    filled.map_err(|_| io::Error::other("there is no randomness"))
}

/// So many bytes by chance, in base64url.
///
/// # Errors
/// When there is no randomness.
pub(crate) fn text<const BYTES: usize>() -> io::Result<Secret> {
    let mut random = Zeroizing::new([0; BYTES]);
    fill(&mut *random)?;
    Ok(Secret::new(URL_SAFE_NO_PAD.encode(*random)))
}
