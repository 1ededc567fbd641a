//! Docker's engine, played by a socket.

use std::sync::{Arc, Mutex};

use tempfile::TempDir;
use tokio::net::UnixListener;
use wharf_image::{CopyOptions, DaemonAddress, ImageError, Place, Source, Surroundings, copy};

use crate::copies::{into_memory, surroundings, target};
use crate::http::{Handler, Reply, Request, serve};
use crate::memory::{Memory, MemoryPlace};

/// An engine that gives one archive and takes any; whole requests are kept, and whether those
/// that were not whole came.
struct Engine {
    directory: TempDir,
    seen: Arc<Mutex<Vec<Request>>>,
}

impl Engine {
    fn start(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let directory = TempDir::new().unwrap();
        let listener = UnixListener::bind(directory.path().join("socket")).unwrap();
        let seen = Arc::<Mutex<Vec<Request>>>::default();
        let keep = Arc::clone(&seen);
        let handler: Handler = Arc::new(move |request| {
            keep.lock().unwrap().push(request.clone());
            answer(request)
        });
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serve(socket, Arc::clone(&handler)));
            }
        });
        Self { directory, seen }
    }

    fn surroundings(&self) -> Surroundings {
        let path = self.directory.path();
        Surroundings {
            daemon: DaemonAddress::Unix(path.join("socket")),
            ..surroundings(path)
        }
    }
}

fn sample() -> (Memory, Arc<dyn Source>) {
    let mut memory = Memory::default();
    let root = memory.image("linux/amd64", 1);
    memory.root(&root, &[]);
    (memory.clone(), MemoryPlace::new(memory))
}

fn place(text: &str) -> Place {
    text.parse().unwrap()
}

#[tokio::test]
async fn an_image_is_loaded_and_taken_out() {
    let engine =
        Engine::start(|_| Reply::new(200).body("{\"stream\":\"Loaded image: a:v1\\n\"}\n"));
    let (memory, original) = sample();
    let name = place("docker-daemon:example.com/a:v1");
    let written = engine.surroundings().target(&name).await.unwrap();
    copy(&original, &written, &CopyOptions::default())
        .await
        .unwrap();
    let seen = std::mem::take(&mut *engine.seen.lock().unwrap());
    assert_eq!(
        (seen.len(), &*seen[0].method, &*seen[0].path),
        (1, "POST", "/images/load")
    );
    assert!(seen[0].is_whole);
    let archive = seen[0].body.clone();

    let giving = Engine::start(move |_| Reply::new(200).body(archive.clone()));
    let read = giving.surroundings().source(&name).await.unwrap();
    let (there, _) = into_memory(&read, &CopyOptions::default()).await;
    assert_eq!(
        (there.blobs, there.manifests),
        (memory.blobs, memory.manifests)
    );
    assert_eq!(there.roots[0].names, ["example.com/a:v1"]);
    let seen = giving.seen.lock().unwrap();
    assert_eq!(seen[0].path, "/images/example.com/a:v1/get");
}

#[tokio::test]
async fn several_images_are_loaded_under_their_names() {
    let engine = Engine::start(|_| Reply::new(200));
    let mut memory = Memory::default();
    let names = ["docker.io/library/a:v1", "example.com/b:v2", "3.20"];
    for (seed, name) in (1..).zip(names) {
        let image = memory.image("linux/amd64", seed);
        memory.root(&image, &[name]);
    }
    let original: Arc<dyn Source> = MemoryPlace::new(memory.clone());
    let written = engine.surroundings().engine().unwrap();
    for root in &memory.roots {
        let options = CopyOptions::default();
        wharf_image::copy_into(&original, root, &written, &options)
            .await
            .unwrap();
    }
    written.finish().await.unwrap();
    let archive = engine.seen.lock().unwrap()[0].body.clone();
    let path = engine.directory.path().join("loaded.tar");
    std::fs::write(&path, archive).unwrap();
    let place = place(&format!("docker-archive:{}", path.display()));
    let read = engine.surroundings().source(&place).await.unwrap();
    let found: Vec<_> = read
        .roots()
        .await
        .unwrap()
        .into_iter()
        .map(|it| it.names)
        .collect();
    // A plain tag is the name of no repository.
    assert_eq!(found, [[names[0]], [names[1]]]);
}

#[tokio::test]
async fn what_the_engine_says_is_told() {
    let message = "{\"message\":\"no space\"}";
    let lines = "{\"stream\":\"x\"}\n{\"errorDetail\":{},\"error\":\"invalid diffID\"}\n";
    let (_, original) = sample();
    for (status, body, expected) in [(500, message, "no space"), (200, lines, "invalid diffID")] {
        let engine = Engine::start(move |_| Reply::new(status).body(body));
        let written = engine
            .surroundings()
            .target(&place("docker-daemon:a:v1"))
            .await
            .unwrap();
        let error = copy(&original, &written, &CopyOptions::default())
            .await
            .unwrap_err();
        let path = engine.directory.path().join("socket");
        let expected = format!("the engine at unix://{}: {expected}", path.display());
        assert_eq!(error.to_string(), expected);
    }
    let engine = Engine::start(|_| Reply::new(404).body("{\"message\":\"No such image\"}"));
    let missing = engine
        .surroundings()
        .source(&place("docker-daemon:a:v1"))
        .await;
    let error = missing.err().unwrap().to_string();
    assert!(
        error.starts_with("a:v1 was not found in the engine at unix://"),
        "{error}"
    );
}

#[tokio::test]
async fn an_engine_is_never_given_half_of_an_archive_as_whole() {
    let engine = Engine::start(|_| Reply::new(200));
    let (mut memory, _) = sample();
    memory.broken.extend(memory.blobs.keys().last().copied());
    let original: Arc<dyn Source> = MemoryPlace::new(memory);
    let written = engine
        .surroundings()
        .target(&place("docker-daemon:a:v1"))
        .await
        .unwrap();
    let error = copy(&original, &written, &CopyOptions::default())
        .await
        .unwrap_err();
    assert!(
        matches!(error, ImageError::DigestMismatch { .. }),
        "{error}"
    );
    drop(written);
    // The engine sees the end of the connection after the last of what was sent.
    let seen = async {
        while engine.seen.lock().unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    // It may have been gone before its first byte was sent.
    let _seen = tokio::time::timeout(std::time::Duration::from_secs(2), seen).await;
    assert!(
        engine
            .seen
            .lock()
            .unwrap()
            .iter()
            .all(|request| !request.is_whole)
    );
}

#[tokio::test]
async fn an_engine_that_is_not_there_is_told() {
    let directory = TempDir::new().unwrap();
    let nobody = Surroundings {
        daemon: DaemonAddress::Unix(directory.path().join("socket")),
        ..surroundings(directory.path())
    };
    let missing = nobody.source(&place("docker-daemon:a")).await;
    let error = missing.err().unwrap().to_string();
    assert!(error.contains("No such file"), "{error}");
    let by_id = format!("docker-daemon:sha256:{}", "a".repeat(64));
    let error = nobody.target(&place(&by_id)).await.err().unwrap();
    assert!(error.to_string().ends_with("give it a name"), "{error}");
    // Nothing was sent to an engine of this machine.
    let written = target(&directory, &format!("dir:{}/x", directory.path().display())).await;
    assert!(written.finish().await.is_ok());
}
