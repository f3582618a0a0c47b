# Every task of the project. `make` alone lists them.
#
# Everything is built below target/, and a re-run re-does only what changed: cargo decides
# for Rust, the file rules here for the rest.

# Which Envoy: `make test ENVOY=1.36.2`. The pin is setup/envoy.version, nowhere else.
ENVOY ?= $(shell cat setup/envoy.version)
export ENVOY

# The rules name files below target/, so cargo's output must be there.
unexport CARGO_TARGET_DIR CARGO_BUILD_TARGET_DIR CARGO_BUILD_TARGET

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory
.DEFAULT_GOAL := help

envoy := target/envoy/$(ENVOY)/envoy
tool := target/release/unstuff
# The day of the starter list, for the header of its filter: two builds are the same.
starter_date := 2026-11-21

.PHONY: help
help: ## list the tasks
	@awk -F':.*## ' '/^[a-z][a-z-]*:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: target/unstuff.wasm $(tool) $(envoy) ## the module, the tool and Envoy, below target/

.PHONY: demo
demo: build demo-application ## a scripted attack on a small login application, as a table
	@target/debug/demo

.PHONY: run
run: build demo-application ## the demo application behind Envoy, left running to try by hand
	@target/debug/demo --stay

# Most end-to-end tests wait for Envoy's clock more than they compute.
test_threads = $$((2 * $$(nproc)))

.PHONY: test
test: build target/unstuff-trap.wasm target/unstuff-other.wasm handover kubernetes registry valgrind limiter ## the tests: unit, property, end-to-end against Envoy
	cargo test --workspace -- --test-threads=$(test_threads)

.PHONY: test-browser
test-browser: build browser handover ## what people see of a challenge, in a real Chromium (six minutes)
	cargo test --workspace --test browser

.PHONY: test-firefox
test-firefox: build browser handover ## the same in a real Firefox (some minutes)
	@tests/browser/in_firefox

.PHONY: test-matrix
test-matrix: prerequisites ## the end-to-end tests with each Envoy of tests/matrix/versions.txt (VERSIONS="1.36.2 1.40.0")
	@tests/matrix/run $(VERSIONS)

.PHONY: test-fleet
test-fleet: build limiter ## gateways that count together in Limitador and Redis, while these are killed, stopped and cut off (a minute or two)
	@setup/redis
	cargo test --package unstuff-tests --test fleet -- --nocapture

.PHONY: torture
torture: build target/unstuff-trap.wasm ## hostile requests beside faults for an hour (MINUTES=5 SEED=7; REQUEST=17 sends one alone)
	MINUTES=$(or $(MINUTES),60) SEED=$(SEED) REQUEST=$(REQUEST) \
	  cargo test --quiet --package unstuff-tests --test torture hostile_requests -- --nocapture

.PHONY: soak
soak: build ## ordinary logins for half an hour: nothing fails, and memory stays level (MINUTES=5)
	MINUTES=$(or $(MINUTES),30) SEED=$(SEED) \
	  cargo test --quiet --package unstuff-tests --test torture ordinary_logins -- --nocapture

.PHONY: test-metrics
test-metrics: build ## the alert rules, and the dashboard's queries in a real Prometheus (a minute)
	@setup/prometheus
	@cargo test --quiet --package unstuff-tests --test metrics -- --nocapture

.PHONY: applications
applications: build browser ## real applications: people get in, tools are stopped (APPLICATIONS="--json django")
	@setup/applications
	@cargo build --quiet --package unstuff-tests --bin applications
	@target/debug/applications $(APPLICATIONS)

.PHONY: bars
bars: $(tool) ## what the default policy stops of each simulated attack, and its false positives (SEED=7 PEOPLE=30000)
	SEED="$(or $(SEED),1 2)" PEOPLE=$(PEOPLE) cargo test --quiet --package unstuff-tests --test detection -- --nocapture

.PHONY: differential
differential: prerequisites ## what real applications read, beside the engine's verdict (SEED=7 REQUESTS=1000 APPLICATIONS=rack,rails)
	@setup/differential
	SEED=$(SEED) REQUESTS=$(REQUESTS) APPLICATIONS=$(or $(APPLICATIONS),all) \
	  cargo test --quiet --package unstuff-tests --test differential -- --nocapture

.PHONY: bench
bench: build ## what the module costs in Envoy, beside what could stand in its place (some 20 minutes; ROUNDS=1 ROWS="alone default" SECONDS=1)
	@setup/bench
	@ROUNDS=$(ROUNDS) ROWS="$(ROWS)" SECONDS=$(SECONDS) cargo bench --quiet --package unstuff-tests --bench proxy

.PHONY: scale
scale: $(tool) ## the tables of docs/scale.md: what a gateway needs for how many people (a minute or two)
	@cargo bench --quiet --package unstuff-tests --bench scale

.PHONY: bench-filters
bench-filters: build ## filters beside their peers: building, rates, lookups, memory (minutes, 5 GB)
	cargo bench --quiet --package unstuff-tests --bench filters

.PHONY: fuzz
fuzz: prerequisites ## look for input that breaks a parser, ten minutes each (SECONDS=60)
	@tests/fuzz/run $(SECONDS)

.PHONY: bench-challenge
bench-challenge: build browser ## what the challenge costs people, bots, and the module (some five minutes)
	@cargo bench --quiet --package unstuff-tests --bench challenge

.PHONY: bench-logins
bench-logins: prerequisites valgrind ## the engine's instructions for a login, counted by valgrind
	@cargo bench --quiet --package unstuff-tests --bench logins

.PHONY: bench-ranges
bench-ranges: $(tool) ## what a range of the whole corpus costs at `unstuff serve-ranges` (two minutes, 300 MB)
	@cargo bench --quiet --profile dev --package unstuff-tests --bench ranges

.PHONY: bench-replay
bench-replay: ## the rate of a replay in attempts per second, with and without mimalloc (some minutes)
	@cargo bench --quiet --package unstuff --bench replay
	@echo 'With the system allocator instead of mimalloc:'
	@cargo bench --quiet --package unstuff --bench replay --no-default-features

.PHONY: bench-audit
bench-audit: ## how long `unstuff audit verify` takes for a million lines of a decision record
	@cargo bench --quiet --package unstuff --bench audit

.PHONY: lint
lint: prerequisites target/setup/wasm.env ## formatting, clippy on host and wasm, licences, advisories, docs
	cargo fmt --all --check
	cargo fmt --check --manifest-path tests/limiter/Cargo.toml
	cargo clippy --quiet --workspace --all-targets -- -D warnings
	cargo clippy --quiet --package unstuff-tests --test browser --test fleet --test metrics -- -D warnings
	setup/cargo-wasm clippy --quiet --package unstuff-filter -- -D warnings
	@setup/cargo-tool cargo-deny
	target/tools/bin/cargo-deny --log-level error check licenses bans sources
	@setup/advisories
	RUSTDOCFLAGS=-Dwarnings cargo doc --quiet --workspace --no-deps

.PHONY: docs
docs: prerequisites ## target/docs: the documents as a site, links and anchors checked
	@setup/docs

.PHONY: pictures
pictures: build demo-application browser ## the pictures of the documents, drawn again: the demo, and the report of a replay
	@setup/pictures

.PHONY: mutants
mutants: prerequisites ## change the engine's decisions on purpose: which change does no test see? (hours)
	@setup/cargo-tool cargo-mutants
	@tests/mutants/run $(MUTANTS)

.PHONY: reproducible
reproducible: target/unstuff.wasm ## build the module again in another folder: it must be the same
	@STARTER_DATE=$(starter_date) setup/reproducible

.PHONY: release
release: reproducible $(tool) ## dist/: the module, the tool, checksums and a bill of materials
	@setup/cargo-tool cargo-cyclonedx
	@setup/release

.PHONY: aarch64
aarch64: prerequisites ## target/aarch64/unstuff: the tool for aarch64, tried under qemu
	@setup/aarch64

.PHONY: image
image: target/unstuff.wasm $(tool) ## target/image: the module as an OCI image, and how to push it (TAG=1.0)
	@setup/cargo-tool cargo-cyclonedx
	@setup/bill wasm32-wasip1 src/filter target/unstuff.cdx.json
	@$(tool) image $< -o target/image --sbom target/unstuff.cdx.json $(if $(TAG),--tag $(TAG))

.PHONY: fmt
fmt: ## format the code
	cargo fmt --all

.PHONY: clean
clean: ## remove what was built; fetched parts (Envoy, tools) stay
	find target -mindepth 1 -maxdepth 1 ! -name envoy ! -name handover ! -name npm ! -name kubernetes ! -name redis ! -name registry ! -name tools ! -name setup ! -name differential ! -name prometheus -exec rm -rf {} + 2>/dev/null || true
	rm -rf dist

# What the tasks are made of. A rule with FORCE always asks its script or cargo, which
# leave the file alone when nothing changed; make then leaves alone what depends on it.

.PHONY: FORCE prerequisites
FORCE:

prerequisites:
	@setup/prerequisites

.PHONY: browser
browser: | prerequisites
	@setup/browser

.PHONY: handover
handover: | prerequisites
	@setup/handover

.PHONY: valgrind
valgrind: | prerequisites
	@setup/valgrind

.PHONY: kubernetes
kubernetes: | prerequisites
	@setup/kubernetes

.PHONY: registry
registry: | prerequisites
	@setup/registry

.PHONY: limiter
limiter: | prerequisites
	@test -e target/limiter/debug/limiter || echo '· building the rate limit service of the tests (once, a minute)'
	@cargo build --quiet --manifest-path tests/limiter/Cargo.toml --target-dir target/limiter

.PHONY: demo-application
demo-application: | prerequisites
	@test -e target/debug/demo || echo '· building the demo application (once, a minute or two)'
	@cargo build --quiet --package unstuff-tests --bin demo

$(envoy): | prerequisites
	@setup/envoy $(ENVOY)

target/setup/wasm.env: FORCE | prerequisites
	@setup/wasm

$(tool): FORCE | prerequisites
	@test -e $@ || echo '· building the tool, $@ (once, a minute or two)'
	@cargo build --quiet --release --package unstuff

target/unstuff-bare.wasm: FORCE | target/setup/wasm.env
	@setup/module $@

# For tests alone: a module that can be told to trap (`counters_survive_a_trap_and_a_new_vm_serves`).
target/unstuff-trap.wasm: FORCE | target/setup/wasm.env target/unstuff-bare.wasm
	@setup/module $@ --features test-trap

# For tests alone: a module that stores what it counts in another layout, as another version does.
target/unstuff-other.wasm: FORCE | target/setup/wasm.env target/unstuff-bare.wasm
	@setup/module $@ --features test-other-schema

target/starter.unstuff: filters/starter.txt $(tool)
	@$(tool) build --passwords $< --date $(starter_date) -o $@

target/unstuff.wasm: target/unstuff-bare.wasm target/starter.unstuff $(tool)
	@$(tool) pack $< --passwords target/starter.unstuff -o $@
