//! Datagrams to a whole SIP stack on a network in memory: the parser, the checks, transactions and
//! dialogs. The input is cut at `\0\0\0\0` into datagrams that arrive one after the other; every call
//! that comes of them is answered. Then a well-formed OPTIONS must still be answered.
#![no_main]

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use ringfence_rim::Network;
use ringfence_sip::{Config, Listen, Stack};

const OPTIONS: &[u8] = b"OPTIONS sip:10.0.0.1 SIP/2.0\r\n\
    Via: SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bKafter\r\n\
    Max-Forwards: 70\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: after@fuzz\r\n\
    CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";

fuzz_target!(|data: &[u8]| {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    runtime.block_on(hear(data));
});

async fn hear(data: &[u8]) {
    let server: SocketAddr = ([10, 0, 0, 1], 5060).into();
    let network = Network::new();
    let config = Config { listen: vec![Listen::udp(server)], ..Config::default() };
    let (_stack, mut invitations) =
        Stack::simulated(config, network.clone()).expect("a stack in memory");
    let phone = network.bind(([10, 0, 0, 9], 5060).into()).expect("a free address");

    let mut rest = data;
    while !rest.is_empty() {
        let end = rest.windows(4).position(|four| four == [0; 4]).unwrap_or(rest.len());
        phone.send_to(Bytes::copy_from_slice(&rest[..end]), server);
        tokio::time::sleep(Duration::from_millis(1)).await;
        while let Ok(invitation) = invitations.try_recv() {
            let _ = invitation.call.ring(Vec::new());
            let _ = invitation.call.answer(Bytes::from_static(b"v=0\r\n"), Vec::new());
        }
        rest = rest.get(end + 4..).unwrap_or_default();
    }
    // All retransmissions and timeouts, too: 64 × T1 and more.
    tokio::time::sleep(Duration::from_secs(200)).await;
    while phone.try_recv_from().is_some() {}

    phone.send_to(Bytes::from_static(OPTIONS), server);
    tokio::time::sleep(Duration::from_millis(10)).await;
    let (answer, _) = phone.try_recv_from().expect("the stack still answers");
    assert!(answer.starts_with(b"SIP/2.0 200"), "{answer:?}");
}
