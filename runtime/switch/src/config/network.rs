//! `autoload_configs/acl.conf.xml`: lists of networks by name.
//!
//! ```xml
//! <configuration name="acl.conf">
//!   <network-lists>
//!     <list name="offices" default="deny">
//!       <node type="allow" cidr="192.0.2.0/24"/>
//!     </list>
//!   </network-lists>
//! </configuration>
//! ```

use std::net::IpAddr;

use crate::xml::{Element, Fault};

/// The addresses that begin as one does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Cidr {
    address: u128,
    mask: u128,
}

impl Cidr {
    /// Reads `192.0.2.0/24`, `2001:db8::/32`, or one address.
    fn parse(text: &str) -> Option<Self> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length.trim().parse::<u32>().ok()?)),
            None => (text, None),
        };
        let address: IpAddr = address.trim().parse().ok()?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let length = length.unwrap_or(bits);
        if length > bits {
            return None;
        }
        // IPv4 stands where IPv6 maps it to, behind 96 bits.
        let length = 128 - bits + length;
        let mask = if length == 0 { 0 } else { u128::MAX << (128 - length) };
        Some(Self { address: mapped(address) & mask, mask })
    }

    const fn contains(self, address: u128) -> bool {
        address & self.mask == self.address
    }
}

fn mapped(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// Who is in and who is out.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Network {
    /// What holds for an address that no node has.
    others: bool,
    /// The last node that has an address decides.
    nodes: Vec<(Cidr, bool)>,
}

impl Network {
    /// This machine.
    #[must_use]
    pub fn loopback() -> Self {
        Self::of(&["127.0.0.0/8", "::1/128"])
    }

    fn of(networks: &[&str]) -> Self {
        let nodes = networks.iter().filter_map(|text| Cidr::parse(text));
        Self { others: false, nodes: nodes.map(|cidr| (cidr, true)).collect() }
    }

    /// Whether that address is in; an IPv4 address that IPv6 wraps counts as itself.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = mapped(address);
        let node = self.nodes.iter().rev().find(|(cidr, _)| cidr.contains(address));
        node.map_or(self.others, |(_, allowed)| *allowed)
    }
}

/// All lists by name.
#[derive(Clone, Debug, Default)]
pub struct Networks(Vec<(String, Network)>);

impl Networks {
    pub(super) fn read(element: Option<&Element>, faults: &mut Vec<Fault>) -> Self {
        let mut lists = Vec::new();
        if let Some(element) = element {
            super::known_children(element, &["network-lists"], faults);
        }
        let all = element.into_iter().flat_map(|element| element.children_named("network-lists"));
        for list in all.flat_map(|lists| lists.children_named("list")) {
            let Some(name) = list.attribute("name").filter(|name| !name.is_empty()) else {
                faults.push(Fault::error(list.place.clone(), "<list> needs a name"));
                continue;
            };
            super::known_children(list, &["node"], faults);
            let others = allowed(list, "default", false, faults);
            let mut nodes = Vec::new();
            for node in list.children_named("node") {
                let allow = allowed(node, "type", true, faults);
                match node.attribute("cidr").and_then(Cidr::parse) {
                    Some(cidr) => nodes.push((cidr, allow)),
                    None => {
                        let message =
                            "<node> needs cidr=\"…\", an address or a network as 192.0.2.0/24";
                        let fault = Fault::error(node.place.clone(), message);
                        faults.push(fault.so("it is left out"));
                    }
                }
            }
            lists.push((name.to_owned(), Network { others, nodes }));
        }
        Self(lists)
    }

    /// The list of that name, one of FreeSWITCH's own, or the network that the name is.
    ///
    /// # Errors
    ///
    /// It is none of these; the text says what would be.
    pub fn find(&self, name: &str) -> Result<Network, String> {
        if let Some((_, network)) = self.0.iter().find(|(known, _)| known == name) {
            return Ok(network.clone());
        }
        Ok(match name {
            "loopback.auto" => Network::loopback(),
            "rfc1918.auto" => Network::of(&["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"]),
            "any_v4.auto" => Network::of(&["0.0.0.0/0"]),
            "any_v6.auto" => Network {
                others: true,
                // Everything but what is IPv4.
                nodes: Cidr::parse("0.0.0.0/0").map(|cidr| (cidr, false)).into_iter().collect(),
            },
            _ => match Cidr::parse(name) {
                Some(cidr) => Network { others: false, nodes: vec![(cidr, true)] },
                None => {
                    return Err("acl.conf.xml has no such list, and it is no network as 192.0.2.0/24 \
                                (there are also loopback.auto, rfc1918.auto, any_v4.auto, any_v6.auto)"
                        .to_owned());
                }
            },
        })
    }
}

fn allowed(element: &Element, attribute: &str, default: bool, faults: &mut Vec<Fault>) -> bool {
    match element.attribute(attribute) {
        None => default,
        Some("allow" | "true") => true,
        Some("deny" | "false") => false,
        Some(other) => {
            let message = format!("{attribute}=\"{other}\" is neither allow nor deny");
            faults.push(Fault::error(element.place.clone(), message).so("deny holds"));
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::variable::Variables;

    fn networks(text: &str) -> (Networks, Vec<Fault>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("acl.conf.xml");
        std::fs::write(&path, text).unwrap();
        let mut faults = Vec::new();
        let tree = crate::xml::load(&path, &mut Variables::new(), &mut faults).unwrap();
        (Networks::read(Some(&tree), &mut faults), faults)
    }

    #[test]
    fn the_last_node_that_fits_decides() {
        let (networks, faults) = networks(
            r#"<configuration><network-lists><list name="lan" default="deny">
                 <node type="allow" cidr="10.0.0.0/8"/><node type="deny" cidr="10.1.0.0/16"/>
                 <node type="allow" cidr="2001:db8::/32"/>
               </list></network-lists></configuration>"#,
        );
        assert!(faults.is_empty(), "{faults:?}");
        let lan = networks.find("lan").unwrap();
        for (address, inside) in [
            ("10.2.3.4", true),
            ("::ffff:10.2.3.4", true),
            ("10.1.2.3", false),
            ("11.0.0.1", false),
            ("2001:db8::9", true),
            ("::1", false),
        ] {
            assert_eq!(lan.contains(address.parse().unwrap()), inside, "{address}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_and_lets_nobody_in() {
        let (networks, faults) = networks(
            r#"<configuration><network-lists><list name="lan" default="perhaps">
                 <node type="allow" cidr="10.0.0.0/99"/></list></network-lists></configuration>"#,
        );
        assert_eq!(faults.len(), 2, "{faults:?}");
        assert!(!networks.find("lan").unwrap().contains("10.0.0.1".parse().unwrap()));
        assert!(networks.find("nolist").unwrap_err().contains("acl.conf.xml"));
    }

    #[test]
    fn a_network_stands_for_itself() {
        let networks = Networks::default();
        let contains = |name: &str, address: &str| {
            networks.find(name).unwrap().contains(address.parse().unwrap())
        };
        assert!(contains("192.0.2.0/24", "192.0.2.77") && !contains("192.0.2.0/24", "192.0.3.1"));
        assert!(contains("192.0.2.1", "192.0.2.1") && contains("any_v4.auto", "8.8.8.8"));
        assert!(contains("any_v6.auto", "2001:db8::1") && !contains("any_v6.auto", "127.0.0.1"));
        assert!(contains("0.0.0.0/0", "1.2.3.4") && !contains("0.0.0.0/0", "2001:db8::1"));
    }
}
