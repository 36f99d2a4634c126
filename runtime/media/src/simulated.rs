//! Streams as tasks on a network in memory and tokio's clock, which may be paused.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use ringfence_rim::Socket;
use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, sleep_until};

use crate::core::{Core, Wire};
use crate::pace::{Totals, add};
use crate::stream::{Command, Link};

/// Commands that wait for one stream; more are refused.
const MAX_COMMANDS: usize = 256;

struct TaskLink {
    commands: mpsc::Sender<Command>,
    closed: Arc<Notify>,
}

impl Link for TaskLink {
    fn send(&self, command: Command) -> bool {
        self.commands.try_send(command).is_ok()
    }

    fn close(&self) {
        self.closed.notify_one();
    }
}

/// Begins a stream's task.
pub(crate) fn open(
    runtime: &tokio::runtime::Handle,
    core: Core,
    rtp: Socket,
    rtcp: Socket,
    totals: Arc<Totals>,
) -> Box<dyn Link> {
    let (commands, receiver) = mpsc::channel(MAX_COMMANDS);
    let closed = Arc::new(Notify::new());
    let ended = Arc::clone(&closed);
    runtime.spawn(async move {
        totals.streams.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        drive(core, Sockets { rtp, rtcp, totals: &totals }, receiver, &ended).await;
        totals.streams.fetch_sub(1, std::sync::atomic::Ordering::Relaxed);
    });
    Box::new(TaskLink { commands, closed })
}

/// Lets time, packets and commands act on the stream until it is closed. Without any of them it
/// sleeps, however much simulated time passes.
async fn drive(
    mut core: Core,
    mut wire: Sockets<'_>,
    mut commands: mpsc::Receiver<Command>,
    closed: &Notify,
) {
    let mut tick = None;
    loop {
        tick = match (core.period(), tick) {
            (None, _) => None,
            (Some(_), None) => Some(Instant::now()),
            (Some(_), due) => due,
        };
        let next = [tick, core.deadline()].into_iter().flatten().min();
        tokio::select! {
            // Commands first, so that a simulation is the same every time.
            biased;
            command = commands.recv() => match command {
                Some(command) => core.command(Instant::now(), command, &mut wire),
                None => break,
            },
            () = closed.notified() => break,
            (datagram, source) = wire.rtp.recv_from() => {
                add(&wire.totals.received, 1);
                core.receive(Instant::now(), source, &datagram, &mut wire);
            }
            (datagram, source) = wire.rtcp.recv_from() => {
                core.receive_rtcp(Instant::now(), source, &datagram);
            }
            () = sleep_until(next.unwrap_or_else(Instant::now)), if next.is_some() => {
                let now = Instant::now();
                if let Some(due) = tick.filter(|due| *due <= now) {
                    core.tick(now, &mut wire);
                    tick = core.period().map(|period: Duration| due + period);
                }
                if core.deadline().is_some_and(|due| due <= now) {
                    core.expire(now, &mut wire);
                }
            }
        }
    }
    // What was asked before the end is done before the end.
    while let Ok(command) = commands.try_recv() {
        core.command(Instant::now(), command, &mut wire);
    }
    core.close(Instant::now(), &mut wire);
}

struct Sockets<'a> {
    rtp: Socket,
    rtcp: Socket,
    totals: &'a Totals,
}

impl Wire for Sockets<'_> {
    fn rtp(&mut self, packet: &[u8], to: SocketAddr) {
        add(&self.totals.sent, 1);
        self.rtp.send_to(Bytes::copy_from_slice(packet), to);
    }

    fn rtcp(&mut self, packet: &[u8], to: SocketAddr) {
        self.rtcp.send_to(Bytes::copy_from_slice(packet), to);
    }

    /// The core ignores who is not the far end; a socket in memory has nothing to gain.
    fn latch(&mut self, _far: Option<SocketAddr>) {}
}
