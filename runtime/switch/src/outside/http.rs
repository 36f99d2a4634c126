//! Requests, and who may reach whom.

use std::sync::Arc;

use ringfence_outside::http::{Client, Fault, MayReach, Request, Response};

use crate::authority::{self, Authority};
use crate::operation::Failure;
use crate::switch::Switch;

/// Sends a request for whoever asks for it now; each server on the way must be one that the permission
/// `http` names, by its name or by name and port.
///
/// # Errors
///
/// `Refused`, `Invalid` for what cannot be sent, `Failed` when there is no answer. An answer of any
/// status is none.
pub async fn fetch(switch: &Switch, request: Request) -> Result<Response, Failure> {
    let may_reach: MayReach = match authority::current() {
        None => Arc::new(|_, _| Ok(())),
        Some(authority) => Arc::new(move |host, port| permitted(&authority, host, port)),
    };
    Client::fetch(switch.outside(), request, may_reach).await.map_err(|fault| match fault {
        Fault::Invalid(text) => Failure::Invalid(text),
        Fault::Refused(text) => Failure::Refused(text),
        fault => Failure::Failed(fault.to_string()),
    })
}

fn permitted(authority: &Authority, host: &str, port: u16) -> Result<(), String> {
    // As entries write it: brackets are a pattern there.
    let host = host.trim_matches(['[', ']']);
    let hosts = &authority.permissions().http;
    let with_port = format!("{host}:{port}");
    if hosts.contain(host) || hosts.contain(&with_port) {
        return Ok(());
    }
    Err(authority.refuse(&format!("reach {with_port}"), &format!("http={host}")).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Names, Permissions};

    #[test]
    fn hosts_by_name_and_by_port() {
        let may = |list: &[&str], host: &str, port| {
            let http = Names(list.iter().map(|entry| (*entry).to_owned()).collect());
            let permissions = Permissions { http, ..Permissions::default() };
            permitted(&Authority::new("a.lua", "quiz", &permissions).unwrap(), host, port)
        };
        for (list, host, port) in [
            ("api.example", "api.example", 443),
            ("*.Example", "api.example", 80),
            ("*", "anything", 1),
            ("api.example:8443", "api.example", 8443),
            ("::1", "[::1]", 80),
            ("127.0.0.1:*", "127.0.0.1", 5),
        ] {
            assert_eq!(may(&[list], host, port), Ok(()), "{list} {host}");
        }
        for (list, host, port) in [
            ("api.example", "example", 80),
            ("*.example", "example", 80),
            ("api.example:8443", "api.example", 443),
            ("", "a", 80),
        ] {
            assert!(may(&[list], host, port).is_err(), "{list} {host}");
        }
        assert_eq!(
            may(&[], "a", 81),
            Err("script a.lua may not reach a:81: permission http=a is missing in profile quiz"
                .to_owned())
        );
    }
}
