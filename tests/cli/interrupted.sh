#!/usr/bin/env bash
# interrupted.sh - signals, lost servers, full disks, and an application that writes meanwhile.
# shellcheck source=tests/support/tap.sh
. "$(dirname "$0")/../support/tap.sh"
# shellcheck source=tests/support/installation.sh
. "$(dirname "$0")/../support/installation.sh"

sqlite3 "$tmp/big.db" "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
    CREATE TABLE big (id INTEGER PRIMARY KEY, t text);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000000)
    INSERT INTO big SELECT i, hex(randomblob(60)) FROM n" >/dev/null

ddl='CREATE TABLE big (id bigint PRIMARY KEY, t text)'

# start_copy: in the background, returns once rows arrive in the target.
start_copy() { # [OPTION...]
    target=$(fresh_database interrupted)
    sql "$target" "$ddl" >/dev/null
    "$program" db-migrate --source-db "sqlite://$tmp/big.db" --target-db "$target" --yes \
        "$@" >"$tmp/stdout" 2>"$tmp/stderr" </dev/null &
    pid=$!
    for _ in $(seq 1000); do
        [[ $(psql -X -qAt -d "$target" -c "SELECT pg_relation_size('big') > 1000000") == t ]] && return
        sleep 0.02
    done
    fail "no rows arrived"
}

for signal in INT TERM; do
    it "ends after the open chunk at SIG$signal and says how things stand"
    start_copy
    kill -"$signal" "$pid"
    wait "$pid"
    status=$?
    expect_equal "$status" "$((128 + $(kill -l "$signal")))"
    expect_stderr 'the target was erased; tables that hold rows now: big \([0-9]+ of 2000000\)'
    expect_stderr 'stopped by a signal'
    expect_equal "$(grep -oE 'big \([0-9]+ of' "$tmp/stderr" | grep -oE '[0-9]+')" \
        "$(count_postgres "$target" big)"
done

it "stops at once at the second signal"
start_copy
# A lock that the copy has to wait for: TRUNCATE and COPY in another session cannot be had here, so
# the server's process is stopped instead.
for _ in $(seq 200); do
    backend=$(sql "$target" "SELECT pid FROM pg_stat_activity WHERE query LIKE '%COPY %' AND state = 'active' AND pid <> pg_backend_pid() AND datname = 'interrupted' LIMIT 1")
    [[ -z $backend ]] || break
done
kill -STOP "$backend"
kill -INT "$pid"
sleep 0.3
kill -INT "$pid"
for _ in $(seq 100); do
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
done
kill -0 "$pid" 2>/dev/null && fail "still running ten seconds after the second signal"
kill -CONT "$backend"
wait "$pid"
expect_equal "$?" 130

it "fails when the server's process dies, and leaves whole chunks only"
start_copy --retries 0
sql "$target" "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%COPY %' AND state = 'active' AND pid <> pg_backend_pid() AND datname = 'interrupted'" >/dev/null
wait "$pid"
expect_equal "$?" 1
expect_stderr 'error:'
expect_stderr 'the target was erased'
expect_equal "$(grep -oE 'big \([0-9]+ of' "$tmp/stderr" | grep -oE '[0-9]+' || echo 0)" \
    "$(count_postgres "$target" big)"

it "reads one state of a source that is written to meanwhile"
cp "$tmp/big.db" "$tmp/live.db"
sqlite3 "$tmp/live.db" 'PRAGMA journal_mode = WAL' >/dev/null
# The writer keeps the number of rows even within each transaction, and moves rows about.
(
    for i in $(seq 200); do
        echo "BEGIN; DELETE FROM big WHERE id IN ($i, 2000000 - $i);
              INSERT INTO big VALUES (3000000 + $i, 'new'), (-$i, 'new'); COMMIT;"
    done | sqlite3 -cmd '.timeout 5000' "$tmp/live.db"
) >/dev/null 2>"$tmp/writer" &
writer=$!
target=$(fresh_database interrupted)
sql "$target" "$ddl" >/dev/null
expect_exit 0 "$program" db-migrate --source-db "sqlite://$tmp/live.db" --target-db "$target" --yes \
    --readers 2
wait "$writer"
expect_equal "$(count_postgres "$target" big)" 2000000
expect_equal "$(sql "$target" "SELECT count(*) FILTER (WHERE id < 0) = count(*) FILTER (WHERE id > 2000000) FROM big")" t
expect_equal "$(cat "$tmp/writer")" ""

it "fails clearly when the target's disk is full"
if [[ $(id -u) != 0 ]] || ! mkdir "$tmp/disk" || ! mount -t tmpfs -o size=24m tmpfs "$tmp/disk" 2>/dev/null; then
    skip "needs the right to mount a small file system"
else
    mkdir "$tmp/disk/space"
    chown "$(stat -c %U "$PGHOST")" "$tmp/disk/space"
    psql -X -q -d postgres -c "CREATE TABLESPACE small LOCATION '$tmp/disk/space'" 2>/dev/null
    target=$(fresh_database interrupted)
    sql "$target" "CREATE TABLE big (id bigint PRIMARY KEY, t text) TABLESPACE small" >/dev/null
    expect_exit 1 "$program" db-migrate --source-db "sqlite://$tmp/big.db" --target-db "$target" --yes
    expect_stderr 'No space left on device'
    expect_stderr 'the target was erased'
    psql -X -q -d postgres -c "DROP DATABASE interrupted" -c "DROP TABLESPACE small" 2>/dev/null
    umount "$tmp/disk"
fi

done_testing
