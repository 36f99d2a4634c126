//! From a dial string to an INVITE.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};
use std::sync::Arc;

use ringfence_media::sdp::{Direction as SdpDirection, Negotiation};
use ringfence_sip::wire::{NameAddr, Uri};
use ringfence_sip::{Body, CallEvent, Invite, InviteError};
use ringfence_text::percent;
use tokio::sync::mpsc;

use crate::cause::Cause;
use crate::channel::MediaState;
use crate::config::SipProfile;
use crate::endpoint::sip::{SipLeg, variables};
use crate::originate::NotCalled;
use crate::profile::CallerProfile;
use crate::switch::Switch;
use crate::variable::Variables;

/// What to call: `sofia/internal/1000@192.0.2.7:5070` after `sofia/`.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) profile: Arc<SipProfile>,
    pub(crate) uri: Uri,
}

/// Reads `profile/user@host` or `profile/sip:user@host`.
///
/// # Errors
///
/// The cause that `originate` answers.
pub(crate) fn parse(switch: &Switch, text: &str) -> Result<Target, NotCalled> {
    let (profile, address) = text.split_once('/').unwrap_or((text, ""));
    let not = |cause, why: String| Err(NotCalled::new(cause, why));
    if profile == "gateway" {
        let why = "there are no gateways here; name a profile, as sofia/external/number@host";
        return not(Cause::INVALID_GATEWAY, why.to_owned());
    }
    let Some(profile) = switch.configuration().sip_profile(profile) else {
        return not(Cause::INVALID_PROFILE, format!("there is no SIP profile {profile:?}"));
    };
    if address.is_empty() {
        let why = "nobody registers here; expected profile/user@host".to_owned();
        return not(Cause::USER_NOT_REGISTERED, why);
    }
    let text = match address.get(..4) {
        Some(start) if start.eq_ignore_ascii_case("sip:") => address.to_owned(),
        _ => format!("sip:{address}"),
    };
    let uri = Uri::parse(&text)
        .map_err(|why| NotCalled::new(Cause::INVALID_URL, format!("{text}: {why}")))?;
    if uri.host().is_none_or(|host| host.is_empty()) {
        return not(Cause::INVALID_URL, format!("{text} names no host"));
    }
    Ok(Target { profile, uri })
}

/// What an INVITE that was sent leaves with the channel.
pub(crate) struct Sent {
    pub(crate) leg: SipLeg,
    pub(crate) media: MediaState,
    pub(crate) events: mpsc::Receiver<CallEvent>,
}

/// Sends the INVITE with our offer.
///
/// # Errors
///
/// The cause that `originate` answers, with its reason.
pub(crate) fn invite(
    switch: &Switch,
    target: &Target,
    caller: &CallerProfile,
    variables: &Variables,
    max_forwards: u8,
) -> Result<Sent, NotCalled> {
    let Some(stack) = switch.sip() else {
        return Err(NotCalled::new(Cause::INVALID_PROFILE, "there is no SIP in this process"));
    };
    let media_address = target.profile.media_address(local_towards(switch, target));
    let (stream, events) = switch.media().open(media_address).map_err(|error| {
        NotCalled::new(Cause::NORMAL_TEMPORARY_FAILURE, format!("no media: {error}"))
    })?;
    let local = target.profile.advertised_media(stream.local());
    let mut negotiation = Negotiation::new(target.profile.outbound_capabilities(), local);
    let offer = negotiation.offer(SdpDirection::SendRecv);
    let (name, number) = shown(caller);
    let host = bracketed(local.ip());
    let user = if number.is_empty() { "ringfence" } else { number };
    let from = Uri::parse(&format!("sip:{}@{host}", escaped(user))).map_err(|why| {
        NotCalled::new(Cause::INVALID_NUMBER_FORMAT, format!("the caller id {number:?}: {why}"))
    })?;
    let mut headers = variables::headers_of(variables);
    if hides(&caller.privacy_hide_number) {
        headers.push(("Privacy".to_owned(), "id".to_owned()));
    }
    let invite = Invite {
        profile: target.profile.name.clone(),
        target: target.uri.to_string(),
        from: NameAddr::new(Some(name).filter(|name| !name.is_empty()), from),
        to: None,
        headers,
        body: Some(Body::sdp(offer.clone())),
        proxy: variables.text("sip_route_uri").map(|uri| uri.into_owned()),
        max_forwards,
    };
    let (call, call_events) = stack.invite(invite).map_err(|error| {
        let cause = match &error {
            InviteError::Profile(_) => Cause::INVALID_PROFILE,
            InviteError::Target { .. } => Cause::INVALID_URL,
            InviteError::Header { .. } => Cause::INVALID_MSG_UNSPECIFIED,
            InviteError::Limit(_) | InviteError::Shutdown => Cause::SWITCH_CONGESTION,
        };
        NotCalled::new(cause, error.to_string())
    })?;
    let leg = SipLeg {
        call,
        profile: Arc::clone(&target.profile),
        media: media_address,
        offer: None,
        negotiation: Some(negotiation),
        offered: true,
        agreed: false,
    };
    let media = MediaState {
        stream: Some(stream),
        events: Some(events),
        local_sdp: Some(offer),
        ..MediaState::default()
    };
    Ok(Sent { leg, media, events: call_events })
}

/// The name and number that the far end is shown: the caller's, unless it hides them (RFC 3323).
fn shown(caller: &CallerProfile) -> (&str, &str) {
    let CallerProfile { caller_id_name, caller_id_number, .. } = caller;
    let (name, number) = (hides(&caller.privacy_hide_name), hides(&caller.privacy_hide_number));
    // A name that is the number would tell it.
    let name = name || (number && caller_id_name == caller_id_number);
    (
        if name { "Anonymous" } else { caller_id_name },
        if number { "anonymous" } else { caller_id_number },
    )
}

fn hides(field: &str) -> bool {
    field == "true"
}

/// The address of ours that the target's answers reach: what the profile listens on, or what the
/// route to the target goes out from when that is any address.
fn local_towards(switch: &Switch, target: &Target) -> IpAddr {
    let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let Some(stack) = switch.sip() else { return loopback };
    let bound = stack.bound();
    let listening = bound.iter().find(|bound| *bound.profile == *target.profile.name);
    match listening.map(|bound| bound.address.ip()) {
        Some(ip) if ip.is_unspecified() => route(ip, target.uri.ip()).unwrap_or(loopback),
        Some(ip) => ip,
        None => loopback,
    }
}

/// Where a datagram to `to` would leave from. Nothing is sent. A host name is not looked up (that
/// would wait); the default route stands for it.
fn route(any: IpAddr, to: Option<IpAddr>) -> Option<IpAddr> {
    let default = match any {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)),
    };
    let to = to.filter(|to| to.is_ipv4() == any.is_ipv4()).unwrap_or(default);
    let socket = UdpSocket::bind((any, 0)).ok()?;
    socket.connect((to, 9)).ok()?;
    socket.local_addr().ok().map(|address| address.ip())
}

fn bracketed(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    }
}

/// A user part as a URI may have it (RFC 3261 §25.1).
fn escaped(user: &str) -> String {
    let stays = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.!~*'()&=+$,;?/".contains(&byte);
    let mut escaped = String::with_capacity(user.len());
    percent::escape(user, stays, &mut escaped);
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_route_to_loopback_is_loopback() {
        let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
        assert_eq!(route(IpAddr::V4(Ipv4Addr::UNSPECIFIED), Some(loopback)), Some(loopback));
    }

    #[test]
    fn a_caller_may_hide_name_and_number() {
        let mut caller = CallerProfile {
            caller_id_name: "Alice".into(),
            caller_id_number: "1000".into(),
            ..CallerProfile::default()
        };
        assert_eq!(shown(&caller), ("Alice", "1000"));
        caller.privacy_hide_name = "true".into();
        assert_eq!(shown(&caller), ("Anonymous", "1000"));
        caller.privacy_hide_name = "false".into();
        caller.privacy_hide_number = "true".into();
        assert_eq!(shown(&caller), ("Alice", "anonymous"));
        caller.caller_id_name = "1000".into();
        assert_eq!(shown(&caller), ("Anonymous", "anonymous"));
    }

    #[test]
    fn a_caller_id_cannot_break_out_of_its_uri() {
        assert_eq!(escaped("1000"), "1000");
        assert_eq!(escaped("a@b>\r\nX: y"), "a%40b%3E%0D%0AX%3A%20y");
    }
}
