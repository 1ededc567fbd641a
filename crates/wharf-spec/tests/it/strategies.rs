//! How to make valid values of the crate's types.

use proptest::collection::vec;
use proptest::prelude::*;
use wharf_spec::{Algorithm, Digest, Extension, Reference, RepositoryName, Route, Tag, UploadId};

pub(crate) fn digest() -> impl Strategy<Value = Digest> {
    let of = |algorithm: Algorithm| {
        vec(any::<u8>(), algorithm.len())
            .prop_map(move |bytes| Digest::new(algorithm, &bytes).unwrap())
    };
    prop_oneof![of(Algorithm::Sha256), of(Algorithm::Sha512)]
}

/// Names that like to have components which are also parts of endpoints.
pub(crate) fn name() -> impl Strategy<Value = RepositoryName> {
    let component = prop_oneof![
        "[a-z0-9]{1,3}((\\.|_|__|-{1,3})[a-z0-9]{1,3}){0,2}",
        prop::sample::select(vec![
            "v2",
            "blobs",
            "uploads",
            "manifests",
            "tags",
            "list",
            "referrers"
        ])
        .prop_map(str::to_owned),
    ];
    vec(component, 1..6).prop_map(|components| components.join("/").parse().unwrap())
}

pub(crate) fn tag() -> impl Strategy<Value = Tag> {
    prop_oneof![
        "[a-zA-Z0-9_][a-zA-Z0-9._-]{0,20}",
        Just("list".into()),
        Just("uploads".into())
    ]
    .prop_map(|text: String| text.parse().unwrap())
}

pub(crate) fn reference() -> impl Strategy<Value = Reference> {
    prop_oneof![
        tag().prop_map(Reference::Tag),
        digest().prop_map(Reference::Digest)
    ]
}

fn upload_id() -> impl Strategy<Value = UploadId> {
    prop_oneof![
        "[a-zA-Z0-9_=-][a-zA-Z0-9._=-]{0,20}",
        Just("list".into()),
        Just("blobs".into())
    ]
    .prop_map(|text: String| text.parse().unwrap())
}

pub(crate) fn route() -> impl Strategy<Value = Route> {
    prop_oneof![
        Just(Route::Root),
        Just(Route::Base),
        Just(Route::Catalog),
        name().prop_map(|repository| Route::Tags { repository }),
        (name(), reference()).prop_map(|(repository, reference)| Route::Manifest {
            repository,
            reference
        }),
        (name(), digest()).prop_map(|(repository, digest)| Route::Blob { repository, digest }),
        name().prop_map(|repository| Route::Uploads { repository }),
        (name(), upload_id()).prop_map(|(repository, id)| Route::Upload { repository, id }),
        (name(), digest()).prop_map(|(repository, digest)| Route::Referrers { repository, digest }),
        extension().prop_map(Route::Extension),
    ]
}

fn extension() -> impl Strategy<Value = Extension> {
    prop_oneof![
        Just(Extension::Collection),
        Just(Extension::Trash),
        digest().prop_map(Extension::Blob),
        name().prop_map(Extension::Repository),
        name().prop_map(Extension::RepositoryTrash),
        (name(), "[0-9a-f-]{1,36}")
            .prop_map(|(repository, id)| Extension::Deleted { repository, id }),
        (name(), tag()).prop_map(|(repository, tag)| Extension::Tag { repository, tag }),
    ]
}
