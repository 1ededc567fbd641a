//! TCP ports.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::net::TcpStream;
use wharf_http::{PortUse, Stopped};

use super::{listen, tcp_address};
use crate::children;
use crate::harness::Setup;
use crate::wire::{Client, Request};

async fn answers(address: SocketAddr) -> bool {
    let Ok(stream) = TcpStream::connect(address).await else {
        return false;
    };
    Client::over(stream).ask(Request::get("/v2/")).await.status == 200
}

fn has_ipv6() -> bool {
    std::net::TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok()
}

#[tokio::test]
async fn no_host_means_every_interface_and_both_families() {
    for text in [":0", "0.0.0.0:0", "[::]:0", ""] {
        let listener = listen(text, PortUse::Alone).await.unwrap();
        let port = tcp_address(&listener).port();
        assert_ne!(port, 0);
        let wharf = Setup::memory().serve(listener);
        assert!(answers((Ipv4Addr::LOCALHOST, port).into()).await, "{text}");
        assert!(
            !has_ipv6() || answers((Ipv6Addr::LOCALHOST, port).into()).await,
            "{text}"
        );
        wharf.shutdown.drain.cancel();
    }
}

#[tokio::test]
async fn a_host_is_one_address() {
    let listener = listen("localhost:0", PortUse::Alone).await.unwrap();
    assert_eq!(tcp_address(&listener).ip(), Ipv4Addr::LOCALHOST);
    if has_ipv6() {
        let listener = listen("[::1]:0", PortUse::Alone).await.unwrap();
        let address = tcp_address(&listener);
        assert_eq!(address.ip(), Ipv6Addr::LOCALHOST);
        let _wharf = Setup::memory().serve(listener);
        assert!(answers(address).await);
        assert!(!answers((Ipv4Addr::LOCALHOST, address.port()).into()).await);
    }
    let error = listen("no-such-host.invalid:0", PortUse::Alone).await;
    error.unwrap_err();
}

/// The address of an IPv4 client of a port for both families is written as IPv4.
#[tokio::test]
async fn a_client_has_its_own_address_in_the_log() {
    let (log, lines) = crate::harness::Lines::log();
    let mut setup = Setup::memory();
    setup.settings.access_log = Some(log.clone());
    let listener = listen(":0", PortUse::Alone).await.unwrap();
    let port = tcp_address(&listener).port();
    let wharf = setup.serve(listener);
    assert!(answers((Ipv4Addr::LOCALHOST, port).into()).await);
    wharf.shutdown.drain.cancel();
    wharf.task.await.unwrap();
    tokio::task::spawn_blocking(move || log.close())
        .await
        .unwrap();
    assert!(
        lines.text().starts_with("127.0.0.1 - - ["),
        "{}",
        lines.text()
    );
}

#[tokio::test]
async fn a_port_is_shared_only_by_those_who_say_so() {
    let alone = listen("127.0.0.1:0", PortUse::Alone).await.unwrap();
    let address = tcp_address(&alone).to_string();
    for port in [PortUse::Alone, PortUse::Shared] {
        let error = listen(&address, port).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AddrInUse);
    }
}

/// A successor takes connections before its predecessor stops.
#[tokio::test]
async fn a_port_is_handed_over() {
    let _alone = children::none_starts().await;
    let listener = listen("127.0.0.1:0", PortUse::Shared).await.unwrap();
    let address = tcp_address(&listener);
    let old = Setup::memory().serve(listener);
    let listener = listen(&address.to_string(), PortUse::Shared).await.unwrap();
    let new = Setup::memory().serve(listener);
    for _ in 0..20 {
        assert!(answers(address).await);
    }
    old.shutdown.drain.cancel();
    assert_eq!(old.task.await.unwrap(), Stopped::Clean);
    for _ in 0..20 {
        assert!(answers(address).await);
    }
    new.shutdown.drain.cancel();
    assert_eq!(new.task.await.unwrap(), Stopped::Clean);
    assert!(!answers(address).await);
}

/// Clients that connected before the server was told to stop are not turned away.
#[tokio::test]
async fn who_has_just_come_may_ask_once() {
    let listener = listen("127.0.0.1:0", PortUse::Alone).await.unwrap();
    let address = tcp_address(&listener);
    // Nobody accepts yet: they wait in the system's queue.
    let mut clients = Vec::new();
    for _ in 0..20 {
        clients.push(Client::connect(address).await);
    }
    let wharf = Setup::memory().serve(listener);
    wharf.shutdown.drain.cancel();
    for client in &mut clients {
        let response = client.ask(Request::get("/v2/")).await;
        assert_eq!(
            (response.status, response.header("Connection")),
            (200, Some("close"))
        );
        client.is_closed().await;
    }
    assert_eq!(wharf.task.await.unwrap(), Stopped::Clean);
}
