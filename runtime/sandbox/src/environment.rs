//! What the process and the system should be set to.

use std::fs;

use rustix::process::{Resource, getrlimit};

use crate::config::Config;
use crate::threads::FILE_THREADS;

/// Memory mappings that a slot takes once it was used, at most: its memory in up to three parts,
/// the collector's heap, its table, its stack.
const MAPPINGS: u64 = 6;
/// Mappings of the rest of the process, generously.
const OTHER_MAPPINGS: u64 = 2_000;
/// Address space that a slot reserves, in GiB: two memories with guard pages.
const RESERVED: u64 = 9;
/// Address space of a process on x86-64 and most others, in GiB.
const ADDRESS_SPACE: u64 = 128 << 10;
/// Threads of the rest of the server, generously.
const OTHER_THREADS: u64 = 64;
/// Where Linux tells how many mappings a process may have.
const MAX_MAP_COUNT: &str = "/proc/sys/vm/max_map_count";
/// Where Linux tells whether reserved memory must be there.
const OVERCOMMIT: &str = "/proc/sys/vm/overcommit_memory";
/// Where a container's limit of threads is.
const MAX_PIDS: &str = "/sys/fs/cgroup/pids.max";

/// What the system allows. None is no limit, or not known.
#[derive(Clone, Copy, Debug, Default)]
struct System {
    max_map_count: Option<u64>,
    overcommit: Option<u64>,
    /// In GiB.
    address_space: Option<u64>,
    threads: Option<u64>,
    backtraces: bool,
}

/// Looks for settings that make guests slow or few; answers a sentence for each.
///
/// * `vm.max_map_count` large enough for all instances.
/// * Address space for their slots: of the processor, and of `ulimit -v`.
/// * `vm.overcommit_memory` other than 2, where memory must be there before it is touched.
/// * Threads: `ulimit -u`, and a container's `pids.max`.
/// * Backtraces of wasmtime's errors: a guest's throw (each Lua `error` and `coroutine.yield`) makes
///   one, and takes 25 to 30 µs instead of 2 when it captures the host's stack. They are captured
///   when wasmtime is built with its feature `backtrace` (this workspace is not) *and*
///   `RUST_BACKTRACE` is set without `RUST_LIB_BACKTRACE=0`.
#[must_use]
pub fn check(config: &Config) -> Vec<String> {
    let number = |path| fs::read_to_string(path).ok().and_then(|text| text.trim().parse().ok());
    let users = getrlimit(Resource::Nproc).current;
    let system = System {
        max_map_count: number(MAX_MAP_COUNT),
        overcommit: number(OVERCOMMIT),
        address_space: getrlimit(Resource::As).current.map(|bytes| bytes >> 30),
        threads: [users, number(MAX_PIDS)].into_iter().flatten().min(),
        backtraces: captures_backtraces(),
    };
    system.warnings(config)
}

impl System {
    fn warnings(&self, config: &Config) -> Vec<String> {
        let instances = u64::from(config.instances);
        let mut warnings = Vec::new();
        let mappings = instances * MAPPINGS + OTHER_MAPPINGS;
        if let Some(allowed) = self.max_map_count.filter(|allowed| *allowed < mappings) {
            warnings.push(format!(
                "vm.max_map_count is {allowed}, but {instances} guests may need {mappings}: scripts \
                 can fail to start when many run; sysctl -w vm.max_map_count={mappings}"
            ));
        }
        let reserved = instances * RESERVED;
        if let Some(allowed) = self.address_space.filter(|allowed| *allowed < reserved) {
            warnings.push(format!(
                "the address space is limited to {allowed} GiB, but {instances} guests reserve \
                 {reserved}, of which they use little; ulimit -v unlimited"
            ));
        } else if reserved > ADDRESS_SPACE {
            warnings.push(format!(
                "{instances} guests reserve {reserved} GiB of address space, but a process has \
                 {ADDRESS_SPACE}; set instances to {} at most",
                ADDRESS_SPACE / RESERVED
            ));
        }
        if self.overcommit == Some(2) {
            warnings.push(
                "vm.overcommit_memory is 2: memory that guests may touch counts as if they did, and \
                 scripts can fail to start when many run; sysctl -w vm.overcommit_memory=0"
                    .to_owned(),
            );
        }
        let threads = config.workers as u64 + FILE_THREADS as u64 + OTHER_THREADS;
        if let Some(allowed) = self.threads.filter(|allowed| *allowed < threads) {
            warnings.push(format!(
                "only {allowed} threads are allowed, but the server may need {threads}: file \
                 operations of scripts can fail; raise ulimit -u, or the container's limit of tasks"
            ));
        }
        if self.backtraces {
            warnings.push(
                "wasmtime captures backtraces: every Lua error and coroutine switch takes 25 µs \
                 instead of 2; start the server with RUST_LIB_BACKTRACE=0"
                    .to_owned(),
            );
        }
        warnings
    }
}

/// Makes an error and looks: the only way that knows both features and environment.
fn captures_backtraces() -> bool {
    format!("{:?}", wasmtime::Error::msg("no error")).to_lowercase().contains("backtrace")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fails, when run with `RUST_BACKTRACE=1`, as soon as a dependency turns the feature on.
    #[test]
    fn errors_capture_no_backtraces() {
        assert!(!captures_backtraces());
    }

    #[test]
    fn each_setting_has_its_warning() {
        let config = Config { workers: 4, instances: 10_000, ..Config::new("cache") };
        let fine = System {
            max_map_count: Some(62_000),
            overcommit: Some(0),
            address_space: None,
            threads: Some(1_000),
            backtraces: false,
        };
        assert_eq!(fine.warnings(&config), [""; 0]);
        assert_eq!(System::default().warnings(&config), [""; 0], "nothing is known");
        for (system, said) in [
            (System { max_map_count: Some(61_999), ..fine }, "vm.max_map_count=62000"),
            (System { overcommit: Some(2), ..fine }, "overcommit_memory"),
            (System { address_space: Some(89_999), ..fine }, "ulimit -v"),
            (System { threads: Some(100), ..fine }, "ulimit -u"),
            (System { backtraces: true, ..fine }, "RUST_LIB_BACKTRACE"),
        ] {
            let warnings = system.warnings(&config);
            assert_eq!(warnings.len(), 1, "{warnings:?}");
            assert!(warnings.iter().all(|warning| warning.contains(said)), "{warnings:?}");
        }
    }

    #[test]
    fn more_guests_than_any_process_holds() {
        let config = Config { instances: 20_000, ..Config::new("cache") };
        let warnings = System::default().warnings(&config);
        assert!(warnings.iter().any(|warning| warning.contains("14563 at most")), "{warnings:?}");
    }
}
