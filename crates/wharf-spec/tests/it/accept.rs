//! `Accept` headers.

use bolero::check;
use wharf_spec::{Accept, ManifestType};

#[test]
fn fuzz_accept() {
    check!()
        .with_type::<(Vec<String>, u8)>()
        .for_each(|(values, which)| {
            let noise = Accept::parse(values.iter().map(String::as_str));
            let _ = ManifestType::ALL.map(|media_type| noise.accepts(media_type));
            // Whatever stands beside it in other headers, a type that is named is accepted.
            let named = ManifestType::ALL[usize::from(*which) % 4];
            let accept = Accept::parse(values.iter().map(String::as_str).chain([named.as_str()]));
            assert!(accept.accepts(named) && accept.names_any_manifest_type());
        });
}
