//! A client that lost its connection comes back, and asks for what it missed.

use crate::support::{Client, Rig};

fn header<'m>(message: &'m str, name: &str) -> Option<&'m str> {
    message.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

fn fire(rig: &Rig, number: u32) {
    let events = rig.switch.events();
    if events.wanted(ringfence_switch::event::EventName::Custom) {
        let mut event = events.custom("test::number");
        event.set("Number", number.to_string());
        events.publish(event);
    }
}

/// A client that has seen one event; its number on the wire.
async fn seen_one(rig: &Rig) -> (Client, u64) {
    let mut client = rig.client().await;
    client.ask("event plain CUSTOM test::number").await;
    fire(rig, 1);
    let message = client.message().await;
    let sequence = header(&message, "Event-Sequence").unwrap().parse().unwrap();
    (client, sequence)
}

async fn back(rig: &Rig, from: u64) -> Client {
    let mut client = rig.client().await;
    // In one packet, as the manual says, so that nothing comes in between.
    client.send(format!("event plain CUSTOM test::number\n\nresume events from {from}\n\n")).await;
    assert!(client.message().await.contains("+OK event listener enabled plain"));
    assert!(client.message().await.contains(&format!("+OK resuming events from {from}\n")));
    client
}

#[tokio::test]
async fn nothing_is_lost_between_two_connections() {
    let rig = Rig::new(&[], "").await;
    let (client, sequence) = seen_one(&rig).await;
    drop(client);
    // Whether or not the server has noticed yet.
    for number in 2..=4 {
        fire(&rig, number);
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let mut client = back(&rig, sequence + 1).await;
    for number in 2..=4 {
        let message = client.message().await;
        assert_eq!(header(&message, "Number"), Some(number.to_string().as_str()), "{message}");
    }
    fire(&rig, 5);
    assert_eq!(header(&client.message().await, "Number"), Some("5"));
}

#[tokio::test]
async fn what_nobody_kept_is_told_as_a_gap() {
    let rig = Rig::new(&[("resume-time", "0")], "").await;
    let (mut client, sequence) = seen_one(&rig).await;
    // Who says goodbye does not come back; and here nobody is waited for.
    client.send("exit\n\n").await;
    client.rest().await;
    crate::support::until(|| {
        !rig.switch.events().wanted(ringfence_switch::event::EventName::Custom)
    })
    .await;
    fire(&rig, 2);
    let mut client = back(&rig, sequence + 1).await;
    // Another number must be there at all for something to be missing.
    fire(&rig, 3);
    let message = client.message().await;
    assert_eq!(header(&message, "Number"), Some("3"), "nothing was made meanwhile: {message}");

    let mut client = back(&rig, 1).await;
    let gap = client.message().await;
    assert!(gap.contains("Event-Subclass: ringfence%3A%3Agap\n"), "{gap}");
    assert_eq!(header(&gap, "Gap-First"), Some("1"));
    assert_eq!(header(&gap, "Gap-Events"), None, "nobody counted these");
}

#[tokio::test]
async fn a_number_from_before_a_restart_is_refused() {
    let rig = Rig::new(&[], "").await;
    let mut client = rig.client().await;
    assert_eq!(client.ask("resume events from 5").await, "-ERR not listening for events");
    client.ask("event plain ALL").await;
    let refused = client.ask("resume events from 5000").await;
    assert!(refused.starts_with("-ERR no event 5000 yet; the last is "), "{refused}");
    assert!(client.ask("resume events from x").await.starts_with("-ERR resume events from what?"));
    assert_eq!(client.ask("resume events").await, "-ERR command not found");
}
