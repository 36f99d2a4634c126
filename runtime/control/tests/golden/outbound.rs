//! Sessions of the application `socket`: the server connects to us, and hears what FreeSWITCH heard.

use ringfence_switch::Cause;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use crate::case::{self, Case, Record};
use crate::deviations;
use crate::frame;
use crate::inbound::{Compared, DIFFERENT, replace, uuid_of};
use crate::support::{Rig, listener};

/// Of a call's events, those that a recorded session must have in the same order. Which others a call
/// has is tested where they are made.
const EVENTS: &[&str] = &["CHANNEL_EXECUTE", "CHANNEL_EXECUTE_COMPLETE", "CUSTOM"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn outbound_sessions_are_as_recorded() {
    let mut cases = case::all(|group| group == "outbound");
    // Without a connection there is nothing to compare; tests/outbound.rs has these.
    cases.retain(|case| case.records.iter().any(|record| matches!(record, Record::Sent(_))));
    assert!(cases.len() > 60, "{}", cases.len());
    let mut failures = Vec::new();
    for some in cases.chunks(8) {
        let compared = futures_util::future::join_all(some.iter().map(run)).await;
        for (case, compared) in some.iter().zip(&compared) {
            failures.extend(deviations::judge(&case.name, compared));
        }
    }
    println!("{} sessions, {} differ without a reason", cases.len(), failures.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Calls the extension that the recorded call went to, and says to our server what the recorded
/// client said.
async fn run(case: &Case) -> Compared {
    let (listener, address) = listener().await;
    let mode = case.state.split("g_sock_").nth(1).unwrap_or_default();
    let mode = mode.split(';').next().unwrap_or_default();
    let options = match mode {
        "async_full" => "async full",
        "async" => "async",
        "full" => "full",
        _ => "",
    };
    let actions = format!(
        "<extension name=\"socket\"><condition field=\"destination_number\" expression=\"^g_sock\">\
         <action application=\"socket\" data=\"{address} {options}\"/>\
         <action application=\"hangup\" data=\"CALL_REJECTED\"/></condition></extension>\
         <extension name=\"park\"><condition field=\"destination_number\" expression=\"^park$\">\
         <action application=\"answer\"/><action application=\"park\"/></condition></extension>"
    );
    let rig = Rig::new(&[], &actions).await;
    let answer = rig
        .api(&format!(
            "originate {{origination_caller_id_number=100}}null/x g_sock_{mode} XML public"
        ))
        .await;
    let call = rig.switch.session(answer.strip_prefix("+OK ").unwrap().trim()).unwrap();
    // What the SIP leg of the recorded call had set.
    for (name, value) in [("sip_call_id", call_id(case)), ("endpoint_disposition", "ANSWER".into())]
    {
        call.set_variable(name, Some(&value)).unwrap();
    }
    let (stream, _) = listener.accept().await.unwrap();
    let mut talk = Some(stream);
    let (mut heard, mut theirs, mut ended) = (Vec::new(), Vec::new(), false);
    let mut playing = false;
    for record in &case.records {
        match record {
            Record::Received(bytes) => theirs.extend_from_slice(bytes),
            Record::Sent(bytes) => {
                playing = String::from_utf8_lossy(bytes).contains("execute-app-name: playback");
                let expected = chosen(&theirs);
                read(&mut talk, &mut heard, |heard| chosen(heard).len() >= expected.len()).await;
                if let Some(stream) = &mut talk {
                    // The server may have closed the connection by now, as FreeSWITCH had.
                    let own = uuid_of(record).filter(|uuid| !uuid.starts_with("00000000"));
                    let bytes =
                        own.map_or_else(|| bytes.clone(), |own| replace(bytes, &own, call.uuid()));
                    let _ = stream.write_all(&bytes).await;
                }
            }
            Record::Note(note) if note.starts_with("caller sends BYE") => {
                let expected = chosen(&theirs);
                read(&mut talk, &mut heard, |heard| chosen(heard).len() >= expected.len()).await;
                // What is to be interrupted runs by now; its events tell so only afterwards.
                while playing && !rig.api("show channels").await.contains(",playback,") {
                    tokio::time::sleep(std::time::Duration::from_millis(2)).await;
                }
                call.hangup(Cause::NORMAL_CLEARING);
            }
            Record::Note(note) if note.starts_with("caller sends RFC 4733") => {
                for digit in "12".chars() {
                    call.receive_dtmf(ringfence_switch::Dtmf::new(digit).unwrap());
                }
            }
            Record::Note(note) if note.starts_with("client closes TCP") => {
                let expected = chosen(&theirs);
                read(&mut talk, &mut heard, |heard| chosen(heard).len() >= expected.len()).await;
                talk = None;
            }
            Record::Note(note) => ended |= note.starts_with("server closed the connection"),
        }
    }
    let address = address.to_string();
    let mut theirs: Vec<String> =
        chosen(&theirs).iter().map(|message| here(message, &address)).collect();
    read(&mut talk, &mut heard, |heard| chosen(heard).len() >= theirs.len()).await;
    let mut closed = false;
    if ended && let Some(stream) = &mut talk {
        theirs.push("the end".into());
        closed = timeout(DIFFERENT, stream.read_to_end(&mut heard)).await.is_ok();
    }
    if !ended && deviations::listed(&case.name) {
        // The difference may be that ours ends.
        read(&mut talk, &mut heard, |_| false).await;
    }
    let mut ours = chosen(&heard);
    ours.extend(closed.then(|| "the end".to_owned()));
    // With a call left over, the switch would keep its task.
    call.hangup(Cause::NORMAL_CLEARING);
    Compared { theirs, ours }
}

/// A message of theirs, with the names of our test's call.
fn here(message: &str, address: &str) -> String {
    message
        .replace("127.0.0.1:18085", address)
        .replace("127.0.0.1%3A18085", &address.replace(':', "%3A"))
        .replace("sofia/test/100@127.0.0.1:15071", "null/x")
}

/// The Call-ID that the recorded client was told.
fn call_id(case: &Case) -> String {
    let texts = case.records.iter().filter_map(|record| match record {
        Record::Received(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        _ => None,
    });
    let mut found = texts.filter_map(|text| {
        let replies = text.lines().filter_map(|line| line.strip_prefix("Reply-Text: "));
        replies.filter(|reply| reply.ends_with("@127.0.0.1")).map(str::to_owned).next()
    });
    found.next_back().unwrap_or_else(|| "none".into())
}

/// Replies and notices in their order, and after them the events in theirs: FreeSWITCH looks for
/// events every 20 ms only, so how both interleave says nothing.
fn chosen(bytes: &[u8]) -> Vec<String> {
    let (events, mut replies): (Vec<String>, Vec<String>) =
        frame::cut(bytes).0.into_iter().partition(|message| message.contains("text/event-"));
    let wanted = |message: &String| {
        // Which events of a call's end still come, is tested where it does not depend on a race.
        !message.contains("Hangup-Cause")
            && EVENTS.iter().any(|name| {
                [
                    format!("Event-Name: {name}\n"),
                    format!("Event-Name=\"{name}\"\n"),
                    format!("<Event-Name>{name}<"),
                ]
                .iter()
                .any(|line| message.contains(line))
            })
    };
    replies.extend(events.into_iter().filter(wanted));
    replies
}

async fn read(
    stream: &mut Option<tokio::net::TcpStream>,
    heard: &mut Vec<u8>,
    enough: impl Fn(&[u8]) -> bool,
) {
    let Some(stream) = stream else { return };
    let reading = async {
        while !enough(heard) {
            let mut chunk = [0; 65536];
            match stream.read(&mut chunk).await {
                Ok(length) if length > 0 => heard.extend_from_slice(&chunk[..length]),
                _ => return,
            }
        }
    };
    // A session that differs is judged by what came.
    let _ = timeout(DIFFERENT, reading).await;
}
