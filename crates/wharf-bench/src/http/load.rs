//! The load generator: any number of connections on one thread. It costs little, since client
//! and server share the machine: requests are bytes made beforehand, and bodies of answers are
//! thrown away by the kernel (`MSG_TRUNC`).

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::event::{Timespec, epoll};

use super::connection::{BUFFER, Connection, End};
use super::head::Head;
use super::request::{Part, Request};

/// What a connection asks next.
pub trait Script {
    /// The next request, given the head of the answer to the one before; `None` ends the
    /// connection's part.
    ///
    /// # Errors
    /// When the answer makes no sense.
    fn next(&mut self, last: Option<&Head>) -> Result<Option<Request>>;
}

/// What happens to operations that have not ended when the time is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// They are cut off; the bytes that came are counted.
    CutOff,
    /// They go on to their end, and the time goes on as well.
    Complete,
}

/// How long a load lasts.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// Before anything is counted.
    pub warm_up: Duration,
    /// While it is counted.
    pub counted: Duration,
    /// What happens then.
    pub ending: Ending,
}

/// What was counted.
#[derive(Clone, Debug, Default)]
pub struct Counted {
    /// Operations that ended.
    pub operations: u64,
    /// Bytes of bodies that arrived.
    pub received: u64,
    /// How long it took.
    pub elapsed: Duration,
    /// Of every operation, in microseconds, in no order.
    pub latencies: Vec<u32>,
}

const DISCARDED_AT_ONCE: usize = 4 * 1024 * 1024;
/// A server that is silent for so long is given up.
const SILENCE: Duration = Duration::from_secs(60);

/// Runs one script per connection. `sample` is called when counting begins and when it ends.
///
/// # Errors
/// When a connection fails or an answer is not what it has to be: a wrong answer is never fast.
pub fn run<T>(
    address: SocketAddr,
    scripts: Vec<Box<dyn Script>>,
    span: Span,
    mut sample: impl FnMut() -> Result<T>,
) -> Result<(Counted, [T; 2])> {
    let mut engine = Engine::new(address, scripts)?;
    if !span.warm_up.is_zero() {
        engine.start()?;
        engine.run_until(Instant::now() + span.warm_up, Ending::CutOff)?;
        engine.counted = Counted::default();
    }
    let before = sample()?;
    let begin = Instant::now();
    if span.warm_up.is_zero() {
        engine.start()?;
    }
    engine.run_until(begin + span.counted, span.ending)?;
    engine.counted.elapsed = begin.elapsed();
    let after = sample()?;
    Ok((engine.counted, [before, after]))
}

struct Engine {
    epoll: rustix::fd::OwnedFd,
    address: SocketAddr,
    connections: Vec<Connection>,
    /// Connections whose script has not ended.
    active: usize,
    counted: Counted,
    buffer: Vec<u8>,
    discarded: Vec<u8>,
}

// === impl Engine ===

impl Engine {
    fn new(address: SocketAddr, scripts: Vec<Box<dyn Script>>) -> Result<Self> {
        let mut engine = Self {
            epoll: epoll::create(epoll::CreateFlags::CLOEXEC)?,
            address,
            connections: Vec::with_capacity(scripts.len()),
            active: scripts.len(),
            counted: Counted::default(),
            buffer: vec![0; BUFFER],
            discarded: vec![0; DISCARDED_AT_ONCE],
        };
        for script in scripts {
            let connection = Connection::open(address, script)?;
            engine.register(&connection, engine.connections.len())?;
            engine.connections.push(connection);
        }
        Ok(engine)
    }

    fn start(&mut self) -> Result<()> {
        for index in 0..self.connections.len() {
            self.proceed(index, None, Next::Any)?;
        }
        Ok(())
    }

    fn register(&self, connection: &Connection, index: usize) -> Result<()> {
        let data = epoll::EventData::new_u64(index as u64);
        epoll::add(&self.epoll, &connection.stream, data, epoll::EventFlags::IN)?;
        Ok(())
    }

    fn run_until(&mut self, deadline: Instant, ending: Ending) -> Result<()> {
        let mut events: Vec<epoll::Event> = Vec::with_capacity(256);
        let mut heard = Instant::now();
        while self.active > 0 {
            let now = Instant::now();
            let over = now >= deadline;
            if over && ending == Ending::CutOff {
                return Ok(());
            }
            if now.duration_since(heard) > SILENCE {
                bail!("no answer for {} s", SILENCE.as_secs());
            }
            let wait = if over {
                Duration::from_secs(1)
            } else {
                (deadline - now).min(Duration::from_secs(1))
            };
            events.clear();
            epoll::wait(
                &self.epoll,
                rustix::buffer::spare_capacity(&mut events),
                Some(&timespec(wait)),
            )?;
            if !events.is_empty() {
                heard = Instant::now();
            }
            for event in &events {
                let index = usize::try_from(event.data.u64())?;
                let next = if over { Next::SameOperation } else { Next::Any };
                self.handle(index, event.flags, next)
                    .with_context(|| self.shown(index))?;
            }
        }
        Ok(())
    }

    fn shown(&self, index: usize) -> String {
        let request = self.connections.get(index).and_then(|c| c.request.as_ref());
        request.map_or_else(String::new, |request| {
            let [head, _, _] = &request.pieces;
            let text = String::from_utf8_lossy(head);
            text.lines().next().unwrap_or_default().to_owned()
        })
    }

    fn handle(&mut self, index: usize, flags: epoll::EventFlags, next: Next) -> Result<()> {
        if flags.contains(epoll::EventFlags::OUT) {
            self.write(index)?;
        }
        let read = epoll::EventFlags::IN | epoll::EventFlags::HUP | epoll::EventFlags::ERR;
        if !flags.intersects(read) {
            return Ok(());
        }
        let Some(connection) = self.connections.get_mut(index) else {
            return Ok(());
        };
        let received = connection.parser.received();
        let end = connection.read(&mut self.buffer, &mut self.discarded)?;
        self.counted.received += connection.parser.received() - received;
        if connection.parser.is_done() {
            let head = connection.checked_head()?;
            return self.proceed(index, Some(&head), next);
        }
        match end {
            End::More => Ok(()),
            End::Closed => self.reopen(index, next),
        }
    }

    /// Goes on with the next request, the one before having been answered.
    fn proceed(&mut self, index: usize, last: Option<&Head>, next: Next) -> Result<()> {
        let Some(connection) = self.connections.get_mut(index) else {
            return Ok(());
        };
        let ended = connection.request.take();
        let between = match ended.as_ref().map(|request| request.part) {
            None => true,
            Some(Part::Whole | Part::Last) => {
                self.counted.operations += 1;
                let micros = connection.began.elapsed().as_micros();
                let micros = u32::try_from(micros).unwrap_or(u32::MAX);
                self.counted.latencies.push(micros);
                true
            }
            Some(Part::First | Part::Middle) => false,
        };
        if last.is_some_and(|head| head.close) {
            connection.reconnect(self.address)?;
            let data = epoll::EventData::new_u64(index as u64);
            epoll::add(&self.epoll, &connection.stream, data, epoll::EventFlags::IN)?;
        }
        let request = match next {
            Next::SameOperation if between => None,
            Next::SameOperation | Next::Any => connection.script.next(last)?,
        };
        let Some(request) = request else {
            self.active -= 1;
            return Ok(());
        };
        if matches!(request.part, Part::Whole | Part::First) {
            connection.began = Instant::now();
        }
        connection.begin(request);
        self.write(index)
    }

    /// A server may close a connection between two requests.
    fn reopen(&mut self, index: usize, next: Next) -> Result<()> {
        let Some(connection) = self.connections.get_mut(index) else {
            return Ok(());
        };
        let Some(request) = connection.request.take() else {
            _ = epoll::delete(&self.epoll, &connection.stream);
            return Ok(());
        };
        if !connection.parser.is_untouched() {
            connection.parser.finish()?;
            connection.request = Some(request);
            let mut head = connection.checked_head()?;
            head.close = true;
            return self.proceed(index, Some(&head), next);
        }
        if !connection.used {
            bail!("the server closed the connection without an answer");
        }
        connection.reconnect(self.address)?;
        connection.begin(request);
        let data = epoll::EventData::new_u64(index as u64);
        epoll::add(&self.epoll, &connection.stream, data, epoll::EventFlags::IN)?;
        self.write(index)
    }

    fn write(&mut self, index: usize) -> Result<()> {
        let Some(connection) = self.connections.get_mut(index) else {
            return Ok(());
        };
        let waits = connection.write()?;
        if waits != connection.waits_to_write {
            connection.waits_to_write = waits;
            let mut flags = epoll::EventFlags::IN;
            flags.set(epoll::EventFlags::OUT, waits);
            let data = epoll::EventData::new_u64(index as u64);
            epoll::modify(&self.epoll, &connection.stream, data, flags)?;
        }
        Ok(())
    }
}

/// Which requests may follow.
#[derive(Clone, Copy)]
enum Next {
    Any,
    /// The time is over: operations that have begun end.
    SameOperation,
}

fn timespec(duration: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: duration.subsec_nanos().into(),
    }
}
