//! Datagram sockets.

use std::io::{self, IoSliceMut};
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd};
use std::sync::Arc;

use bytes::Bytes;
use nix::sys::socket::{MsgFlags, SockaddrStorage, recvmsg, setsockopt, sockopt};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::io::Interest;
use tokio::net::UdpSocket;
use tracing::{debug, warn};

use super::{Input, Steer};
use crate::core::{Flow, Listener, Locate};
use crate::statistics::count;

/// The largest datagram.
const DATAGRAM: usize = 65_536;
/// Datagrams that are read before others get their turn.
const BATCH: usize = 32;

/// Opens `count` sockets on one address, and tells the receive buffer that was granted.
///
/// # Errors
///
/// The address is in use or not ours.
pub(crate) fn bind(
    address: SocketAddr,
    count: usize,
    buffer: usize,
) -> io::Result<(Vec<std::net::UdpSocket>, usize)> {
    if address.port() != 0 && count > 1 {
        // With SO_REUSEPORT a second server on this port would not be noticed.
        open(address, false)?;
    }
    let mut sockets = Vec::with_capacity(count);
    let (mut address, mut granted) = (address, 0);
    for _ in 0..count {
        let socket = open(address, count > 1)?;
        granted = enlarge(&socket, buffer)?;
        let socket = std::net::UdpSocket::from(socket);
        address = socket.local_addr()?;
        sockets.push(socket);
    }
    Ok((sockets, granted))
}

fn open(address: SocketAddr, shared: bool) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_reuse_port(shared)?;
    socket.set_nonblocking(true)?;
    // ICMP errors are told with the datagram that they are about.
    let told = if address.is_ipv4() {
        setsockopt(&socket.as_fd(), sockopt::Ipv4RecvErr, &true)
    } else {
        setsockopt(&socket.as_fd(), sockopt::Ipv6RecvErr, &true)
    };
    if let Err(error) = told {
        debug!(%address, %error, "ICMP errors will not be noticed");
    }
    socket.bind(&address.into())?;
    Ok(socket)
}

/// Asks for a receive buffer: past the system's limit with CAP_NET_ADMIN, up to it without.
fn enlarge(socket: &Socket, buffer: usize) -> io::Result<usize> {
    if setsockopt(&socket.as_fd(), sockopt::RcvBufForce, &buffer).is_err() {
        socket.set_recv_buffer_size(buffer)?;
    }
    // Linux tells twice what it was asked for, its bookkeeping included.
    Ok(socket.recv_buffer_size()? / 2)
}

/// Reads a socket for ever.
pub(crate) async fn hear(
    socket: Arc<UdpSocket>,
    index: u16,
    listener: Listener,
    mut locate: Locate,
    steer: Steer,
) {
    let mut buffer = vec![0; DATAGRAM];
    loop {
        let Ok(ready) = socket.ready(Interest::READABLE | Interest::ERROR).await else {
            return; // the runtime is ending
        };
        if ready.is_error() {
            undelivered(&socket, &mut buffer, &steer).await;
        }
        for _ in 0..BATCH {
            match socket.try_recv_from(&mut buffer) {
                Ok((length, peer)) => {
                    let data = Bytes::copy_from_slice(buffer.get(..length).unwrap_or_default());
                    let Some(local) = locate(&listener, peer) else {
                        count(&steer.counters.dropped);
                        continue;
                    };
                    let flow = Flow { listener: index, local, peer, connection: None };
                    steer.give(Input::Message { data: data.clone(), flow }, &data).await;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                // An ICMP error that waits in the error queue.
                Err(_) => undelivered(&socket, &mut buffer, &steer).await,
            }
        }
    }
}

/// Takes from the error queue what ICMP brought back: our own datagrams.
async fn undelivered(socket: &UdpSocket, buffer: &mut [u8], steer: &Steer) {
    for _ in 0..BATCH {
        let taken = socket.try_io(Interest::ERROR, || {
            let mut slices = [IoSliceMut::new(&mut *buffer)];
            let fd = socket.as_fd().as_raw_fd();
            let message = recvmsg::<SockaddrStorage>(
                fd,
                &mut slices,
                None,
                MsgFlags::MSG_ERRQUEUE | MsgFlags::MSG_DONTWAIT,
            )?;
            Ok((message.bytes, message.address))
        });
        let Ok((length, peer)) = taken else { return };
        let data = Bytes::copy_from_slice(buffer.get(..length).unwrap_or_default());
        let peer = peer.map(|peer| peer.to_string()).unwrap_or_default();
        debug!(peer, "ICMP: a datagram did not arrive");
        let why = format!("{peer} is unreachable (ICMP)");
        steer.give(Input::Unreachable { data: data.clone(), why }, &data).await;
    }
}

/// Reads a socket of a network in memory for ever.
pub(crate) async fn hear_simulated(socket: Arc<ringfence_rim::Socket>, index: u16, steer: Steer) {
    let local = socket.local_addr();
    loop {
        let (data, peer) = socket.recv_from().await;
        if peer == local {
            warn!(%peer, "a datagram from ourselves");
        }
        let flow = Flow { listener: index, local, peer, connection: None };
        steer.give(Input::Message { data: data.clone(), flow }, &data).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_in_use_is_noticed_though_the_sockets_share_it() {
        let any = "127.0.0.1:0".parse().unwrap();
        let (sockets, granted) = bind(any, 2, 65_536).unwrap();
        assert!(granted >= 32_768, "{granted}");
        let address = sockets[0].local_addr().unwrap();
        assert_eq!(sockets[1].local_addr().unwrap(), address);
        let error = bind(address, 2, 65_536).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
    }
}
