#!/usr/bin/env bash
# runner.sh - tests/run calls a failure what is one.
#
# Instead of a Criterion program it is given scripts that print what such a
# program would.
# shellcheck source-path=SCRIPTDIR source=../support/tap.sh
. "$(dirname "$0")/../support/tap.sh"

# run_with STATUS: the TAP comes on standard input.
run_with() {
    mkdir -p "$tmp/build/tests"
    cat >"$tmp/tap"
    cat >"$tmp/build/tests/unit" <<SH
#!/bin/sh
if [ "\$1" = --list ]; then
    printf '%s\n' 'pool: 2 tests' '|-- gives' '\`-- takes'
    exit 0
fi
cp "$tmp/tap" "\${1#--tap=}"
${extra-}
exit $1
SH
    chmod +x "$tmp/build/tests/unit"
    try env MIG_BUILD="$tmp/build" T="${filter-}" "$top/tests/run" unit
}

# expect_result STATUS LINE: the exit status, and the last line of the output.
expect_result() {
    expect_equal "$status: $(tail -n 1 "$tmp/stdout")" "$1: $2"
}

it "counts what passed"
run_with 0 <<'REPORT'
TAP version 13
1..2
ok - pool::gives  (0.00s)
ok - pool::takes  (0.00s)
REPORT
expect_result 0 "2 passed, 0 failed"

it "names the test that failed, with its details, and those that were skipped"
run_with 1 <<'REPORT'
1..3
ok - pool::gives # SKIP no pool here
not ok - pool::takes  (0.00s)
  ---
  assertions: 1
  failures:
  - pool.c:6: |+
      Assertion failed: one is 2
  ...
ok - pool::ends  (0.00s)
REPORT
expect_result 1 "1 passed, 1 failed, 1 skipped"
expect_stdout 'failed: pool::takes$'
expect_stdout 'Assertion failed: one is 2'
expect_stdout 'skipped: pool::gives: no pool here'

it "says once more at the end what failed"
expect_equal "$(tail -n 6 "$tmp/stdout" | head -n 3)" "what failed:
unit
  failed: pool::takes"

it "a crash is a failure, though all tests that were reported passed"
run_with 139 <<'REPORT'
1..1
ok - pool::gives  (0.00s)
REPORT
expect_result 1 "1 passed, 1 failed"

it "a test without a result is a failure"
run_with 0 <<'REPORT'
1..2
ok - pool::gives  (0.00s)
REPORT
expect_result 1 "1 passed, 1 failed"

it "no report is a failure"
run_with 0 </dev/null
expect_result 1 "0 passed, 1 failed"

it "no test is a failure"
filter=unheard run_with 0 </dev/null
expect_result 1 "0 passed, 1 failed"

it "what a filter leaves out is not counted"
filter=takes run_with 0 <<'REPORT'
1..2
ok - pool::gives  # SKIP test was skipped
ok - pool::takes  (0.00s)
REPORT
expect_result 0 "1 passed, 0 failed"

it "a sanitizer's report fails the test that it names"
# shellcheck disable=SC2016 # expanded by the program's stand-in
extra='log=${ASAN_OPTIONS#*log_path=}; echo "leak in pool_takes_impl" >"${log%%:*}.1"' run_with 0 <<'REPORT'
1..2
ok - pool::gives  (0.00s)
ok - pool::takes  (0.00s)
REPORT
expect_result 1 "1 passed, 1 failed"
expect_stdout 'failed: pool::takes$'
expect_stdout 'leak in pool_takes_impl'

done_testing
