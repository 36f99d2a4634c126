# run · test · lint · bench · fuzz · sounds (README.md, CONTRIBUTING.md)

.PHONY: run test lint bench fuzz sounds guests setup

# Builds everything and serves conf/ until Ctrl-C.
run: guests
	cargo build --release --locked --package ringfence # ringfence-odbc, too
	cargo run --release --locked --package ringfence -- serve --conf conf

# All tests; real SIP phones (sipp, baresip) on loopback included.
test: guests
	@./setup.sh checker
	@./setup.sh clients
	cargo test --workspace --locked

lint: guests
	cargo fmt --all --check
	cargo fmt --check --manifest-path lua-guest/Cargo.toml
	cargo clippy --workspace --all-targets --locked -- -D warnings
	lua-guest/build.sh lint

# The figures of docs/figures.md, on this machine, with FreeSWITCH's beside them. Takes minutes.
bench: guests
	@./setup.sh bench
	cargo build --release --locked --package ringfence
	cargo run --release --locked --package ringfence-bench

# Feeds every parser with random and mutated input; SECONDS_EACH for each target.
SECONDS_EACH ?= 60
fuzz: setup
	fuzz/run.sh $(SECONDS_EACH)

# Makes the prompts of conf/sounds anew, and those English sounds that are missing.
sounds: setup
	conf/sounds/make.sh

# The interpreters as WebAssembly components, into target/guests; quick when nothing has changed.
guests: setup
	@lua-guest/build.sh

# What building and testing need, and the English sounds (which are not committed).
setup:
	@./setup.sh
	@conf/sounds/english.sh
