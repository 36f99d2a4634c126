//! Answers every call and hangs up never: `cargo run --release -p ringfence-sip --example uas 5070`,
//! then `sipp -sn uac 127.0.0.1:5070 -d 100 -r 1000 -m 5000` in another shell.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use ringfence_sip::{CallEvent, Config, Invitation, Listen, Stack};

const SDP: &[u8] = b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
                     m=audio 40000 RTP/AVP 0\r\n";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port = std::env::args().nth(1).map_or(Ok(5070), |port| port.parse())?;
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let listen = vec![Listen::udp(address), Listen::tcp(address)];
    let (stack, mut invitations) = Stack::start(Config { listen, ..Config::default() })?;
    eprintln!("answering calls on {:?}", stack.bound());
    let mut report = tokio::time::interval(Duration::from_secs(5));
    loop {
        tokio::select! {
            Some(invitation) = invitations.recv() => {
                tokio::spawn(serve(invitation));
            }
            _ = report.tick() => eprintln!("{:?}", stack.statistics()),
            _ = tokio::signal::ctrl_c() => {
                stack.shutdown().await;
                return Ok(());
            }
        }
    }
}

async fn serve(invitation: Invitation) {
    let Invitation { call, mut events, request, .. } = invitation;
    drop(request);
    if call.answer(Bytes::from_static(SDP), Vec::new()).is_err() {
        return;
    }
    while let Some(event) = events.recv().await {
        match event {
            CallEvent::Offer { responder, .. } => responder.accept(Bytes::from_static(SDP)),
            CallEvent::Ended { .. } => return,
            _ => {}
        }
    }
}
