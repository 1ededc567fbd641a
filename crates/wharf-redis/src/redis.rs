//! A connection that is kept, and made again by itself: nobody is asked while it is not there.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use redis::{Cmd, ErrorKind, FromRedisValue, RedisError, ServerErrorKind};
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;

use crate::connection::Connection;
use crate::options::{Options, Servers};

/// Servers that can be asked. Clones share the connection.
#[derive(Clone)]
pub struct Redis {
    inner: Arc<Inner>,
}

struct Inner {
    options: Options,
    link: watch::Sender<Link>,
    /// Somebody is about to connect, again and again.
    is_dialing: AtomicBool,
    /// Connections that have been made.
    made: AtomicU64,
    /// Questions that may be asked now.
    free: Semaphore,
}

#[derive(Clone)]
enum Link {
    /// Nobody has tried yet.
    Unknown,
    Up(u64, Connection),
    Down(Arc<str>),
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unanswered {
    #[error("there is no connection yet")]
    Early,
    #[error("there is no connection: {0}")]
    Down(Arc<str>),
    #[error("too many questions wait for an answer")]
    Crowded,
    #[error("no answer within {0:?}")]
    Late(Duration),
    #[error(transparent)]
    Refused(RedisError),
}

// === impl Redis ===

impl Redis {
    /// Nobody is connected to yet.
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self {
            inner: Arc::new(Inner {
                options,
                link: watch::Sender::new(Link::Unknown),
                is_dialing: AtomicBool::new(false),
                made: AtomicU64::new(0),
                free: Semaphore::new(AT_ONCE),
            }),
        }
    }

    /// Asks if there is a connection; only for the first attempt to make one is it waited.
    pub(crate) async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Answer<T> {
        let mut links = self.inner.link.subscribe();
        if matches!(&*links.borrow(), Link::Unknown) {
            self.inner.keep();
        }
        let tried = links.wait_for(|link| !matches!(link, Link::Unknown));
        let link = match timeout(self.inner.options.dialing(), tried).await {
            Ok(Ok(link)) => link.clone(),
            Ok(Err(_)) | Err(_) => Link::Unknown,
        };
        self.ask_on(link, command).await
    }

    async fn ask_on<T: FromRedisValue>(&self, link: Link, command: &Cmd) -> Answer<T> {
        let (number, connection) = match link {
            Link::Up(number, connection) => (number, connection),
            Link::Unknown => return Err(Unanswered::Early),
            Link::Down(why) => {
                self.inner.keep();
                return Err(Unanswered::Down(why));
            }
        };
        let Ok(_permit) = self.inner.free.try_acquire() else {
            return Err(Unanswered::Crowded);
        };
        let limit = self.inner.options.answering;
        let answer = match timeout(limit, connection.ask(command)).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) if error.is_timeout() => Unanswered::Late(limit),
            Ok(Err(error)) => Unanswered::Refused(error),
            Err(_) => Unanswered::Late(limit),
        };
        if answer.is_of_the_connection() {
            self.inner.give_up(number, &answer);
        }
        Err(answer)
    }
}

// === impl Inner ===

impl Inner {
    /// Sees to it that there will be a connection.
    fn keep(self: &Arc<Self>) {
        let is_there = matches!(&*self.link.borrow(), Link::Up(..));
        if is_there || self.is_dialing.swap(true, Ordering::AcqRel) {
            return;
        }
        tokio::spawn(dial(Arc::downgrade(self)));
    }

    /// The connection with that number is of no use any more.
    fn give_up(self: &Arc<Self>, number: u64, why: &Unanswered) {
        self.link.send_if_modified(|link| {
            let is_it = matches!(link, Link::Up(current, _) if *current == number);
            if is_it {
                *link = Link::Down(why.to_string().into());
            }
            is_it
        });
        self.keep();
    }
}

/// Until there is a connection, or nobody wants one.
async fn dial(inner: Weak<Inner>) {
    while let Some(inner) = inner.upgrade() {
        let limit = inner.options.dialing();
        let opened = timeout(limit, Connection::open(&inner.options)).await;
        let why = match opened {
            Ok(Ok(connection)) => {
                let number = inner.made.fetch_add(1, Ordering::Relaxed);
                inner.is_dialing.store(false, Ordering::Release);
                inner.link.send_replace(Link::Up(number, connection));
                return;
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => Unanswered::Late(limit).to_string(),
        };
        inner.link.send_replace(Link::Down(why.into()));
        drop(inner);
        tokio::time::sleep(AGAIN).await;
    }
}

// === impl Options ===

impl Options {
    /// How long it may take until there is a connection.
    fn dialing(&self) -> Duration {
        let servers = match &self.servers {
            Servers::One(_) => 1,
            // Some of them may not be there.
            Servers::Watched { sentinels, .. } => sentinels.len() + 1,
            Servers::Cluster(addresses) => addresses.len(),
        };
        let servers = u32::try_from(servers).unwrap_or(u32::MAX);
        self.connecting.saturating_mul(servers) + self.answering
    }
}

// === impl Unanswered ===

impl Unanswered {
    /// Whether another connection may have another answer.
    fn is_of_the_connection(&self) -> bool {
        match self {
            Self::Late(_) => true,
            Self::Refused(error) => {
                error.is_unrecoverable_error()
                    || error.is_connection_dropped()
                    // It is a master no more.
                    || error.kind() == ErrorKind::Server(ServerErrorKind::ReadOnly)
            }
            Self::Early | Self::Down(_) | Self::Crowded => false,
        }
    }
}

pub(crate) type Answer<T> = Result<T, Unanswered>;

/// Questions that may wait for an answer.
const AT_ONCE: usize = 512;
/// Until somebody tries to connect again.
const AGAIN: Duration = Duration::from_secs(1);
