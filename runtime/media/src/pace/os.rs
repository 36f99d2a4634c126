//! What a media thread asks of the operating system for its timing.

use std::io;
use std::num::NonZeroU64;
use std::sync::Once;
use std::time::Duration;

use rustix::time::ClockId;

/// Above normal threads, far below what kernels use.
const PRIORITY: i32 = 10;

/// Makes the current thread wake on time: timers without slack and, when permitted, a real-time
/// priority.
pub(super) fn make_punctual(realtime: bool) {
    static REFUSED: Once = Once::new();
    if let Err(error) = rustix::thread::set_current_timer_slack(NonZeroU64::new(1)) {
        tracing::debug!(%error, "media: timer slack not changed");
    }
    if realtime && let Err(error) = round_robin() {
        REFUSED.call_once(|| {
            tracing::info!(%error, "media: threads run at normal priority; CAP_SYS_NICE or LimitRTPRIO would allow SCHED_RR");
        });
    }
}

#[expect(unsafe_code, reason = "no safe wrapper of sched_setscheduler in the crates we use")]
fn round_robin() -> io::Result<()> {
    let parameters = libc::sched_param { sched_priority: PRIORITY };
    // SAFETY: the pointer is to a live value that the call only reads; 0 is the calling thread.
    match unsafe { libc::sched_setscheduler(0, libc::SCHED_RR, &raw const parameters) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// The CPU time of the current thread.
pub(super) fn cpu() -> Duration {
    let time = rustix::time::clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0))
}
