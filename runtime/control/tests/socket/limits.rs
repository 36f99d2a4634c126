//! Each limit: what is within it works, what is beyond it is told, and nobody else notices.

use std::time::{Duration, Instant};

use crate::support::{Client, Rig, until};

/// The connection ended with this reply and the notice.
async fn ended_with(client: &mut Client, reply: &str) {
    let rest = client.rest().await;
    assert!(rest.contains(&format!("Reply-Text: {reply}")), "{rest:?}");
    assert!(rest.ends_with("See you at ClueCon! http://www.cluecon.com/\n"), "{rest:?}");
}

#[tokio::test]
async fn long_commands_work_up_to_the_limit() {
    let rig = Rig::new(&[("max-command", "2")], "").await;
    let mut other = rig.client().await;
    let mut client = rig.client().await;
    for length in [8_000, 131_072, 1_048_576] {
        let text = "x".repeat(length);
        assert!(client.ask(&format!("api echo {text}")).await == text, "{length}");
    }
    client.send(vec![b'x'; 3 << 20]).await;
    ended_with(&mut client, "-ERR command too long").await;
    assert_eq!(other.ask("api echo on").await, "on");
}

#[tokio::test]
async fn too_many_headers_end_the_connection() {
    let rig = Rig::new(&[], "").await;
    let mut client = rig.client().await;
    let headers = |number: usize| -> String { (0..number).map(|n| format!("h{n}: v\n")).collect() };
    assert!(client.ask(&format!("sendevent CUSTOM\n{}", headers(500))).await.starts_with("+OK "));
    client.send(format!("sendevent CUSTOM\n{}\n", headers(1_001))).await;
    ended_with(&mut client, "-ERR too many headers").await;
}

#[tokio::test]
async fn bodies_are_as_long_as_told_and_as_allowed() {
    let rig = Rig::new(&[("max-body", "1")], "").await;
    let mut client = rig.client().await;
    client.send("sendevent CUSTOM\nContent-Length: 99999999\n\n").await;
    ended_with(&mut client, "-ERR body too long").await;
    let mut client = rig.client().await;
    client.send("sendevent CUSTOM\nContent-Length: -5\n\n").await;
    assert!(client.rest().await.starts_with("Content-Type: text/disconnect-notice\n"));
    // One that ends in the middle of its body, and one in the middle of a header.
    for half in ["sendevent CUSTOM\nContent-Length: 50\n\nabc", "sendevent CUSTOM\nConte"] {
        let mut client = rig.client().await;
        client.send(half).await;
        drop(client);
    }
    assert_eq!(rig.client().await.ask("api echo on").await, "on");
}

#[tokio::test]
async fn noise_before_the_password_is_cut_short() {
    let rig = Rig::new(&[], "").await;
    let mut client = rig.stranger().await;
    let noise: Vec<u8> =
        (0..100_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let noise: Vec<u8> = noise.into_iter().filter(|byte| *byte != b'\n').collect();
    client.send(noise).await;
    ended_with(&mut client, "-ERR command too long").await;
    assert_eq!(rig.client().await.ask("api echo on").await, "on");
}

#[tokio::test]
async fn a_thousand_strangers_do_not_keep_others_out() {
    let rig = Rig::new(&[("max-unauthenticated", "20"), ("auth-timeout", "600")], "").await;
    let mut known = rig.client().await;
    let mut strangers = Vec::new();
    let mut refused = 0;
    for _ in 0..1_000 {
        let mut stranger = rig.stranger().await;
        let first = stranger.message().await;
        if first.starts_with("Content-Type: text/rude-rejection") {
            assert!(first.ends_with("Too many connections, go away.\n"), "{first}");
            refused += 1;
        } else {
            strangers.push(stranger);
        }
    }
    assert_eq!((strangers.len(), refused), (20, 980));
    assert_eq!(known.ask("api echo on").await, "on");
    drop(strangers);
    // Their places come back as the server notices that they are gone.
    let free = async {
        loop {
            let mut client = rig.stranger().await;
            if client.message().await.contains("auth/request") {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(crate::support::PATIENCE, free).await.expect("a place comes free");
}

#[tokio::test]
async fn one_connection_too_many_is_told() {
    let rig = Rig::new(&[("max-connections", "2")], "").await;
    let (mut one, two) = (rig.client().await, rig.client().await);
    let mut three = rig.stranger().await;
    assert!(three.rest().await.contains("Too many connections, go away.\n"));
    drop(two);
    assert_eq!(one.ask("api echo on").await, "on");
}

#[tokio::test]
async fn wrong_passwords_are_counted_and_slowed() {
    let rig = Rig::new(&[("auth-delay", "1")], "").await;
    let mut watcher = rig.client().await;
    watcher.ask("event plain CUSTOM ringfence::auth-failure").await;
    for count in 1..=4_u32 {
        let mut client = rig.stranger().await;
        client.message().await;
        let began = Instant::now();
        client.send("auth wrong\n\n").await;
        ended_with(&mut client, "-ERR invalid").await;
        let event = watcher.message().await;
        assert!(event.contains(&format!("\nFailures: {count}\n")), "{event}");
        assert!(event.contains("\nClient-Address: 127.0.0.1\n"), "{event}");
        if count == 4 {
            assert!(began.elapsed() >= Duration::from_millis(100), "{:?}", began.elapsed());
        }
    }
}

#[tokio::test]
async fn silence_before_the_password_ends() {
    let rig = Rig::new(&[("auth-timeout", "1")], "").await;
    let mut silent = rig.stranger().await;
    let rest = silent.rest().await;
    assert!(
        rest.starts_with("Content-Type: auth/request\n\nContent-Type: text/disconnect-notice\n")
    );
}

#[tokio::test]
async fn jobs_of_a_connection_are_bounded() {
    let rig = Rig::new(&[("max-jobs", "3")], "").await;
    let mut client = rig.client().await;
    client.ask("event plain BACKGROUND_JOB").await;
    for _ in 0..3 {
        assert!(client.ask("bgapi msleep 600000").await.starts_with("+OK Job-UUID: "));
    }
    let refused = client.ask("bgapi echo x").await;
    assert_eq!(refused, "-ERR too many jobs: 3 of this connection run already");
    // Another connection has its own.
    assert!(rig.client().await.ask("bgapi echo x").await.starts_with("+OK"));
}

#[tokio::test]
async fn the_end_of_the_server_is_told() {
    let rig = Rig::new(&[], "").await;
    let mut client = rig.client().await;
    let (rest, ()) = tokio::join!(client.rest(), rig.socket.close(crate::support::PATIENCE));
    assert!(rest.starts_with("Content-Type: text/disconnect-notice\n"), "{rest}");
    until(|| std::net::TcpStream::connect(rig.socket.address().unwrap()).is_err()).await;
}
