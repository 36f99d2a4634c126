#!/bin/sh
# Runs every fuzz target for some seconds: fuzz/run.sh [seconds [target…]]. What breaks one is left in
# fuzz/artifacts/<target>/; `fuzz/run.sh 0 <target> artifacts/<target>/crash-…` runs it on that alone.
#
# libFuzzer's feedback needs no nightly Rust: these are the flags that cargo-fuzz would give, without
# the address sanitizer, which has little to find in code without `unsafe`.
set -eu
cd "$(dirname "$0")"

seconds=${1:-60}
[ $# -gt 0 ] && shift
host=$(rustc -vV | sed -n 's/^host: //p')
export RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares"
target_dir=${CARGO_TARGET_DIR:-target}
cargo build --quiet --release --target "$host" --target-dir "$target_dir"

if [ "$seconds" = 0 ]; then
    target=$1
    shift
    exec "$target_dir/$host/release/$target" "$@"
fi
for target in ${*:-sip sdp rtp expansion dial dialplan event-socket console database outside speech json ivr}; do
    mkdir -p "corpus/$target" "artifacts/$target"
    echo "fuzzing $target for $seconds s"
    "$target_dir/$host/release/$target" -max_total_time="$seconds" -max_len=4096 -timeout=10 \
        -rss_limit_mb=2048 -verbosity=0 -print_final_stats=1 \
        -artifact_prefix="artifacts/$target/" "corpus/$target" "seeds/$target"
done
