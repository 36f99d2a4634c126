//! Pairs of UDP ports.

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::ops::RangeInclusive;

use parking_lot::Mutex;

use crate::media::{OpenError, StartError};

/// Hands out even ports, round and round, so that a port rests before it is used again and late
/// packets of the last call do not meet the next one.
#[derive(Debug)]
pub(crate) struct Ports {
    first: u16,
    pairs: u32,
    next: Mutex<u32>,
}

impl Ports {
    pub(crate) fn new(range: &RangeInclusive<u16>) -> Result<Self, StartError> {
        let (start, last) = (*range.start(), *range.end());
        // Port 0 is no port.
        let first = start.max(2).checked_next_multiple_of(2);
        let pairs = first.map(|first| (u32::from(last) + 1).saturating_sub(u32::from(first)) / 2);
        match first.zip(pairs) {
            Some((first, pairs)) if pairs > 0 => {
                // Two servers on one machine shall not try the same ports in the same order.
                let next = Mutex::new(rand::random_range(0..pairs));
                Ok(Self { first, pairs, next })
            }
            _ => Err(StartError::Ports { first: start, last }),
        }
    }

    /// The even ports, each once, beginning with the one after the last one handed out.
    pub(crate) fn candidates(&self) -> impl Iterator<Item = u16> {
        (0..self.pairs).map(|_| {
            let mut next = self.next.lock();
            let pair = *next;
            *next = (pair + 1) % self.pairs;
            // Below 65536 because of how `pairs` was computed.
            self.first + (pair * 2) as u16
        })
    }

    /// Binds a non-blocking socket to a free even port.
    pub(crate) fn bind(&self, ip: IpAddr) -> Result<UdpSocket, OpenError> {
        for port in self.candidates() {
            match UdpSocket::bind(SocketAddr::new(ip, port)) {
                Ok(socket) => {
                    let ready = socket.set_nonblocking(true).map(|()| socket);
                    return ready.map_err(|error| OpenError::System { ip, error });
                }
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
                Err(error) => return Err(OpenError::System { ip, error }),
            }
        }
        Err(OpenError::NoPort { ip })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_even_and_go_round() {
        let ports = Ports::new(&(20_001..=20_007)).unwrap();
        let mut found: Vec<_> = ports.candidates().collect();
        found.sort_unstable();
        assert_eq!(found, [20_002, 20_004, 20_006]);
        let first = ports.candidates().next();
        assert_ne!(ports.candidates().next(), first);
    }

    #[test]
    fn a_range_without_a_pair_is_refused() {
        for range in [20_001..=20_002, RangeInclusive::new(5, 4), 65_535..=65_535, 0..=1] {
            assert!(Ports::new(&range).is_err(), "{range:?}");
        }
        assert!(Ports::new(&(65_534..=65_535)).is_ok());
    }

    #[test]
    fn a_port_in_use_is_passed_over_and_none_left_is_told() {
        let ip = IpAddr::from([127, 0, 0, 1]);
        let ports = (20_000..60_000)
            .step_by(4)
            .map(|first| Ports::new(&(first..=first + 3)).unwrap())
            .find(|ports| ports.bind(ip).is_ok() && ports.bind(ip).is_ok())
            .unwrap();
        let _taken = (ports.bind(ip).unwrap(), ports.bind(ip).unwrap());
        assert!(matches!(ports.bind(ip), Err(OpenError::NoPort { .. })));
    }
}
