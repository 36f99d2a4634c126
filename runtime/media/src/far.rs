//! Where the far end is: told by SDP, learned from its packets (symmetric RTP).

use std::net::SocketAddr;

/// The far end's address for one agreement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Far {
    /// As SDP says.
    told: Option<SocketAddr>,
    /// As its first packet showed.
    latched: Option<SocketAddr>,
}

/// What a packet's source means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// It is the far end.
    Known,
    /// It is the far end from now on: its first packet.
    First,
    /// It is somebody else.
    Foreign,
}

impl Far {
    /// A far end that SDP told of; nothing is learned yet.
    pub(crate) fn told(told: Option<SocketAddr>) -> Self {
        Self { told, latched: None }
    }

    /// Where to send to: behind a NAT the learned address is the only one that works.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        self.latched.or(self.told)
    }

    /// The learned address.
    pub(crate) fn latched(&self) -> Option<SocketAddr> {
        self.latched
    }

    /// Judges the source of a valid packet. The first one is the far end until the next agreement;
    /// others cannot take over a call by sending to its port.
    pub(crate) fn admit(&mut self, source: SocketAddr) -> Admission {
        match self.latched {
            Some(latched) if latched == source => Admission::Known,
            Some(_) => Admission::Foreign,
            None => {
                self.latched = Some(source);
                Admission::First
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    #[test]
    fn the_first_source_wins_and_others_are_foreign() {
        let mut far = Far::told(Some(address("192.0.2.1:4000")));
        assert_eq!(far.address(), Some(address("192.0.2.1:4000")));
        assert_eq!(far.admit(address("198.51.100.7:61000")), Admission::First);
        assert_eq!(far.address(), Some(address("198.51.100.7:61000")));
        assert_eq!(far.admit(address("198.51.100.7:61000")), Admission::Known);
        assert_eq!(far.admit(address("192.0.2.1:4000")), Admission::Foreign);
        assert_eq!(far.address(), Some(address("198.51.100.7:61000")));
    }

    #[test]
    fn a_far_end_without_nat_is_where_it_said() {
        let mut far = Far::told(Some(address("192.0.2.1:4000")));
        assert_eq!(far.admit(address("192.0.2.1:4000")), Admission::First);
        assert_eq!(far.admit(address("192.0.2.1:4002")), Admission::Foreign);
    }

    #[test]
    fn a_far_end_that_did_not_say_is_learned() {
        let mut far = Far::told(None);
        assert_eq!(far.address(), None);
        assert_eq!(far.admit(address("[2001:db8::1]:4000")), Admission::First);
        assert_eq!(far.address(), Some(address("[2001:db8::1]:4000")));
    }
}
