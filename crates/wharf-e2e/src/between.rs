//! Between a server and the store that it asks: who asks for what is written down, and answers
//! can be made to fail, to come late, or not to come.

use std::io::{BufReader, Read, Write as _, copy, sink};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What becomes of a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fate {
    /// It is answered.
    Answered,
    /// It is answered later.
    Delayed(Duration),
    /// It is not carried out: 503.
    Refused,
    /// It is not carried out, and the connection ends.
    Lost,
    /// So many bytes of its content are passed on, and the connection ends.
    RequestCut(u64),
    /// It is carried out, and the connection ends before the answer comes.
    AnswerLost,
    /// It is carried out, and the connection ends after so many bytes of the answer.
    AnswerCut(usize),
    /// It is carried out, and after so many bytes of the answer no more come, as long as the
    /// client waits for them.
    AnswerHeld(usize),
    /// It is carried out, and the byte after so many of the answer is another one.
    AnswerDamaged(usize),
}

/// Decides about a request by its head and its number.
type Decide = dyn Fn(&str, usize) -> Fate + Send + Sync;

/// It listens until it is dropped.
pub struct Between {
    address: String,
    state: Arc<State>,
}

struct State {
    target: String,
    events: Mutex<Vec<Event>>,
    decide: Mutex<Arc<Decide>>,
    is_careless: AtomicBool,
    is_over: AtomicBool,
}

/// What happened, in order.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Event {
    /// The head of a request came, with its body if that is a form; it is in lower case.
    Asked(String),
    /// Its answer did.
    Answered(String),
}

/// What becomes of the rest of an answer.
#[derive(Clone, Copy)]
enum Rest {
    Cut,
    Held,
    Damaged,
}

/// What the two directions of a connection tell each other.
#[derive(Default)]
struct Connection {
    /// The answer is not to arrive.
    is_lost: AtomicBool,
    /// How much of the answer is to arrive, and what comes then.
    rest: Mutex<Option<(usize, Rest)>>,
    /// The client has hung up.
    is_over: AtomicBool,
    /// The request that was not answered yet.
    asked: Mutex<Option<String>>,
}

// === impl Between ===

impl Between {
    /// In front of `host:port`.
    ///
    /// # Panics
    /// When no port is to be had.
    #[must_use]
    pub fn start(target: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let state = Arc::new(State {
            target: target.to_owned(),
            events: Mutex::default(),
            decide: Mutex::new(Arc::new(|_, _| Fate::Answered)),
            is_careless: AtomicBool::new(false),
            is_over: AtomicBool::new(false),
        });
        let serving = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if serving.is_over.load(Ordering::Relaxed) {
                    break;
                }
                let state = Arc::clone(&serving);
                thread::spawn(move || _ = state.serve(&stream));
            }
        });
        Self { address, state }
    }

    /// `host:port` at which it listens.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// What happened so far.
    ///
    /// # Panics
    /// When a connection panicked.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        self.state.events.lock().expect("whole").clone()
    }

    /// Forgets it.
    ///
    /// # Panics
    /// When a connection panicked.
    pub fn forget(&self) {
        self.state.events.lock().expect("whole").clear();
    }

    /// The heads of the requests so far, and what was said in forms, in lower case.
    ///
    /// # Panics
    /// When a connection panicked.
    #[must_use]
    pub fn asked(&self) -> Vec<String> {
        let asked = |event| match event {
            Event::Asked(head) => Some(head),
            Event::Answered(_) => None,
        };
        self.events().into_iter().filter_map(asked).collect()
    }

    /// From now on, nobody hears of the conditions of writes.
    pub fn drop_conditions(&self) {
        self.state.is_careless.store(true, Ordering::SeqCst);
    }

    /// From now on, this decides about requests.
    ///
    /// # Panics
    /// When a connection panicked.
    pub fn decide(&self, decide: impl Fn(&str, usize) -> Fate + Send + Sync + 'static) {
        *self.state.decide.lock().expect("whole") = Arc::new(decide);
    }
}

impl Drop for Between {
    fn drop(&mut self) {
        self.state.is_over.store(true, Ordering::Relaxed);
        // So that it looks.
        _ = TcpStream::connect(&self.address);
    }
}

// === impl State ===

impl State {
    fn serve(&self, client: &TcpStream) -> std::io::Result<()> {
        let upstream = TcpStream::connect(&self.target)?;
        for stream in [client, &upstream] {
            stream.set_nodelay(true)?;
        }
        let connection = Connection::default();
        thread::scope(|scope| {
            scope.spawn(|| _ = self.answers(&upstream, client, &connection));
            _ = self.requests(client, &upstream, &connection);
            connection.is_over.store(true, Ordering::SeqCst);
            for stream in [client, &upstream] {
                _ = stream.shutdown(Shutdown::Both);
            }
        });
        Ok(())
    }

    fn requests(
        &self,
        client: &TcpStream,
        mut upstream: &TcpStream,
        connection: &Connection,
    ) -> std::io::Result<()> {
        let mut requests = BufReader::with_capacity(64 << 10, client);
        loop {
            let head = head(&mut requests)?;
            if head.is_empty() {
                return Ok(());
            }
            let mut told = head.to_ascii_lowercase();
            let length = length(&told);
            let mut form = String::new();
            if told.contains(FORM) {
                (&mut requests).take(length).read_to_string(&mut form)?;
                told.push_str(&form.to_ascii_lowercase());
            }
            let number = {
                let mut events = self.events.lock().expect("whole");
                events.push(Event::Asked(told.clone()));
                events.len()
            };
            let decide = Arc::clone(&self.decide.lock().expect("whole"));
            let mut body = form
                .as_bytes()
                .chain((&mut requests).take(length - form.len() as u64));
            match decide(&told, number) {
                Fate::Answered => {}
                Fate::Delayed(time) => thread::sleep(time),
                Fate::Refused => {
                    copy(&mut body, &mut sink())?;
                    let mut client = client;
                    client.write_all(BUSY.as_bytes())?;
                    continue;
                }
                Fate::Lost => return Ok(()),
                Fate::RequestCut(bytes) => {
                    upstream.write_all(head.as_bytes())?;
                    copy(&mut body.take(bytes), &mut upstream)?;
                    return Ok(());
                }
                Fate::AnswerLost => connection.is_lost.store(true, Ordering::SeqCst),
                Fate::AnswerCut(bytes) => connection.only(bytes, Rest::Cut),
                Fate::AnswerHeld(bytes) => connection.only(bytes, Rest::Held),
                Fate::AnswerDamaged(bytes) => connection.only(bytes, Rest::Damaged),
            }
            *connection.asked.lock().expect("whole") = Some(told);
            let head = match self.is_careless.load(Ordering::SeqCst) {
                true => without_conditions(&head),
                false => head,
            };
            upstream.write_all(head.as_bytes())?;
            copy(&mut body, &mut upstream)?;
        }
    }

    fn answers(
        &self,
        mut upstream: &TcpStream,
        mut client: &TcpStream,
        connection: &Connection,
    ) -> std::io::Result<()> {
        let mut buffer = vec![0; 64 << 10];
        loop {
            let read = upstream.read(&mut buffer).unwrap_or(0);
            if let Some(asked) = connection.asked.lock().expect("whole").take() {
                let mut events = self.events.lock().expect("whole");
                events.push(Event::Answered(asked));
            }
            if read == 0 || connection.is_lost.load(Ordering::SeqCst) {
                return client.shutdown(Shutdown::Both);
            }
            let rest = *connection.rest.lock().expect("whole");
            let mut now = read;
            if let Some((left, rest)) = rest {
                now = match (left < read, rest) {
                    (false, _) | (true, Rest::Damaged) => read,
                    (true, Rest::Cut | Rest::Held) => left,
                };
                let left = match (left < read, rest) {
                    (false, _) => Some((left - read, rest)),
                    (true, Rest::Damaged) => {
                        buffer[left] ^= 1;
                        None
                    }
                    (true, Rest::Cut | Rest::Held) => Some((0, rest)),
                };
                *connection.rest.lock().expect("whole") = left;
            }
            client.write_all(&buffer[..now])?;
            match rest {
                Some((left, Rest::Cut)) if left < read => return client.shutdown(Shutdown::Both),
                Some((left, Rest::Held)) if left < read => {
                    let is_over = || self.is_over.load(Ordering::Relaxed);
                    while !is_over() && !connection.is_over.load(Ordering::SeqCst) {
                        thread::sleep(Duration::from_millis(20));
                    }
                    return Ok(());
                }
                Some(_) | None => {}
            }
        }
    }
}

// === impl Connection ===

impl Connection {
    fn only(&self, bytes: usize, rest: Rest) {
        *self.rest.lock().expect("whole") = Some((bytes, rest));
    }
}

/// Empty at the end.
fn head(requests: &mut impl std::io::BufRead) -> std::io::Result<String> {
    let mut head = String::new();
    while requests.read_line(&mut head)? > 2 {}
    Ok(head)
}

fn without_conditions(head: &str) -> String {
    let is_condition = |line: &str| {
        let line = line.to_ascii_lowercase();
        CONDITIONS.iter().any(|name| line.starts_with(name))
    };
    let lines = head.split_inclusive('\n');
    lines.filter(|line| !is_condition(line)).collect()
}

fn length(head: &str) -> u64 {
    let mut lines = head.lines();
    let length = lines.find_map(|line| line.strip_prefix("content-length:"));
    length.map_or(0, |length| length.trim().parse().expect("a length"))
}

const CONDITIONS: [&str; 3] = ["if-match:", "if-none-match:", "x-goog-if-generation-match:"];
const FORM: &str = "content-type: application/x-www-form-urlencoded";
const BUSY: &str = "HTTP/1.1 503 Slow Down\r\nContent-Type: application/xml\r\n\
    Content-Length: 73\r\n\r\n\
    <Error><Code>SlowDown</Code><Message>Reduce your rate.</Message></Error>\n";
