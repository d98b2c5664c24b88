# SPDX-License-Identifier: GPL-2.0
# For people; the kernel's build system reads Kbuild.

# Python leaves no byte code in the checkout.
export PYTHONDONTWRITEBYTECODE := 1

IN_TOOLCHAIN := scripts/in-toolchain.sh

.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /  \1\t/p' Makefile | expand -t 16

.PHONY: setup
setup: ## fetch and build what all the others need (once; about 4 minutes)
	@scripts/toolchain.sh
	@python3 scripts/kernels.py

.PHONY: modules
ifdef KDIR
modules: ## build dm_io_rust.ko; KDIR=tree, LLVM=, CC= as for the kernel
	@scripts/check-tree "$(KDIR)"
	@$(MAKE) -C "$(KDIR)" M="$(CURDIR)" modules
else
modules: setup
	@$(IN_TOOLCHAIN) sh -c 'exec make -C "$$DM_IO_RUST_CACHE/tree-7.2" M="$(CURDIR)" CC=gcc-14 modules'
endif

# KREL is the kernel to build for unless it is the running one, KSRC its sources unless
# KDIR knows them, STOCK its own dm-mod.ko unless that is installed.
.PHONY: dm-mod
ifdef KDIR
dm-mod: ## build dm-mod.ko with this engine in it; KDIR=tree, KREL=, KSRC=, STOCK=
	@scripts/check-tree "$(KDIR)"
	+@python3 scripts/dm_mod.py $(if $(KREL),--release "$(KREL)") $(if $(KSRC),--source "$(KSRC)") \
		$(if $(STOCK),--stock "$(STOCK)") "$(KDIR)"
else
dm-mod: setup
	@$(IN_TOOLCHAIN) python3 scripts/test.py dm-mod
endif

# KDIR is the tree that the modules were built with; INSTALL_MOD_PATH is DESTDIR unless
# modules go elsewhere. FILE:PLACE of all that is no module; what is in /etc already stays as it is:
UTILS := $(foreach file,tools/dm-io-rust $(wildcard tools/*.sh),$(file):/usr/lib/dm-io-rust/$(notdir $(file))) \
	tools/initramfs-hook:/usr/share/initramfs-tools/hooks/dm-io-rust \
	tools/modprobe.conf:/etc/modprobe.d/dm-io-rust.conf \
	Documentation/dm_io_rust.4:/usr/share/man/man4/dm_io_rust.4 \
	Documentation/dm-io-rust.8:/usr/share/man/man8/dm-io-rust.8
COMMAND := $(DESTDIR)/usr/sbin/dm-io-rust
INSTALL_MOD_PATH ?= $(DESTDIR)
MODULES_INSTALL = $(MAKE) -C "$(KDIR)" INSTALL_MOD_PATH="$(INSTALL_MOD_PATH)" INSTALL_MOD_STRIP=1 modules_install
RELEASE = $(or $(file <$(KDIR)/include/config/kernel.release),$(error KDIR= is to name the kernel's build tree))
UPDATES = $(INSTALL_MOD_PATH)/lib/modules/$(RELEASE)/updates
DEPMOD = $(if $(INSTALL_MOD_PATH),,depmod "$(RELEASE)")

.PHONY: install
install: install-modules install-utils ## install the modules for KDIR's kernel, and the command; DESTDIR=

.PHONY: install-modules
install-modules:
	@: $(RELEASE)
	@$(MODULES_INSTALL) M="$(CURDIR)"
	@$(DEPMOD)

.PHONY: install-dm-mod
install-dm-mod: ## install dm-mod.ko for KDIR's kernel; DESTDIR=
	@: $(RELEASE)
	@test -e dm-mod/dm-mod.ko || { echo "there is no dm-mod/dm-mod.ko: make dm-mod" >&2; exit 1; }
	@modinfo -F vermagic dm-mod/dm-mod.ko | grep -q "^$(RELEASE) " || \
		{ echo "dm-mod/dm-mod.ko is not of $(RELEASE): make dm-mod" >&2; exit 1; }
	@$(if $(INSTALL_MOD_PATH),,scripts/refuse-unsigned install)
	@$(MODULES_INSTALL) M="$(CURDIR)/dm-mod/source" MO="$(CURDIR)/dm-mod/build"
	@$(DEPMOD)

.PHONY: install-utils
install-utils:
	@for pair in $(UTILS); do \
		case $$pair in *:/etc/*) [ ! -e "$(DESTDIR)$${pair#*:}" ] || continue ;; esac; \
		if [ -x "$${pair%:*}" ]; then mode=755; else mode=644; fi; \
		install -D -m $$mode "$${pair%:*}" "$(DESTDIR)$${pair#*:}" || exit; \
	done
	@install -d "$(dir $(COMMAND))"
	@ln -sf ../lib/dm-io-rust/dm-io-rust "$(COMMAND)"

.PHONY: uninstall
uninstall: ## remove what make install and install-dm-mod left, for KDIR's kernel; DESTDIR=
	@rm -f $(foreach name,dm_io_rust dm_io_rust_takeover dm-mod,"$(UPDATES)/$(name).ko"*)
	@rm -f "$(COMMAND)" $(foreach pair,$(UTILS),"$(DESTDIR)$(lastword $(subst :, ,$(pair)))")
	@for folder in "$(UPDATES)" "$(DESTDIR)/usr/lib/dm-io-rust"; do \
		[ ! -d "$$folder" ] || rmdir --ignore-fail-on-non-empty "$$folder"; \
	done
	@$(DEPMOD)

.PHONY: deb
deb: setup ## build Debian packages, to deb/
	@$(IN_TOOLCHAIN) python3 scripts/make_deb.py

# KSRC is the kernel's source, of 7.3.
.PHONY: series
ifdef KSRC
series: ## write this engine as patches for a kernel's drivers/md, to series/; KSRC=
	@python3 scripts/series.py "$(KSRC)"
else
series: setup
	@$(IN_TOOLCHAIN) sh -c 'exec python3 scripts/series.py "$$DM_IO_RUST_CACHE/source-7.3"'
endif

.PHONY: demo
demo: setup ## use the module on real disks in an emulated Debian
	@$(IN_TOOLCHAIN) python3 scripts/test.py modules demo

.PHONY: targets
targets: setup ## build mainline's targets to work on this module
	@$(IN_TOOLCHAIN) python3 scripts/test.py modules targets

.PHONY: test-misuse
test-misuse: setup ## try the misuses of Documentation/safety.rst, which must not compile
	@$(IN_TOOLCHAIN) python3 scripts/test.py modules misuse

.PHONY: test-builds
test-builds: setup ## build everything for 7.3, too
	@python3 scripts/kernels.py 7.3
	@$(IN_TOOLCHAIN) python3 scripts/test.py clippy-7.3 modules-7.3 targets-7.3 dm-mod-7.3

# WAY is how the targets come to this engine, all three ways unless it is given; MUTANT is
# a fault of tests/targets/mutants that they are to notice; SCENARIOS and SEED are those
# of one run to repeat.
test-targets: WAY ?= rebuilt,takeover,dm-mod
.PHONY: test-targets
test-targets: setup $(if $(MUTANT)$(SCENARIOS),,test-builds) ## use the targets in an emulated Debian; WAY=, MUTANT=, SCENARIOS=, SEED=
	@$(IN_TOOLCHAIN) env MUTANT=$(MUTANT) SEED=$(SEED) sh -c 'python3 scripts/test.py modules \
		$(if $(findstring rebuilt,$(WAY)),targets) $(if $(findstring dm-mod,$(WAY)),dm-mod) && \
		exec python3 tests/targets/run.py --way=$(WAY) $(SCENARIOS)'

.PHONY: test-takeover
test-takeover: setup ## have the takeover come and go, at last on a kernel with checkers; MUTANT=
	@$(IN_TOOLCHAIN) env MUTANT=$(MUTANT) sh -c \
		'python3 scripts/test.py modules && python3 tests/takeover/run.py \
		$(if $(MUTANT),,&& exec python3 tests/takeover/run.py --debug --short takeover)'

# CUTS is how often, MUTANT a fault that the logs of dm-log-writes or the cuts are to show, SEED
# that of a run to repeat.
test-crash: CUTS ?= 100
.PHONY: test-crash
test-crash: setup ## cut the power, and see what is left of acknowledged writes; CUTS=, MUTANT=, SEED=
	@$(IN_TOOLCHAIN) env MUTANT=$(MUTANT) SEED=$(SEED) sh -c \
		'python3 scripts/test.py modules && exec python3 tests/crash/run.py $(CUTS)'

.PHONY: test-packages
test-packages: setup ## build the Debian packages, install them, and boot from LVM with them
	@python3 scripts/kernels.py 7.3
	@scripts/machine-image.sh
	@$(IN_TOOLCHAIN) python3 scripts/test.py packages

# SUITES is a glob.
.PHONY: test-series
test-series: setup ## build a kernel from the series, run the KUnit suites on it, and boot it; SUITES=
	@$(IN_TOOLCHAIN) sh -c 'python3 scripts/check_series.py && \
		exec python3 tests/series/run.py $(if $(SUITES),"$(SUITES)")'

.PHONY: test-differential
test-differential: setup ## compare with mainline at length; MUTANT=name or all
	@$(IN_TOOLCHAIN) env MUTANT=$(MUTANT) sh -c \
		'python3 scripts/test.py modules && exec python3 tests/differential/run.py --full'

# SCENARIOS are those of tests/soak/scenarios; MUTANT and SEED as above.
.PHONY: test-soak
test-soak: setup ## put load on devices that fail, change and go, at last on a kernel with checkers; SCENARIOS=, MUTANT=, SEED=
	@$(IN_TOOLCHAIN) env MUTANT=$(MUTANT) SEED=$(SEED) sh -c \
		'python3 scripts/test.py modules && python3 tests/soak/run.py $(SCENARIOS) \
		$(if $(MUTANT),,&& exec python3 tests/soak/run.py --debug $(SCENARIOS))'

# WAY is rebuilt or takeover, DEBUG=1 the kernel with checkers.
soak: MINUTES ?= 60
.PHONY: soak
soak: setup ## the same, for long, with mainline's targets on this module; MINUTES=, WAY=, DEBUG=, SEED=
	@$(IN_TOOLCHAIN) env SEED=$(SEED) sh -c 'python3 scripts/test.py modules targets && \
		exec python3 tests/soak/run.py --minutes=$(MINUTES) --way=$(or $(WAY),rebuilt) $(if $(DEBUG),--debug)'

# BENCH is --quick, or --record to make the figures the recorded ones.
.PHONY: bench
bench: setup ## measure the module against mainline's and bare bios; BENCH=--quick, --record
	@$(IN_TOOLCHAIN) sh -c \
		'python3 scripts/test.py modules && python3 tests/bench/takeover.py && exec python3 tests/bench/run.py $(BENCH)'

.PHONY: kunit
kunit: setup ## run the KUnit suites on a kernel with all checkers on
	@$(IN_TOOLCHAIN) python3 scripts/run_kunit.py

# SEED is that of a sample to repeat; PAIR and POINT are those of a failure's message.
.PHONY: test-schedules
test-schedules: setup ## hold any task at any function, against any other; SEED=, PAIR=, POINT=
	@$(IN_TOOLCHAIN) env SEED=$(SEED) PAIR='$(PAIR)' POINT=$(POINT) \
		python3 scripts/run_kunit.py schedules

.PHONY: test-debug
test-debug: setup ## run all on a kernel with checkers, and what loads modules on Debian's with PREEMPT_RT
	@python3 scripts/kernels.py 7.2-rt
	@$(IN_TOOLCHAIN) python3 scripts/test.py kunit-debug \
		$(foreach kernel,debug rt,$(addsuffix -$(kernel),differential takeover taken-over soak soak-long))

# COUNT is of how many mutants, SEED that of their sample, JOBS of how many guests at a time.
.PHONY: mutants
mutants: setup ## see that the KUnit suites notice faults in the Rust source; COUNT=, SEED=, JOBS=
	@$(IN_TOOLCHAIN) python3 tests/mutation/run.py $(if $(COUNT),--count=$(COUNT)) \
		$(if $(SEED),--seed=$(SEED)) $(if $(JOBS),--jobs=$(JOBS))

.PHONY: lint
lint: setup ## check formatting, lints and kernel-doc
	@$(IN_TOOLCHAIN) python3 scripts/test.py lint clippy

.PHONY: test
test: ## lint, builds, misuse, comparison with mainline, demo, takeover, some scenarios, kunit
	@scripts/test.sh

.PHONY: clean
clean: ## remove what make modules left
	@git clean -qfdX

.PHONY: distclean
distclean: clean ## remove the cache too: toolchain, kernels, builds
	@scripts/distclean.sh
