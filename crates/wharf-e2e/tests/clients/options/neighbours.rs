//! Others on this machine: one that answers, and one that cannot.

use std::collections::HashSet;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// A server of HTTP that answers `/404` with that, `/pass` to those who know the word, and
/// `/hang` never. `/ranges` has this machine within AWS, and so has what begins with `/later`
/// from the second time on.
pub(super) struct Answers {
    pub(super) address: SocketAddr,
    is_over: Arc<AtomicBool>,
}

/// The paths that were asked for.
#[derive(Default)]
struct Asked(Mutex<HashSet<String>>);

/// An address whose queue of connections is full, so that another one is not taken.
pub(super) struct Full {
    pub(super) address: SocketAddr,
    _runtime: tokio::runtime::Runtime,
}

// === impl Answers ===

impl Answers {
    /// Starts it.
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let is_over = Arc::new(AtomicBool::new(false));
        let over = Arc::clone(&is_over);
        let asked = Arc::new(Asked::default());
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if over.load(Ordering::Relaxed) {
                    break;
                }
                let asked = Arc::clone(&asked);
                // Some say nothing for long, and nobody is to wait for them.
                thread::spawn(move || asked.answer(stream));
            }
        });
        Self { address, is_over }
    }
}

impl Drop for Answers {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        // So that it looks.
        _ = TcpStream::connect(self.address);
    }
}

// === impl Asked ===

impl Asked {
    fn answer(&self, mut stream: TcpStream) {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            // A check of TCP alone asks nothing.
            if stream.read(&mut byte).unwrap_or(0) == 0 {
                return;
            }
            head.extend(byte);
        }
        let head = String::from_utf8_lossy(&head).to_lowercase();
        if head.contains(" /hang ") {
            // Until who has asked hangs up.
            _ = stream.read(&mut [0]);
            return;
        }
        let knows = head.contains("x-pass: yes");
        let status = match () {
            () if head.contains(" /404 ") => "404 Not Found",
            () if head.contains(" /pass ") && !knows => "403 Forbidden",
            () => "200 OK",
        };
        let path = head.split(' ').nth(1).unwrap_or_default();
        let body = match () {
            () if path == "/ranges" => RANGES,
            () if path.starts_with("/later") && self.is_known(path) => RANGES,
            () if path.starts_with("/later") => NO_RANGES,
            () => "",
        };
        let length = body.len();
        let answer = format!(
            "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        );
        _ = stream.write_all(answer.as_bytes());
    }

    /// Whether it was asked for before.
    fn is_known(&self, path: &str) -> bool {
        !self.0.lock().unwrap().insert(path.to_owned())
    }
}

// === impl Full ===

impl Full {
    /// Starts it.
    pub(super) fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let (queue, address) = runtime.block_on(async {
            let socket = tokio::net::TcpSocket::new_v4().unwrap();
            socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
            let listener = socket.listen(1).unwrap();
            let address = listener.local_addr().unwrap();
            let mut waiting = Vec::new();
            let patience = Duration::from_millis(500);
            let mut untaken = 0;
            // One alone may be late for another reason.
            while untaken < 3 {
                let connect = tokio::net::TcpStream::connect(address);
                match tokio::time::timeout(patience, connect).await {
                    Ok(Ok(stream)) => {
                        waiting.push(stream);
                        untaken = 0;
                    }
                    Ok(Err(_)) | Err(_) => untaken += 1,
                }
            }
            ((listener, waiting), address)
        });
        // It is held for as long as the runtime lives.
        runtime.spawn(async move {
            let _queue = queue;
            std::future::pending::<()>().await;
        });
        Self {
            address,
            _runtime: runtime,
        }
    }
}

/// As Amazon publishes its addresses.
const RANGES: &str = r#"{"syncToken": "1", "prefixes": [
    {"ip_prefix": "127.0.0.0/8", "region": "here-1", "service": "EC2"},
    {"ip_prefix": "192.0.2.0/24", "region": "other-2", "service": "EC2"}], "ipv6_prefixes": []}"#;
const NO_RANGES: &str = r#"{"prefixes": []}"#;
