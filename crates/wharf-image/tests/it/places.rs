//! Places as people write them.

use wharf_image::{DaemonImage, LayoutReference, Place, PlaceError, PlaceKind, Stream};

fn place(text: &str) -> PlaceKind {
    let place: Place = text
        .parse()
        .unwrap_or_else(|error| panic!("{text:?}: {error}"));
    assert_eq!(place.to_string(), text);
    place.kind().clone()
}

#[test]
fn what_nobody_wrote_is_told_as_one_writes_it() {
    let digest = format!("sha256:{}", "a".repeat(64));
    for text in [
        "docker.io/library/ubuntu:latest",
        "oci:a",
        "oci:a:b",
        &*format!("oci:a@{digest}"),
        "oci-archive:-:b",
        "docker-archive:a.tar:b:c",
        "dir:a",
        "docker-daemon:a:b",
    ] {
        assert_eq!(Place::from(place(text)).to_string(), text);
    }
    let file = Stream::File("a:b".into());
    let made = Place::from(PlaceKind::DockerArchive { file, name: None });
    assert_eq!(made.to_string(), "docker-archive:a:b");
}

#[test]
fn registries_are_read() {
    for (text, expected) in [
        ("ubuntu", "docker.io/library/ubuntu:latest"),
        ("docker://ubuntu", "docker.io/library/ubuntu:latest"),
        ("localhost:5000/a/b:c", "localhost:5000/a/b:c"),
        ("registry:2", "docker.io/library/registry:2"),
        ("docker://oci:2", "docker.io/library/oci:2"),
        ("dir", "docker.io/library/dir:latest"),
    ] {
        assert_eq!(place(text), PlaceKind::Registry(expected.parse().unwrap()));
    }
}

#[test]
fn layouts_are_read() {
    let name = |text: &str| Some(LayoutReference::Name(text.to_owned()));
    let digest = format!("sha256:{}", "a".repeat(64));
    let by_digest = Some(LayoutReference::Digest(digest.parse().unwrap()));
    for (text, path, reference) in [
        ("a", "a", None),
        ("/a/b", "/a/b", None),
        ("a:b", "a", name("b")),
        ("a:docker.io/b:c", "a", name("docker.io/b:c")),
        ("a:b--c@d", "a", name("b--c@d")),
        (&format!("./a@{digest}"), "./a", by_digest),
    ] {
        let (directory, file) = (path.into(), Stream::File(path.into()));
        let layout = PlaceKind::Layout {
            directory,
            reference: reference.clone(),
        };
        assert_eq!(place(&format!("oci:{text}")), layout);
        let archive = PlaceKind::LayoutArchive { file, reference };
        assert_eq!(place(&format!("oci-archive:{text}")), archive);
    }
    let standard = PlaceKind::LayoutArchive {
        file: Stream::Standard,
        reference: name("x"),
    };
    assert_eq!(place("oci-archive:-:x"), standard);
}

#[test]
fn other_places_are_read() {
    let archive = |path: &str, name: Option<&str>| PlaceKind::DockerArchive {
        file: if path == "-" {
            Stream::Standard
        } else {
            Stream::File(path.into())
        },
        name: name.map(|name| name.parse().unwrap()),
    };
    assert_eq!(place("docker-archive:a.tar"), archive("a.tar", None));
    assert_eq!(place("docker-archive:-"), archive("-", None));
    let named = archive("a.tar", Some("localhost:5000/b:c"));
    assert_eq!(place("docker-archive:a.tar:localhost:5000/b:c"), named);
    assert_eq!(place("dir:/a:b"), PlaceKind::Directory("/a:b".into()));
    let name = DaemonImage::Name("a:b".parse().unwrap());
    assert_eq!(place("docker-daemon:a:b"), PlaceKind::Daemon(name));
    let digest = format!("sha256:{}", "a".repeat(64));
    let id = DaemonImage::Id(digest.parse().unwrap());
    assert_eq!(
        place(&format!("docker-daemon:{digest}")),
        PlaceKind::Daemon(id)
    );
}

#[test]
fn others_are_refused_with_a_reason() {
    for (text, expected) in [
        (
            "",
            "a place is empty: write NAME, oci:DIR, oci-archive:FILE, docker-archive:FILE, dir:DIR or docker-daemon:NAME",
        ),
        ("oci:", "oci: is followed by the path of a DIRECTORY"),
        ("oci::x", "oci: is followed by the path of a DIRECTORY"),
        (
            "oci-archive:",
            "oci-archive: is followed by the path of a FILE, or -",
        ),
        (
            "docker-archive::a",
            "docker-archive: is followed by the path of a FILE, or -",
        ),
        ("dir:", "dir: is followed by the path of a DIRECTORY"),
        (
            "docker-daemon:",
            "docker-daemon: is followed by the NAME or ID of an image",
        ),
        ("docker://", "docker:// is followed by the NAME of an image"),
        (
            "containers-storage:a",
            "containers-storage: is no kind of place here: there are docker://, oci:, oci-archive:, docker-archive:, dir: and docker-daemon:",
        ),
        (
            "https://a/b",
            "https: is no kind of place here: there are docker://, oci:, oci-archive:, docker-archive:, dir: and docker-daemon:",
        ),
        (
            "oci:a:-b",
            "\"-b\" cannot name an image in a layout: it has words of letters and digits, and one of `-._:@+/` or `--` between them",
        ),
    ] {
        assert_eq!(text.parse::<Place>().unwrap_err().to_string(), expected);
    }
    for bad in ["docker-archive:a:B", "UPPER/case:", "docker-daemon:-"] {
        let error = bad.parse::<Place>().unwrap_err();
        assert!(matches!(error, PlaceError::Name { .. }), "{bad:?}: {error}");
    }
    let error = "oci:a@sha256:b".parse::<Place>().unwrap_err();
    assert!(matches!(error, PlaceError::Digest { .. }), "{error}");
}
