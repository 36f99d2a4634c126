//! A client that does not read costs a bounded amount, and learns what it missed.

use crate::support::{Client, Rig};

/// Fires numbered events of a kilobyte.
fn fire(rig: &Rig, numbers: std::ops::Range<u32>) {
    let events = rig.switch.events();
    for number in numbers {
        let mut event = events.custom("test::number");
        event.set("Number", number.to_string()).set("Load", "x".repeat(1024));
        events.publish(event);
    }
}

fn header<'m>(message: &'m str, name: &str) -> Option<&'m str> {
    message.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

/// Reads up to the event with that number; answers how many came, and how many were told as missed.
async fn read_to(client: &mut Client, last: u32) -> (u64, u64) {
    let (mut came, mut missed) = (0, 0);
    loop {
        let message = client.message().await;
        if let Some(events) = header(&message, "Gap-Events") {
            let number = |name| header(&message, name).unwrap().parse::<u64>().unwrap();
            assert!(number("Gap-First") <= number("Gap-Last"), "{message}");
            missed += events.parse::<u64>().unwrap();
        }
        if let Some(number) = header(&message, "Number") {
            came += 1;
            if number == last.to_string() {
                return (came, missed);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_slow_client_missed_is_counted() {
    let rig = Rig::new(&[("event-ring", "1000")], "").await;
    let mut slow = rig.client().await;
    slow.ask("event plain CUSTOM test::number").await;
    // Far more than the ring and all buffers of the system hold; the client reads nothing meanwhile.
    let total = 30_000;
    fire(&rig, 0..total);
    let mut other = rig.client().await;
    other.ask("event plain CUSTOM test::number").await;
    fire(&rig, total..total + 1);
    assert_eq!(read_to(&mut other, total).await, (1, 0), "another client misses nothing");
    let (came, missed) = read_to(&mut slow, total).await;
    println!("{came} came, {missed} were missed");
    assert_eq!(came + missed, u64::from(total) + 1);
    assert!(missed > 0 && came > 500, "{came} came, {missed} were missed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_ring_is_bounded_in_bytes_too() {
    let rig = Rig::new(&[("event-ring-memory", "1")], "").await;
    let mut slow = rig.client().await;
    slow.ask("event plain CUSTOM test::number").await;
    fire(&rig, 0..30_000);
    let (came, missed) = read_to(&mut slow, 29_999).await;
    assert_eq!(came + missed, 30_000);
    assert!(missed > 0, "a megabyte holds far fewer");
}

#[tokio::test]
async fn a_client_that_reads_no_replies_is_not_answered_without_end() {
    let rig = Rig::new(&[], "").await;
    let mut deaf = rig.client().await;
    // 40 MB of answers. What the server does not take, waits in the client's own buffers.
    let command = format!("api echo {}\n\n", "x".repeat(10_000));
    let commands = command.repeat(4_000);
    let writing = tokio::spawn(async move {
        deaf.send(commands).await;
        deaf
    });
    let mut other = rig.client().await;
    assert_eq!(other.ask("api echo on").await, "on");
    writing.abort();
}
