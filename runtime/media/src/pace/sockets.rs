//! The sockets of one stream.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::OwnedFd;

use rustix::event::epoll;

use super::{Totals, add};
use crate::core::Wire;

/// RTP, and RTCP from the first report on: most calls are over before, and a socket less is half
/// the price of opening one.
pub(super) struct Sockets {
    rtp: UdpSocket,
    rtcp: Rtcp,
    /// Whether the kernel knows the far end: it then filters, and sends without a lookup.
    connected: bool,
}

enum Rtcp {
    NotYet,
    Open(UdpSocket),
    /// Somebody else has the port: this stream goes without.
    Without,
}

/// The event of a socket: the stream, and whether it is its RTCP.
pub(super) fn token(stream: u64, rtcp: bool) -> epoll::EventData {
    epoll::EventData::new_u64(stream << 1 | u64::from(rtcp))
}

impl Sockets {
    pub(super) fn new(rtp: UdpSocket) -> Self {
        Self { rtp, rtcp: Rtcp::NotYet, connected: false }
    }

    pub(super) fn watch(&self, poll: &OwnedFd, stream: u64) -> io::Result<()> {
        epoll::add(poll, &self.rtp, token(stream, false), epoll::EventFlags::IN)?;
        Ok(())
    }

    /// A datagram that has arrived. Errors are those of earlier sending (ICMP) and are over with
    /// having been asked for.
    pub(super) fn receive<'a>(
        &self,
        rtcp: bool,
        buffer: &'a mut [u8],
    ) -> Option<io::Result<(SocketAddr, &'a [u8])>> {
        let socket = match (&self.rtcp, rtcp) {
            (_, false) => &self.rtp,
            (Rtcp::Open(socket), true) => socket,
            _ => return None,
        };
        match socket.recv_from(buffer) {
            Ok((length, source)) => Some(Ok((source, buffer.get(..length).unwrap_or_default()))),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => None,
            Err(error) => Some(Err(error)),
        }
    }
}

/// Sends for one stream.
pub(super) struct Out<'a> {
    pub(super) sockets: &'a mut Sockets,
    pub(super) stream: u64,
    pub(super) poll: &'a OwnedFd,
    pub(super) totals: &'a Totals,
}

impl Wire for Out<'_> {
    fn rtp(&mut self, packet: &[u8], to: SocketAddr) {
        let sent = match self.sockets.connected {
            true => self.sockets.rtp.send(packet),
            false => self.sockets.rtp.send_to(packet, to),
        };
        match sent {
            Ok(_) => add(&self.totals.sent, 1),
            // A full buffer, or an ICMP for an earlier packet: lost, as on a network.
            Err(error) => tracing::trace!(%to, %error, "media: packet not sent"),
        }
    }

    fn rtcp(&mut self, packet: &[u8], to: SocketAddr) {
        if matches!(self.sockets.rtcp, Rtcp::NotYet) {
            self.sockets.rtcp = match self.open_rtcp() {
                Ok(socket) => Rtcp::Open(socket),
                Err(error) => {
                    tracing::debug!(%error, "media: no RTCP for this stream");
                    Rtcp::Without
                }
            };
        }
        if let Rtcp::Open(socket) = &self.sockets.rtcp
            && let Err(error) = socket.send_to(packet, to)
        {
            tracing::trace!(%to, %error, "media: report not sent");
        }
    }

    fn latch(&mut self, far: Option<SocketAddr>) {
        let done = match far {
            Some(far) => self.sockets.rtp.connect(far),
            None if self.sockets.connected => {
                rustix::net::connect_unspec(&self.sockets.rtp).map_err(io::Error::from)
            }
            None => Ok(()),
        };
        match done {
            Ok(()) => self.sockets.connected = far.is_some(),
            // The far end is told apart by the core all the same.
            Err(error) => tracing::debug!(?far, %error, "media: socket not connected"),
        }
    }
}

impl Out<'_> {
    fn open_rtcp(&self) -> io::Result<UdpSocket> {
        let mut address = self.sockets.rtp.local_addr()?;
        address.set_port(address.port() + 1); // RTP has an even port.
        let socket = UdpSocket::bind(address)?;
        socket.set_nonblocking(true)?;
        epoll::add(self.poll, &socket, token(self.stream, true), epoll::EventFlags::IN)?;
        Ok(socket)
    }
}
