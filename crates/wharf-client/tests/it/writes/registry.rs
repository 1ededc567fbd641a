//! A registry in memory that takes uploads, and does to some requests what a test says.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};

use crate::reads::sha256;
use crate::server::{Reply, Seen, Server};

/// It.
#[derive(Clone)]
pub(crate) struct FakeRegistry {
    pub(crate) server: Server,
    pub(crate) state: Arc<Mutex<State>>,
}

#[derive(Default)]
pub(crate) struct State {
    /// By repository and digest.
    pub(crate) blobs: HashMap<(String, String), Vec<u8>>,
    uploads: HashMap<String, Vec<u8>>,
    started: usize,
    /// For the next requests with these methods, in order.
    pub(crate) faults: VecDeque<(&'static str, Fault)>,
    /// Bytes of uploads that came in all.
    pub(crate) received: usize,
    /// Whether it can be asked for the status of an upload.
    pub(crate) is_mute: bool,
}

/// What is done to a request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fault {
    /// So much of its body is kept, and the connection closed.
    Cut(usize),
    /// It is refused, and nothing done.
    Refuse(u16),
    /// It is done, and the connection closed.
    Silence,
    /// It is done, and this is said.
    Lie(u16),
    /// So much of its body is kept, and that is said.
    Keep(usize),
    /// The upload is forgotten.
    Forget,
    /// It is done as if nothing was.
    Nothing,
}

impl FakeRegistry {
    pub(crate) async fn start() -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let own = Arc::clone(&state);
        let server = Server::start(move |seen| own.lock().unwrap().answer(seen)).await;
        Self { server, state }
    }

    pub(crate) async fn with_faults(faults: &[(&'static str, Fault)]) -> Self {
        let registry = Self::start().await;
        registry.state.lock().unwrap().faults = faults.iter().copied().collect();
        registry
    }

    /// A blob of `a/b`.
    pub(crate) fn blob(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let key = ("a/b".to_owned(), sha256(bytes).to_string());
        self.state.lock().unwrap().blobs.get(&key).cloned()
    }

    pub(crate) fn add(&self, repository: &str, bytes: &[u8]) {
        let key = (repository.to_owned(), sha256(bytes).to_string());
        self.state.lock().unwrap().blobs.insert(key, bytes.to_vec());
    }

    pub(crate) fn received(&self) -> usize {
        self.state.lock().unwrap().received
    }

    /// Methods alone, one word.
    pub(crate) fn methods(&self) -> String {
        let seen = self.server.seen();
        let methods: Vec<_> = seen.iter().map(|seen| seen.method.as_str()).collect();
        methods.join(" ")
    }
}

impl State {
    fn answer(&mut self, seen: &Seen) -> Reply {
        let fault = self
            .faults
            .front()
            .filter(|(method, _)| *method == seen.method);
        let fault = fault.map_or(Fault::Nothing, |(_, fault)| *fault);
        if seen.is_head {
            return match fault {
                Fault::Cut(most) => Reply::read(most),
                _ => Reply::default(),
            };
        }
        if self
            .faults
            .front()
            .is_some_and(|(method, _)| *method == seen.method)
        {
            self.faults.pop_front();
        }
        match fault {
            Fault::Refuse(status) => return Reply::new(status),
            Fault::Forget => self.uploads.clear(),
            _ => {}
        }
        let mut seen = seen.clone();
        if let Fault::Keep(most) = fault {
            seen.body.truncate(most);
        }
        self.received += seen.body.len();
        let reply = self.act(&seen);
        match fault {
            Fault::Silence => Reply::gone(),
            Fault::Lie(status) => Reply::new(status),
            _ => reply,
        }
    }

    fn act(&mut self, seen: &Seen) -> Reply {
        let (path, query) = seen.path.split_once('?').unwrap_or((&seen.path, ""));
        let query: HashMap<_, _> = query
            .split('&')
            .filter_map(|it| it.split_once('='))
            .collect();
        let digest = |name: &str| query.get(name).map(|it| it.replace("%3A", ":"));
        let (repository, rest) = path["/v2/".len()..].split_once("/blobs/").unwrap();
        let key = |digest: &str| (repository.to_owned(), digest.to_owned());
        let Some(id) = rest.strip_prefix("uploads/") else {
            return match self.blobs.get(&key(rest)) {
                Some(blob) => Reply::ok(blob.clone()),
                None => Reply::new(404),
            };
        };
        if seen.method == "POST" {
            let from = query.get("from").map(|it| it.replace("%2F", "/"));
            if let (Some(digest), Some(from)) = (digest("mount"), from)
                && let Some(blob) = self.blobs.get(&(from, digest.clone())).cloned()
            {
                self.blobs.insert(key(&digest), blob);
                return Reply::new(201);
            }
            self.started += 1;
            let id = format!("id{}", self.started);
            self.uploads.insert(id.clone(), Vec::new());
            return status(202, repository, &id, 0);
        }
        assert_eq!(query.get("_state"), Some(&"x%2Fy"), "{}", seen.path);
        if self.is_mute && seen.method == "GET" {
            return Reply::new(405);
        }
        let Some(bytes) = self.uploads.get_mut(id) else {
            return Reply::new(404);
        };
        if let Some(range) = seen.header("content-range") {
            let start: usize = range.split('-').next().unwrap().parse().unwrap();
            if start != bytes.len() {
                return Reply::new(416).header("range", format!("0-{}", bytes.len() - 1));
            }
        } else if seen.method == "PATCH" {
            assert_eq!(bytes.len(), 0, "nobody said where these bytes belong");
        }
        bytes.extend_from_slice(&seen.body);
        let length = bytes.len();
        match seen.method.as_str() {
            "GET" => status(204, repository, id, length),
            "PATCH" => status(202, repository, id, length),
            "DELETE" => {
                self.uploads.remove(id);
                Reply::new(204)
            }
            "PUT" => {
                let digest = digest("digest").unwrap();
                let bytes = self.uploads.remove(id).unwrap();
                let found = sha256(&bytes).to_string();
                if found != digest {
                    let body = r#"{"errors":[{"code":"DIGEST_INVALID"}]}"#;
                    return Reply::new(400).body(body);
                }
                self.blobs.insert(key(&digest), bytes);
                Reply::new(201).header("docker-content-digest", digest)
            }
            method => panic!("{method}"),
        }
    }
}

fn status(status: u16, repository: &str, id: &str, length: usize) -> Reply {
    // As distribution has it, which does not tell nothing from one byte.
    let range = format!("0-{}", length.saturating_sub(1));
    Reply::new(status)
        .header(
            "location",
            format!("/v2/{repository}/blobs/uploads/{id}?_state=x%2Fy"),
        )
        .header("range", range)
}
