#!/usr/bin/env bash
# terminal.sh - what a person at a terminal sees, on a terminal.
# shellcheck source=tests/support/tap.sh
. "$(dirname "$0")/../support/tap.sh"

sqlite3 "$tmp/app.db" "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
    CREATE TABLE big (id INTEGER PRIMARY KEY, t text);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000)
    INSERT INTO big SELECT i, hex(randomblob(30)) FROM n" >/dev/null
target=$(fresh_database terminal)
sql "$target" 'CREATE TABLE big (id bigint PRIMARY KEY, t text)' >/dev/null

# on_terminal INPUT WORD...: runs the program with a terminal on all three standard streams.
on_terminal() {
    local input=$1
    shift
    printf '%b' "$input" | script -qec "stty cols 100; $program db-migrate --source-db sqlite://$tmp/app.db \
        --target-db '$target' $*" /dev/null >"$tmp/screen" 2>&1
    status=${PIPESTATUS[1]}
    tr '\r' '\n' <"$tmp/screen" >"$tmp/stdout"
}

# No terminal can be made where /dev/pts is not mounted, as in some containers.
has_terminals() {
    script -qec true /dev/null >/dev/null 2>&1
}

it "shows a live line with a bar, a rate and the time left, and takes it away at the end"
has_terminals || skip "needs a pseudo-terminal"
on_terminal 'yes\n'
expect_equal "$status" 0
expect_stdout '\[#+\.*\] +[0-9]+%  [0-9]+/1000000 rows  [0-9.]+ [kM]? ?rows/s  [0-9]+ s left'
expect_stdout '^ *Rows migrated : 1000000'
expect_equal "$(tr '\r' '\n' <"$tmp/screen" | grep -aA1 'left$' | tail -n 1 | grep -ac 'left')" 0

it "fits the live line into a narrow terminal"
has_terminals || skip "needs a pseudo-terminal"
printf 'yes\n' | script -qec "stty cols 40; $program db-migrate --source-db sqlite://$tmp/app.db \
    --target-db '$target' --force" /dev/null 2>&1 | tr '\r' '\n' >"$tmp/stdout"
expect_stdout '\[[#.]+'
[[ $(grep -aoE '\[[#.]+\].*' "$tmp/stdout" | awk '{ if (length($0) > n) n = length($0) } END { print n + 0 }') -lt 40 ]] ||
    fail "the live line wraps"

it "leaves the target untouched when the question is interrupted"
before=$(sql "$target" 'SELECT count(*), max(id) FROM big')
mkfifo "$tmp/answer"
"$program" db-migrate --source-db "sqlite://$tmp/app.db" --target-db "$target" --force \
    <"$tmp/answer" >"$tmp/stdout" 2>"$tmp/stderr" &
pid=$!
exec 9>"$tmp/answer"
for _ in $(seq 1000); do
    grep -q 'Type "yes"' "$tmp/stderr" && break
    sleep 0.05
done
kill -INT "$pid"
wait "$pid"
status=$?
exec 9>&-
expect_equal "$status" 130
expect_stderr 'the target is untouched'
expect_equal "$(sql "$target" 'SELECT count(*), max(id) FROM big')" "$before"

done_testing
