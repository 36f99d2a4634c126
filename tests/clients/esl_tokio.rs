use std::time::Duration;

use freeswitch_esl_tokio::{
    AppCommand, EslClient, EslEvent, EslEventStream, EslEventType, EventFormat, HeaderLookup as _,
};
use ringfence_tests::{DEADLINE, Sipp};
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::{DRIVEN, server_that_connects};

/// The next event of that type.
async fn next(events: &mut EslEventStream, wanted: EslEventType) -> EslEvent {
    let found = async {
        loop {
            let event = events.recv().await.expect("the connection is up").expect("an event");
            if event.event_type() == Some(wanted) {
                return event;
            }
        }
    };
    timeout(DEADLINE, found).await.unwrap_or_else(|_| panic!("no {wanted:?}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn freeswitch_esl_tokio() {
    let (server, outbound) = server_that_connects();
    let port = server.configuration.event_socket;
    let (client, mut events) = EslClient::connect("127.0.0.1", port, "ClueCon").await.unwrap();
    let reply = client.api("echo hello world").await.unwrap();
    assert_eq!(reply.body(), Some("hello world"));
    client
        .subscribe_events(
            EventFormat::Json,
            &[
                EslEventType::BackgroundJob,
                EslEventType::ChannelAnswer,
                EslEventType::ChannelHangupComplete,
            ],
        )
        .await
        .unwrap();
    let reply = client.bgapi("echo in the background").await.unwrap();
    let job = next(&mut events, EslEventType::BackgroundJob).await;
    assert_eq!(job.header_str("Job-UUID"), reply.job_uuid());

    let listener = TcpListener::bind(("127.0.0.1", outbound)).await.unwrap();
    let driver = tokio::spawn(async move {
        let (call, mut events) = EslClient::accept_outbound(&listener).await.unwrap();
        let data = call.connect_session().await.unwrap().into_result().unwrap();
        let uuid = data.unique_id().expect("the call's uuid").to_owned();
        call.myevents(EventFormat::Plain).await.unwrap();
        call.linger(None).await.unwrap();
        call.send_command(AppCommand::answer()).await.unwrap().check().unwrap();
        next(&mut events, EslEventType::ChannelAnswer).await;
        call.execute("set", Some("driven=by esl_tokio"), None).await.unwrap().check().unwrap();
        call.execute("playback", Some("silence_stream://100"), None)
            .await
            .unwrap()
            .check()
            .unwrap();
        loop {
            let done = next(&mut events, EslEventType::ChannelExecuteComplete).await;
            if done.header_str("Application") == Some("playback") {
                break;
            }
        }
        call.execute("hangup", None, None).await.unwrap().check().unwrap();
        next(&mut events, EslEventType::ChannelHangup).await;
        uuid
    });
    let called = tokio::task::spawn_blocking(move || {
        Sipp::calls(&server, "call_until_bye.xml", DRIVEN).passes();
        server
    });
    let _server = timeout(DEADLINE, called).await.expect("the call ends").unwrap();
    let uuid = timeout(DEADLINE, driver).await.expect("the call is driven").unwrap();
    let answer = next(&mut events, EslEventType::ChannelAnswer).await;
    assert_eq!(answer.unique_id(), Some(uuid.as_str()));
    let end = next(&mut events, EslEventType::ChannelHangupComplete).await;
    assert_eq!(end.unique_id(), Some(uuid.as_str()));
    assert_eq!(end.header_str("variable_driven"), Some("by esl_tokio"));
    timeout(Duration::from_secs(30), client.disconnect()).await.expect("it ends").unwrap();
}
