//! Datagrams between sockets of one process.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Weak};

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::mpsc;

/// Datagrams that wait in one socket; more are lost, as in a kernel's buffer.
const QUEUE: usize = 1024;
/// The first port given to a socket that asks for port 0.
const FIRST_EPHEMERAL: u16 = 32768;

/// The sockets of a network: where datagrams with their source go.
type Sockets = HashMap<SocketAddr, mpsc::Sender<(Bytes, SocketAddr)>>;

/// Whether a datagram passes: its bytes, from, to.
type Filter = Arc<dyn Fn(&[u8], SocketAddr, SocketAddr) -> bool + Send + Sync>;

#[derive(Default)]
struct Wire {
    sockets: Sockets,
    filter: Option<Filter>,
}

impl std::fmt::Debug for Wire {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.sockets.keys()).finish()
    }
}

/// A network in memory. Clones are the same network.
///
/// Delivery is immediate and in order. A datagram to an address without a socket is lost.
#[derive(Clone, Debug, Default)]
pub struct Network {
    wire: Arc<Mutex<Wire>>,
}

impl Network {
    /// An empty network.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on loses each datagram that `passes` (its bytes, from, to) is false for: the bad
    /// weather of a test.
    pub fn filter(
        &self,
        passes: impl Fn(&[u8], SocketAddr, SocketAddr) -> bool + Send + Sync + 'static,
    ) {
        self.wire.lock().filter = Some(Arc::new(passes));
    }

    /// Opens a socket; port 0 takes a free one.
    ///
    /// # Errors
    ///
    /// `AddrInUse` when the address is taken or no port is free.
    pub fn bind(&self, address: SocketAddr) -> io::Result<Socket> {
        let sockets = &mut self.wire.lock().sockets;
        let local = match address.port() {
            0 => free_port(sockets, address.ip()),
            _ => Some(address).filter(|address| !sockets.contains_key(address)),
        }
        .ok_or_else(|| io::Error::from(io::ErrorKind::AddrInUse))?;
        let (sender, receiver) = mpsc::channel(QUEUE);
        sockets.insert(local, sender);
        let network = Arc::downgrade(&self.wire);
        Ok(Socket { local, network, receiver: tokio::sync::Mutex::new(receiver) })
    }
}

fn free_port(sockets: &Sockets, ip: IpAddr) -> Option<SocketAddr> {
    (FIRST_EPHEMERAL..=u16::MAX)
        .map(|port| SocketAddr::new(ip, port))
        .find(|address| !sockets.contains_key(address))
}

/// A socket of a [`Network`]; closed when dropped.
#[derive(Debug)]
pub struct Socket {
    local: SocketAddr,
    network: Weak<Mutex<Wire>>,
    receiver: tokio::sync::Mutex<mpsc::Receiver<(Bytes, SocketAddr)>>,
}

impl Socket {
    /// The address it is bound to.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// Sends a datagram; one that nobody takes is lost.
    pub fn send_to(&self, datagram: Bytes, to: SocketAddr) {
        let Some(wire) = self.network.upgrade() else { return };
        let (sender, filter) = {
            let wire = wire.lock();
            (wire.sockets.get(&to).cloned(), wire.filter.clone())
        };
        let passes = filter.is_none_or(|passes| passes(&datagram, self.local, to));
        if let Some(sender) = sender.filter(|_| passes) {
            // A full queue loses the datagram, as a network would.
            let _ = sender.try_send((datagram, self.local));
        }
    }

    /// Waits for a datagram and tells where it came from.
    pub async fn recv_from(&self) -> (Bytes, SocketAddr) {
        match self.receiver.lock().await.recv().await {
            Some(received) => received,
            // The sender lives in the network's table until this socket is dropped; when the whole
            // network is gone nothing can arrive any more.
            None => std::future::pending().await,
        }
    }

    /// A datagram that has arrived, if any.
    pub fn try_recv_from(&self) -> Option<(Bytes, SocketAddr)> {
        self.receiver.try_lock().ok()?.try_recv().ok()
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if let Some(wire) = self.network.upgrade() {
            wire.lock().sockets.remove(&self.local);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(port: u16) -> SocketAddr {
        SocketAddr::new(IpAddr::from([192, 0, 2, 1]), port)
    }

    #[tokio::test]
    async fn a_datagram_arrives_with_its_source() {
        let network = Network::new();
        let a = network.bind(address(5060)).unwrap();
        let b = network.bind(address(0)).unwrap();
        b.send_to(Bytes::from_static(b"hello"), a.local_addr());
        assert_eq!(a.recv_from().await, (Bytes::from_static(b"hello"), b.local_addr()));
    }

    #[tokio::test]
    async fn an_address_is_free_again_after_drop() {
        let network = Network::new();
        let a = network.bind(address(5060)).unwrap();
        assert_eq!(network.bind(address(5060)).unwrap_err().kind(), io::ErrorKind::AddrInUse);
        drop(a);
        network.bind(address(5060)).unwrap();
    }

    #[tokio::test]
    async fn a_filter_loses_datagrams() {
        let network = Network::new();
        let a = network.bind(address(1)).unwrap();
        let b = network.bind(address(2)).unwrap();
        network.filter(|bytes, _, _| bytes != b"no");
        b.send_to(Bytes::from_static(b"no"), a.local_addr());
        b.send_to(Bytes::from_static(b"yes"), a.local_addr());
        assert_eq!(a.try_recv_from().map(|(bytes, _)| bytes), Some(Bytes::from_static(b"yes")));
        assert!(a.try_recv_from().is_none());
    }

    #[tokio::test]
    async fn a_full_socket_loses_what_comes() {
        let network = Network::new();
        let a = network.bind(address(1)).unwrap();
        let b = network.bind(address(2)).unwrap();
        for _ in 0..QUEUE + 10 {
            b.send_to(Bytes::new(), a.local_addr());
        }
        let arrived = std::iter::from_fn(|| a.try_recv_from()).count();
        assert_eq!(arrived, QUEUE);
    }
}
