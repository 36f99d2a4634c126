//! From what a person dials to a SIP URI.

use std::net::IpAddr;

use ringfence_sip::wire::{NameAddr, Uri};
use thiserror::Error;

/// Why something cannot be dialled.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum TargetError {
    /// The user part of From.
    #[error("'{0}' cannot be the number of a caller: letters, digits and -_.!~*'()+ can")]
    Caller(String),
    /// Where a number is to be called.
    #[error("'{server}' is no server: it is host, host:port or [IPv6 address]:port ({why})")]
    Server {
        /// What was given.
        server: String,
        /// What is wrong.
        why: String,
    },
    /// Neither a number nor a SIP URI.
    #[error("'{target}' is neither a number nor a SIP URI (sip:user@host): {why}")]
    Target {
        /// What was dialled.
        target: String,
        /// What is wrong.
        why: String,
    },
}

/// The URI of a number at a server (`host`, `host:port`, `[v6]:port`); a SIP URI is itself.
///
/// # Errors
///
/// When it is neither.
pub fn uri(target: &str, server: &str) -> Result<Uri, TargetError> {
    let fault = |why: String| TargetError::Target { target: target.to_owned(), why };
    let text = if target.contains(':') || target.contains('@') {
        if target.contains(':') { target.to_owned() } else { format!("sip:{target}") }
    } else {
        let fault = |why| TargetError::Server { server: server.to_owned(), why };
        Uri::parse(&format!("sip:{server}")).map_err(fault)?;
        format!("sip:{target}@{server}")
    };
    let uri = Uri::parse(&text).map_err(fault)?;
    if !uri.is_sip() {
        return Err(fault(format!("{}: cannot be called, only sip: can", uri.scheme())));
    }
    if uri.host().is_none_or(|host| host.is_empty()) {
        return Err(fault("it names no host".to_owned()));
    }
    Ok(uri)
}

/// The From of a caller at an address.
pub(super) fn from(caller: &str, address: IpAddr) -> Result<NameAddr, TargetError> {
    let fault = || TargetError::Caller(caller.to_owned());
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.!~*'()+".contains(c);
    if caller.is_empty() || !caller.chars().all(plain) {
        return Err(fault());
    }
    let host = match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    };
    let uri = Uri::parse(&format!("sip:{caller}@{host}")).map_err(|_| fault())?;
    Ok(NameAddr::new(None, uri))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_called_at_the_server() {
        assert_eq!(uri("5000", "127.0.0.1:5060").unwrap().to_string(), "sip:5000@127.0.0.1:5060");
        assert_eq!(uri("*98", "[::1]:5060").unwrap().to_string(), "sip:*98@[::1]:5060");
    }

    #[test]
    fn a_server_that_cannot_be_read_is_named() {
        for server in ["host:x", "", "::1:5060", "host:99999"] {
            let error = uri("5000", server).unwrap_err();
            assert!(matches!(&error, TargetError::Server { .. }), "{server}: {error}");
            assert!(error.to_string().contains(server), "{error}");
        }
    }

    #[test]
    fn a_uri_stays_as_it_is() {
        let text = "sip:ivr@192.0.2.1;transport=tcp";
        assert_eq!(uri(text, "127.0.0.1").unwrap().to_string(), text);
        assert_eq!(uri("ivr@192.0.2.1", "x").unwrap().to_string(), "sip:ivr@192.0.2.1");
    }

    #[test]
    fn what_cannot_be_called_says_why() {
        for target in ["tel:+4930", "sips:a@b", "sip:a@b:99999", "http://x"] {
            let error = uri(target, "127.0.0.1").unwrap_err().to_string();
            assert!(error.contains(target), "{error}");
        }
        assert!(from("a b", IpAddr::from([192, 0, 2, 1])).is_err());
        assert!(from("", IpAddr::from([192, 0, 2, 1])).is_err());
    }
}
