# The one door: build, test, run, bench, install. `make help` lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

BUILD   := $(CURDIR)/.build
DIST    := $(BUILD)/dist
PREFIX  ?= /usr/local
DESTDIR ?=
# Where bash (with bash-completion), zsh and fish look for a command's completion below /usr/local and /usr.
COMPLETION_BASH := share/bash-completion/completions/mvm
COMPLETION_ZSH  := share/zsh/site-functions/_mvm
COMPLETION_FISH := share/fish/vendor_completions.d/mvm.fish
# Outlives a clone: kernels and sample images by content hash.
export MVM_CACHE ?= $(if $(XDG_CACHE_HOME),$(XDG_CACHE_HOME),$(HOME)/.cache)/mvm
export DOTNET_CLI_TELEMETRY_OPTOUT := 1
export DOTNET_NOLOGO := 1

# What a run needs, what a build needs, what bindings are generated from, what the libvirt driver (optional) needs,
# and what the tests compare with.
PACKAGES_RUN   := qemu-system-x86 bubblewrap nftables e2fsprogs libzstd1 liblzma5 libbz2-1.0 ca-certificates
PACKAGES_BUILD := linux-source-6.1 build-essential musl-tools flex bison bc libelf-dev libssl-dev cpio xz-utils patch python3-minimal
PACKAGES_BIND  := libclang1-14 libclang-common-14-dev linux-libc-dev libvirt-dev libzstd-dev
PACKAGES_IMAGE := mmdebstrap docker-registry skopeo umoci fakeroot arch-test debian-archive-keyring jq curl
PACKAGES_VIRT  := libvirt0 libvirt-daemon-driver-qemu libvirt-clients
PACKAGES_TEST  := clang libclang-rt-14-dev clang-format erofs-utils golang-1.19-src libarchive-tools attr docker.io zstd bzip2 socat busybox-static libvirt-daemon docker-compose zsh fish iproute2 iptables

DOTNET_BUILD := dotnet build MicroVm.sln --nologo -v quiet

.PHONY: all help deps deps-generate deps-libvirt deps-test sdk kernel agent emulator generate check-generated build dist samples run test test-kvm check \
        compare bench fuzz install uninstall clean format

all: dist ## Build everything into .build/dist

help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

# --- what the machine needs ---------------------------------------------------------------------------------------

# $(call install,NAME,PACKAGES): asks dpkg first, so that a machine that has everything needs neither root nor network.
define install
	@missing=$$(for p in $(2); do dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q 'install ok installed' || echo $$p; done); \
	if [ -n "$$missing" ]; then \
	  [ "$$(id -u)" = 0 ] || { echo "make: as root: apt-get install" $$missing >&2; exit 1; }; \
	  echo "Installing" $$missing; export DEBIAN_FRONTEND=noninteractive; \
	  apt-get update -qq && apt-get install -qq -y --no-install-recommends $$missing >/dev/null; \
	fi
endef

packages-run:
	@echo $(PACKAGES_RUN)

packages-libvirt:
	@echo $(PACKAGES_VIRT)

sdk:
	@command -v dotnet >/dev/null && dotnet --list-sdks | grep -q '^10\.' || { \
	  echo 'make: the .NET 10 SDK is missing: see https://dot.net/download (dotnet-install.sh --channel 10.0)' >&2; exit 1; }

deps: sdk ## Install what building and running needs (Debian packages)
	$(call install,run,$(PACKAGES_RUN) $(PACKAGES_BUILD) $(PACKAGES_IMAGE))

deps-generate: sdk
	$(call install,generate,$(PACKAGES_BIND))

# libvirt's QEMU driver looks for its user, which Debian makes with the daemon that is not needed here.
deps-libvirt: ## Install what the libvirt driver needs
	$(call install,libvirt,$(PACKAGES_VIRT))
	@getent passwd libvirt-qemu >/dev/null || useradd --system --user-group --no-create-home --shell /usr/sbin/nologin libvirt-qemu

deps-test: deps deps-generate deps-libvirt
	$(call install,test,$(PACKAGES_TEST))

# --- guest --------------------------------------------------------------------------------------------------------

kernel: deps ## Build the guest kernels, for KVM and for emulation (cached by content hash)
	@mkdir -p $(BUILD)/guest
	@install -m 644 "$$(kernel-config/build)" $(BUILD)/guest/vmlinux
	@install -m 644 "$$(kernel-config/build emulation)" $(BUILD)/guest/vmlinux.emulation

agent: deps ## Build the guest agent and its initramfs
	@$(MAKE) -C native/agent OUT=$(BUILD)/guest

emulator: deps
	@$(MAKE) -C native/emulator OUT=$(BUILD)/host

generate: deps-generate ## Regenerate the code that comes from the protocol's definition, and the bindings of C libraries
	@dotnet run --project native/agent/generate -v quiet
	@dotnet run --project src/MicroVm.Interop/generate -v quiet

check-generated: generate ## Fail when the committed generated code is not what the generator makes
	@git diff --exit-code --stat -- src/MicroVm.Protocol/Generated src/MicroVm.Interop/Generated src/MicroVm.Protocol/README.md native/agent/generated tests/vectors || { echo 'make: run "make generate" and commit' >&2; exit 1; }

# --- host ---------------------------------------------------------------------------------------------------------

build: sdk ## Compile the whole solution (debug, analyzers on)
	@$(DOTNET_BUILD)

# mvm starts a thousand times a day: its own trimmed copy of the runtime, compiled ahead in one piece.
# mvmd starts once: self-contained and precompiled, so that nothing but Debian packages is needed where it is installed.
dist: kernel agent emulator
	@dotnet publish src/MicroVm.Cli -c Release --nologo -v quiet -o $(DIST)/cli
	@dotnet publish src/MicroVm.Daemon -c Release --nologo -v quiet -o $(DIST)/daemon
	@mkdir -p $(DIST)/daemon/guest && install -m 644 $(BUILD)/guest/vmlinux $(BUILD)/guest/vmlinux.emulation $(BUILD)/guest/initramfs.cpio $(DIST)/daemon/guest/
	@install -m 755 $(BUILD)/host/mvm-emulator $(DIST)/daemon/
	@ln -sfn ../cli/mvm $(DIST)/daemon/mvm

samples: deps ## Make the sample images out of Debian packages
	@tests/samples/build >/dev/null

run: dist samples ## Boot Python from an OCI image in a micro-VM, from an empty store
	@tests/samples/demo $(DIST)

# --- proof --------------------------------------------------------------------------------------------------------

test: deps-test dist samples build ## Every test
	@tests/run

test-kvm: deps-test dist samples build ## Of these the tests that need KVM, in a host that has it (five minutes)
	@tests/run MicroVm.Kvm

compare: deps-test dist samples ## The same docker command lines against dockerd and against mvmd
	@tests/compare/run $(DIST)

check: sdk ## Formatting of the whole tree
	@dotnet format MicroVm.sln --verify-no-changes --no-restore

format: sdk
	@dotnet format MicroVm.sln

bench: deps-test dist samples ## Figures, side by side with dockerd where it has them; fails when a bound is missed
	@dotnet publish tests/MicroVm.Benchmarks -c Release --nologo -v quiet -o $(BUILD)/bench
	@tests/bench/run $(DIST) $(BUILD)/bench $(SECTIONS)

fuzz: deps-test ## Fuzz the agent's decoder for longer than the tests do
	@$(MAKE) -C native/agent fuzz OUT=$(BUILD)/guest

# --- installation -------------------------------------------------------------------------------------------------

install: dist ## Install mvm, mvmd, the systemd unit and completion for shells (PREFIX, DESTDIR)
	@$(MAKE) install-files
	@echo "Installed mvm and mvmd in $(DESTDIR)$(PREFIX)/bin. To start at boot: systemctl enable --now mvmd"

install-files:
	@install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/mvm $(DESTDIR)/etc/systemd/system
	@cp -a $(DIST)/cli $(DIST)/daemon $(DESTDIR)$(PREFIX)/lib/mvm/
	@ln -sfn ../lib/mvm/cli/mvm $(DESTDIR)$(PREFIX)/bin/mvm
	@ln -sfn ../lib/mvm/daemon/mvmd $(DESTDIR)$(PREFIX)/bin/mvmd
	@sed 's|@PREFIX@|$(PREFIX)|' src/MicroVm.Daemon/mvmd.service > $(DESTDIR)/etc/systemd/system/mvmd.service
	@install -D -m 644 src/MicroVm.Cli/Completion/Scripts/mvm.bash $(DESTDIR)$(PREFIX)/$(COMPLETION_BASH)
	@install -D -m 644 src/MicroVm.Cli/Completion/Scripts/mvm.zsh $(DESTDIR)$(PREFIX)/$(COMPLETION_ZSH)
	@install -D -m 644 src/MicroVm.Cli/Completion/Scripts/mvm.fish $(DESTDIR)$(PREFIX)/$(COMPLETION_FISH)

uninstall: ## Remove what install put in place
	@rm -rf $(DESTDIR)$(PREFIX)/lib/mvm $(DESTDIR)$(PREFIX)/bin/mvm $(DESTDIR)$(PREFIX)/bin/mvmd $(DESTDIR)/etc/systemd/system/mvmd.service
	@rm -f $(addprefix $(DESTDIR)$(PREFIX)/,$(COMPLETION_BASH) $(COMPLETION_ZSH) $(COMPLETION_FISH))

clean: ## Remove build output (not the cache of kernels and images)
	@rm -rf $(BUILD)
