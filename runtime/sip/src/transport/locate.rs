//! The local address that reaches a peer.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use tokio::time::Instant;

use crate::core::{Listener, Locate};

/// Peers that are remembered; then all are forgotten.
const PEERS: usize = 4096;
/// For how long: routes change.
const AGE: Duration = Duration::from_secs(30);

/// A listener with an address answers with it; one that listens everywhere asks the routing table
/// (by connecting a socket, which sends nothing), at most every 30 s for each peer.
pub(crate) fn locator() -> Locate {
    let mut known: HashMap<IpAddr, (IpAddr, Instant)> = HashMap::new();
    Box::new(move |listener: &Listener, peer: SocketAddr| {
        let bound = listener.bound;
        if !bound.ip().is_unspecified() {
            return Some(bound);
        }
        let now = Instant::now();
        if let Some((ip, found)) = known.get(&peer.ip())
            && now.duration_since(*found) < AGE
        {
            return Some(SocketAddr::new(*ip, bound.port()));
        }
        let ip = route(peer)?;
        if known.len() >= PEERS {
            known.clear();
        }
        known.insert(peer.ip(), (ip, now));
        Some(SocketAddr::new(ip, bound.port()))
    })
}

fn route(peer: SocketAddr) -> Option<IpAddr> {
    let any: IpAddr = match peer {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0)).ok()?;
    // Port 0 cannot be connected to; any other will do.
    socket.connect((peer.ip(), peer.port().max(1))).ok()?;
    Some(socket.local_addr().ok()?.ip())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::config::Transport;

    #[test]
    fn a_wildcard_listener_names_the_address_that_reaches_the_peer() {
        let mut listener = Listener {
            transport: Transport::Udp,
            bound: "0.0.0.0:5060".parse().unwrap(),
            advertise: None,
            profile: Arc::from("internal"),
        };
        let mut locate = locator();
        let peer = "127.0.0.1:40000".parse().unwrap();
        assert_eq!(locate(&listener, peer), Some("127.0.0.1:5060".parse().unwrap()));
        listener.bound = "192.0.2.1:5060".parse().unwrap();
        assert_eq!(locate(&listener, peer), Some(listener.bound));
    }
}
