//! The loop around a guest: deadlines, kill, panics, accounting.

use std::any::Any;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use wasmtime::component::ResourceTableError;
use wasmtime::{StoreContextMut, Trap, UpdateDeadline, WasmBacktrace};
use wasmtime_wasi::I32Exit;

use crate::deadline::Deadline;
use crate::ended::{End, EndedBy};
use crate::job::Job;
use crate::meter::Meter;
use crate::state::State;
use crate::threads;
use crate::ticker::Ticker;

/// A run that is being polled: building the instance, then the call of its export.
pub(crate) type Guest<'a, R> = Pin<Box<dyn Future<Output = wasmtime::Result<R>> + Send + 'a>>;

/// How a supervised run stopped.
pub(crate) enum Stopped<R> {
    Returned(R),
    /// The guest or a host function failed; what that means, only the store can tell.
    Failed(wasmtime::Error),
    Ended(EndedBy),
}

/// Polls the guest until it answers or must end, then drops it where it stands.
///
/// Every condition is looked at before and after each poll, and a poll lasts at most a tick and a
/// host function's own work. What the guest catches, retries or ignores makes no difference: it is
/// not asked.
pub(crate) async fn supervise<R>(
    job: &Job,
    ticker: &Ticker,
    mut guest: Guest<'_, R>,
) -> Stopped<R> {
    let mut deadline = Deadline::new(job);
    let mut meter = Meter::new(job);
    let stopped = std::future::poll_fn(|cx| {
        // Before the look, so that a kill between the two wakes this task.
        job.wake_with(cx.waker());
        if job.ending().is_none()
            && let Some(why) = deadline.passed(job, cx)
        {
            job.end(why);
        }
        if let Some(why) = job.ending() {
            return Poll::Ready(Stopped::Ended(why.clone()));
        }

        let before = thread_cpu();
        let polled = {
            let _running = ticker.running();
            job.slice.store(ticker.now(), std::sync::atomic::Ordering::Relaxed);
            catch_unwind(AssertUnwindSafe(|| guest.as_mut().poll(cx)))
        };
        let cpu = thread_cpu().saturating_sub(before);
        let sum = job.spend(cpu);
        match polled {
            // Who was told that it ended this run was told the truth.
            Ok(Poll::Ready(Ok(answer))) => Poll::Ready(match job.ending() {
                Some(why) => Stopped::Ended(why.clone()),
                None => Stopped::Returned(answer),
            }),
            Ok(Poll::Ready(Err(error))) => Poll::Ready(Stopped::Failed(error)),
            Err(panic) => Poll::Ready(Stopped::Ended(EndedBy::HostBug { message: text(&panic) })),
            Ok(Poll::Pending) => {
                if let Some(why) = meter.look(job, cpu, sum) {
                    job.end(why);
                }
                match job.ending() {
                    Some(why) => Poll::Ready(Stopped::Ended(why.clone())),
                    None => Poll::Pending,
                }
            }
        }
    })
    .await;
    // Ends the host call that it waits in, and unwinds its stack; both may run the host's code.
    match catch_unwind(AssertUnwindSafe(move || drop(guest))) {
        Ok(()) => stopped,
        Err(panic) => Stopped::Ended(EndedBy::HostBug { message: text(&panic) }),
    }
}

/// What a guest does when it sees that a tick has passed.
pub(crate) fn pause<T>(store: &StoreContextMut<'_, State<T>>, ticker: &Ticker) -> UpdateDeadline {
    let job = &store.data().job;
    if job.ending().is_none() {
        // The epoch also advanced while the guest waited in a host call; its time slice begins when
        // it gets the processor.
        let slice = job.slice.load(std::sync::atomic::Ordering::Relaxed);
        if ticker.now() == slice {
            return UpdateDeadline::Continue(1);
        }
        return UpdateDeadline::YieldCustom(1, Box::pin(threads::turn()));
    }
    UpdateDeadline::Interrupt
}

/// What a failure means; `stack` is how much of it the guest had.
pub(crate) fn classify(
    error: &wasmtime::Error,
    job: &Job,
    refused_memory: bool,
    stack: usize,
) -> EndedBy {
    if let Some(why) = job.ending() {
        return why.clone();
    }
    if let Some(I32Exit(code)) = error.downcast_ref::<I32Exit>() {
        return EndedBy::Exit { code: job.exit_code(*code) };
    }
    if let Some(end) = error.downcast_ref::<End>() {
        return EndedBy::Host(end.clone());
    }
    let trap = error.downcast_ref::<Trap>();
    // What a guest does that cannot live without the memory it was refused: it aborts.
    if refused_memory && trap.is_none_or(|trap| *trap == Trap::UnreachableCodeReached) {
        return EndedBy::MemoryLimit { limit: job.profile.memory };
    }
    match trap {
        Some(Trap::StackOverflow) => return EndedBy::StackLimit { limit: stack },
        Some(Trap::OutOfFuel) => {
            return EndedBy::FuelLimit { limit: job.profile.fuel.unwrap_or(u64::MAX) };
        }
        _ => {}
    }
    if let Some(ResourceTableError::Full) = error.downcast_ref::<ResourceTableError>() {
        return EndedBy::HandleLimit { what: "handles", limit: job.profile.handles };
    }
    if trap.is_none() && !job.is_instantiated() {
        return EndedBy::StartFailed { message: format!("{error:#}") };
    }
    EndedBy::Trap {
        message: trap.map_or_else(|| format!("{:#}", error.root_cause()), Trap::to_string),
        backtrace: error.downcast_ref::<WasmBacktrace>().map(frames).unwrap_or_default(),
    }
}

/// One frame a line: the function's name, or its number when it has none.
fn frames(backtrace: &WasmBacktrace) -> String {
    let frames = backtrace.frames().iter().map(|frame| match frame.func_name() {
        Some(name) => name.to_owned(),
        None => format!("function {}", frame.func_index()),
    });
    frames.collect::<Vec<_>>().join("\n")
}

fn text(panic: &Box<dyn Any + Send>) -> String {
    if let Some(text) = panic.downcast_ref::<&str>() {
        (*text).to_owned()
    } else if let Some(text) = panic.downcast_ref::<String>() {
        text.clone()
    } else {
        "a panic without a message".to_owned()
    }
}

fn thread_cpu() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    // Neither is ever negative.
    Duration::new(now.tv_sec.try_into().unwrap_or(0), now.tv_nsec.try_into().unwrap_or(0))
}
