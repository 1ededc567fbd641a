//! Sockets that were opened before the process began. Each test runs in a process of its
//! own, started by a shell as systemd would start it.

use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::{Command, Output};

use wharf_http::{InheritError, Inherited, Listener, LocalAddress, Stopped};

use crate::children;
use crate::harness::Setup;
use crate::wire::{Client, Request};

/// Runs the test of that name with `socket` as descriptors 3 and 4, of which `count` are
/// said to be passed, to the process itself or to another one.
fn run(test: &str, socket: OwnedFd, count: usize, pid: &str) -> Output {
    let script = format!(
        "export LISTEN_FDS={count} LISTEN_PID={pid} WHARF_INHERITS=1; \
         exec \"$0\" --exact \"listen::inherited::{test}\" --nocapture 3<&0 4<&0 </dev/null"
    );
    let mut command = Command::new("sh");
    command
        .args(["-c", &script])
        .arg(std::env::current_exe().unwrap())
        .stdin(socket);
    children::output(&mut command)
}

fn passes(output: &Output) {
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains(" 1 passed"),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn is_child() -> bool {
    std::env::var_os("WHARF_INHERITS").is_some()
}

/// Serves on what was inherited until one request has been answered.
fn serve_once() {
    let inherited = Inherited::take().unwrap().unwrap();
    assert!(std::env::var_os("LISTEN_FDS").is_none());
    assert!(Inherited::take().unwrap().is_none(), "it is taken once");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let listener = Listener::inherited(inherited).unwrap();
        let local = listener.local_address().clone();
        let wharf = Setup::memory().serve(listener);
        match local {
            LocalAddress::Tcp(address) => {
                let response = Client::connect(address)
                    .await
                    .ask(Request::get("/v2/"))
                    .await;
                assert_eq!(response.status, 200);
            }
            LocalAddress::Unix(path) => {
                let stream = tokio::net::UnixStream::connect(&path).await.unwrap();
                let response = Client::over(stream).ask(Request::get("/v2/")).await;
                assert_eq!(response.status, 200);
            }
            LocalAddress::Unnamed => panic!("it has a name"),
        }
        wharf.shutdown.drain.cancel();
        assert_eq!(wharf.task.await.unwrap(), Stopped::Clean);
    });
}

#[test]
fn a_port() {
    if is_child() {
        return serve_once();
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    passes(&run("a_port", listener.into(), 1, "$$"));
}

#[test]
fn a_path() {
    if is_child() {
        return serve_once();
    }
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("socket");
    let listener = UnixListener::bind(&path).unwrap();
    passes(&run("a_path", listener.into(), 1, "$$"));
    assert!(path.exists(), "it belongs to whoever passed it");
}

/// Whoever connects while nobody accepts is served by the successor.
#[test]
fn connections_wait_for_a_successor() {
    if is_child() {
        let inherited = Inherited::take().unwrap().unwrap();
        // With one thread: the server is told to stop before it can accept anybody.
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        return runtime.enable_all().build().unwrap().block_on(async {
            let wharf = Setup::memory().serve(Listener::inherited(inherited).unwrap());
            wharf.shutdown.drain.cancel();
            assert_eq!(wharf.task.await.unwrap(), Stopped::Clean);
        });
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let _client = std::net::TcpStream::connect(address).unwrap();
    let passed = listener.try_clone().unwrap();
    passes(&run(
        "connections_wait_for_a_successor",
        passed.into(),
        1,
        "$$",
    ));
    listener.set_nonblocking(true).unwrap();
    listener.accept().unwrap();
}

#[test]
fn several_are_an_error() {
    if is_child() {
        let error = Inherited::take().unwrap_err();
        assert!(matches!(error, InheritError::Several(2)), "{error:?}");
        return;
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    passes(&run("several_are_an_error", listener.into(), 2, "$$"));
}

#[test]
fn a_connection_is_an_error() {
    if is_child() {
        let error = Inherited::take().unwrap_err();
        assert!(matches!(error, InheritError::Unusable(_)), "{error:?}");
        return;
    }
    let (one, _other) = UnixStream::pair().unwrap();
    passes(&run("a_connection_is_an_error", one.into(), 1, "$$"));
    let file = tempfile::tempfile().unwrap();
    passes(&run("a_connection_is_an_error", file.into(), 1, "$$"));
}

#[test]
fn those_of_another_process_are_not_ours() {
    if is_child() {
        assert!(Inherited::take().unwrap().is_none());
        return;
    }
    for pid in ["1", "$PPID", "", "garbage"] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        passes(&run(
            "those_of_another_process_are_not_ours",
            listener.into(),
            1,
            pid,
        ));
    }
}
