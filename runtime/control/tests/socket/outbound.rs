//! The application `socket`: hosts that are down, servers that die, calls that end.

use ringfence_switch::{Cause, Session};
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::support::{Client, PATIENCE, Rig, listener};

/// A server whose extension 1 runs `socket` with that data, and then hangs up with CALL_REJECTED.
async fn rig(data: &str) -> Rig {
    let actions = format!(
        "<extension name=\"1\"><condition field=\"destination_number\" expression=\"^1$\">\
         <action application=\"socket\" data=\"{data}\"/>\
         <action application=\"hangup\" data=\"CALL_REJECTED\"/></condition></extension>"
    );
    Rig::new(&[], &actions).await
}

async fn call(rig: &Rig) -> Session {
    let answer = rig.api("originate null/x 1 XML default").await;
    rig.switch.session(answer.strip_prefix("+OK ").unwrap().trim()).unwrap()
}

async fn accepted(listener: &TcpListener) -> Client {
    let (stream, _) = timeout(PATIENCE, listener.accept()).await.unwrap().unwrap();
    let mut client = Client { stream };
    client.send("connect\n\n").await;
    assert!(client.message().await.ends_with("Control: full\n\n"));
    client
}

async fn goes_on(call: &Session) {
    let cause = timeout(PATIENCE, call.ended()).await.expect("the dialplan goes on");
    assert_eq!(cause, Cause::CALL_REJECTED);
}

#[tokio::test]
async fn hosts_are_tried_in_order() {
    let ((down, nobody), (up, address)) = (listener().await, listener().await);
    drop(down);
    let rig = rig(&format!("{nobody}|{address} async full")).await;
    let call = call(&rig).await;
    let mut client = accepted(&up).await;
    assert_eq!(client.ask("getvar socket_host").await, "127.0.0.1");
    client.send("exit\n\n").await;
    assert!(
        client.rest().await.starts_with("Content-Type: command/reply\nReply-Text: +OK bye\n\n")
    );
    goes_on(&call).await;
}

#[tokio::test]
async fn without_any_host_the_dialplan_goes_on() {
    let (down, nobody) = listener().await;
    drop(down);
    let rig = rig(&format!("{nobody} full")).await;
    goes_on(&call(&rig).await).await;
}

#[tokio::test]
async fn a_server_that_dies_does_not_orphan_the_call() {
    for options in ["full", "async full"] {
        let (listener, address) = listener().await;
        let rig = rig(&format!("{address} {options}")).await;
        let call = call(&rig).await;
        let client = accepted(&listener).await;
        drop(client);
        goes_on(&call).await;
    }
}

#[tokio::test]
async fn who_lingers_hears_the_end_of_the_call() {
    for options in ["full", "async full"] {
        let (listener, address) = listener().await;
        let rig = rig(&format!("{address} {options}")).await;
        let call = call(&rig).await;
        let mut client = accepted(&listener).await;
        assert_eq!(client.ask("myevents json").await, "+OK Events Enabled");
        assert_eq!(client.ask("linger").await, "+OK will linger");
        call.hangup(Cause::NORMAL_CLEARING);
        let (mut complete, mut lingers) = (false, false);
        while !(complete && lingers) {
            let message = client.message().await;
            assert!(!message.is_empty(), "{options}: the connection ended too early");
            complete |= message.contains("\"CHANNEL_HANGUP_COMPLETE\"");
            lingers |= message.contains("Content-Disposition: linger\n");
        }
        // Commands still work; the call is gone, its data are not.
        assert_eq!(client.ask("api echo still").await, "still");
        client.send("exit\n\n").await;
        assert!(client.rest().await.contains("Content-Disposition: disconnect\n"));
    }
}

#[tokio::test]
async fn a_hangup_ends_an_execution_that_is_waited_for() {
    let (listener, address) = listener().await;
    let rig = rig(&format!("{address} full")).await;
    let call = call(&rig).await;
    let mut client = accepted(&listener).await;
    let mut watcher = rig.client().await;
    watcher.ask("event plain CHANNEL_PARK").await;
    client.send("sendmsg\ncall-command: execute\nexecute-app-name: park\n\n").await;
    assert!(watcher.message().await.contains("Event-Name: CHANNEL_PARK\n"));
    call.hangup(Cause::NORMAL_CLEARING);
    let rest = client.rest().await;
    assert!(rest.contains("Reply-Text: +OK\n"), "{rest}");
    assert!(rest.contains("Content-Disposition: disconnect\n"), "{rest}");
}

#[tokio::test]
async fn diverted_events_come_to_the_connection() {
    let (listener, address) = listener().await;
    let rig = rig(&format!("{address} async full")).await;
    let call = call(&rig).await;
    let mut client = accepted(&listener).await;
    assert_eq!(client.ask("divert_events on").await, "+OK events diverted");
    let mut other = rig.client().await;
    let event = format!("sendevent CUSTOM\nEvent-Subclass: a::b\nunique-id: {}", call.uuid());
    assert!(other.ask(&event).await.starts_with("+OK "));
    assert!(client.message().await.contains("Event-Subclass: a%3A%3Ab\n"));
    assert_eq!(client.ask("divert_events off").await, "+OK events not diverted");
    assert!(other.ask(&event).await.starts_with("+OK "));
    assert_eq!(client.ask("api echo nothing").await, "nothing");
    call.hangup(Cause::NORMAL_CLEARING);
}

#[tokio::test]
async fn loops_end_when_a_round_takes_no_time() {
    let (listener, address) = listener().await;
    let rig = rig(&format!("{address} async full")).await;
    let call = call(&rig).await;
    let mut client = accepted(&listener).await;
    client.ask("event plain CHANNEL_EXECUTE_COMPLETE").await;
    let execute =
        "sendmsg\ncall-command: execute\nexecute-app-name: set\nexecute-app-arg: a=1\nloops: 50";
    assert_eq!(client.ask(execute).await, "+OK");
    assert!(client.message().await.contains("\nApplication: set\n"));
    assert_eq!(client.ask("api echo one").await, "one");
    assert_eq!(client.ask("api echo round").await, "round", "no second one came");
    call.hangup(Cause::NORMAL_CLEARING);
}
