//! Uploads that were interrupted, by more than a client that went away.

use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use wharf_e2e::publish::with_digest;
use wharf_e2e::server::Server;
use wharf_e2e::{digest, noise};

use super::damage::repositories;
use super::estate::APP;

/// The bytes of an upload that arrived before it was left.
const ARRIVED: usize = 70_000;

/// What has happened to an upload since.
struct Suffering {
    name: &'static str,
    inflict: fn(&Path),
    /// How many bytes are there; nothing when the upload is not.
    stands_at: Option<usize>,
}

/// An upload as it was left.
pub(super) struct Open {
    suffering: &'static Suffering,
    id: String,
    bytes: Bytes,
}

const SUFFERINGS: &[Suffering] = &[
    suffering("nothing", |_| {}, Some(ARRIVED)),
    suffering("no start", |upload| remove(&upload.join("startedat")), None),
    suffering(
        "an empty start",
        |upload| fs::write(upload.join("startedat"), "").unwrap(),
        Some(ARRIVED),
    ),
    suffering(
        "a start in another form",
        |upload| fs::write(upload.join("startedat"), "yesterday").unwrap(),
        Some(ARRIVED),
    ),
    suffering("no bytes", |upload| remove(&upload.join("data")), Some(0)),
    suffering(
        "fewer bytes than were hashed",
        |upload| {
            let data = fs::read(upload.join("data")).unwrap();
            fs::write(upload.join("data"), &data[..1000]).unwrap();
        },
        Some(1000),
    ),
    suffering(
        "a directory for bytes",
        |upload| {
            remove(&upload.join("data"));
            fs::create_dir(upload.join("data")).unwrap();
        },
        Some(0),
    ),
    suffering(
        "no hash states",
        |upload| fs::remove_dir_all(upload.join("hashstates")).unwrap(),
        Some(ARRIVED),
    ),
    suffering(
        "garbage for hash states",
        |upload| {
            for state in states(upload) {
                fs::write(state, "garbage").unwrap();
            }
        },
        Some(ARRIVED),
    ),
    suffering(
        "directories for hash states",
        |upload| {
            for state in states(upload) {
                remove(&state);
                fs::create_dir(&state).unwrap();
            }
        },
        Some(ARRIVED),
    ),
    suffering(
        "a file for hash states",
        |upload| {
            fs::remove_dir_all(upload.join("hashstates")).unwrap();
            fs::write(upload.join("hashstates"), "").unwrap();
        },
        Some(ARRIVED),
    ),
];

const fn suffering(name: &'static str, inflict: fn(&Path), stands_at: Option<usize>) -> Suffering {
    Suffering {
        name,
        inflict,
        stands_at,
    }
}

/// Begins one of each.
pub(super) fn begin(server: &Server) -> Vec<Open> {
    std::iter::zip(10.., SUFFERINGS)
        .map(|(seed, suffering)| {
            let bytes = Bytes::from(noise::bytes(seed, 100_000));
            let target = format!("/v2/{APP}/blobs/uploads/");
            let session = server.http().post(&target).expect(202);
            let patch = server.http().patch(session.header("location"));
            patch.body(bytes.slice(..ARRIVED)).expect(202);
            Open {
                suffering,
                id: session.header("docker-upload-uuid").to_owned(),
                bytes,
            }
        })
        .collect()
}

// === impl Open ===

impl Open {
    pub(super) fn suffer(&self, root: &Path) {
        let uploads = repositories(root).join(APP).join("_uploads");
        (self.suffering.inflict)(&uploads.join(&self.id));
    }

    /// Tells where it stands, takes the rest and becomes a blob; or is not there.
    pub(super) fn go_on(&self, server: &Server) {
        let name = self.suffering.name;
        let path = format!("/v2/{APP}/blobs/uploads/{}", self.id);
        let Some(stands_at) = self.suffering.stands_at else {
            server.http().get(&path).expect(404);
            server.http().patch(&path).body("x").expect(404);
            return;
        };
        let status = server.http().get(&path).expect(204);
        let range = format!("0-{}", stands_at.saturating_sub(1));
        assert_eq!(status.header("range"), range, "{name}");
        let middle = usize::midpoint(stands_at, self.bytes.len());
        let patch = server.http().patch(status.header("location"));
        let patched = patch.body(self.bytes.slice(stands_at..middle)).expect(202);
        let digest = digest::sha256(&self.bytes);
        let target = with_digest(patched.header("location"), &digest);
        let put = server.http().put(&target).body(self.bytes.slice(middle..));
        put.expect(201);
        assert_eq!(server.blob(APP, &digest), self.bytes, "{name}");
    }
}

fn remove(path: &Path) {
    fs::remove_file(path).unwrap();
}

/// The files below `hashstates/sha256`.
fn states(upload: &Path) -> Vec<PathBuf> {
    let directory = upload.join("hashstates/sha256");
    fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect()
}
