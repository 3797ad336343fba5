# Articles: `make` alone lists the targets.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PREFIX ?= /usr/local
DESTDIR ?=
ARGS ?=
PYTEST_ARGS ?=
BENCH_ARGS ?=
TSUNG_ARGS ?=
PEERS_ARGS ?=

DEBS := .build/deb
DEB_ROOT := .build/deb-root
DEB_VERSION ?=
PROGRAMS := articled articlesctl articles-tui
RELEASE := .build/release
BUILD_RELEASE := swift build --configuration release --static-swift-stdlib
VENV := .venv
PEERS_VENV := .build/peers-venv
REQUIREMENTS := Tests/EndToEnd/requirements.txt
PYTHON_SOURCES = $(shell find Tests/EndToEnd examples bench tsung -name '*.py') examples/debian-changelogs/debian-changelogs \
	docs/man/make-man-pages deploy/cluster
BENCH_TOOLS := $(patsubst bench/%.c,.build/bench/%,$(wildcard bench/*.c))

BUILD_PACKAGES := libhiredis-dev libncursesw5-dev libsqlite3-dev libxml2-dev zlib1g-dev pkg-config
DEB_PACKAGES := build-essential debhelper lintian
DEB_TEST_PACKAGES := apt debootstrap init-system-helpers iproute2 procps shellcheck systemd util-linux
CLUSTER_PACKAGES := redis-server redis-sentinel nginx openssl python3
TSUNG_PACKAGES := tsung erlang-base gnuplot-nox libtemplate-perl nginx python3
TEST_PACKAGES := $(BUILD_PACKAGES) $(CLUSTER_PACKAGES) $(TSUNG_PACKAGES) tmux chromium chromium-driver newsboat python3-venv curl util-linux libfaketime iproute2 zsh fish man-db groff prometheus \
	$(DEB_PACKAGES) $(DEB_TEST_PACKAGES)
BENCH_PACKAGES := gcc libc6-dev libsqlite3-dev
# Debian starts brokers as it installs them: `systemctl disable --now mosquitto redis-server` where nobody uses them.
PEERS_PACKAGES := nginx libnginx-mod-nchan mosquitto redis-server python3-venv

# Nothing that Python compiles is left in the source tree.
export PYTHONDONTWRITEBYTECODE := 1

# Installs those of the named Debian packages that are missing; where all are there, apt is not called.
define install-packages
missing=(); \
for package in $(1); do \
	dpkg-query --show --showformat='$${Status}\n' "$$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$$package"); \
done; \
if (( $${#missing[@]} )); then \
	command -v apt-get >/dev/null || \
		{ echo "Missing: $${missing[*]}. Install them with this system's package manager." >&2; exit 1; }; \
	as_root=(); \
	if (( $$(id -u) )); then \
		command -v sudo >/dev/null || { echo "Missing: $${missing[*]}. Install them as root." >&2; exit 1; }; \
		as_root=(sudo); \
	fi; \
	echo "Installing $${missing[*]}"; \
	install_missing() { \
		"$${as_root[@]}" apt-get update -q && \
		"$${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
			apt-get install -qy --no-install-recommends "$${missing[@]}"; \
	}; \
	install_missing || { echo "Trying once more" >&2; install_missing; }; \
fi
endef

.PHONY: help
help: ## List these targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 24

.PHONY: runserver
runserver: release ## Build the release and start the daemon on localhost:8000 (ARGS="--port 8001 …")
	@exec $(RELEASE)/articled serve $(ARGS)

.PHONY: test
test: swift test-packages $(VENV)/installed ## Run every test: Swift Testing, and end to end (PYTEST_ARGS="-k feed …")
	swift build --build-tests
	swift test --skip-build
	$(VENV)/bin/python -m pytest Tests/EndToEnd $(PYTEST_ARGS)

.PHONY: fuzz
fuzz: swift test-packages ## Feed every parser with made-up bytes (FUZZ_SECONDS=60 for each; FUZZ_SEED repeats a run)
	swift build --build-tests
	FUZZ_SECONDS=$${FUZZ_SECONDS:-60} swift test --skip-build --filter FuzzTests

.PHONY: torture
torture: swift test-packages $(VENV)/installed ## Kill the daemon under load (TORTURE_KILLS=1000; TORTURE_SEED repeats a run)
	swift build
	TORTURE_KILLS=$${TORTURE_KILLS:-1000} $(VENV)/bin/python -m pytest Tests/EndToEnd/test_faults_crash.py -s $(PYTEST_ARGS)

.PHONY: cluster
cluster: release cluster-packages ## Start Redis with a replica and a Sentinel, four nodes and nginx; ^C stops all (ARGS="--http 1")
	@exec deploy/cluster --articled $(RELEASE)/articled $(ARGS)

.PHONY: cluster-test
cluster-test: swift test-packages $(VENV)/installed ## Kill, cut and fail over what `make cluster` starts (part of `make test`)
	swift build
	$(VENV)/bin/python -m pytest Tests/EndToEnd/test_cluster.py Tests/EndToEnd/test_cluster_torture.py \
		Tests/EndToEnd/test_redis_away.py $(PYTEST_ARGS)

.PHONY: cluster-torture
cluster-torture: swift test-packages $(VENV)/installed ## The same at random for long (TORTURE_SECONDS=600; TORTURE_SEED repeats a run)
	swift build
	TORTURE_SECONDS=$${TORTURE_SECONDS:-600} $(VENV)/bin/python -m pytest Tests/EndToEnd/test_cluster_torture.py \
		-k acknowledged -s $(PYTEST_ARGS)

.PHONY: soak
soak: swift test-packages $(VENV)/installed ## Everything at once for long (SOAK_SECONDS=3600; SOAK_SEED repeats a run)
	swift build
	SOAK_SECONDS=$${SOAK_SECONDS:-3600} $(VENV)/bin/python -m pytest Tests/EndToEnd/test_soak.py -s $(PYTEST_ARGS)

.PHONY: build
build: swift system-packages ## Build all for debugging
	swift build

.PHONY: release
release: swift system-packages ## Build all optimised; the programs need no Swift toolchain where they run
	$(BUILD_RELEASE)

.PHONY: lint
lint: swift ## Check the form of all sources
	swift format lint --strict --recursive Package.swift Sources Tests Snippets
	python3 -c 'import sys; [compile(open(path, "rb").read(), path, "exec") for path in sys.argv[1:]]' $(PYTHON_SOURCES)

.PHONY: format
format: swift ## Bring the Swift sources into form
	swift format --in-place --recursive Package.swift Sources Tests Snippets

.PHONY: man
man: build ## Write the man pages and deploy/articled.yaml anew, from what the programs say of themselves
	docs/man/make-man-pages .build/debug docs/man
	.build/debug/articled config --example > deploy/articled.yaml

# Where what belongs: the shells look there for completions by themselves.
BINARIES = $(DESTDIR)$(PREFIX)/bin
MAN = $(DESTDIR)$(PREFIX)/share/man
BASH_COMPLETIONS = $(DESTDIR)$(PREFIX)/share/bash-completion/completions
ZSH_COMPLETIONS = $(DESTDIR)$(PREFIX)/share/zsh/site-functions
FISH_COMPLETIONS = $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d

.PHONY: install
install: ## Install the built programs, man pages and completions below PREFIX (/usr/local); DESTDIR is put before it
	@for program in $(PROGRAMS); do \
		[[ -x $(RELEASE)/$$program ]] || \
			{ echo "$(RELEASE)/$$program is missing: run \`make release\` first." >&2; exit 1; }; \
	done
	install -d "$(BINARIES)" "$(MAN)/man1" "$(MAN)/man8" \
		"$(BASH_COMPLETIONS)" "$(ZSH_COMPLETIONS)" "$(FISH_COMPLETIONS)"
	install -m 755 $(addprefix $(RELEASE)/,$(PROGRAMS)) "$(BINARIES)"
	install -m 644 $(wildcard docs/man/*.1) "$(MAN)/man1"
	install -m 644 $(wildcard docs/man/*.8) "$(MAN)/man8"
	for program in $(PROGRAMS); do \
		$(RELEASE)/$$program --generate-completion-script bash > "$(BASH_COMPLETIONS)/$$program"; \
		$(RELEASE)/$$program --generate-completion-script zsh > "$(ZSH_COMPLETIONS)/_$$program"; \
		$(RELEASE)/$$program --generate-completion-script fish > "$(FISH_COMPLETIONS)/$$program.fish"; \
	done

.PHONY: uninstall
uninstall: ## Remove what install has installed
	rm -f $(foreach program,$(PROGRAMS),"$(BINARIES)/$(program)" "$(BASH_COMPLETIONS)/$(program)" \
		"$(ZSH_COMPLETIONS)/_$(program)" "$(FISH_COMPLETIONS)/$(program).fish") \
		$(foreach page,$(wildcard docs/man/*.1),"$(MAN)/man1/$(notdir $(page))") \
		$(foreach page,$(wildcard docs/man/*.8),"$(MAN)/man8/$(notdir $(page))")

.PHONY: deb
deb: release deb-packages ## Build Debian packages in .build/deb (DEB_VERSION=1.0-1+local2 for one of your own)
	deploy/make-packages --programs $(RELEASE) --output $(DEBS) $(if $(DEB_VERSION),--version $(DEB_VERSION))

.PHONY: deb-test
deb-test: deb test-packages $(VENV)/installed $(DEB_ROOT) ## Install, upgrade and purge them in a fresh Debian 12, with systemd
	ARTICLES_PACKAGES=$(DEBS) ARTICLES_BIN=$(RELEASE) ARTICLES_ROOT=$(abspath $(DEB_ROOT)) \
		$(VENV)/bin/python -m pytest Tests/EndToEnd/test_packages.py $(PYTEST_ARGS)

# The least that Debian calls a system; the packages bring what they depend on.
$(DEB_ROOT): | test-packages
	rm -rf $@.new
	debootstrap --variant=minbase --include=systemd,procps bookworm $@.new
	mv $@.new $@

.PHONY: bench-tools
bench-tools: bench-packages $(BENCH_TOOLS) ## Build the C programs that measurements are compared with

.build/bench/%: bench/%.c
	@mkdir -p $(@D)
	gcc -O2 -Wall -o $@ $< -lpthread -lsqlite3

.PHONY: bench
bench: release bench-tools ## Measure the daemon beside the kernel's own limit (BENCH_ARGS="--cells a20 f --rounds 1")
	python3 bench/table.py $(BENCH_ARGS)

.PHONY: bench-page
bench-page: release ## Measure the page beside the least that its web framework answers (BENCH_ARGS="--rounds 1")
	ARTICLES_BENCH=1 $(BUILD_RELEASE) --product static-text
	python3 bench/page.py $(BENCH_ARGS)

.PHONY: bench-ways
bench-ways: release ## Measure what each way to subscribe costs: compressed, over TLS, as events (BENCH_ARGS="--rounds 1")
	python3 bench/ways.py $(BENCH_ARGS)

.PHONY: bench-viewer
bench-viewer: release ## Measure what leaving articles-tui open costs
	python3 bench/viewer.py $(BENCH_ARGS)

.PHONY: bench-peers
bench-peers: release peers-packages $(PEERS_VENV)/installed ## Measure Nchan, Mosquitto and Django Channels beside it (PEERS_ARGS="--rounds 1")
	python3 bench/peers/compare.py $(PEERS_ARGS)

.PHONY: tsung
tsung: release tsung-packages ## Load a daemon of its own with Tsung, five minutes (SMOKE=1: half a one); prints its report
	python3 tsung/load.py $(if $(SMOKE),--smoke) $(TSUNG_ARGS)

.PHONY: tsung-nginx
tsung-nginx: release tsung-packages ## The same through nginx
	python3 tsung/load.py --nginx $(if $(SMOKE),--smoke) $(TSUNG_ARGS)

.PHONY: docs
docs: swift ## Build the documentation of the Swift library into .build/docs
	swift package dump-symbol-graph --minimum-access-level public --skip-synthesized-members
	rm -rf .build/symbols .build/docs
	mkdir -p .build/symbols
	cp $$(find -L .build -path '*/symbolgraph/*' -name 'ArticlesClient*.symbols.json') .build/symbols/
	docc convert Sources/ArticlesClient/ArticlesClient.docc --additional-symbol-graph-dir .build/symbols \
		--fallback-display-name ArticlesClient --fallback-bundle-identifier articles.ArticlesClient \
		--output-path .build/docs --transform-for-static-hosting

.PHONY: clean
clean: ## Remove all that was built
	rm -rf .build $(VENV)

.PHONY: swift
swift:
	@command -v swift >/dev/null || \
		{ echo "There is no swift in PATH. Get Swift 6.3 for this system at https://www.swift.org/install/." >&2; exit 1; }

.PHONY: system-packages test-packages bench-packages cluster-packages tsung-packages peers-packages deb-packages
deb-packages:
	@$(call install-packages,$(DEB_PACKAGES))

cluster-packages:
	@$(call install-packages,$(CLUSTER_PACKAGES))

system-packages:
	@$(call install-packages,$(BUILD_PACKAGES))

test-packages:
	@$(call install-packages,$(TEST_PACKAGES))

bench-packages:
	@$(call install-packages,$(BENCH_PACKAGES))

tsung-packages:
	@$(call install-packages,$(TSUNG_PACKAGES))

peers-packages:
	@$(call install-packages,$(PEERS_PACKAGES))

$(PEERS_VENV)/installed: bench/peers/requirements.txt | peers-packages
	python3 -m venv --clear $(PEERS_VENV)
	$(PEERS_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

$(VENV)/installed: $(REQUIREMENTS) | swift test-packages
	python3 -m venv --clear $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --requirement $(REQUIREMENTS)
	@touch $@
