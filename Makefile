# db-migrate: copies all data from one database to another.
# `make help` lists what can be made; README.md says what it is.

VERSION := 0.1.0

PREFIX  ?= /usr/local
DESTDIR ?=
CC      ?= cc
# CONTROLLER_NAME=yes: `make install` also installs under the name uptrakit-controller.
CONTROLLER_NAME ?= no
# POSTGRES=no: without PostgreSQL, and without its client library.
POSTGRES ?= yes
# SAN=address,undefined or SAN=thread: check and stress with these sanitizers.
SAN ?=
# T=name: check only tests whose suite, name or script has this in it.
T ?=
# SUITES="unit cli": check only these (unit engine db cli lint).
SUITES ?=
# LANES=3: so many shell scripts of the tests side by side (see tests/run).
LANES ?=
# VERBOSE=yes: show commands as they are run.
VERBOSE ?=

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:

# ---- packages ----------------------------------------------------------------------------------
# What needs the packages' compiler flags must not be read before they are installed: with `deps`
# among the goals, the others are made by a second make that starts when deps has ended.
rest := $(filter-out deps,$(MAKECMDGOALS))
ifneq ($(filter deps,$(MAKECMDGOALS)),)

.PHONY: deps $(rest)
deps:
	@CC='$(CC)' POSTGRES='$(POSTGRES)' tests/support/deps
ifneq ($(rest),)
.PHONY: after-deps
after-deps: deps
	+@$(MAKE) --no-print-directory $(rest)
$(rest): after-deps
	@:
endif

else

# Tests, demo and bench are about both databases.
ifeq ($(POSTGRES),no)
both := $(filter check lint stress demo bench bench-sweep bench-peers check-programs stress-programs,$(MAKECMDGOALS))
ifneq ($(both),)
$(error `make $(firstword $(both))` needs PostgreSQL: leave POSTGRES=no out)
endif
endif

# The other way round: without the packages, say so at once and in one line.
needs := $(if $(filter-out clean help bench-deps,$(or $(MAKECMDGOALS),all)),build)
needs := $(if $(filter demo bench bench-sweep bench-peers,$(MAKECMDGOALS)),server,$(needs))
needs := $(if $(filter check lint stress format,$(MAKECMDGOALS)),test,$(needs))
missing := $(if $(needs),$(shell CC='$(CC)' POSTGRES='$(POSTGRES)' tests/support/deps missing $(needs)))
ifneq ($(missing),)
$(error packages are missing, run `make deps` ($(missing)))
endif

# ---- what is built, and how --------------------------------------------------------------------
# One folder per kind of build, so that they never mix: release, check (warnings are errors,
# assertions count), one per set of sanitizers, and each of them without PostgreSQL.  The goals
# below choose VARIANT.
VARIANT ?= release
comma := ,
ifeq ($(VARIANT),release)
OUT := build
OPT := -O3 -g -DNDEBUG
else
OUT := build/$(VARIANT)
OPT := -O1 -g -Werror
endif
checked := $(if $(SAN),san-$(subst $(comma),-,$(SAN)),check)
ifneq ($(filter san-%,$(VARIANT)),)
OPT += -fno-omit-frame-pointer -fsanitize=$(SAN) -fno-sanitize-recover=all
endif
ifneq ($(findstring thread,$(VARIANT)),)
# liburcu does not tell ThreadSanitizer what it does: queues and pools with a mutex instead.
OPT += -DMIG_CONC_MUTEX
endif

PKGS := sqlite3 liburcu openssl libxxhash
folders := $(wildcard src/*)
ifeq ($(POSTGRES),no)
OUT := $(if $(filter release,$(VARIANT)),build/no-postgres,$(OUT)-no-postgres)
OPT += -DMIG_WITHOUT_POSTGRES
folders := $(filter-out src/postgres,$(folders))
else
PKGS += libpq
endif
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 \
        -Wcast-qual -Wpointer-arith -Wundef -Wwrite-strings
CFLAGS ?=
CPPFLAGS ?=
LDFLAGS ?=
compile = $(CC) -std=c11 -D_GNU_SOURCE -DMIG_VERSION='"$(VERSION)"' -Iinclude $(OPT) $(WARN) \
          -pthread $(pkg_cflags) $(CPPFLAGS) $(CFLAGS)
# Bound at start (-z now): binding at the first call saves registers to the stack, and with them
# bytes of a master key.
link    = $(CC) $(OPT) -pthread -Wl,-z,relro,-z,now $(CFLAGS) $(LDFLAGS)
Q       = $(if $(VERBOSE),,@)
say     = @printf "  %-4s %s\n"
ifneq ($(needs),)
pkg_cflags := $(shell pkg-config --cflags $(PKGS))
LIBS       := $(shell pkg-config --libs $(PKGS)) -lurcu-common -lm
endif

OBJ      := $(OUT)/obj
objects   = $(patsubst %.c,$(OBJ)/%.o,$(sort $(wildcard $(1))))
steps    := $(OUT)/gen/uptrakit_steps
src      := $(call objects,$(folders:%=%/*.c)) $(steps).o
lib      := $(OBJ)/db-migrate.a
support  := $(call objects,tests/support/*.c)
sql      := $(sort $(wildcard src/schema/uptrakit/*.sql))
# One Criterion program per folder of tests that has any; one program per stress test and bench.
suites   := $(foreach s,unit engine db,$(if $(wildcard tests/$(s)/*.c),$(OUT)/tests/$(s)))
stresses := $(patsubst tests/stress/%.c,$(OUT)/stress/%,$(sort $(wildcard tests/stress/*.c)))
# What makes up and compares databases for the round trips.
roundtrip := $(OUT)/roundtrip
# The same for schemas of which nothing is usual.
hostile   := $(OUT)/hostile
benches  := $(patsubst bench/%.c,$(OUT)/bench/%,$(sort $(wildcard bench/*.c)))

.PHONY: all
all: $(OUT)/uptrakit-controller $(OUT)/db-migrate

$(OUT)/uptrakit-controller: $(OBJ)/src/cli/main.o $(lib)
	$(say) LINK $@
	$(Q)$(link) -o $@ $^ $(LIBS)

# Everything but main, for the tests and the benches.
$(lib): $(filter-out $(OBJ)/src/cli/main.o,$(src))
	$(say) AR $@
	@rm -f $@
	$(Q)ar rcs $@ $^

# One executable under two names.
$(OUT)/db-migrate: $(OUT)/uptrakit-controller
	$(Q)ln -f $< $@

$(OBJ)/src/%.o: src/%.c Makefile
	@mkdir -p $(@D)
	$(say) CC $@
	$(Q)$(compile) -MMD -MP -c -o $@ $<

$(OBJ)/tests/%.o: tests/%.c Makefile
	@mkdir -p $(@D)
	$(say) CC $@
	$(Q)$(compile) -Itests/support -MMD -MP -c -o $@ $<

$(OBJ)/bench/%.o: bench/%.c Makefile
	@mkdir -p $(@D)
	$(say) CC $@
	$(Q)$(compile) -Itests/support -MMD -MP -c -o $@ $<

$(steps).c: src/schema/embed.awk $(sql)
	@mkdir -p $(@D)
	$(say) GEN $@
	$(Q)awk -f src/schema/embed.awk $(sql) >$@.tmp
	@mv $@.tmp $@

$(steps).o: $(steps).c Makefile
	$(say) CC $@
	$(Q)$(compile) -Wno-overlength-strings -MMD -MP -c -o $@ $<

.SECONDEXPANSION:
$(suites): $(OUT)/tests/%: $$(call objects,tests/$$(@F)/*.c) $(support) $(lib)
	@mkdir -p $(@D)
	$(say) LINK $@
	$(Q)$(link) -o $@ $^ -lcriterion $(LIBS)

# Of the support only what a program calls: they are no Criterion programs.
$(OBJ)/support.a: $(support)
	$(say) AR $@
	@rm -f $@
	$(Q)ar rcs $@ $^

$(stresses): $(OUT)/stress/%: $(OBJ)/tests/stress/%.o $(OBJ)/support.a $(lib)
	@mkdir -p $(@D)
	$(say) LINK $@
	$(Q)$(link) -o $@ $^ $(LIBS)

$(roundtrip): $(call objects,tests/roundtrip/*.c) $(OBJ)/support.a $(lib)
	$(say) LINK $@
	$(Q)$(link) -o $@ $^ $(LIBS)

$(hostile): $(call objects,tests/hostile/*.c) $(OBJ)/support.a $(lib)
	$(say) LINK $@
	$(Q)$(link) -o $@ $^ $(LIBS)

$(benches): $(OUT)/bench/%: $(OBJ)/bench/%.o $(call objects,tests/support/seal.c) $(lib)
	@mkdir -p $(@D)
	$(say) LINK $@
	$(Q)$(link) -o $@ $^ $(LIBS)

# Kept: make would take them for intermediate files.
.SECONDARY:

-include $(patsubst %.o,%.d,$(src) $(support) $(call objects,tests/*/*.c bench/*.c))

# ---- what one asks for -------------------------------------------------------------------------

.PHONY: check lint stress check-programs stress-programs
check-programs: all $(suites) $(benches) $(roundtrip) $(hostile)
stress-programs: $(stresses)

check:
	+@$(MAKE) --no-print-directory VARIANT=$(checked) check-programs
	@MIG_BUILD='$(CURDIR)/build/$(checked)' T='$(T)' LANES='$(LANES)' tests/run $(SUITES)

# Behind check when both are asked for under -j: they share objects, and the machine.
lint: | $(filter check,$(MAKECMDGOALS))
	+@$(MAKE) --no-print-directory VARIANT=$(checked) all
	@MIG_BUILD='$(CURDIR)/build/$(checked)' T='$(T)' LANES='$(LANES)' tests/run lint

stress: | $(filter check lint,$(MAKECMDGOALS))
	+@$(MAKE) --no-print-directory VARIANT=$(checked) stress-programs
	@MIG_BUILD='$(CURDIR)/build/$(checked)' T='$(T)' tests/run stress

.PHONY: format
format:
	find src include tests bench -name '*.[ch]' -exec clang-format -i {} +

.PHONY: demo
demo: all $(OUT)/bench/sample
	MIG_BUILD='$(CURDIR)/$(OUT)' bench/demo

.PHONY: bench
bench: all $(benches)
	MIG_BUILD='$(CURDIR)/$(OUT)' bench/run

.PHONY: bench-sweep bench-peers
bench-sweep: all $(benches)
	MIG_BUILD='$(CURDIR)/$(OUT)' bench/sweep

bench-peers: all $(benches)
	MIG_BUILD='$(CURDIR)/$(OUT)' bench/peers

# Beside what `deps` installs: other tools to compare with, and what draws plots.
.PHONY: bench-deps
bench-deps:
	@CC='$(CC)' tests/support/deps bench

.PHONY: install
install: all
	install -D -m 755 $(OUT)/db-migrate '$(DESTDIR)$(PREFIX)/bin/db-migrate'
	install -D -m 644 docs/man/db-migrate.1 '$(DESTDIR)$(PREFIX)/share/man/man1/db-migrate.1'
ifeq ($(CONTROLLER_NAME),yes)
	ln -f '$(DESTDIR)$(PREFIX)/bin/db-migrate' '$(DESTDIR)$(PREFIX)/bin/uptrakit-controller'
endif

.PHONY: clean
clean:
	rm -rf build

.PHONY: help
help:
	@echo 'make                 build/uptrakit-controller and build/db-migrate'
	@echo 'make deps            install the packages that all this needs (Debian)'
	@echo 'make demo            a sample installation, copied as the manual page says'
	@echo 'make check           all tests; T=name: only those; SUITES="unit cli": only these'
	@echo '                     LANES=3: so many shell scripts side by side'
	@echo 'make stress          threads under load, for some seconds each'
	@echo 'make lint            the checks of the sources alone'
	@echo 'make format          bring the sources into form (clang-format)'
	@echo 'make bench           measure; BENCH_SETS, BENCH_ROUNDS, BENCH_DIR: see bench/run'
	@echo 'make bench-sweep     rows per second against batch size, readers, writers: see bench/sweep'
	@echo 'make bench-peers     beside other tools: see bench/peers'
	@echo 'make bench-deps      install what draws plots, and the tools that are compared with'
	@echo 'make install         PREFIX=/usr/local DESTDIR= CONTROLLER_NAME=no'
	@echo 'POSTGRES=no: build (in build/no-postgres) and install without PostgreSQL'
	@echo 'make clean           remove build/'
	@echo 'SAN=address,undefined or SAN=thread: check and stress with sanitizers'

endif
