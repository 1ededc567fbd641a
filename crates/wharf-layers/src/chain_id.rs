//! The name of layers applied one over the other.

use wharf_hash::digest;
use wharf_spec::{Algorithm, Digest};

/// The ChainID of layers whose DiffIDs are given, the lowest first (image-spec: config.md,
/// "Layer ChainID"); `None` where there is no layer.
#[must_use]
pub fn chain_id(diff_ids: &[Digest]) -> Option<Digest> {
    let (first, rest) = diff_ids.split_first()?;
    Some(rest.iter().fold(*first, |below, diff_id| {
        digest(Algorithm::Sha256, format!("{below} {diff_id}").as_bytes())
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_id_is_that_of_the_layers_so_far() {
        let [a, b, c] = ["a", "b", "c"].map(|text| digest(Algorithm::Sha256, text.as_bytes()));
        assert_eq!(chain_id(&[]), None);
        assert_eq!(chain_id(&[a]), Some(a));
        let below = chain_id(&[a, b]).unwrap();
        assert_eq!(
            below,
            digest(Algorithm::Sha256, format!("{a} {b}").as_bytes())
        );
        assert_eq!(chain_id(&[a, b, c]), chain_id(&[below, c]));
    }
}
