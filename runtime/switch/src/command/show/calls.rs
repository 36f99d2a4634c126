//! `show channels`, `show calls`.

use chrono::{DateTime, Local};

use super::table::Table;
use crate::channel::Shared;
use crate::session::Session;
use crate::switch::Switch;

/// Of a leg.
const LEG: &[&str] = &[
    "uuid",
    "direction",
    "created",
    "created_epoch",
    "name",
    "state",
    "cid_name",
    "cid_num",
    "ip_addr",
    "dest",
    "application",
    "application_data",
    "dialplan",
    "context",
    "read_codec",
    "read_rate",
    "read_bit_rate",
    "write_codec",
    "write_rate",
    "write_bit_rate",
    "secure",
    "hostname",
    "presence_id",
    "presence_data",
    "accountcode",
    "callstate",
    "callee_name",
    "callee_num",
    "callee_direction",
    "call_uuid",
    "sent_callee_name",
    "sent_callee_num",
];

/// What it began with.
const INITIAL: &[&str] = &[
    "initial_cid_name",
    "initial_cid_num",
    "initial_ip_addr",
    "initial_dest",
    "initial_dialplan",
    "initial_context",
];

/// Of a leg in a list of calls without details.
const BRIEF: &[&str] = &[
    "uuid",
    "direction",
    "created",
    "created_epoch",
    "name",
    "state",
    "cid_name",
    "cid_num",
    "ip_addr",
    "dest",
    "presence_id",
    "presence_data",
    "accountcode",
    "callstate",
    "callee_name",
    "callee_num",
    "callee_direction",
    "call_uuid",
    "hostname",
    "sent_callee_name",
    "sent_callee_num",
];

/// What such a list has once a call.
const SHARED: &[&str] = &["call_uuid", "hostname"];

/// All legs.
pub(super) fn channels(switch: &Switch) -> Table {
    let columns = [LEG, INITIAL].concat();
    let mut table = Table::new(&columns);
    let hostname = switch.events().core().switchname.clone();
    for session in switch.sessions() {
        table.row(row(&session, &columns, &hostname));
    }
    table
}

/// All calls: two bridged legs are one; `bridged` leaves the others out, `detailed` has more columns.
pub(super) fn calls(switch: &Switch, detailed: bool, bridged: bool) -> Table {
    let own = if detailed { LEG } else { BRIEF };
    let mut others = own.to_vec();
    others.retain(|column| detailed || !SHARED.contains(column));
    let mut columns: Vec<String> = own.iter().map(ToString::to_string).collect();
    columns.extend(others.iter().map(|column| format!("b_{column}")));
    columns.push("call_created_epoch".to_owned());
    let mut table = Table::new(&columns);
    let hostname = switch.events().core().switchname.clone();
    let mut sessions = switch.sessions();
    sessions.retain(|session| !session.follows() && (session.bridged() || !bridged));
    for session in sessions {
        let mut values = row(&session, own, &hostname);
        if let Some(partner) = session.partner() {
            values.extend(row(&partner, &others, &hostname));
            values.push((session.profile().times.bridged / 1_000_000).to_string());
        }
        table.row(values);
    }
    table
}

fn row(session: &Session, columns: &[&str], hostname: &str) -> Vec<String> {
    let shared = session.0.shared.lock();
    columns.iter().map(|column| value(session, &shared, hostname, column)).collect()
}

fn value(session: &Session, shared: &Shared, hostname: &str, column: &str) -> String {
    let profile = &shared.profile;
    let initial = shared.initial.as_deref().unwrap_or(profile);
    let created = initial.times.created / 1_000_000;
    let codec = shared.media.agreement.as_ref().map(|agreement| agreement.codec.name());
    let application = shared.application.as_deref();
    match column {
        "uuid" => session.uuid().to_string(),
        "direction" => session.direction().name().to_owned(),
        "created" => i64::try_from(created)
            .ok()
            .and_then(|seconds| DateTime::from_timestamp(seconds, 0))
            .map(|time| time.with_timezone(&Local).format("%Y-%m-%d %H:%M:%S").to_string())
            .unwrap_or_default(),
        "created_epoch" => created.to_string(),
        "name" => session.name().to_owned(),
        "state" => shared.state.name().to_owned(),
        "cid_name" => profile.caller_id_name.clone(),
        "cid_num" => profile.caller_id_number.clone(),
        "ip_addr" => profile.network_addr.clone(),
        "dest" => profile.destination_number.clone(),
        "application" => application.map(|(name, _)| name.clone()).unwrap_or_default(),
        "application_data" => application.map(|(_, data)| data.clone()).unwrap_or_default(),
        "dialplan" => profile.dialplan.clone(),
        "context" => profile.context.clone(),
        "read_codec" | "write_codec" => codec.unwrap_or_default().to_owned(),
        "read_rate" | "write_rate" => codec.map_or("", |_| "8000").to_owned(),
        "read_bit_rate" | "write_bit_rate" => codec.map_or("", |_| "64000").to_owned(),
        "hostname" => hostname.to_owned(),
        "callstate" => shared.callstate.name().to_owned(),
        "callee_name" => profile.callee_id_name.clone(),
        "callee_num" => profile.callee_id_number.clone(),
        "callee_direction" => {
            let told = shared.variables.text("last_sent_callee_id_number").is_some();
            if told { "SEND" } else { "" }.to_owned()
        }
        "sent_callee_name" | "sent_callee_num" => {
            let which = if column.ends_with("name") { "name" } else { "number" };
            let variable = format!("last_sent_callee_id_{which}");
            shared.variables.text(&variable).unwrap_or_default().into_owned()
        }
        "call_uuid" if shared.bond.is_some() => {
            shared.call_uuid.as_ref().unwrap_or(session.uuid()).to_string()
        }
        "presence_id" | "presence_data" | "accountcode" => {
            shared.variables.text(column).unwrap_or_default().into_owned()
        }
        "initial_cid_name" => initial.caller_id_name.clone(),
        "initial_cid_num" => initial.caller_id_number.clone(),
        "initial_ip_addr" => initial.network_addr.clone(),
        "initial_dest" => initial.destination_number.clone(),
        "initial_dialplan" => initial.dialplan.clone(),
        "initial_context" => initial.context.clone(),
        _ => String::new(),
    }
}
