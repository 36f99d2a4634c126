//! What the process and the system should be set to.

use std::fs;

/// Memory mappings that a slot takes once it was used, at most.
const MAPPINGS: u64 = 6;
/// Mappings of the rest of the process, generously.
const OTHERS: u64 = 2_000;
/// Where Linux tells how many mappings a process may have.
const MAX_MAP_COUNT: &str = "/proc/sys/vm/max_map_count";

/// Looks for settings that make guests slow or few; answers a sentence for each.
///
/// * Backtraces of wasmtime's errors: a guest's throw (each Lua `error` and `coroutine.yield`) makes
///   one, and takes 25 to 30 µs instead of 2 when it captures the host's stack. They are captured
///   when wasmtime is built with its feature `backtrace` (this workspace is not) *and*
///   `RUST_BACKTRACE` is set without `RUST_LIB_BACKTRACE=0`.
/// * `vm.max_map_count` large enough for `instances`.
#[must_use]
pub fn check(instances: u32) -> Vec<String> {
    let mut warnings = Vec::new();
    if captures_backtraces() {
        warnings.push(
            "wasmtime captures backtraces: every Lua error and coroutine switch takes 25 µs \
             instead of 2; start the server with RUST_LIB_BACKTRACE=0"
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
    fn too_few_mappings_are_a_warning() {
        // On systems without the file there is nothing to say.
        if fs::metadata(MAX_MAP_COUNT).is_ok() {
            assert!(check(u32::MAX).iter().any(|warning| warning.contains("max_map_count")));
        }
    }
}
