//! `sofia`, `sofia_contact`, `sofia_count_reg`: the SIP profiles as FreeSWITCH's mod_sofia shows them.
//!
//! There is no registrar and there are no gateways, so these lists are empty.

use std::sync::Arc;

use super::split::arguments;
use super::{Command, CommandContext};
use crate::config::SipProfile;
use crate::endpoint::profile_of;
use crate::switch::Switch;

const SYNTAX: &str = "<status|xmlstatus> [profile <name>|gateway <name>] | profile <name> rescan";

const RULE: &str = "=================================================================================================\n";

pub(super) fn table() -> Vec<Command> {
    vec![
        Command::new(
            "sofia",
            SYNTAX,
            "Sofia Controls",
            "`sofia status` lists the SIP profiles with their addresses and calls, `sofia status profile \
             <name>` shows one; `sofia status gateway` and `… reg` are empty: there are no gateways and \
             no registrar. `xmlstatus` does the same as XML. `sofia profile <name> rescan` reads the \
             configuration again, as `reloadxml`; profiles are started and stopped with the server.",
            sofia,
        ),
        Command::new(
            "sofia_contact",
            "[profile/]<user>@<domain>",
            "Sofia Contacts",
            "How a registered user is called. There is no registrar: always \
             `error/user_not_registered`.",
            async |_: CommandContext, _: String| "error/user_not_registered".to_owned(),
        ),
        Command::new(
            "sofia_count_reg",
            "[profile/]<user>@<domain>",
            "Count Sofia registration",
            "How often a user is registered. There is no registrar: always 0.",
            async |_: CommandContext, _: String| "0".to_owned(),
        ),
    ]
}

async fn sofia(context: CommandContext, text: String) -> String {
    let words = arguments(&text, 5);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let switch = &context.switch;
    match words.as_slice() {
        ["status"] => status(switch),
        ["xmlstatus"] => xml_status(switch),
        ["status", "gateway" | "profile"] => gateways(),
        ["xmlstatus", "gateway"] => {
            "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<gateways>\n</gateways>\n".to_owned()
        }
        ["status" | "xmlstatus", "gateway", _] => "Invalid Gateway!\n".to_owned(),
        [verb @ ("status" | "xmlstatus"), "profile", name, rest @ ..] => {
            match switch.configuration().sip_profile(name) {
                None => "Invalid Profile!\n".to_owned(),
                Some(_) if !rest.is_empty() => registrations(),
                Some(profile) if *verb == "status" => one(switch, &profile),
                Some(profile) => xml_one(switch, &profile),
            }
        }
        ["profile", name, "rescan"] => match switch.configuration().sip_profile(name) {
            None => format!("Invalid Profile [{name}]\n"),
            Some(_) => match switch.reload().await {
                Ok(_) => "Reload XML [Success]\n+OK scan complete\n".to_owned(),
                Err(faults) => {
                    let lines: String = faults.iter().map(|fault| format!("{fault}\n")).collect();
                    format!("-ERR the old configuration stays:\n{lines}")
                }
            },
        },
        ["profile", name, "start" | "stop" | "restart", ..] => {
            format!("-ERR profile {name}: profiles are started and stopped with the server\n")
        }
        ["profile", _, _, ..] => "-ERR Unknown command!\n".to_owned(),
        ["profile", ..] => "Invalid Args!\n".to_owned(),
        _ => format!("USAGE:\nsofia {SYNTAX}\n"),
    }
}

/// `sip:mod_sofia@192.0.2.1:5060`.
fn url(switch: &Switch, profile: &SipProfile) -> String {
    let bound = switch.sip().and_then(|stack| {
        stack
            .bound()
            .iter()
            .find(|bound| *bound.profile == *profile.name)
            .map(|bound| bound.address)
    });
    let address = bound.unwrap_or(profile.listen);
    let host = profile.ext_sip_ip.clone().unwrap_or_else(|| address.ip().to_string());
    format!("sip:mod_sofia@{host}:{}", address.port())
}

/// Calls of a profile now: those that came and those that were made.
fn calls(switch: &Switch, profile: &SipProfile) -> (usize, usize) {
    let sessions = switch.sessions();
    let of =
        sessions.iter().filter(|session| profile_of(session).as_deref() == Some(&*profile.name));
    let inbound = |count: (usize, usize), session: &crate::Session| match session.direction() {
        crate::channel::Direction::Inbound => (count.0 + 1, count.1),
        crate::channel::Direction::Outbound => (count.0, count.1 + 1),
    };
    of.fold((0, 0), inbound)
}

fn profiles(switch: &Switch) -> Vec<Arc<SipProfile>> {
    switch.configuration().profiles.clone()
}

fn status(switch: &Switch) -> String {
    let all = profiles(switch);
    let mut text = format!(
        "                     Name\t   Type\t                                      Data\tState\n{RULE}"
    );
    for profile in &all {
        let (inbound, outbound) = calls(switch, profile);
        text.push_str(&format!(
            "{:>25}\tprofile\t{:>42}\tRUNNING ({})\n",
            profile.name,
            url(switch, profile),
            inbound + outbound
        ));
    }
    let many = if all.len() == 1 { "" } else { "s" };
    text.push_str(&format!("{RULE}{} profile{many} 0 aliases\n", all.len()));
    text
}

fn xml_status(switch: &Switch) -> String {
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<profiles>\n");
    for profile in &profiles(switch) {
        let (inbound, outbound) = calls(switch, profile);
        text.push_str(&format!(
            "<profile>\n<name>{}</name>\n<type>profile</type>\n<data>{}</data>\n<state>RUNNING ({})</state>\n\
             </profile>\n",
            escaped(&profile.name),
            escaped(&url(switch, profile)),
            inbound + outbound
        ));
    }
    text + "</profiles>\n"
}

fn gateways() -> String {
    format!(
        "    Profile::Gateway-Name\t                        Data    \tState\tPing Time\tIB Calls(F/T)\tOB \
         Calls(F/T)\n{RULE}{RULE}0 gateways: Inbound(Failed/Total): 0/0,Outbound(Failed/Total):0/0\n"
    )
}

fn registrations() -> String {
    format!("\nRegistrations:\n{RULE}Total items returned: 0\n{RULE}")
}

/// What one profile is, as names and values.
fn facts(switch: &Switch, profile: &SipProfile) -> Vec<(&'static str, String)> {
    let (inbound, outbound) = calls(switch, profile);
    let codecs = |list: &[ringfence_media::Codec]| {
        list.iter().map(|codec| codec.name()).collect::<Vec<_>>().join(",")
    };
    vec![
        ("Name", profile.name.clone()),
        ("Dialplan", profile.dialplan.clone()),
        ("Context", profile.context.clone()),
        ("RTP-IP", profile.rtp_ip.to_string()),
        ("SIP-IP", profile.listen.ip().to_string()),
        ("Ext-SIP-IP", profile.ext_sip_ip.clone().unwrap_or_default()),
        ("Ext-RTP-IP", profile.ext_rtp_ip.map(|ip| ip.to_string()).unwrap_or_default()),
        ("URL", url(switch, profile)),
        ("CODECS IN", codecs(&profile.inbound_codecs)),
        ("CODECS OUT", codecs(&profile.outbound_codecs)),
        ("TEL-EVENT", profile.dtmf.map(|payload| payload.to_string()).unwrap_or_default()),
        ("CALLS-IN", inbound.to_string()),
        ("CALLS-OUT", outbound.to_string()),
        ("REGISTRATIONS", "0".to_owned()),
    ]
}

fn one(switch: &Switch, profile: &SipProfile) -> String {
    let lines = facts(switch, profile);
    let lines = lines.iter().map(|(name, value)| format!("{name:<17}\t{value}\n"));
    format!("{RULE}{}", lines.collect::<String>())
}

fn xml_one(switch: &Switch, profile: &SipProfile) -> String {
    let lines = facts(switch, profile);
    let lines = lines.iter().map(|(name, value)| {
        let tag = name.to_ascii_lowercase().replace(' ', "-");
        format!("    <{tag}>{}</{tag}>\n", escaped(value))
    });
    format!(
        "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<profile>\n  <profile-info>\n{}  \
         </profile-info>\n</profile>\n",
        lines.collect::<String>()
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
