//! What is said on connections to a server, of whatever protocol.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// It listens until it is dropped.
#[derive(Debug)]
pub struct Wire {
    address: String,
    heard: Heard,
    is_over: Arc<AtomicBool>,
}

/// By connection.
type Heard = Arc<Mutex<Vec<Vec<u8>>>>;

// === impl Wire ===

impl Wire {
    /// In front of `host:port`.
    ///
    /// # Panics
    /// When no port is to be had.
    #[must_use]
    pub fn start(target: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let (heard, is_over) = (Heard::default(), Arc::new(AtomicBool::new(false)));
        let (all, over, target) = (Arc::clone(&heard), Arc::clone(&is_over), target.to_owned());
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if over.load(Ordering::Relaxed) {
                    break;
                }
                let Ok(server) = TcpStream::connect(&target) else {
                    continue;
                };
                let number = {
                    let mut all = all.lock().expect("whole");
                    all.push(Vec::new());
                    all.len() - 1
                };
                let (back, forth) = (server.try_clone(), client.try_clone());
                let (Ok(back), Ok(forth)) = (back, forth) else {
                    continue;
                };
                let all = Arc::clone(&all);
                let hear = move |said: &[u8]| all.lock().expect("whole")[number].extend(said);
                thread::spawn(move || pass(client, server, hear));
                thread::spawn(move || pass(back, forth, |_| {}));
            }
        });
        Self {
            address,
            heard,
            is_over,
        }
    }

    /// `host:port` at which it listens.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// What clients have said, each on its connection.
    ///
    /// # Panics
    /// When a connection panicked.
    #[must_use]
    pub fn heard(&self) -> Vec<String> {
        let heard = self.heard.lock().expect("whole");
        let text = |said: &Vec<u8>| String::from_utf8_lossy(said).into_owned();
        heard.iter().map(text).collect()
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        // So that it looks.
        _ = TcpStream::connect(&self.address);
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, hear: impl Fn(&[u8])) {
    let mut buffer = vec![0; 16 << 10];
    while let Ok(read) = from.read(&mut buffer) {
        hear(&buffer[..read]);
        if read == 0 || to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    _ = to.shutdown(Shutdown::Both);
    _ = from.shutdown(Shutdown::Both);
}
