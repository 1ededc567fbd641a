//! Keys from a URL: within bounds, and from nowhere else.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use wharf_auth::Fetch as _;
use wharf_http::{DocumentError, JwksUrl};

/// A server that answers everything with this; where it is.
async fn answering(answer: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = [0; 4096];
            _ = stream.read(&mut head).await;
            _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    format!("http://{address}/keys")
}

fn ok(body: &str) -> String {
    let len = body.len();
    format!("HTTP/1.1 200 OK\r\nContent-Length: {len}\r\nConnection: close\r\n\r\n{body}")
}

async fn fetched(answer: String) -> Result<Vec<u8>, String> {
    let url = JwksUrl::new(&answering(answer).await).unwrap();
    url.fetch().await
}

#[tokio::test]
async fn what_is_there_is_had() {
    assert_eq!(
        fetched(ok("{\"keys\":[]}")).await.unwrap(),
        b"{\"keys\":[]}"
    );
}

#[tokio::test]
async fn what_is_too_large_is_refused_however_it_is_announced() {
    let large = "x".repeat((1 << 20) + 1);
    let closed = format!("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{large}");
    for answer in [ok(&large), closed] {
        let error = fetched(answer).await.unwrap_err();
        assert!(error.contains("more than 1048576 bytes"), "{error}");
    }
    assert_eq!(fetched(ok(&large[1..])).await.unwrap().len(), 1 << 20);
}

#[tokio::test]
async fn nobody_is_sent_elsewhere() {
    let elsewhere = answering(ok("{\"keys\":[]}")).await;
    for status in [
        "301 Moved Permanently",
        "302 Found",
        "307 Temporary Redirect",
    ] {
        let answer = format!(
            "HTTP/1.1 {status}\r\nLocation: {elsewhere}\r\nContent-Length: 0\r\n\
             Connection: close\r\n\r\n"
        );
        let error = fetched(answer).await.unwrap_err();
        assert!(error.contains("which is not followed"), "{error}");
    }
}

#[tokio::test]
async fn errors_and_silence_are_told_with_the_address() {
    let broken = "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let error = fetched(broken.to_owned()).await.unwrap_err();
    assert!(
        error.starts_with("http://127.0.0.1:") && error.contains("500"),
        "{error}"
    );
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    assert!(JwksUrl::new(&closed).unwrap().fetch().await.is_err());
}

#[test]
fn only_places_on_the_web_without_passwords_are_taken() {
    for text in [
        "",
        "keys.json",
        "/keys.json",
        "file:///keys.json",
        "ftp://a/keys",
    ] {
        assert!(
            matches!(JwksUrl::new(text), Err(DocumentError::Url(_))),
            "{text}"
        );
    }
    for text in ["https://ann@a.test/", "https://ann:secret@a.test/"] {
        let error = JwksUrl::new(text).unwrap_err();
        assert!(matches!(error, DocumentError::Password), "{text}");
        assert!(!error.to_string().contains("secret"));
    }
    assert!(JwksUrl::new("http://a.test/").unwrap().is_plain());
    assert!(!JwksUrl::new("https://a.test/").unwrap().is_plain());
}
