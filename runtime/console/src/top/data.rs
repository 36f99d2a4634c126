//! What there is: the server's lists, as it answers them in JSON.

use std::time::Duration;

use serde_json::Value;

use crate::client::Client;
use crate::show::harmless;

/// A call leg.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Call {
    pub(crate) uuid: String,
    pub(crate) direction: String,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) state: String,
    /// What it executes.
    pub(crate) application: String,
    /// When it began, in seconds since 1970.
    pub(crate) began: Option<u64>,
}

/// A running script.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Job {
    pub(crate) id: String,
    pub(crate) script: String,
    pub(crate) call: String,
    pub(crate) owner: String,
    pub(crate) state: String,
    /// The host call that it is in, and for how long, in milliseconds.
    pub(crate) waits: Option<(String, u64)>,
    pub(crate) at: String,
    pub(crate) age_ms: u64,
    pub(crate) cpu_ms: u64,
    /// In bytes.
    pub(crate) memory: u64,
    /// The share of a processor since the look before; none at the first.
    pub(crate) share: Option<f64>,
}

/// All of it at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Snapshot {
    /// The server's own seconds since 1970.
    pub(crate) now: u64,
    pub(crate) calls: Vec<Call>,
    pub(crate) jobs: Vec<Job>,
}

/// Asks the server; the reason when it does not answer, or not as expected.
pub(crate) fn fetch(client: &Client, patience: Duration) -> Result<Snapshot, String> {
    let ask = |command: &str| match client.api(command, Some(patience)) {
        Ok(Some(answer)) => Ok(answer.text().to_owned()),
        Ok(None) => Err(format!("{command}: no answer in {} s", patience.as_secs())),
        Err(lost) => Err(lost.to_string()),
    };
    let now = ask("strepoch")?.trim().parse().unwrap_or_default();
    let calls = calls(&ask("show channels as json")?)?;
    // A FreeSWITCH has no scripts that it could list.
    let jobs = jobs(&ask("script list json")?).unwrap_or_default();
    Ok(Snapshot { now, calls, jobs })
}

fn calls(answer: &str) -> Result<Vec<Call>, String> {
    let list: Value =
        serde_json::from_str(answer).map_err(|error| format!("show channels as json: {error}"))?;
    let rows = list.get("rows").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    Ok(rows.iter().map(call).collect())
}

fn call(row: &Value) -> Call {
    let application = text(row, "application");
    let data = text(row, "application_data");
    Call {
        uuid: text(row, "uuid"),
        direction: text(row, "direction"),
        from: text(row, "cid_num"),
        to: text(row, "dest"),
        state: match text(row, "callstate") {
            state if state.is_empty() => text(row, "state"),
            state => state,
        },
        application: if data.is_empty() { application } else { format!("{application}({data})") },
        began: text(row, "created_epoch").parse().ok(),
    }
}

fn jobs(answer: &str) -> Option<Vec<Job>> {
    let list: Value = serde_json::from_str(answer).ok()?;
    Some(list.as_array()?.iter().map(job).collect())
}

fn job(row: &Value) -> Job {
    // Some have fractions, which nobody needs; a cast brings into range what is not.
    let number = |name: &str| row.get(name).and_then(Value::as_f64).map(|number| number as u64);
    let host_call = text(row, "host_call");
    Job {
        id: text(row, "job"),
        script: text(row, "script"),
        call: text(row, "call"),
        owner: text(row, "owner"),
        state: text(row, "state"),
        waits: number("since_ms").filter(|_| !host_call.is_empty()).map(|ms| (host_call, ms)),
        at: text(row, "at"),
        age_ms: number("wall_ms").unwrap_or_default(),
        cpu_ms: number("cpu_ms").unwrap_or_default(),
        memory: number("memory").unwrap_or_default(),
        share: None,
    }
}

/// A value as text for a cell: callers and scripts chose much of it.
fn text(row: &Value, name: &str) -> String {
    match row.get(name) {
        Some(Value::String(text)) => harmless(text).replace(['\n', '\t'], " "),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read() {
        let answer = r#"{"row_count":1,"rows":[{"uuid":"u-1","direction":"inbound","cid_num":"10\n00",
            "dest":"5000","callstate":"ACTIVE","application":"lua","application_data":"x.lua","created_epoch":"7"}]}"#;
        let call = calls(answer).unwrap().remove(0);
        assert_eq!((call.from.as_str(), call.application.as_str()), ("10 00", "lua(x.lua)"));
        assert_eq!(call.began, Some(7));
        assert_eq!(calls("{\"row_count\": 0}\n"), Ok(Vec::new()));
        assert!(calls("-ERR\n").is_err());

        let answer = r#"[{"job":"j","script":"x.lua","call":null,"state":"waiting","host_call":"session.sleep",
            "since_ms":12,"wall_ms":20,"cpu_ms":349.094818,"memory":4096,"at":"x.lua:3"}]"#;
        let job = jobs(answer).unwrap().remove(0);
        assert_eq!(job.waits, Some(("session.sleep".to_owned(), 12)));
        assert_eq!((job.call.as_str(), job.cpu_ms, job.memory), ("", 349, 4096));
        assert_eq!(jobs("-ERR script Command not found!\n"), None);
    }
}
