//! Writing descriptions.
use std::net::IpAddr;
pub(super) fn with_origin(id: u64, version: u64, ip: IpAddr, body: &str) -> String {
    format!("v=0\r\no=- {id} {version} IN IP4 {ip}\r\n{body}")
}
