//! What the process and the system should be set to.

use std::env;
use std::fs;

/// Memory mappings that a slot takes once it was used, at most.
const MAPPINGS: u64 = 6;
/// Mappings of the rest of the process, generously.
const OTHERS: u64 = 2_000;
/// Where Linux tells how many mappings a process may have.
const MAX_MAP_COUNT: &str = "/proc/sys/vm/max_map_count";

/// Looks for settings that make guests slow or few; answers a sentence for each.
///
/// * `RUST_LIB_BACKTRACE=0`, or neither it nor `RUST_BACKTRACE` set: with backtraces each throw of a
///   guest (each Lua `error` and `coroutine.yield`) takes 25 to 30 µs instead of 2. It is read once,
///   at the first error, and must be set before threads start: by who starts the process, or by
///   the first lines of `main`.
/// * `vm.max_map_count` large enough for `instances`.
#[must_use]
pub fn check(instances: u32) -> Vec<String> {
    let mut warnings = Vec::new();
    if backtraces(env::var("RUST_LIB_BACKTRACE").ok(), env::var("RUST_BACKTRACE").ok()) {
        warnings.push(
            "RUST_BACKTRACE is set: every Lua error and coroutine switch takes 25 µs instead of 2; \
             set RUST_LIB_BACKTRACE=0 as well"
                .to_owned(),
        );
    }
    let allowed = fs::read_to_string(MAX_MAP_COUNT).ok().and_then(|text| text.trim().parse().ok());
    if let Some(allowed) = allowed
        && let needed = u64::from(instances) * MAPPINGS + OTHERS
        && needed > allowed
    {
        warnings.push(format!(
            "vm.max_map_count is {allowed}, but {instances} guests may need {needed}: scripts can \
             fail to start when many run; sysctl -w vm.max_map_count={needed}"
        ));
    }
    warnings
}

/// The rule of `std::backtrace::Backtrace::capture`.
fn backtraces(lib: Option<String>, all: Option<String>) -> bool {
    lib.or(all).is_some_and(|value| value != "0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_variable_wins() {
        let on = || Some("1".to_owned());
        let off = || Some("0".to_owned());
        assert!(!backtraces(None, None));
        assert!(backtraces(None, on()));
        assert!(backtraces(on(), off()));
        assert!(!backtraces(off(), on()));
    }

    #[test]
    fn too_few_mappings_are_a_warning() {
        // On systems without the file there is nothing to say.
        if fs::metadata(MAX_MAP_COUNT).is_ok() {
            assert!(check(u32::MAX).iter().any(|warning| warning.contains("max_map_count")));
        }
    }
}
