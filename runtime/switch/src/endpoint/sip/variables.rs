//! What a SIP message tells a channel: the `sip_*` variables and the caller profile.
//!
//! What the far end chose is made [`inert`]: a display name `${system(…)}` would otherwise be a command
//! as soon as the dialplan logs who calls.

use std::net::SocketAddr;

use ringfence_sip::wire::{NameAddr, Request, Response, Uri};
use ringfence_sip::{Headers, Invitation};

use crate::authority::inert;
use crate::config::SipProfile;
use crate::profile::CallerProfile;
use crate::session::Session;
use crate::variable::Variables;

/// Headers that become `sip_h_*` variables at most; FreeSWITCH takes all, which a caller can abuse.
const MAX_HEADERS: usize = 64;

/// Sets a variable whose name is ours; a value that is empty sets nothing.
fn set(variables: &mut Variables, name: &str, value: impl Into<String>) {
    let value = value.into();
    if !value.is_empty() {
        let _ = variables.set(name, inert(&value).into_owned());
    }
}

/// The caller profile of an INVITE that came to `profile`.
pub(super) fn profile(invitation: &Invitation, profile: &SipProfile) -> CallerProfile {
    let request = &invitation.request;
    let from = request.from();
    let number = from.as_ref().and_then(|from| from.uri.user()).unwrap_or_default();
    let number = inert(&number).into_owned();
    let name = from.as_ref().and_then(|from| from.display.as_deref());
    let name = name.map_or_else(|| number.clone(), |name| inert(name).into_owned());
    let screened = request.header("Privacy").is_none();
    CallerProfile {
        username: number.clone(),
        dialplan: profile.dialplan.clone(),
        caller_id_name: name.clone(),
        caller_id_number: number.clone(),
        orig_caller_id_name: name,
        orig_caller_id_number: number.clone(),
        ani: number,
        network_addr: invitation.source.ip().to_string(),
        destination_number: inert(&request.uri().user().unwrap_or_default()).into_owned(),
        source: "mod_sofia".to_owned(),
        context: profile.context.clone(),
        screen_bit: screened.to_string(),
        privacy_hide_name: (!screened).to_string(),
        privacy_hide_number: (!screened).to_string(),
        ..CallerProfile::default()
    }
}

/// `sofia/internal/1000@192.0.2.1`.
pub(super) fn channel_name(profile: &SipProfile, address: Option<&NameAddr>) -> String {
    match address {
        Some(address) => format!("sofia/{}/{}", profile.name, inert(&bare(&address.uri))),
        None => format!("sofia/{}/unknown", profile.name),
    }
}

/// `user@host:port`.
fn bare(uri: &Uri) -> String {
    let host = uri.host().unwrap_or_default();
    let host = if host.contains(':') { format!("[{host}]") } else { host };
    let user = uri.user().map(|user| format!("{user}@")).unwrap_or_default();
    let port = uri.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{user}{host}{port}")
}

/// `sip_from_user`, `sip_from_uri` …
fn set_address(variables: &mut Variables, which: &str, uri: &Uri) {
    set(variables, &format!("sip_{which}_user"), uri.user().unwrap_or_default());
    if let Some(port) = uri.port() {
        set(variables, &format!("sip_{which}_port"), port.to_string());
    }
    set(variables, &format!("sip_{which}_uri"), bare(uri));
    set(variables, &format!("sip_{which}_host"), uri.host().unwrap_or_default());
}

/// The variables of an INVITE that came, in FreeSWITCH's order; `now` in microseconds since 1970.
pub(super) fn of_invitation(
    variables: &mut Variables,
    invitation: &Invitation,
    profile: &SipProfile,
    (number, now): (u64, u64),
    uuid: &str,
) {
    let request = &invitation.request;
    let source = invitation.source;
    set(variables, "direction", "inbound");
    set(variables, "uuid", uuid);
    set(variables, "session_id", number.to_string());
    if let Some(from) = request.from() {
        set_address(variables, "from", &from.uri);
        set(variables, "sip_from_display", from.display.clone().unwrap_or_default());
        set(variables, "sip_from_tag", from.tag().unwrap_or_default());
        set(variables, "channel_name", channel_name(profile, Some(&from)));
    }
    set(variables, "sip_local_network_addr", invitation.local.ip().to_string());
    set_source(variables, source);
    set(variables, "sip_via_protocol", invitation.transport.parameter());
    set(variables, "sip_invite_stamp", now.to_string());
    set(variables, "sofia_profile_name", profile.name.as_str());
    set_address(variables, "req", &request.uri());
    if let Some(to) = request.to() {
        set_address(variables, "to", &to.uri);
    }
    if let Some(contact) = request.contact() {
        set_address(variables, "contact", &contact.uri);
    }
    set(variables, "sip_call_id", request.call_id());
    for (name, header) in
        [("sip_full_via", "Via"), ("sip_full_from", "From"), ("sip_full_to", "To")]
    {
        set(variables, name, request.header(header).unwrap_or_default());
    }
    set_via(variables, request);
    let cseq = request.header("CSeq").unwrap_or_default();
    set(variables, "sip_cseq", cseq.split(' ').next().unwrap_or_default());
    set(variables, "sip_user_agent", request.user_agent().unwrap_or_default());
    set(variables, "max_forwards", request.header("Max-Forwards").unwrap_or_default());
    if let Some(offer) = request.sdp() {
        set(variables, "switch_r_sdp", ringfence_text::decode(&offer).into_owned());
    }
    set_headers(variables, request);
}

/// What a response to a call that we made tells.
pub(super) fn note_response(session: &Session, response: &Response) {
    let mut shared = session.0.shared.lock();
    let variables = &mut shared.variables;
    for (name, header) in
        [("sip_full_from", "From"), ("sip_full_to", "To"), ("sip_full_via", "Via")]
    {
        set(variables, name, response.header(header).unwrap_or_default());
    }
    if let Some(to) = response.to() {
        set_address(variables, "to", &to.uri);
    }
    if let Some(from) = response.from() {
        set_address(variables, "from", &from.uri);
        set(variables, "sip_from_display", from.display.clone().unwrap_or_default());
    }
    if let Some(contact) = response.contact() {
        set_address(variables, "contact", &contact.uri);
    }
    set(variables, "sip_user_agent", response.header("User-Agent").unwrap_or_default());
    let cseq = response.header("CSeq").unwrap_or_default();
    set(variables, "sip_cseq", cseq.split(' ').next().unwrap_or_default());
    if let Some(answer) = response.sdp() {
        set(variables, "switch_r_sdp", ringfence_text::decode(&answer).into_owned());
    }
}

/// Where the topmost Via says that the request comes from: `SIP/2.0/UDP host:port;branch=…`.
fn set_via(variables: &mut Variables, request: &Request) {
    let via = request.header("Via").unwrap_or_default();
    let sent_by = via.split(';').next().and_then(|first| first.trim().split(' ').nth(1));
    let Some(sent_by) = sent_by else { return };
    // A colon within brackets is a part of an IPv6 address.
    match sent_by
        .rsplit_once(':')
        .filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()))
    {
        Some((host, port)) => {
            set(variables, "sip_via_host", host);
            set(variables, "sip_via_port", port);
        }
        None => set(variables, "sip_via_host", sent_by),
    }
}

fn set_source(variables: &mut Variables, source: SocketAddr) {
    let (ip, port) = (source.ip().to_string(), source.port().to_string());
    set(variables, "sip_network_ip", ip.as_str());
    set(variables, "sip_network_port", port.as_str());
    set(variables, "sip_received_ip", ip);
    set(variables, "sip_received_port", port);
}

/// Headers that scripts ask for: all `X-*` and `P-*`, and a few by name.
fn set_headers(variables: &mut Variables, request: &Request) {
    let wanted = |name: &str| {
        name.get(..2).is_some_and(|start| {
            start.eq_ignore_ascii_case("X-") || start.eq_ignore_ascii_case("P-")
        }) || [
            "Diversion",
            "Subject",
            "User-to-User",
            "Reason",
            "Call-Info",
            "Privacy",
            "Alert-Info",
        ]
        .iter()
        .any(|known| known.eq_ignore_ascii_case(name))
    };
    let headers = request.headers().filter(|(name, _)| wanted(name)).take(MAX_HEADERS);
    for (name, value) in headers {
        set(variables, &format!("sip_h_{name}"), value.into_owned());
    }
}

/// Headers of an INVITE we send, from variables named `sip_h_*`.
pub(super) fn headers_of(variables: &Variables) -> Headers {
    variables
        .iter()
        .filter_map(|(name, value)| {
            let header = name.get(6..).filter(|_| {
                name.get(..6).is_some_and(|start| start.eq_ignore_ascii_case("sip_h_"))
            })?;
            Some((header.to_owned(), value.text().into_owned()))
        })
        .take(MAX_HEADERS)
        .collect()
}
