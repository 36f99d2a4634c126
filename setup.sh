#!/bin/sh
# Installs what building and testing need and this machine lacks. Says what it does; says nothing
# when nothing is missing. Where it may not install, it prints the one command to run and fails.
#
#   ./setup.sh            for `make run`, `make test`
#   ./setup.sh checker    for `make test`: what checks the definitions for editors
#   ./setup.sh clients    for `make test`: event-socket libraries of others
#   ./setup.sh bench      for `make bench`
set -eu
cd "$(dirname "$0")"

# Debian package, and the file or command that shows it is there (however it came).
needs() {
    case $1 in
    checker) ;;
    bench)
        echo "lua5.2 lua5.2" # what our Lua is compared with
        echo "lua5.4 lua5.4"
        ;;
    clients)
        echo "python3-pip pip3" # greenswitch
        echo "nodejs node"      # modesl, esl
        echo "npm npm"
        echo "tmux tmux" # a terminal for the console
        ;;
    *)
        echo "build-essential cc"                           # a linker, and PCRE2 for the dialplan
        echo "clang-22 clang-22"                            # compiles Lua to WebAssembly
        echo "llvm-22 llvm-ar-22"                           # archives it
        echo "wasi-libc /usr/include/wasm32-wasi/stdio.h"   # its C headers
        echo "sip-tester sipp"                              # tests, bench: SIP scenarios
        echo "baresip-core baresip"                         # tests: a phone
        echo "unixodbc-dev /usr/include/sql.h"              # ODBC; without it the rest is built
        echo "libsqliteodbc /usr/share/sqliteodbc"          # tests: an ODBC driver
        echo "postgresql-15 /usr/lib/postgresql/15/bin/postgres" # tests: a database server
        echo "espeak-ng espeak-ng"                          # speaks: sounds of conf/sounds, texts
        echo "sox sox"                                      # brings the sounds to 8 kHz
        echo "pocketsphinx pocketsphinx_continuous"         # recognises speech
        echo "pocketsphinx-en-us /usr/share/pocketsphinx/model/en-us/en-us/mdef" # English for it
        ;;
    esac
}

missing=$(needs "${1:-build}" | while read -r package probe; do
    case $probe in
    /*) [ -e "$probe" ] || printf ' %s' "$package" ;;
    *) command -v "$probe" >/dev/null || printf ' %s' "$package" ;;
    esac
done)

if [ -n "$missing" ]; then
    install="apt-get install -y --no-install-recommends$missing"
    if ! command -v apt-get >/dev/null; then
        echo "setup: missing:$missing (names of Debian 12); please install them" >&2
        exit 1
    elif [ "$(id -u)" = 0 ]; then
        as_root=""
    elif sudo -n true 2>/dev/null; then
        as_root="sudo -n "
    else
        echo "setup: missing:$missing. Please run:" >&2
        echo "    sudo apt-get update && sudo $install" >&2
        exit 1
    fi
    echo "setup: installing$missing"
    # shellcheck disable=SC2086 # words of a command
    if ! { ${as_root}apt-get update -qq &&
        ${as_root}env DEBIAN_FRONTEND=noninteractive $install >/dev/null; }; then
        echo "setup: that failed (the reason stands above). Please run, once it is mended:" >&2
        echo "    ${as_root:+sudo }apt-get update && ${as_root:+sudo }$install" >&2
        exit 1
    fi
fi

if ! command -v cargo >/dev/null; then
    echo "setup: Rust is missing. Please install rustup as https://rustup.rs says, and open a new shell" >&2
    exit 1
fi

# The toolchain is named in rust-toolchain.toml, and rustup fetches it when cargo is first called.
if command -v rustup >/dev/null; then
    toolchain=$(sed -n 's/^channel = "\(.*\)"/\1/p' rust-toolchain.toml)
    if ! rustup run "$toolchain" rustc --version >/dev/null 2>&1; then
        echo "setup: installing Rust $toolchain"
        rustup toolchain install "$toolchain" --profile minimal --component clippy --component rustfmt >/dev/null
    fi
    if ! rustup target list --installed --toolchain "$toolchain" | grep -qx wasm32-wasip2; then
        echo "setup: adding Rust's target wasm32-wasip2"
        rustup target add wasm32-wasip2 --toolchain "$toolchain"
    fi
fi

if [ "${1:-build}" = checker ] && [ ! -x target/tools/bin/emmylua_check ]; then
    echo "setup: building emmylua_check"
    cargo install emmylua_check --version 0.25.1 --locked --debug --quiet --root target/tools
fi

# The libraries themselves, with the versions of tests/clients, into target/clients.
if [ "${1:-build}" = clients ]; then
    made=target/clients/made
    wanted=$(cat tests/clients/python/requirements.txt tests/clients/node/package-lock.json | cksum)
    if [ "$(cat $made 2>/dev/null)" != "$wanted" ]; then
        echo "setup: fetching event-socket clients for the tests"
        mkdir -p target/clients/node
        cp tests/clients/node/package.json tests/clients/node/package-lock.json target/clients/node
        npm ci --prefix target/clients/node --ignore-scripts --no-audit --no-fund --silent
        pip3 install --quiet --upgrade --target target/clients/python \
            --requirement tests/clients/python/requirements.txt
        echo "$wanted" >$made
    fi
fi
