//! A listening socket that was opened before the process began: systemd's socket
//! activation (sd_listen_fds(3)).

use std::io;
use std::net::TcpListener;
use std::os::unix::net::UnixListener;

use listenfd::ListenFd;
use socket2::SockRef;

/// The socket that was passed to this process.
#[derive(Debug)]
pub struct Inherited(Opened);

/// What kind of socket it is.
#[derive(Debug)]
pub(super) enum Opened {
    Tcp(TcpListener),
    Unix(UnixListener),
}

/// Why the sockets that were passed cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum InheritError {
    /// One listener takes the place of the configured address; several have no place.
    #[error("{0} sockets were passed by systemd: the unit may have only one ListenStream=")]
    Several(usize),
    /// It is no socket that takes connections.
    #[error("the socket that systemd passed takes no connections: {0}")]
    Unusable(#[source] io::Error),
}

// === impl Inherited ===

impl Inherited {
    /// The socket that `LISTEN_FDS` and `LISTEN_PID` tell of, if they are for this process.
    /// It is to be called once, before there are other threads and open files: it takes the
    /// descriptor over and removes the variables, so that no child takes them for its own.
    ///
    /// # Errors
    /// When there are several sockets, or it is not one that listens on TCP or a path.
    pub fn take() -> Result<Option<Self>, InheritError> {
        let ours =
            std::env::var("LISTEN_PID").is_ok_and(|pid| pid.parse() == Ok(std::process::id()));
        if !ours {
            return Ok(None);
        }
        let mut sockets = ListenFd::from_env();
        match sockets.len() {
            0 => Ok(None),
            1 => open(&mut sockets)
                .map(|opened| opened.map(Self))
                .map_err(InheritError::Unusable),
            several => Err(InheritError::Several(several)),
        }
    }

    pub(super) fn into_opened(self) -> Opened {
        self.0
    }
}

fn open(sockets: &mut ListenFd) -> io::Result<Option<Opened>> {
    let opened = match sockets.take_unix_listener(0) {
        Ok(listener) => listener.map(Opened::Unix),
        Err(_) => sockets.take_tcp_listener(0)?.map(Opened::Tcp),
    };
    match &opened {
        Some(Opened::Tcp(listener)) => {
            check(&SockRef::from(listener))?;
            listener.set_nonblocking(true)?;
        }
        Some(Opened::Unix(listener)) => {
            check(&SockRef::from(listener))?;
            listener.set_nonblocking(true)?;
        }
        None => {}
    }
    Ok(opened)
}

fn check(socket: &SockRef<'_>) -> io::Result<()> {
    if socket.is_listener()? {
        Ok(())
    } else {
        let message = "it is a connection (the unit must have Accept=no)";
        Err(io::Error::new(io::ErrorKind::InvalidInput, message))
    }
}
