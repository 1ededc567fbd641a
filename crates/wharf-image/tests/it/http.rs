//! Just enough of HTTP to answer as a registry or an engine does.

use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// A request, with all of its body.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Whether the body came to its end.
    pub(crate) is_whole: bool,
}

/// An answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

pub(crate) type Handler = Arc<dyn Fn(&Request) -> Reply + Send + Sync>;

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    /// A value of the query.
    pub(crate) fn value(&self, name: &str) -> Option<String> {
        let pair = self
            .query
            .split('&')
            .find_map(|it| it.strip_prefix(&format!("{name}=")));
        pair.map(|value| value.replace("%3A", ":").replace("%2F", "/"))
    }
}

impl Reply {
    pub(crate) fn new(status: u16) -> Self {
        Self {
            status,
            ..Self::default()
        }
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }

    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }
}

/// Answers one request after another, until the other end is closed.
pub(crate) async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    handler: Handler,
) -> Option<()> {
    loop {
        let mut request = head(&mut stream).await?;
        request.is_whole = body(&mut stream, &mut request).await.is_some();
        let reply = handler(&request);
        if !request.is_whole {
            return None;
        }
        let mut text = format!("HTTP/1.1 {} Said\r\n", reply.status);
        let has_length = reply
            .headers
            .iter()
            .any(|(name, _)| *name == "content-length");
        if !has_length {
            text += &format!("content-length: {}\r\n", reply.body.len());
        }
        for (name, value) in &reply.headers {
            text += &format!("{name}: {value}\r\n");
        }
        stream.write_all((text + "\r\n").as_bytes()).await.ok()?;
        if request.method != "HEAD" {
            stream.write_all(&reply.body).await.ok()?;
        }
        stream.flush().await.ok()?;
    }
}

async fn line(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut line = Vec::new();
    while !line.ends_with(b"\r\n") {
        line.push(stream.read_u8().await.ok()?);
    }
    line.truncate(line.len() - 2);
    String::from_utf8(line).ok()
}

async fn head(stream: &mut (impl AsyncRead + Unpin)) -> Option<Request> {
    let first = line(stream).await?;
    let mut words = first.split(' ');
    let method = words.next()?.to_owned();
    let target = words.next()?;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut request = Request {
        method,
        path: path.to_owned(),
        query: query.to_owned(),
        ..Request::default()
    };
    loop {
        let line = line(stream).await?;
        if line.is_empty() {
            return Some(request);
        }
        let (name, value) = line.split_once(": ")?;
        request
            .headers
            .push((name.to_ascii_lowercase(), value.to_owned()));
    }
}

async fn body(stream: &mut (impl AsyncRead + Unpin), request: &mut Request) -> Option<()> {
    if request.header("transfer-encoding") != Some("chunked") {
        let length = request
            .header("content-length")
            .map_or(0, |it| it.parse().unwrap());
        request.body = vec![0; length];
        stream.read_exact(&mut request.body).await.ok()?;
        return Some(());
    }
    loop {
        let length = usize::from_str_radix(&line(stream).await?, 16).unwrap();
        let mut chunk = vec![0; length];
        stream.read_exact(&mut chunk).await.ok()?;
        line(stream).await?;
        if length == 0 {
            return Some(());
        }
        request.body.extend_from_slice(&chunk);
    }
}
