//! `autoload_configs/sofia.conf.xml` and `sip_profiles/`: where SIP is listened for.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use ringfence_media::Codec;
use ringfence_media::sdp::{Capabilities, Preference};

use super::parameter::{Parameter, Settings};
use crate::xml::{Element, Fault, Place};

/// The parameters of a SIP profile.
pub const PARAMETERS: &[Parameter] = &[
    Parameter::one(
        "sip-ip",
        "127.0.0.1",
        "address",
        "Where SIP is listened for, over UDP and TCP. `0.0.0.0` and `::` take all addresses.",
    ),
    Parameter::one("sip-port", "5060", "port", "0 takes a free one, which is logged."),
    Parameter::one(
        "rtp-ip",
        "",
        "address",
        "Where audio is received; sip-ip unless set. `0.0.0.0` and `::` take the address that the INVITE came to.",
    ),
    Parameter::one(
        "ext-sip-ip",
        "",
        "address or host name",
        "What peers are told to send SIP to, behind NAT.",
    ),
    Parameter::one(
        "ext-rtp-ip",
        "",
        "address",
        "What peers are told to send audio to, behind NAT.",
    ),
    Parameter::one("context", "default", "text", "The dialplan context of calls that come here."),
    Parameter::one("dialplan", "XML", "text", "The dialplans that calls are routed by."),
    Parameter::one(
        "inbound-codec-prefs",
        "PCMU,PCMA",
        "codecs",
        "What an INVITE may be answered with.",
    ),
    Parameter::one(
        "outbound-codec-prefs",
        "PCMU,PCMA",
        "codecs",
        "What is offered, in this order.",
    ),
    Parameter::one(
        "codec-prefs",
        "",
        "codecs",
        "Sets both inbound-codec-prefs and outbound-codec-prefs.",
    ),
    Parameter::one(
        "inbound-codec-negotiation",
        "generous",
        "generous or greedy",
        "Whose order of codecs decides in an answer: the caller's (generous) or ours (greedy).",
    ),
    Parameter::one(
        "dtmf-type",
        "rfc2833",
        "rfc2833, info or none",
        "How keys travel: as RTP events (RFC 4733), or as SIP INFO only.",
    ),
    Parameter::one(
        "rfc2833-pt",
        "101",
        "96 to 127",
        "The payload type that RTP events are offered with.",
    ),
    Parameter::one(
        "user-agent-string",
        "",
        "text",
        "The header User-Agent; `Ringfence/version` unless set.",
    ),
    Parameter::one(
        "rtp-timeout-sec",
        "0",
        "seconds",
        "Hangs up with MEDIA_TIMEOUT when no audio comes for so long; 0 does not.",
    ),
];

const IGNORED: &[&str] = &[
    "accept-blind-auth",
    "accept-blind-reg",
    "aggressive-nat-detection",
    "apply-inbound-acl",
    "apply-nat-acl",
    "auth-all-packets",
    "auth-calls",
    "auth-subscriptions",
    "challenge-realm",
    "debug",
    "disable-transcoding",
    "enable-timer",
    "enable-100rel",
    "force-publish-expires",
    "force-register-db-domain",
    "force-register-domain",
    "force-subscription-domain",
    "forward-unsolicited-mwi-notify",
    "hold-music",
    "inbound-late-negotiation",
    "inbound-reg-force-matching-username",
    "inbound-zrtp-passthru",
    "liberal-dtmf",
    "local-network-acl",
    "log-auth-failures",
    "manage-presence",
    "manage-shared-appearance",
    "nat-options-ping",
    "nonce-ttl",
    "presence-hosts",
    "presence-privacy",
    "record-path",
    "record-template",
    "rfc2833-pt-in",
    "rtp-hold-timeout-sec",
    "rtp-timer-name",
    "shutdown-on-fail",
    "sip-trace",
    "sip-capture",
    "sip-options-respond-503-on-busy",
    "tls",
    "tls-bind-params",
    "tls-cert-dir",
    "tls-only",
    "tls-sip-port",
    "tls-verify-date",
    "tls-verify-policy",
    "tls-version",
    "track-calls",
    "unregister-on-options-fail",
    "watchdog-enabled",
    "watchdog-event-timeout",
    "watchdog-step-timeout",
    "ws-binding",
    "wss-binding",
    "all-reg-options-ping",
    "auto-jitterbuffer-msec",
    "bind-params",
    "caller-id-type",
    "contact-user",
    "db-odbc-dsn",
    "delete-subs-on-register",
    "disable-register",
    "disable-transfer",
    "extended-info-parsing",
    "enable-rfc-5626",
    "force-rport",
    "inbound-bypass-media",
    "inbound-proxy-media",
    "media-option",
    "minimum-session-expires",
    "multiple-registrations",
    "NDLB-broken-auth-hash",
    "NDLB-force-rport",
    "NDLB-received-in-nat-reg-contact",
    "outbound-proxy",
    "p-asserted-id-parse",
    "pass-rfc2833",
    "rtp-autofix-timing",
    "rtp-autoflush-during-bridge",
    "rtp-rewrite-timestamps",
    "send-message-query-on-register",
    "session-timeout",
    "sip-expires-max-deviation",
    "timer-T1",
    "timer-T1X64",
    "timer-T2",
    "timer-T4",
    "user-agent-filter",
    "vad",
];

/// A SIP profile.
#[derive(Clone, Debug)]
pub struct SipProfile {
    /// Its name: `internal`.
    pub name: String,
    /// Where SIP is listened for, over UDP and TCP.
    pub listen: SocketAddr,
    /// Where audio is received; unspecified takes the address that the INVITE came to.
    pub rtp_ip: IpAddr,
    /// What peers are told to send SIP to.
    pub ext_sip_ip: Option<String>,
    /// What peers are told to send audio to.
    pub ext_rtp_ip: Option<IpAddr>,
    /// The dialplan context of calls that come here.
    pub context: String,
    /// The dialplans that calls are routed by.
    pub dialplan: String,
    /// What an INVITE may be answered with.
    pub inbound_codecs: Vec<Codec>,
    /// What is offered.
    pub outbound_codecs: Vec<Codec>,
    /// Whose order of codecs decides in an answer.
    pub preference: Preference,
    /// The payload type of RTP events; none sends keys as SIP INFO only.
    pub dtmf: Option<u8>,
    /// The header User-Agent.
    pub user_agent: Option<String>,
    /// Without audio for so many seconds, the call ends; 0 waits for ever.
    pub rtp_timeout: u64,
    /// Where the profile stands.
    pub place: Place,
}

impl SipProfile {
    /// The address that audio of a call is received at, when the call's SIP came to `local`.
    #[must_use]
    pub const fn media_address(&self, local: IpAddr) -> IpAddr {
        if self.rtp_ip.is_unspecified() { local } else { self.rtp_ip }
    }

    /// What a peer is told to send audio to, when it is received at `local`.
    #[must_use]
    pub fn advertised_media(&self, local: SocketAddr) -> SocketAddr {
        match self.ext_rtp_ip {
            // A public IPv4 address says nothing about an IPv6 socket.
            Some(address) if address.is_ipv4() == local.is_ipv4() => {
                SocketAddr::new(address, local.port())
            }
            _ => local,
        }
    }

    /// What an INVITE may be answered with.
    #[must_use]
    pub fn capabilities(&self) -> Capabilities {
        Capabilities {
            codecs: self.inbound_codecs.clone(),
            dtmf: self.dtmf,
            preference: self.preference,
            ..Capabilities::default()
        }
    }

    /// What is offered.
    #[must_use]
    pub fn outbound_capabilities(&self) -> Capabilities {
        Capabilities { codecs: self.outbound_codecs.clone(), ..self.capabilities() }
    }

    fn read(element: &Element, faults: &mut Vec<Fault>) -> Option<Self> {
        let Some(name) = element.attribute("name").filter(|name| !name.is_empty()) else {
            faults.push(Fault::error(element.place.clone(), "a SIP <profile> needs a name"));
            return None;
        };
        super::known_children(element, &["settings", "aliases", "gateways", "domains"], faults);
        let settings = Settings::read(element.child("settings"), PARAMETERS, IGNORED, faults);
        let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let any = |_: &IpAddr| true;
        let sip_ip = settings.parsed("sip-ip", "an IP address", any, faults).unwrap_or(loopback);
        let port =
            settings.parsed("sip-port", "a port from 0 to 65535", |_| true, faults).unwrap_or(5060);
        let both = codecs(&settings, "codec-prefs", faults);
        let inbound = codecs(&settings, "inbound-codec-prefs", faults);
        let outbound = codecs(&settings, "outbound-codec-prefs", faults);
        let dtmf_type = settings.text("dtmf-type").unwrap_or_default().to_ascii_lowercase();
        if !["rfc2833", "rfc4733", "info", "none"].contains(&dtmf_type.as_str())
            && let Some(place) = settings.place("dtmf-type")
        {
            let message = format!("dtmf-type=\"{dtmf_type}\" is not rfc2833, info or none");
            faults.push(Fault::error(place.clone(), message).so("rfc2833 holds"));
        }
        let negotiation = settings.text("inbound-codec-negotiation").unwrap_or_default();
        if !["generous", "greedy", "scrooge"].contains(&negotiation.to_ascii_lowercase().as_str())
            && let Some(place) = settings.place("inbound-codec-negotiation")
        {
            let message =
                format!("inbound-codec-negotiation=\"{negotiation}\" is not generous or greedy");
            faults.push(Fault::error(place.clone(), message).so("generous holds"));
        }
        let payload =
            settings.parsed("rfc2833-pt", "96 to 127", |n| (96..=127).contains(n), faults);
        Some(Self {
            name: name.to_owned(),
            listen: SocketAddr::new(sip_ip, port),
            rtp_ip: settings.parsed("rtp-ip", "an IP address", any, faults).unwrap_or(sip_ip),
            ext_sip_ip: settings.text("ext-sip-ip"),
            ext_rtp_ip: settings.parsed("ext-rtp-ip", "an IP address", any, faults),
            context: settings.text("context").unwrap_or_else(|| "default".to_owned()),
            dialplan: settings.text("dialplan").unwrap_or_else(|| "XML".to_owned()),
            inbound_codecs: both.clone().unwrap_or(inbound.unwrap_or_else(g711)),
            outbound_codecs: both.unwrap_or(outbound.unwrap_or_else(g711)),
            preference: if negotiation.eq_ignore_ascii_case("generous") || negotiation.is_empty() {
                Preference::Offer
            } else {
                Preference::Own
            },
            dtmf: payload.filter(|_| !matches!(dtmf_type.as_str(), "info" | "none")),
            user_agent: settings.text("user-agent-string"),
            rtp_timeout: settings
                .parsed("rtp-timeout-sec", "a number of seconds", |_| true, faults)
                .unwrap_or(0),
            place: element.place.clone(),
        })
    }
}

fn g711() -> Vec<Codec> {
    vec![Codec::Pcmu, Codec::Pcma]
}

/// A list of codecs; those that are not here are told. None when nothing usable is left.
fn codecs(
    settings: &Settings<'_>,
    name: &'static str,
    faults: &mut Vec<Fault>,
) -> Option<Vec<Codec>> {
    let text = settings.text(name)?;
    let place = settings.place(name);
    let mut found = Vec::new();
    for item in text.split(',').map(str::trim).filter(|item| !item.is_empty()) {
        // `PCMU@8000h@20i` names rate and packet time too; G.711 has one rate.
        let codec = item.split('@').next().unwrap_or_default();
        match Codec::from_name(codec) {
            Some(codec) if !found.contains(&codec) => found.push(codec),
            Some(_) => {}
            None => {
                if let Some(place) = place {
                    let message = format!(
                        "{name}: the codec {item} is not supported and left out; there are PCMU and PCMA"
                    );
                    faults.push(Fault::warning(place.clone(), message));
                }
            }
        }
    }
    if found.is_empty() {
        if let Some(place) = place {
            let message = format!("{name}=\"{text}\" leaves no codec");
            faults.push(Fault::error(place.clone(), message).so("PCMU and PCMA hold"));
        }
        return None;
    }
    Some(found)
}

/// Reads all profiles; of two with one name or one address the first is taken.
pub(super) fn profiles(element: Option<&Element>, faults: &mut Vec<Fault>) -> Vec<Arc<SipProfile>> {
    let Some(element) = element else { return Vec::new() };
    super::known_children(element, &["global_settings", "profiles"], faults);
    let mut found: Vec<Arc<SipProfile>> = Vec::new();
    for child in element.children_named("profiles").flat_map(|list| list.children.iter()) {
        if child.name != "profile" {
            faults.push(Fault::warning(
                child.place.clone(),
                format!("<{}> is ignored: <profiles> holds <profile> only", child.name),
            ));
            continue;
        }
        let Some(profile) = SipProfile::read(child, faults) else { continue };
        if let Some(first) = found.iter().find(|other| other.name == profile.name) {
            let message =
                format!("a second SIP profile {}; the first is {}", profile.name, first.place);
            faults.push(Fault::error(child.place.clone(), message));
            continue;
        }
        let taken =
            |other: &&Arc<SipProfile>| profile.listen.port() != 0 && other.listen == profile.listen;
        if let Some(first) = found.iter().find(taken) {
            let message =
                format!("{} is already listened at by the profile {}", profile.listen, first.name);
            faults.push(Fault::error(child.place.clone(), message));
            continue;
        }
        found.push(Arc::new(profile));
    }
    found
}
