//! One media thread: a loop over epoll that is never late for a slot because of a packet.

use std::collections::HashMap;
use std::io;
use std::net::UdpSocket;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, TrySendError};
use rustix::event::{EventfdFlags, Timespec, epoll, eventfd};
use tokio::time::Instant;

use super::sockets::{Out, Sockets};
use super::timers::Timers;
use super::wheel::Wheel;
use super::{Totals, add, os};
use crate::core::Core;
use crate::rtp::MAX_PACKET;
use crate::stream::{Command, Link};

/// Commands that wait for one thread; more are refused. At 1 ms a round that is 8 million a second.
const MAX_COMMANDS: usize = 8192;
/// Slots that are made up for when the thread was late: 3 packets of 20 ms. What is beyond is
/// skipped, the streams go on later.
const MAX_CATCH_UP: u64 = 60;
/// Sockets looked at in one round.
const EVENTS: usize = 256;
/// Packets and commands are looked for at most so often.
const ROUND: Duration = Duration::from_millis(1);
const SLOT: Duration = Duration::from_millis(1);
/// The CPU time is read at most so often.
const ACCOUNT: Duration = Duration::from_millis(100);
/// How long an ending thread waits for commands that are on their way.
const LAST_COMMANDS: Duration = Duration::from_millis(5);
/// The event of the wake-up descriptor; no stream has this number.
const WAKE: u64 = u64::MAX;

/// The way into a media thread; clones are the same.
#[derive(Clone)]
pub(crate) struct Handle(Arc<Shared>);

struct Shared {
    queue: Sender<Message>,
    wake: OwnedFd,
    /// Whether the thread was told that there is something in the queue.
    woken: AtomicBool,
    /// Some stream was closed while the queue was full: look through all of them.
    sweep: AtomicBool,
    stop: AtomicBool,
    totals: Totals,
}

enum Message {
    Open(Box<Opening>),
    Command(u64, Command),
    Close(u64),
}

struct Opening {
    id: u64,
    core: Core,
    socket: UdpSocket,
    closed: Arc<AtomicBool>,
}

struct ThreadLink {
    handle: Handle,
    id: u64,
    closed: Arc<AtomicBool>,
}

impl Handle {
    pub(crate) fn totals(&self) -> &Totals {
        &self.0.totals
    }

    /// Hands a stream to the thread; none when it is overloaded.
    pub(crate) fn open(&self, id: u64, core: Core, socket: UdpSocket) -> Option<Box<dyn Link>> {
        let closed = Arc::new(AtomicBool::new(false));
        let opening = Opening { id, core, socket, closed: Arc::clone(&closed) };
        let link = ThreadLink { handle: self.clone(), id, closed };
        let sent = self.send(Message::Open(Box::new(opening)));
        if sent {
            self.0.totals.streams.fetch_add(1, Ordering::Relaxed);
        } else {
            link.closed.store(true, Ordering::Relaxed);
        }
        sent.then(|| Box::new(link) as Box<dyn Link>)
    }

    /// Ends the thread and all its streams.
    pub(crate) fn stop(&self) {
        self.0.stop.store(true, Ordering::Release);
        self.wake();
    }

    fn send(&self, message: Message) -> bool {
        if self.0.stop.load(Ordering::Acquire) {
            return false;
        }
        match self.0.queue.try_send(message) {
            Ok(()) => {
                self.wake();
                true
            }
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => false,
        }
    }

    fn wake(&self) {
        if !self.0.woken.swap(true, Ordering::AcqRel) {
            // Only fails when the counter is at its end, and then the thread is awake.
            let _ = rustix::io::write(&self.0.wake, &1u64.to_ne_bytes());
        }
    }
}

impl Link for ThreadLink {
    fn send(&self, command: Command) -> bool {
        !self.closed.load(Ordering::Relaxed) && self.handle.send(Message::Command(self.id, command))
    }

    fn close(&self) {
        if !self.closed.swap(true, Ordering::AcqRel) && !self.handle.send(Message::Close(self.id)) {
            self.handle.0.sweep.store(true, Ordering::Release);
            self.handle.wake();
        }
    }
}

/// Starts a thread.
pub(crate) fn spawn(number: usize, realtime: bool) -> io::Result<Handle> {
    let (queue, messages) = crossbeam_channel::bounded(MAX_COMMANDS);
    let wake = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
    let poll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    epoll::add(&poll, &wake, epoll::EventData::new_u64(WAKE), epoll::EventFlags::IN)?;
    let handle = Handle(Arc::new(Shared {
        queue,
        wake,
        woken: AtomicBool::new(false),
        sweep: AtomicBool::new(false),
        stop: AtomicBool::new(false),
        totals: Totals::default(),
    }));
    let shared = Arc::clone(&handle.0);
    std::thread::Builder::new().name(format!("media-{number}")).spawn(move || {
        os::make_punctual(realtime);
        Thread::new(shared, messages, poll).run();
    })?;
    Ok(handle)
}

struct Entry {
    core: Core,
    sockets: Sockets,
    closed: Arc<AtomicBool>,
    /// Whether it is in the wheel.
    paced: bool,
    /// Its entry among the timers.
    timer: Option<Instant>,
}

struct Thread {
    shared: Arc<Shared>,
    messages: Receiver<Message>,
    poll: OwnedFd,
    entries: HashMap<u64, Entry, foldhash::fast::RandomState>,
    wheel: Wheel,
    timers: Timers,
    /// The moment of slot 0; moves when the thread was too late to catch up.
    epoch: Instant,
    buffer: [u8; MAX_PACKET],
    /// The streams of a slot, kept for its memory.
    due: Vec<u64>,
}

impl Thread {
    fn new(shared: Arc<Shared>, messages: Receiver<Message>, poll: OwnedFd) -> Self {
        Self {
            shared,
            messages,
            poll,
            entries: HashMap::default(),
            wheel: Wheel::new(),
            timers: Timers::default(),
            epoch: Instant::now(),
            buffer: [0; MAX_PACKET],
            due: Vec::new(),
        }
    }

    fn run(mut self) {
        let mut events = vec![
            epoll::Event {
                flags: epoll::EventFlags::empty(),
                data: epoll::EventData::new_u64(0)
            };
            EVENTS
        ];
        let mut last_round = Instant::now();
        let mut next_account = last_round;
        let mut count = 0;
        while !self.shared.stop.load(Ordering::Acquire) {
            // While packets come, those of one millisecond are looked at together.
            if count > 0 {
                let round = last_round + ROUND;
                let rest = self.next_due().map_or(round, |due| due.min(round));
                std::thread::sleep(rest.saturating_duration_since(Instant::now()));
            }
            count = self.wait(&mut events);
            last_round = Instant::now();
            self.pace();
            for event in events.iter().take(count) {
                self.happened(event.data.u64());
            }
            self.expire();
            if last_round >= next_account {
                next_account = last_round + ACCOUNT;
                let cpu = u64::try_from(os::cpu().as_nanos()).unwrap_or(u64::MAX);
                self.shared.totals.cpu.store(cpu, Ordering::Relaxed);
            }
        }
        self.end();
    }

    /// Closes all streams, also those that are still in the queue. Nobody adds to it since `stop`
    /// was set but who was just doing so; that takes microseconds, and is waited for.
    fn end(&mut self) {
        for _ in 0..2 {
            self.commands();
            let now = Instant::now();
            for id in self.entries.keys().copied().collect::<Vec<_>>() {
                self.close(now, id);
            }
            std::thread::sleep(LAST_COMMANDS);
        }
        self.commands();
    }

    /// When something has to be done even if nothing comes.
    fn next_due(&self) -> Option<Instant> {
        let slot = self.wheel.next_due().map(|slot| self.moment(slot));
        [slot, self.timers.next()].into_iter().flatten().min()
    }

    /// Waits for packets, commands or the next deadline; the number of events.
    fn wait(&self, events: &mut [epoll::Event]) -> usize {
        let timeout = self.next_due().map(|due| {
            let left = due.saturating_duration_since(Instant::now());
            let seconds = i64::try_from(left.as_secs()).unwrap_or(i64::MAX);
            Timespec { tv_sec: seconds, tv_nsec: left.subsec_nanos().into() }
        });
        match epoll::wait(&self.poll, events, timeout.as_ref()) {
            Ok(count) => count,
            Err(rustix::io::Errno::INTR) => 0,
            Err(error) => {
                // Cannot happen with a descriptor of our own; do not spin if it does.
                tracing::error!(%error, "media: epoll failed");
                std::thread::sleep(SLOT);
                0
            }
        }
    }

    fn moment(&self, slot: u64) -> Instant {
        self.epoch + Duration::from_millis(slot)
    }

    fn slot(&self, now: Instant) -> u64 {
        now.saturating_duration_since(self.epoch).as_millis() as u64
    }

    /// Sends what is due.
    fn pace(&mut self) {
        let now = Instant::now();
        let current = self.slot(now);
        let Some(first) = self.wheel.next_due().filter(|first| *first <= current) else { return };
        let behind = current - first;
        if behind > MAX_CATCH_UP {
            self.epoch += Duration::from_millis(behind - MAX_CATCH_UP);
            add(&self.shared.totals.slips, 1);
        }
        let current = self.slot(now);
        let mut due = std::mem::take(&mut self.due);
        while let Some(slot) = self.wheel.take(current, &mut due) {
            let moment = self.moment(slot);
            for id in due.iter().copied() {
                let Some(entry) = self.entries.get_mut(&id) else { continue };
                let mut out = Out {
                    sockets: &mut entry.sockets,
                    stream: id,
                    poll: &self.poll,
                    totals: &self.shared.totals,
                };
                entry.core.tick(now, &mut out);
                match entry.core.period() {
                    Some(period) => self.wheel.again(id, slot, period.as_millis() as u64),
                    None => entry.paced = false,
                }
                arm(&mut self.timers, id, entry);
                let late = moment.elapsed().as_micros() as u64;
                self.shared.totals.lateness.note(late);
            }
        }
        self.due = due;
        self.shared.totals.active.store(self.wheel.len() as u64, Ordering::Relaxed);
    }

    fn happened(&mut self, data: u64) {
        if data == WAKE {
            return self.commands();
        }
        let (id, rtcp) = (data >> 1, data & 1 == 1);
        let now = Instant::now();
        let Some(entry) = self.entries.get_mut(&id) else { return };
        // One only: mostly there is no second, and to ask for it costs as much as the first. What is
        // left is told again in the next round, so a flood delays nobody else.
        match entry.sockets.receive(rtcp, &mut self.buffer) {
            None => {}
            Some(Err(error)) => tracing::trace!(%error, "media: receiving"),
            Some(Ok((source, datagram))) if rtcp => entry.core.receive_rtcp(now, source, datagram),
            Some(Ok((source, datagram))) => {
                add(&self.shared.totals.received, 1);
                let mut out = Out {
                    sockets: &mut entry.sockets,
                    stream: id,
                    poll: &self.poll,
                    totals: &self.shared.totals,
                };
                entry.core.receive(now, source, datagram, &mut out);
            }
        }
        arm(&mut self.timers, id, entry);
    }

    fn commands(&mut self) {
        let mut counter = [0; 8];
        let _ = rustix::io::read(&self.shared.wake, &mut counter); // Only to make it quiet.
        self.shared.woken.store(false, Ordering::SeqCst);
        let now = Instant::now();
        while let Ok(message) = self.messages.try_recv() {
            match message {
                Message::Open(opening) => self.open(*opening),
                Message::Command(id, command) => self.command(now, id, command),
                Message::Close(id) => self.close(now, id),
            }
        }
        if self.shared.sweep.swap(false, Ordering::AcqRel) {
            let closed =
                |(id, entry): (&u64, &Entry)| entry.closed.load(Ordering::Acquire).then_some(*id);
            for id in self.entries.iter().filter_map(closed).collect::<Vec<_>>() {
                self.close(now, id);
            }
        }
    }

    fn open(&mut self, opening: Opening) {
        let Opening { id, core, socket, closed } = opening;
        let sockets = Sockets::new(socket);
        if let Err(error) = sockets.watch(&self.poll, id) {
            tracing::error!(%error, "media: stream hears nothing");
        }
        self.entries.insert(id, Entry { core, sockets, closed, paced: false, timer: None });
    }

    fn command(&mut self, now: Instant, id: u64, command: Command) {
        let slot = self.slot(now);
        let Some(entry) = self.entries.get_mut(&id) else { return };
        let mut out = Out {
            sockets: &mut entry.sockets,
            stream: id,
            poll: &self.poll,
            totals: &self.shared.totals,
        };
        entry.core.command(now, command, &mut out);
        if let Some(period) = entry.core.period().filter(|_| !entry.paced) {
            entry.paced = true;
            self.wheel.join(id, period.as_millis() as u64, slot);
        }
        arm(&mut self.timers, id, entry);
    }

    fn close(&mut self, now: Instant, id: u64) {
        let Some(mut entry) = self.entries.remove(&id) else { return };
        self.timers.set(id, entry.timer, None);
        let mut out = Out {
            sockets: &mut entry.sockets,
            stream: id,
            poll: &self.poll,
            totals: &self.shared.totals,
        };
        entry.core.close(now, &mut out);
        self.shared.totals.streams.fetch_sub(1, Ordering::Relaxed);
    }

    fn expire(&mut self) {
        let now = Instant::now();
        while let Some(id) = self.timers.take(now) {
            let Some(entry) = self.entries.get_mut(&id) else { continue };
            entry.timer = None;
            if entry.core.deadline().is_some_and(|deadline| deadline <= now) {
                let mut out = Out {
                    sockets: &mut entry.sockets,
                    stream: id,
                    poll: &self.poll,
                    totals: &self.shared.totals,
                };
                entry.core.expire(now, &mut out);
            }
            arm(&mut self.timers, id, entry);
        }
    }
}

/// Sees to it that the stream is looked at when it wants to be. One that was looked at too early
/// is asked again then; that is cheaper than moving its deadline with every packet.
fn arm(timers: &mut Timers, id: u64, entry: &mut Entry) {
    if let Some(deadline) = entry.core.deadline()
        && entry.timer.is_none_or(|timer| deadline < timer)
    {
        timers.set(id, entry.timer, Some(deadline));
        entry.timer = Some(deadline);
    }
}

#[cfg(test)]
mod tests;
