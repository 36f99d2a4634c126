//! `null/anything`: a leg that answers at once and hears nothing, for tests and for work without a
//! caller.

use std::net::{IpAddr, Ipv4Addr};

/// Where the stream of a null leg is opened, so that playing takes its time. It is connected to
/// nobody.
pub(crate) const MEDIA: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
