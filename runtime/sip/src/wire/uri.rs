//! URIs and the addresses that hold them.

use std::fmt;
use std::net::IpAddr;

use bytes::Bytes;
use ringfence_text::{decode, encode};
use sipx_sip::headers::Address;
use sipx_sip::{Host, Scheme};

/// A URI: `sip:`, `sips:`, `tel:` or any other.
#[derive(Clone)]
pub struct Uri {
    inner: sipx_sip::Uri,
}

impl Uri {
    /// Reads a URI; the error says what is wrong.
    ///
    /// # Errors
    ///
    /// What is wrong with it, as `invalid port`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let bytes = Bytes::copy_from_slice(&encode(text));
        let inner = sipx_sip::Uri::parse(bytes).map_err(|error| error.to_string())?;
        Ok(Self { inner })
    }

    pub(super) fn from_inner(inner: sipx_sip::Uri) -> Self {
        Self { inner }
    }

    /// `sip`, `tel` …, as written.
    #[must_use]
    pub fn scheme(&self) -> String {
        decode(self.inner.scheme().as_bytes()).into_owned()
    }

    /// True for `sip:`; `sips:` needs TLS.
    #[must_use]
    pub fn is_sip(&self) -> bool {
        matches!(self.inner.scheme(), Scheme::Sip)
    }

    /// The user part with its escapes decoded; of a `tel:` URI the number.
    #[must_use]
    pub fn user(&self) -> Option<String> {
        if let Some(user) = self.inner.decoded_user() {
            return Some(decode(&user).into_owned());
        }
        self.inner.tel_parts().map(|parts| decode(parts.subscriber()).into_owned())
    }

    /// The user part as written, escapes and all.
    pub(crate) fn raw_user(&self) -> Option<&[u8]> {
        self.inner.user()
    }

    /// The host; an IPv6 address without brackets. None for other schemes than SIP.
    #[must_use]
    pub fn host(&self) -> Option<String> {
        self.inner.host().map(|host| decode(&host.to_bytes()).into_owned())
    }

    /// The host when it is an address.
    #[must_use]
    pub fn ip(&self) -> Option<IpAddr> {
        match self.inner.host()? {
            Host::Ip(ip) => Some(*ip),
            Host::Name(_) => None,
        }
    }

    /// The port, when it is written.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.inner.port()
    }

    /// The parameters, in order.
    #[must_use]
    pub fn parameters(&self) -> Vec<(String, Option<String>)> {
        let Some(params) = self.inner.params() else { return Vec::new() };
        let owned = |bytes: &[u8]| decode(bytes).into_owned();
        params.iter().map(|param| (owned(param.name()), param.value().map(owned))).collect()
    }

    /// The value of a parameter: empty when it has none, as `;lr`.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<String> {
        let param = self.inner.params()?.get(name)?;
        Some(param.value().map(|value| decode(value).into_owned()).unwrap_or_default())
    }

    pub(crate) fn to_bytes(&self) -> Bytes {
        self.inner.to_bytes()
    }
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&decode(&self.inner.to_bytes()))
    }
}

impl fmt::Debug for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Uri({self})")
    }
}

impl PartialEq for Uri {
    fn eq(&self, other: &Self) -> bool {
        self.inner.to_bytes() == other.inner.to_bytes()
    }
}

/// A URI with a display name and parameters, as in From, To, Contact and Route.
#[derive(Clone, Debug, PartialEq)]
pub struct NameAddr {
    /// Unquoted.
    pub display: Option<String>,
    /// The address.
    pub uri: Uri,
    /// Header parameters in order; names in lower case.
    pub parameters: Vec<(String, Option<String>)>,
}

impl NameAddr {
    /// An address without parameters.
    #[must_use]
    pub fn new(display: Option<&str>, uri: Uri) -> Self {
        Self { display: display.map(str::to_owned), uri, parameters: Vec::new() }
    }

    /// Reads the value of an address header (the first, when a line holds several).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::parse_first(&encode(text))
    }

    pub(super) fn parse_first(value: &[u8]) -> Option<Self> {
        Address::parse_list(value, "address").ok()?.into_iter().next().map(Self::from_inner)
    }

    pub(super) fn from_inner(address: Address) -> Self {
        let owned = |bytes: &[u8]| decode(bytes).into_owned();
        Self {
            display: address.display_name.as_deref().map(owned).filter(|name| !name.is_empty()),
            uri: Uri::from_inner(address.uri),
            parameters: address
                .params
                .iter()
                .map(|param| (owned(&param.name), param.value.as_deref().map(owned)))
                .collect(),
        }
    }

    /// The tag.
    #[must_use]
    pub fn tag(&self) -> Option<String> {
        self.parameter("tag")
    }

    /// The value of a parameter: empty when it has none.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<String> {
        self.parameters
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.clone().unwrap_or_default())
    }

    /// As it is sent, without parameters: `"Name" <sip:user@host>`.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(64);
        if let Some(display) = &self.display {
            bytes.push(b'"');
            for byte in encode(display).iter().filter(|byte| !matches!(byte, b'\r' | b'\n' | 0)) {
                if matches!(byte, b'"' | b'\\') {
                    bytes.push(b'\\');
                }
                bytes.push(*byte);
            }
            bytes.extend_from_slice(b"\" ");
        }
        bytes.push(b'<');
        bytes.extend_from_slice(&self.uri.to_bytes());
        bytes.push(b'>');
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uri_tells_its_parts() {
        let uri = Uri::parse("sip:a%20b@[2001:db8::1]:5070;transport=tcp;lr").unwrap();
        assert_eq!(uri.user().as_deref(), Some("a b"));
        assert_eq!(uri.host().as_deref(), Some("2001:db8::1"));
        assert_eq!(uri.port(), Some(5070));
        assert_eq!(uri.parameter("transport").as_deref(), Some("tcp"));
        assert_eq!(uri.parameter("lr").as_deref(), Some(""));
        assert_eq!(uri.parameter("x"), None);
        assert_eq!(Uri::parse("tel:+49-30").unwrap().user().as_deref(), Some("+49-30"));
        assert!(Uri::parse("sip:a@b:99999").unwrap_err().contains("port"));
    }

    #[test]
    fn a_display_name_cannot_break_out() {
        let uri = Uri::parse("sip:a@b").unwrap();
        let address = NameAddr::new(Some("x\" <sip:evil>\r\nA: b\\"), uri);
        assert_eq!(address.to_bytes(), b"\"x\\\" <sip:evil>A: b\\\\\" <sip:a@b>");
    }
}
