//! The call detail record, as XML.

use std::fmt::Write as _;

use ringfence_text::percent;

use crate::channel::data;
use crate::event::{Event, EventName};
use crate::profile::{CallerProfile, FIELDS};
use crate::session::Session;

impl Session {
    /// The call detail record as it stands, in the form of FreeSWITCH's `mod_xml_cdr`: the channel, its
    /// variables (values URL-encoded) and its caller profile with times in microseconds since 1970.
    #[must_use]
    pub fn cdr(&self) -> String {
        let channel = &self.0;
        let core = self.switch().events().core();
        let mut out = String::with_capacity(4096);
        out.push_str("<?xml version=\"1.0\"?>\n<cdr core-uuid=\"");
        escape(&core.uuid, &mut out);
        out.push_str("\" switchname=\"");
        escape(&core.switchname, &mut out);
        out.push_str("\">\n  <channel_data>\n");
        let mut described = Event::bare(EventName::ChannelData);
        let profile = {
            let shared = channel.shared.lock();
            element("state", shared.state.name(), 4, &mut out);
            element("direction", channel.direction.name(), 4, &mut out);
            element("state_number", &shared.state.number().to_string(), 4, &mut out);
            data::describe(channel, &shared, &mut described);
            shared.profile.clone()
        };
        out.push_str("  </channel_data>\n  <variables>\n");
        let variables = described
            .headers()
            .iter()
            .filter_map(|(name, value)| Some((name.strip_prefix("variable_")?, value)));
        let mut encoded = String::new();
        for (name, value) in variables.filter(|(name, _)| is_name(name)) {
            for text in value.elements() {
                encoded.clear();
                percent::escape(text, percent::is_plain, &mut encoded);
                element(name, &encoded, 4, &mut out);
            }
        }
        out.push_str("  </variables>\n");
        callflow(&profile, &mut out);
        out.push_str("</cdr>\n");
        out
    }
}

/// What one profile of the call says.
fn callflow(profile: &CallerProfile, out: &mut String) {
    out.push_str("  <callflow dialplan=\"");
    escape(&profile.dialplan, out);
    out.push_str("\" profile_index=\"");
    escape(&profile.profile_index, out);
    out.push_str("\">\n    <caller_profile>\n");
    for name in FIELDS {
        let text = profile.field(name).unwrap_or_default();
        element(name, &text, 6, out);
    }
    out.push_str("    </caller_profile>\n    <times>\n");
    let times = &profile.times;
    for (name, time) in [
        ("created_time", times.created),
        ("profile_created_time", times.profile_created),
        ("progress_time", times.progress),
        ("progress_media_time", times.progress_media),
        ("answered_time", times.answered),
        ("bridged_time", times.bridged),
        ("last_hold_time", times.last_hold),
        ("hold_accum_time", times.hold_accum),
        ("hangup_time", times.hungup),
        ("transfer_time", times.transferred),
    ] {
        element(name, &time.to_string(), 6, out);
    }
    out.push_str("    </times>\n  </callflow>\n");
}

fn element(name: &str, text: &str, indent: usize, out: &mut String) {
    // Writing to a String cannot fail.
    let _ = write!(out, "{:indent$}<{name}>", "");
    escape(text, out);
    let _ = writeln!(out, "</{name}>");
}

/// Whether a variable's name can be an element's.
fn is_name(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(|first| first.is_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.'))
}

fn escape(text: &str, out: &mut String) {
    for letter in text.chars() {
        match letter {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            // No document may hold them.
            control if control < ' ' && !matches!(control, '\t' | '\n' | '\r') => out.push('?'),
            other => out.push(other),
        }
    }
}
