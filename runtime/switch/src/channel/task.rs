//! The task of a channel: hears the leg and the media, and runs what the call executes.

use std::task::Poll;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use ringfence_media::StreamEvent;
use ringfence_sip::CallEvent;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::authority;
use crate::cause::Cause;
use crate::channel::hangup::{self, How};
use crate::channel::{Beside, ChannelState, api_hook, execution};
use crate::endpoint::sip;
use crate::event::EventName;
use crate::operation::{Dtmf, DtmfSource, Failure};
use crate::session::{Execution, Session};

/// Runs a channel until it is gone. `begin` starts the dialplan at once; otherwise the channel waits
/// in `CS_CONSUME_MEDIA` for a plan or a transfer.
pub(crate) async fn run(session: Session, leg: Option<mpsc::Receiver<CallEvent>>, begin: bool) {
    // Whatever happens to this task, the channel leaves the list of sessions.
    let registered = Registered(session.clone());
    let channel = &session.0;
    if begin {
        channel.fire(EventName::ChannelState, |_| {});
        channel.report_codecs();
    }
    channel.enter(ChannelState::Init);
    channel.fire(EventName::ChannelCreate, |_| {});
    if !begin {
        channel.fire(EventName::ChannelOriginate, |_| {});
        channel.enter(ChannelState::Routing);
        channel.enter(ChannelState::ConsumeMedia);
        channel.notify();
    }
    Task {
        session,
        leg,
        media: None,
        run: None,
        beside: Vec::new(),
        watched: Vec::new(),
        silence: None,
        begin,
    }
    .serve()
    .await;
    registered.0.0.report_over();
    api_hook::run(&registered.0).await;
    drop(registered);
}

/// Applications beside a call that run inside of each other; further ones wait.
const MAX_NESTED: usize = 16;

struct Task {
    session: Session,
    leg: Option<mpsc::Receiver<CallEvent>>,
    media: Option<mpsc::Receiver<StreamEvent>>,
    /// What the call executes.
    run: Option<BoxFuture<'static, ()>>,
    /// What runs beside it, each inside of the one before, and whether it is locked.
    beside: Vec<(BoxFuture<'static, ()>, bool)>,
    /// What looks after something of the call.
    watched: Vec<BoxFuture<'static, ()>>,
    /// When the call ends for want of audio, and how many packets had come when it went silent.
    silence: Option<(Instant, u64)>,
    begin: bool,
}

enum Wake {
    Leg(Option<CallEvent>),
    Media(Option<StreamEvent>),
    RunEnded,
    BesideEnded,
    Silence,
    Changed,
}

impl Task {
    async fn serve(&mut self) {
        let channel = std::sync::Arc::clone(&self.session.0);
        loop {
            // Asked for before looking, so that no change is missed in between.
            let changed = channel.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if self.take_orders() {
                return;
            }
            let wake = tokio::select! {
                biased;
                event = next(&mut self.leg) => Wake::Leg(event),
                event = next(&mut self.media) => Wake::Media(event),
                () = poll(&mut self.run) => Wake::RunEnded,
                () = any(&mut self.beside) => Wake::BesideEnded,
                () = watching(&mut self.watched) => Wake::BesideEnded,
                () = until(self.silence) => Wake::Silence,
                () = changed => Wake::Changed,
            };
            self.handle(wake);
        }
    }

    /// Takes what others left for the task; true when the channel is done.
    fn take_orders(&mut self) -> bool {
        let mut shared = self.session.0.shared.lock();
        if let Some(events) = shared.media.events.take() {
            self.media = Some(events);
        }
        self.watched.append(&mut shared.watched);
        if !shared.state.up() {
            self.media = None;
            return self.run.is_none() && self.beside.is_empty() && self.watched.is_empty();
        }
        let told = self.begin || shared.transferring || shared.plan.is_some();
        let mut broadcasts = Vec::new();
        let mut locked = self.beside.iter().any(|(_, lock)| *lock);
        while !locked
            && self.beside.len() + broadcasts.len() < MAX_NESTED
            && let Some(broadcast) = shared.broadcasts.pop_front()
        {
            locked = broadcast.execution.lock;
            broadcasts.push(broadcast);
        }
        drop(shared);
        if told && self.run.is_none() {
            self.begin = false;
            self.run = Some(Box::pin(execution::execute(self.session.clone())));
        }
        for broadcast in broadcasts {
            let lock = broadcast.execution.lock;
            self.beside.push((Box::pin(beside(self.session.clone(), broadcast)), lock));
        }
        false
    }

    /// Packets of the far end that have come.
    fn received(&self) -> u64 {
        let shared = self.session.0.shared.lock();
        shared.media.stream.as_ref().map_or(0, |stream| stream.statistics().received)
    }

    fn handle(&mut self, wake: Wake) {
        match wake {
            Wake::Leg(Some(event)) => sip::on_event(&self.session, event),
            Wake::Leg(None) => {
                self.leg = None;
                if self.session.up() {
                    // The stack ended, or gave up on a call whose events nobody took.
                    tracing::warn!(call = %self.session.uuid(), "the SIP leg is gone without a word");
                    hangup::hangup(&self.session.0, Cause::NORMAL_TEMPORARY_FAILURE, &How::Lost);
                }
            }
            Wake::Media(Some(StreamEvent::Dtmf { digit, duration })) => {
                if let Some(key) = Dtmf::new(digit) {
                    self.session.take_dtmf(Dtmf { duration, ..key }, DtmfSource::Rtp);
                }
            }
            Wake::Media(Some(StreamEvent::Timeout { silent, .. })) => {
                if let Some(limit) = sip::media_timeout(&self.session) {
                    // Media looks after the shortest limit of all profiles; this one may be longer.
                    let rest = limit.saturating_sub(silent);
                    self.silence = Some((Instant::now() + rest, self.received()));
                }
            }
            Wake::Silence => {
                if let Some((_, received)) = self.silence.take()
                    && self.received() == received
                    && sip::media_timeout(&self.session).is_some()
                {
                    tracing::info!(
                        call = %self.session.uuid(),
                        "no audio comes any more{}, ending the call",
                        if received == 0 { " (none came at all: is the caller behind NAT?)" } else { "" }
                    );
                    self.session.hangup(Cause::MEDIA_TIMEOUT);
                }
            }
            Wake::Media(None) => self.media = None,
            Wake::RunEnded => {
                self.run = None;
                if self.session.up() {
                    self.session.0.enter(ChannelState::ConsumeMedia);
                }
            }
            // Those that have ended are off the list.
            Wake::BesideEnded | Wake::Changed => {}
        }
    }
}

/// Runs one broadcast; a panic in it ends this call only.
async fn beside(session: Session, broadcast: Beside) {
    let Beside { execution, authority } = broadcast;
    let Execution { application, data, .. } = &execution;
    let run = async {
        let run = session.execute_all(&execution);
        match authority::with(authority, run).await {
            Ok(()) | Err(Failure::Hangup(_)) => {}
            Err(failure) => {
                tracing::warn!(call = %session.uuid(), "{application}({data}): {failure}");
            }
        }
    };
    let run = crate::operation::beside(&session, run);
    if let Err(panic) = std::panic::AssertUnwindSafe(run).catch_unwind().await {
        execution::crashed(&session, panic.as_ref());
    }
}

async fn next<T>(receiver: &mut Option<mpsc::Receiver<T>>) -> Option<T> {
    match receiver {
        Some(receiver) => receiver.recv().await,
        None => std::future::pending().await,
    }
}

/// The same for what looks after the call.
async fn watching(futures: &mut Vec<BoxFuture<'static, ()>>) {
    std::future::poll_fn(|context| {
        let before = futures.len();
        futures.retain_mut(|future| future.as_mut().poll(context).is_pending());
        if futures.len() < before { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

/// Waits until one of them has ended, and takes it off.
async fn any(futures: &mut Vec<(BoxFuture<'static, ()>, bool)>) {
    std::future::poll_fn(|context| {
        let before = futures.len();
        futures.retain_mut(|(future, _)| future.as_mut().poll(context).is_pending());
        if futures.len() < before { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

async fn until(silence: Option<(Instant, u64)>) {
    match silence {
        Some((moment, _)) => tokio::time::sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

async fn poll(future: &mut Option<BoxFuture<'static, ()>>) {
    match future {
        Some(future) => future.await,
        None => std::future::pending().await,
    }
}

/// A channel that is in the list of sessions for as long as this lives.
struct Registered(Session);

impl Drop for Registered {
    fn drop(&mut self) {
        let Self(session) = self;
        // Only when the task was dropped or panicked: the call is still up.
        if hangup::hangup(&session.0, Cause::CRASH, &How::Local) {
            tracing::error!(call = %session.uuid(), "the call's task ended while the call was up");
        }
        let channel = &session.0;
        channel.report_end(session.hangup_cause(), || channel.switch.unregister(session));
        channel.notify();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::{Channel, Shared};

    /// A sleeping call should cost some kilobytes; what grows here is paid by every call.
    #[test]
    fn a_channel_stays_small() {
        let task = |session: Session| run(session, None, true);
        fn of<F: Future>(_: &impl Fn(Session) -> F) -> usize {
            size_of::<F>()
        }
        println!(
            "channel {}, shared {}, task {}",
            size_of::<Channel>(),
            size_of::<Shared>(),
            of(&task)
        );
        assert!(size_of::<Channel>() <= 2_048, "channel: {}", size_of::<Channel>());
        assert!(of(&task) <= 2_048, "task: {}", of(&task));
    }
}
