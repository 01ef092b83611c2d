#!/usr/bin/env bash
# runner.sh - tests/run calls a failure what is one.
#
# Instead of a Criterion program it is given scripts that print what such a
# program would; and instead of this tree one of a few scripts, whose servers
# are folders.
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

# ---- scripts side by side ------------------------------------------------------------------------

tree=$tmp/tree/tests
at=$tmp/at # what the scripts write
export at
mkdir -p "$tree/support" "$tmp/folders"
cp "$top/tests/run" "$tree/"
cat >"$tree/support/cluster" <<'SH'
#!/bin/sh
echo "$1" >>"$at/servers"
if [ "$1" = start ]; then
    mkdir "$2" && echo "PGHOST=$2 PGPORT=1 PGUSER=nobody"
else
    rm -rf "$2"
fi
SH
chmod +x "$tree/support/cluster"

# script NAME: it comes on standard input.
script() {
    cat >"$tree/cli/$1.sh"
}
no_scripts() {
    rm -rf "$tree/cli" "$at"
    mkdir "$tree/cli" "$at"
}
# run_scripts LANES
run_scripts() {
    try env TMPDIR="$tmp/folders" T= KEEP=0 LANES="$1" "$tree/run" cli
}
# In a script: waits for a file.  What is waited for comes at once, or never.
wait_for() {
    for _ in $(seq 500); do
        [[ ! -e $at/$1 ]] || return 0
        sleep 0.02
    done
    return 1
}
export -f wait_for

it "runs as many scripts side by side as there are lanes, each with a server of its own"
no_scripts
for name in a b c; do
    script $name <<SH
echo "\$PGHOST" >"\$at/$name"
wait_for a && wait_for b && wait_for c && echo "ok 1 - sees the others"
echo 1..1
SH
done
run_scripts 3
expect_result 0 "3 passed, 0 failed"
expect_equal "$(sort -u "$at"/[abc] | wc -l)" 3
expect_equal "$(sort "$at/servers" | uniq -c | xargs)" "3 start 3 stop"

it "a lane takes the next script when one has ended, and keeps its server"
no_scripts
for name in a b c; do
    script $name <<SH
echo "begin $name" >>"\$at/order"; sleep 0.1; echo "end $name" >>"\$at/order"
echo "ok 1 - takes its time"; echo 1..1
SH
done
run_scripts 1
expect_result 0 "3 passed, 0 failed"
expect_equal "$(xargs <"$at/order")" "begin a end a begin b end b begin c end c"
expect_equal "$(xargs <"$at/servers")" "start stop"

it "what is to be alone runs behind the others, one after the other"
for name in a c; do
    sed -i '1i # alone: it measures' "$tree/cli/$name.sh"
done
rm "$at/order"
run_scripts 3
expect_result 0 "3 passed, 0 failed"
expect_equal "$(xargs <"$at/order")" "begin b end b begin a end a begin c end c"

it "never has two scripts at one server"
no_scripts
for name in a b c d; do
    script $name <<SH
mkdir "\$PGHOST/busy" || exit 1
[[ $name != a ]] || wait_for d
rmdir "\$PGHOST/busy"
touch "\$at/$name"; echo "ok 1 - has it"; echo 1..1
SH
done
run_scripts 2
expect_result 0 "4 passed, 0 failed"

it "counts what fails in any lane, also a script that is killed"
no_scripts
script a <<<'echo "ok 1 - works"; echo "not ok 2 - does not work"; echo 1..2'
script b <<<'echo "ok 1 - works"; exit 3'
# shellcheck disable=SC2016 # expanded by the script
script c <<<'kill -KILL "$PPID"'
script d <<<'echo "ok 1 - works"; echo 1..1'
run_scripts 2
expect_result 1 "3 passed, 3 failed"
expect_stdout '^cli/a .* 1 passed, 1 failed '
expect_stdout '^cli/b .* 1 passed, 1 failed '
expect_stdout '^cli/c .* 0 passed, 1 failed '
expect_stdout '^cli/d .* 1 passed  '
expect_equal "$(sed -n '/^what failed:/,$p' "$tmp/stdout" | grep -c '^cli/[abc]$')" 3

it "names a number of lanes that is none"
run_scripts 0
expect_equal "$status" 2
expect_stderr 'LANES'

is_gone() { # PID: or is on its way, or waits for its parent to notice its end
    for _ in $(seq 500); do
        grep -q '^State:[[:space:]]*[^ZX]' "/proc/$1/status" 2>/dev/null || return 0
        sleep 0.02
    done
    return 1
}

for signal in HUP TERM; do
    it "leaves nothing behind at SIG$signal"
    no_scripts
    for name in a b; do
        script $name <<SH
. "$top/tests/support/tap.sh"
trap 'sleep 0.5; rm -rf "\$tmp"; touch "\$at/cleaned-$name"' EXIT
sleep 1000 &
echo \$! >"\$at/new-$name" && mv "\$at/new-$name" "\$at/$name"
wait_for none
SH
    done
    env TMPDIR="$tmp/folders" T= KEEP=0 LANES=2 "$tree/run" cli >"$tmp/stdout" 2>"$tmp/stderr" &
    pid=$!
    { wait_for a && wait_for b; } || fail "no scripts run"
    kill -"$signal" "$pid"
    wait "$pid"
    expect_equal "$?" "$((128 + $(kill -l "$signal")))"
    for name in a b; do
        is_gone "$(cat "$at/$name")" || fail "a process of $name is left"
        [[ -e $at/cleaned-$name ]] || fail "$name could not clean up"
    done
    expect_equal "$(sort "$at/servers" | uniq -c | xargs)" "2 start 2 stop"
    expect_equal "$(ls "$tmp/folders")" ""
done

done_testing
