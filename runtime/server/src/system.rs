//! What the operating system grants, looked at once before serving.

use std::fs;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tracing::{debug, warn};

/// Open files that a busy server needs: two sockets a call, 10,000 calls.
const OPEN_FILES: u64 = 32_768;
/// Memory areas that a busy server needs: each guest has a few, 10,000 guests.
const MEMORY_AREAS: u64 = 262_144;
/// The UDP receive buffer that each SIP socket asks for, in bytes.
const RECEIVE_BUFFER: u64 = 4 << 20;

/// Raises the limit of open files as far as it goes, and warns of each limit that is too low for a
/// busy server. None of them stops it: a small one runs with all defaults.
pub(crate) fn check() {
    let files = raise_open_files();
    if files < OPEN_FILES {
        warn!(
            limit = files,
            wanted = OPEN_FILES,
            "few open files are allowed; about {} calls at a time will work. \
             Raise it: ulimit -n {OPEN_FILES} (systemd: LimitNOFILE={OPEN_FILES})",
            files / 3
        );
    }
    warn_when_low("vm.max_map_count", MEMORY_AREAS, "many scripts at a time will not start");
    warn_when_low(
        "net.core.rmem_max",
        RECEIVE_BUFFER,
        "bursts of calls over UDP will lose messages, which are then sent again",
    );
}

/// The number of open files that is allowed from now on.
fn raise_open_files() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let highest = limit.maximum.unwrap_or(u64::MAX);
    if setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).is_ok() {
        debug!(limit = highest, "open files");
        return highest;
    }
    limit.current.unwrap_or(u64::MAX)
}

/// Warns when a setting of the kernel is known and lower than wanted.
fn warn_when_low(name: &str, wanted: u64, consequence: &str) {
    match setting(name) {
        Some(value) if value < wanted => {
            warn!(
                value,
                wanted, "{name} is low: {consequence}. Raise it: sysctl -w {name}={wanted}"
            );
        }
        value => debug!(value, "{name}"),
    }
}

/// A number from /proc/sys; none where there is no such file (containers hide some).
fn setting(name: &str) -> Option<u64> {
    let path = format!("/proc/sys/{}", name.replace('.', "/"));
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_files_are_raised_to_what_is_allowed() {
        let allowed = raise_open_files();
        assert!(allowed > 0);
        assert_eq!(raise_open_files(), allowed);
    }

    #[test]
    fn a_setting_that_does_not_exist_is_unknown() {
        assert_eq!(setting("ringfence.no_such_setting"), None);
    }
}
