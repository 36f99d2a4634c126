#!/bin/sh
# Builds the four Lua guests into target/guests/lua-5.N.wasm (or $RINGFENCE_GUESTS). Silent about
# what is up to date. Needs clang-22, llvm-22 and wasi-libc (`make setup` installs them).
#
#   build.sh            all four       build.sh 5.4    one of them
#   build.sh lint       builds none: clippy, for the oldest and the newest
set -eu

here=$(cd "$(dirname "$0")" && pwd)
out=${RINGFENCE_GUESTS:-$here/../target/guests}
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$here/target}"
export CC_wasm32_wasip2="${CC_wasm32_wasip2:-clang-22}"
export AR_wasm32_wasip2="${AR_wasm32_wasip2:-llvm-ar-22}"
# Our setjmp.h in front of Debian's headers; rustup's wasi target brings the libc itself.
# Lua is linked as bitcode (build.rs says how), so that calls between its files can be inlined.
# Numbers wrap: Lua 5.1 looks at some sizes only after they have overflowed, and wrote out of bounds.
export CFLAGS_wasm32_wasip2="-flto -fwrapv -nostdlibinc -isystem $here/include -isystem /usr/include/wasm32-wasi"

for tool in "$CC_wasm32_wasip2" "$AR_wasm32_wasip2"; do
    command -v "$tool" > /dev/null || {
        echo "lua-guest: $tool is missing: apt-get install clang-22 llvm-22 wasi-libc" >&2
        exit 1
    }
done

# guest VERSION SUBCOMMAND [ARGUMENTS]: cargo, for one version of Lua.
guest() {
    feature=lua$(echo "$1" | tr -d .)
    # A folder a version: cargo would rebuild the C code each time the feature changes.
    folder="$CARGO_TARGET_DIR/$feature"
    subcommand=$2
    shift 2
    # Lua's build script does not tell cargo that it depends on the flags.
    if [ -d "$folder" ] && [ "$(cat "$folder/cflags" 2> /dev/null)" != "$CFLAGS_wasm32_wasip2" ]; then
        rm -r "$folder"
    fi
    mkdir -p "$folder"
    echo "$CFLAGS_wasm32_wasip2" > "$folder/cflags"
    (cd "$here" && CARGO_TARGET_DIR="$folder" cargo "$subcommand" --quiet --release --locked \
        --target wasm32-wasip2 --no-default-features --features "$feature" "$@")
}

if [ "${1:-}" = lint ]; then
    for version in 5.1 5.4; do
        guest "$version" clippy -- -D warnings
    done
    exit
fi

mkdir -p "$out"
for version in ${*:-5.1 5.2 5.3 5.4}; do
    target="$out/lua-$version.wasm"
    # Cargo knows best what changed, but asks for a second a version; look at the times first.
    if [ -f "$target" ] && [ -z "$(find "$here" "$here/../wit" "$here/../lua-api/src" "$here/../runtime/event/src" "$here/../runtime/text/src" \
        -path "$here/target" -prune -o -type f -newer "$target" -print | head -n 1)" ]; then
        continue
    fi
    guest "$version" build
    cp "$folder/wasm32-wasip2/release/ringfence_lua_guest.wasm" "$target.new"
    mv "$target.new" "$target"
    echo "built $target ($(($(wc -c < "$target") / 1024)) KiB)"
done
