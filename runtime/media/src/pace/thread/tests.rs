use std::net::{IpAddr, SocketAddr};

use tokio::sync::{mpsc, oneshot};

use super::*;
use crate::config::Config;
use crate::core::Settings;
use crate::rtcp::Epoch;
use crate::rtp::Header;
use crate::sdp::{self, Capabilities};
use crate::source::Source;
use crate::stream::{Counters, Play, PlayOptions};
use crate::writer::Writer;

const LOOPBACK: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

/// A thread that the test runs itself, with one stream that plays silence to a socket.
struct Bench {
    thread: Thread,
    phone: UdpSocket,
    stream: SocketAddr,
    _ends: (Handle, Box<dyn Link>, oneshot::Receiver<crate::stream::PlaybackEnd>),
}

fn socket() -> UdpSocket {
    let socket = UdpSocket::bind((LOOPBACK, 0)).unwrap();
    socket.set_nonblocking(true).unwrap();
    socket
}

fn agreement(phone: SocketAddr) -> Box<sdp::Agreement> {
    let offer = sdp::offer(&Capabilities::default(), phone);
    Box::new(sdp::accept(&Capabilities::default(), &offer).unwrap())
}

impl Bench {
    fn new() -> Self {
        let (queue, messages) = crossbeam_channel::bounded(MAX_COMMANDS);
        let wake = eventfd(0, EventfdFlags::NONBLOCK).unwrap();
        let poll = epoll::create(epoll::CreateFlags::CLOEXEC).unwrap();
        let flags = || AtomicBool::new(false);
        let (woken, sweep, stop) = (flags(), flags(), flags());
        let shared = Shared { queue, wake, woken, sweep, stop, totals: Totals::default() };
        let handle = Handle(Arc::new(shared));
        let mut thread = Thread::new(Arc::clone(&handle.0), messages, poll);
        let config = Config::default();
        let settings = Settings {
            timeout: None,
            keepalive: None,
            rtcp_interval: config.rtcp_interval,
            jitter: config.jitter.clone(),
            writer: Writer::in_place(),
            epoch: Epoch::new(Instant::now(), std::time::SystemTime::UNIX_EPOCH),
        };
        let counters = Arc::new(Counters::default());
        let (events, _) = mpsc::channel(1);
        let core = Core::new(Arc::new(settings), counters, events, Instant::now());
        // By number, as in production: a port that the kernel chose is lost with the connection.
        let (phone, rtp) =
            (socket(), super::super::Ports::new(&config.ports).unwrap().bind(LOOPBACK).unwrap());
        let stream = rtp.local_addr().unwrap();
        let link = handle.open(1, core, rtp).unwrap();
        let (end, ended) = oneshot::channel();
        let (source, options) = (Source::silence(None), PlayOptions::default());
        let play = Play { id: 0, source, options, progress: Arc::default(), end };
        assert!(link.send(Command::Connect(agreement(phone.local_addr().unwrap()))));
        assert!(link.send(Command::Play(Box::new(play))));
        thread.commands();
        Self { thread, phone, stream, _ends: (handle, link, ended) }
    }

    /// What has arrived at a socket.
    fn arrived(socket: &UdpSocket) -> Vec<Header> {
        let mut buffer = [0; MAX_PACKET];
        let mut packets = Vec::new();
        while let Ok(length) = socket.recv(&mut buffer) {
            packets.push(Header::parse(&buffer[..length]).unwrap().0);
        }
        packets
    }

    fn receive(&mut self) {
        self.thread.happened(super::super::sockets::token(1, false).u64());
    }
}

#[test]
fn a_late_thread_catches_up_by_three_packets_and_no_more() {
    let mut bench = Bench::new();
    // As if the thread had not run for five seconds.
    bench.thread.epoch -= Duration::from_secs(5);
    bench.thread.pace();
    let packets = Bench::arrived(&bench.phone);
    assert_eq!(packets.len(), 4, "the one that is due and three before it");
    assert!(packets.windows(2).all(|two| two[1].timestamp.wrapping_sub(two[0].timestamp) == 160));
    assert_eq!(bench.thread.shared.totals.slips.load(Ordering::Relaxed), 1);
    bench.thread.pace();
    assert!(Bench::arrived(&bench.phone).is_empty(), "then it is on time again");
    bench.thread.epoch -= Duration::from_millis(40);
    bench.thread.pace();
    assert_eq!(Bench::arrived(&bench.phone).len(), 2, "a short stall is made up for");
    assert_eq!(bench.thread.shared.totals.slips.load(Ordering::Relaxed), 1);
}

#[test]
fn slots_are_on_time_after_years() {
    let bench = Bench::new();
    let year = Duration::from_secs(365 * 86_400);
    let slot = bench.thread.slot(bench.thread.epoch + year);
    assert_eq!(bench.thread.moment(slot) - bench.thread.epoch, year);
}

#[test]
fn the_kernel_filters_the_far_end_and_a_new_agreement_opens_the_port_again() {
    let mut bench = Bench::new();
    let (nat, other) = (socket(), socket());
    let header = Header { marker: false, payload_type: 0, sequence: 1, timestamp: 0, ssrc: 9 };
    let packet = [&header.write()[..], &[0xff; 160]].concat();
    nat.send_to(&packet, bench.stream).unwrap();
    bench.receive();
    bench.thread.epoch -= Duration::from_millis(20);
    bench.thread.pace();
    assert!(!Bench::arrived(&nat).is_empty());
    // Loopback delivers at once, or says at once that nobody listens for this source.
    other.send_to(&packet, bench.stream).unwrap();
    assert!(bench.thread.entries[&1].sockets.receive(false, &mut [0; 200]).is_none());
    let again = agreement(bench.phone.local_addr().unwrap());
    bench.thread.command(Instant::now(), 1, Command::Connect(again));
    let _ = other.take_error();
    other.send_to(&packet, bench.stream).unwrap();
    bench.receive();
    Bench::arrived(&nat);
    bench.thread.epoch -= Duration::from_millis(20);
    bench.thread.pace();
    assert!(!Bench::arrived(&other).is_empty());
    assert!(Bench::arrived(&nat).is_empty());
}

#[test]
fn a_close_that_found_no_room_in_the_queue_is_not_lost() {
    let mut bench = Bench::new();
    let (handle, link, ended) = &mut bench._ends;
    while handle.send(Message::Close(99)) {}
    assert!(!link.send(Command::Echo(true)), "a full queue is told");
    link.close();
    bench.thread.commands();
    assert!(bench.thread.entries.is_empty());
    assert!(ended.try_recv().is_ok());
}
