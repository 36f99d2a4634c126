//! Twenty calls that exchange audio, and what they notice of everything else.
//!
//! Each sends a packet every 20 ms and notes when the server's packets arrive. Half of the calls are
//! played a tone (by the dialplan, and by scripts of the operator), the others hear themselves.
//!
//! A packet that comes late was delayed by the server, or this process was not given the processor:
//! a shared machine does that. So two ends of a wire within this process do the same at the same
//! time, and only what goes far beyond *their* gaps counts against the server.

use std::net::UdpSocket;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use ringfence_tests::caller::packet;
use ringfence_tests::{Caller, Configuration, Server};

const CALLS: usize = 20;
const PACE: Duration = Duration::from_millis(20);
/// How long the calls are undisturbed first.
const BASELINE: Duration = Duration::from_secs(4);
/// A gap is too long when it is so many times the longest one of the baseline and of the wire.
const TIMES: u32 = 4;
/// And longer than this in any case: what a phone's jitter buffer bridges.
const BRIDGED: Duration = Duration::from_millis(150);

/// What the calls dial.
const NUMBERS: [(&str, &str); 4] = [
    ("echo", r#"<action application="answer"/><action application="echo"/>"#),
    (
        "tone",
        r#"<action application="answer"/><action application="playback" data="tone_stream://%(1000,0,440);loops=-1"/>"#,
    ),
    ("echo", ""),
    ("script", r#"<action application="lua" data="plays.lua"/>"#),
];

/// Adds what the calls dial.
pub(crate) fn configure(configuration: &Configuration) {
    for (number, actions) in NUMBERS.iter().filter(|(_, actions)| !actions.is_empty()) {
        configuration.extension(&format!("steady-{number}"), actions);
    }
    configuration.script(
        "plays.lua",
        "session:answer() while session:ready() do session:streamFile('tone_stream://%(500,0,440)') end",
    );
}

/// When packets came, with their sequence numbers.
type Arrivals = Arc<Mutex<Vec<(Instant, u16)>>>;

/// One listener of packets.
struct Line {
    name: String,
    arrivals: Arrivals,
}

/// The running calls.
pub(crate) struct Calls {
    callers: Vec<Caller>,
    lines: Vec<Line>,
    /// Both its ends are here.
    wire: Line,
    /// From when on which cases ran.
    notes: Mutex<Vec<(Instant, String)>>,
    baseline: Mutex<Duration>,
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Calls {
    /// Sets the calls up and waits until all of them hear something.
    pub(crate) fn start(server: &Server) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let mut threads = Vec::new();
        let mut lines = Vec::new();
        let mut senders = Vec::new();
        let mut callers = Vec::new();
        let mut listen = |name: String, socket: UdpSocket| {
            let arrivals = Arrivals::default();
            let (noted, stop) = (Arc::clone(&arrivals), Arc::clone(&stop));
            threads.push(thread::spawn(move || note(&socket, &noted, &stop)));
            Line { name, arrivals }
        };
        for (index, (number, _)) in NUMBERS.iter().cycle().take(CALLS).enumerate() {
            let mut caller = Caller::new(server.port());
            caller.invite(&format!("steady-{number}"));
            caller.answered();
            let socket = caller.rtp.try_clone().unwrap();
            socket.connect(caller.remote_rtp()).unwrap();
            lines.push(listen(format!("call {index} ({number})"), socket.try_clone().unwrap()));
            senders.push(socket);
            callers.push(caller);
        }
        let (near, far) = (UdpSocket::bind("127.0.0.1:0"), UdpSocket::bind("127.0.0.1:0"));
        let (near, far) = (near.unwrap(), far.unwrap());
        near.connect(far.local_addr().unwrap()).unwrap();
        senders.push(near);
        let wire = listen("the wire".to_owned(), far);
        let stopped = Arc::clone(&stop);
        threads.push(thread::spawn(move || send(&senders, &stopped)));
        let calls = Self {
            callers,
            lines,
            wire,
            notes: Mutex::default(),
            baseline: Mutex::default(),
            stop,
            threads,
        };
        for line in &calls.lines {
            ringfence_tests::eventually(&format!("audio of {}", line.name), || {
                (line.arrivals.lock().unwrap().len() > 10).then_some(())
            });
        }
        calls
    }

    /// Lets the calls alone for a while, and keeps how they fared.
    pub(crate) fn baseline(&self) {
        let from = Instant::now();
        thread::sleep(BASELINE);
        let worst = self.lines.iter().chain([&self.wire]).map(|line| line.gap(from).0).max();
        *self.baseline.lock().unwrap() = worst.unwrap_or_default();
        self.note(["nothing"].into_iter());
    }

    /// Notes what runs from now on.
    pub(crate) fn note<'a>(&self, cases: impl Iterator<Item = &'a str>) {
        let names = cases.collect::<Vec<_>>().join(" ");
        self.notes.lock().unwrap().push((Instant::now(), names));
    }

    /// What the calls suffered since the baseline, if anything.
    pub(crate) fn faults(&self) -> Vec<String> {
        let Some(from) = self.notes.lock().unwrap().first().map(|(from, _)| *from) else {
            return Vec::new();
        };
        let baseline = *self.baseline.lock().unwrap();
        let wire = self.wire.gap(from).0;
        let bound = (baseline.max(wire) * TIMES).max(BRIDGED);
        let worst = self.lines.iter().map(|line| line.gap(from).0).max().unwrap_or_default();
        println!(
            "longest gap: {worst:?} in calls, {wire:?} on the wire, {baseline:?} undisturbed; \
             allowed {bound:?}"
        );
        let mut faults = Vec::new();
        for line in &self.lines {
            let (gap, at) = line.gap(from);
            if gap > bound {
                let cases = self.running(at);
                faults.push(format!(
                    "{}: no packet for {gap:?}, at most {bound:?} (undisturbed {baseline:?}, wire \
                     {wire:?}), while these ran: {cases}",
                    line.name
                ));
            }
            if let Some((lost, at)) = line.loss(from) {
                faults.push(format!(
                    "{}: {lost} packets lost while {}",
                    line.name,
                    self.running(at)
                ));
            }
        }
        faults
    }

    fn running(&self, at: Instant) -> String {
        let notes = self.notes.lock().unwrap();
        notes
            .iter()
            .rfind(|(from, _)| *from <= at)
            .map(|(_, names)| names.clone())
            .unwrap_or_default()
    }

    /// Ends the calls; those that were not up any more are faults.
    pub(crate) fn end(mut self) -> Vec<String> {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            thread.join().unwrap();
        }
        let lines = std::mem::take(&mut self.lines);
        let ended = self.callers.iter_mut().zip(lines).filter_map(|(caller, line)| {
            let status = caller.bye().status();
            (status != Some(200)).then(|| format!("{} is over: BYE got {status:?}", line.name))
        });
        ended.collect()
    }
}

impl Line {
    /// The longest time without a packet since `from`, and when it began.
    fn gap(&self, from: Instant) -> (Duration, Instant) {
        let arrivals = self.arrivals.lock().unwrap();
        let times = arrivals.iter().map(|(at, _)| *at).filter(|at| *at >= from);
        let (longest, at, last) =
            times.fold((Duration::ZERO, from, from), |(longest, when, last), at| {
                let gap = at.duration_since(last);
                if gap > longest { (gap, last, at) } else { (longest, when, at) }
            });
        // A call that fell silent for good has its gap at the end.
        let rest = last.elapsed();
        if rest > longest { (rest, last) } else { (longest, at) }
    }

    /// How many packets did not come since `from`, and when the first of them was missing.
    fn loss(&self, from: Instant) -> Option<(u32, Instant)> {
        let arrivals = self.arrivals.lock().unwrap();
        let mut packets = arrivals.iter().filter(|(at, _)| *at >= from);
        let mut last = packets.next()?.1;
        let mut lost = None;
        for (at, sequence) in packets {
            let missing = u32::from(sequence.wrapping_sub(last).wrapping_sub(1));
            if missing > 0 {
                let (sum, first) = lost.unwrap_or((0, *at));
                lost = Some((sum + missing, first));
            }
            last = *sequence;
        }
        lost
    }
}

fn note(socket: &UdpSocket, arrivals: &Arrivals, stop: &AtomicBool) {
    socket.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    let mut buffer = [0; 2048];
    while !stop.load(Ordering::Relaxed) {
        let Ok(length @ 12..) = socket.recv(&mut buffer) else { continue };
        // What is no audio (comfort noise, RTCP) has a rhythm of its own.
        if length == 172 {
            let sequence = u16::from_be_bytes([buffer[2], buffer[3]]);
            arrivals.lock().unwrap().push((Instant::now(), sequence));
        }
    }
}

fn send(sockets: &[UdpSocket], stop: &AtomicBool) {
    let start = Instant::now();
    for count in 0_u32.. {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        for socket in sockets {
            // A call that the server has ended refuses; its silence is what is judged.
            let _ = socket.send(&packet(0, count as u16, count * 160, &[0x55; 160]));
        }
        thread::sleep((start + PACE * (count + 1)).saturating_duration_since(Instant::now()));
    }
}
