//! A server of our own on a thread of its own, where no real one does what a test needs.

use std::convert::Infallible;
use std::net::TcpListener;
use std::sync::Arc;
use std::thread::JoinHandle;

use ::http::request::Parts;
use ::http::{Request, Response};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::sync::oneshot;

/// A running server; dropping it stops it.
#[derive(Debug)]
pub(crate) struct Served {
    address: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

type Answering = dyn Fn(&Parts, Bytes) -> Response<Bytes> + Send + Sync;

// === impl Served ===

impl Served {
    /// One that answers so, and several requests at once.
    ///
    /// # Panics
    /// When it does not start.
    pub(crate) fn start(
        answer: impl Fn(&Parts, Bytes) -> Response<Bytes> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("a listener");
        let address = listener.local_addr().expect("an address").to_string();
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || serve(listener, stopped, Arc::new(answer)));
        Self {
            address,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// `host:port` at which it listens.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            _ = thread.join();
        }
    }
}

fn serve(listener: TcpListener, mut stopped: oneshot::Receiver<()>, answer: Arc<Answering>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async move {
        let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                _ = &mut stopped => return,
            };
            let Ok((stream, _)) = accepted else { continue };
            let answer = Arc::clone(&answer);
            let answering = service_fn(move |request| reply(Arc::clone(&answer), request));
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), answering));
        }
    });
}

async fn reply(
    answer: Arc<Answering>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let answered = match body.collect().await {
        Ok(body) => tokio::task::spawn_blocking(move || answer(&head, body.to_bytes())).await,
        Err(_) => Ok(with_status(400)),
    };
    Ok(answered.unwrap_or_else(|_| with_status(500)).map(Full::new))
}

fn with_status(status: u16) -> Response<Bytes> {
    let answer = Response::builder().status(status);
    answer.body(Bytes::new()).expect("a status")
}
