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
type Sockets = Mutex<HashMap<SocketAddr, mpsc::Sender<(Bytes, SocketAddr)>>>;

/// A network in memory. Clones are the same network.
///
/// Delivery is immediate and in order. A datagram to an address without a socket is lost.
#[derive(Clone, Debug, Default)]
pub struct Network {
    sockets: Arc<Sockets>,
}

impl Network {
    /// An empty network.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Opens a socket; port 0 takes a free one.
    ///
    /// # Errors
    ///
    /// `AddrInUse` when the address is taken or no port is free.
    pub fn bind(&self, address: SocketAddr) -> io::Result<Socket> {
        let mut sockets = self.sockets.lock();
        let local = match address.port() {
            0 => free_port(&sockets, address.ip()),
            _ => Some(address).filter(|address| !sockets.contains_key(address)),
        }
        .ok_or_else(|| io::Error::from(io::ErrorKind::AddrInUse))?;
        let (sender, receiver) = mpsc::channel(QUEUE);
        sockets.insert(local, sender);
        let network = Arc::downgrade(&self.sockets);
        Ok(Socket { local, network, receiver: tokio::sync::Mutex::new(receiver) })
    }
}

fn free_port(
    sockets: &HashMap<SocketAddr, mpsc::Sender<(Bytes, SocketAddr)>>,
    ip: IpAddr,
) -> Option<SocketAddr> {
    (FIRST_EPHEMERAL..=u16::MAX)
        .map(|port| SocketAddr::new(ip, port))
        .find(|address| !sockets.contains_key(address))
}

/// A socket of a [`Network`]; closed when dropped.
#[derive(Debug)]
pub struct Socket {
    local: SocketAddr,
    network: Weak<Sockets>,
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
        let Some(sockets) = self.network.upgrade() else { return };
        let sender = sockets.lock().get(&to).cloned();
        if let Some(sender) = sender {
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
        if let Some(sockets) = self.network.upgrade() {
            sockets.lock().remove(&self.local);
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
