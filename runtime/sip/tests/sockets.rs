//! Calls over real sockets on loopback: UDP and TCP, IPv4 and IPv6, several threads, ICMP.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use std::net::SocketAddr;
use std::time::Duration;

use ringfence_sip::{CallEvent, Config, Ended, Invitation, Listen, Stack, StartError, Transport};
use support::{ANSWER, invite, sdp};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;

fn start(address: &str) -> (Stack, mpsc::Receiver<Invitation>) {
    let address: SocketAddr = address.parse().unwrap();
    let listen = vec![Listen::udp(address), Listen::tcp(address)];
    Stack::start(Config { listen, threads: 3, ..Config::default() }).unwrap()
}

fn address(stack: &Stack, transport: Transport) -> SocketAddr {
    stack.bound().iter().find(|bound| bound.transport == transport).unwrap().address
}

/// Waits on the real clock: generous, because the machine may be busy.
async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), future).await.expect("nothing within 30 s")
}

async fn calls(listen: &str, transport: Transport, parameter: &str) {
    let (a, _) = start(listen);
    let (b, mut invitations) = start(listen);
    let target = format!("sip:2000@{}{parameter}", address(&b, transport));
    tokio::spawn(async move {
        while let Some(Invitation { call, mut events, transport: heard, .. }) =
            invitations.recv().await
        {
            assert_eq!(heard, transport);
            call.answer(sdp(ANSWER), Vec::new()).unwrap();
            tokio::spawn(async move {
                while events.recv().await.is_some() {}
                drop(call); // a call lives as long as its handle
            });
        }
    });
    let mut calls = Vec::new();
    for _ in 0..50 {
        calls.push(a.invite(invite(&target)).unwrap());
    }
    for (call, mut events) in calls {
        let answered = soon(events.recv()).await;
        assert!(matches!(answered, Some(CallEvent::Answered { .. })), "{answered:?}");
        call.hangup(Vec::new()).unwrap();
        let ended = soon(events.recv()).await;
        assert!(matches!(ended, Some(CallEvent::Ended { how: Ended::Local, .. })), "{ended:?}");
    }
    soon(async {
        while b.statistics().calls + a.statistics().calls > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    assert_eq!(b.statistics().incoming, 50);
    soon(a.shutdown()).await;
    soon(b.shutdown()).await;
}

#[tokio::test]
async fn calls_over_udp() {
    calls("127.0.0.1:0", Transport::Udp, "").await;
}

#[tokio::test]
async fn calls_over_tcp() {
    calls("127.0.0.1:0", Transport::Tcp, ";transport=tcp").await;
}

#[tokio::test]
async fn calls_over_ipv6() {
    if std::net::UdpSocket::bind("[::1]:0").is_err() {
        eprintln!("no IPv6 on this machine");
        return;
    }
    calls("[::1]:0", Transport::Udp, "").await;
    calls("[::1]:0", Transport::Tcp, ";transport=tcp").await;
}

#[tokio::test]
async fn icmp_ends_a_call_at_once() {
    let (stack, _invitations) = start("127.0.0.1:0");
    let free = std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for parameter in ["", ";transport=tcp"] {
        let target = format!("sip:x@{free}{parameter}");
        let (_call, mut events) = stack.invite(invite(&target)).unwrap();
        let ended = soon(events.recv()).await;
        let Some(CallEvent::Ended { how: Ended::TransportFailure, reason, .. }) = ended else {
            panic!("{ended:?}")
        };
        assert!(reason.is_some());
    }
}

#[tokio::test]
async fn icmp_ends_a_call_whose_ack_does_not_arrive() {
    let (stack, _invitations) = start("127.0.0.1:0");
    let phone = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let target = format!("sip:x@{}", phone.local_addr().unwrap());
    let (_call, mut events) = stack.invite(invite(&target)).unwrap();
    let mut buffer = vec![0; 4096];
    let (length, server) = soon(phone.recv_from(&mut buffer)).await.unwrap();
    let request = String::from_utf8(buffer[..length].to_vec()).unwrap();
    let gone = std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let ok = support::response("200 OK", &request, "phone", support::ANSWER);
    let ok = ok.replace("192.0.2.2:5060", &gone.to_string());
    phone.send_to(ok.as_bytes(), server).await.unwrap();
    assert!(matches!(soon(events.recv()).await, Some(CallEvent::Answered { .. })));
    let ended = soon(events.recv()).await;
    assert!(
        matches!(ended, Some(CallEvent::Ended { how: Ended::TransportFailure, .. })),
        "{ended:?}"
    );
}

#[tokio::test]
async fn a_tcp_stream_is_cut_answered_and_closed_when_it_makes_no_sense() {
    let (stack, _invitations) = start("127.0.0.1:0");
    let mut stream = tokio::net::TcpStream::connect(address(&stack, Transport::Tcp)).await.unwrap();
    let options = support::request("OPTIONS", 1, "", "").replace("/UDP", "/TCP");
    let (first, second) = options.split_at(40);
    let mut buffer = vec![0; 4096];
    stream.write_all(b"\r\n\r\n").await.unwrap();
    let length = soon(stream.read(&mut buffer)).await.unwrap();
    assert_eq!(&buffer[..length], b"\r\n");
    stream.write_all(first.as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
    stream.write_all(second.as_bytes()).await.unwrap();
    let length = soon(stream.read(&mut buffer)).await.unwrap();
    assert!(buffer[..length].starts_with(b"SIP/2.0 200"));
    let broken = options.replace("Content-Length: 0\r\n", "");
    stream.write_all(broken.as_bytes()).await.unwrap();
    let mut rest = Vec::new();
    soon(stream.read_to_end(&mut rest)).await.unwrap();
    let rest = String::from_utf8(rest).unwrap();
    assert!(rest.starts_with("SIP/2.0 400"), "{rest}");
    assert!(rest.contains("Content-Length is missing"), "{rest}");
}

#[tokio::test]
async fn tcp_connections_have_limits() {
    let listen = vec![Listen::tcp("127.0.0.1:0".parse().unwrap())];
    let idle = Duration::from_millis(300);
    let config = Config { listen, connections: 1, idle, message: 1000, ..Config::default() };
    let (stack, _invitations) = Stack::start(config).unwrap();
    let connect = async || tokio::net::TcpStream::connect(stack.bound()[0].address).await.unwrap();
    let mut rest = Vec::new();
    let mut first = connect().await;
    soon(async {
        while stack.statistics().connections < 1 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
    // The second is closed at once, the first when it has been silent.
    assert_eq!(soon(connect().await.read_to_end(&mut rest)).await.unwrap(), 0);
    assert_eq!(soon(first.read_to_end(&mut rest)).await.unwrap(), 0);
    soon(async {
        while stack.statistics().connections > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
    let mut large = connect().await;
    let options = support::request("OPTIONS", 1, "", "").replace("Length: 0", "Length: 1000");
    large.write_all(options.as_bytes()).await.unwrap();
    soon(large.read_to_end(&mut rest)).await.unwrap();
    assert!(rest.starts_with(b"SIP/2.0 513"), "{}", String::from_utf8_lossy(&rest));
}

#[tokio::test]
async fn a_port_in_use_is_told() {
    let (stack, _invitations) = start("127.0.0.1:0");
    for transport in [Transport::Udp, Transport::Tcp] {
        let taken = Listen { transport, ..Listen::udp(address(&stack, transport)) };
        let error = Stack::start(Config { listen: vec![taken], ..Config::default() }).unwrap_err();
        assert!(matches!(error, StartError::Listen { .. }));
        let text = error.to_string();
        assert!(text.contains("another server runs there"), "{text}");
    }
    assert!(matches!(Stack::start(Config::default()), Err(StartError::Config(_))));
}
