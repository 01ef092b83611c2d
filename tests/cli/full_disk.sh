#!/usr/bin/env bash
# full_disk.sh - a target whose disk is full, and gone on with once there is room.
# shellcheck source=tests/support/tap.sh
. "$(dirname "$0")/../support/tap.sh"

own=$(mktemp -d "${TMPDIR:-/tmp}/mig-full-XXXXXX")
chmod 755 "$own"
mkdir "$own/disk" "$own/wal"
clean_up() {
    "$top/tests/support/cluster" stop "$own/disk/server"
    umount "$own/disk" "$own/wal" 2>/dev/null
    rm -rf "$tmp" "$own"
}
trap clean_up EXIT
if [[ $(id -u) != 0 ]] || ! mount -t tmpfs -o size=200m,mode=755 tmpfs "$own/disk" 2>/dev/null ||
    ! mount -t tmpfs -o size=200m,mode=755 tmpfs "$own/wal" 2>/dev/null; then
    it "fails clearly and is gone on with"
    skip "needs the right to mount a small file system"
    done_testing
    exit
fi
mkdir "$own/disk/server"
# What the server writes of its changes stands on a disk of its own.
settings="min_wal_size = 32MB
checkpoint_timeout = 1h
autovacuum = off"
eval "$(CLUSTER_SETTINGS=$settings "$top/tests/support/cluster" start "$own/disk/server")"
export PGHOST PGPORT PGUSER
data=$own/disk/server/data
kill -INT "$(head -n 1 "$data/postmaster.pid")"
for _ in $(seq 400); do [[ -e $data/postmaster.pid ]] || break; sleep 0.02; done
mv "$data/pg_wal" "$own/wal/"
chown "$(stat -c %U "$data")" "$own/wal"
ln -s "$own/wal/pg_wal" "$data/pg_wal"
start_server() {
    "$top/tests/support/cluster" restart "$own/disk/server" >/dev/null 2>&1
}
start_server

sqlite3 "$tmp/app.db" "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
    CREATE TABLE a (id INTEGER PRIMARY KEY, b BLOB NOT NULL);
    CREATE TABLE z (id INTEGER PRIMARY KEY, a INTEGER NOT NULL REFERENCES a, b BLOB NOT NULL UNIQUE);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
    INSERT INTO a SELECT i, randomblob(700) FROM n; INSERT INTO z SELECT id, 20001 - id, randomblob(700) FROM a;" >/dev/null
source=sqlite://$tmp/app.db

migrate() { # [OPTION...]
    try "$program" db-migrate --source-db "$source" --target-db "$target" --yes "$@"
}
leave_free() { # disk|wal MIB: no more than that
    local free
    free=$(($(stat -f -c '%a * %S / 1048576' "$own/$1")))
    head -c $(((free - $2) * 1048576)) /dev/zero >"$own/$1/filler"
}
is_up() {
    psql -X -qAt -d postgres -c 'SELECT 1' >/dev/null 2>&1
}
go_on_and_compare() {
    migrate --resume
    expect_equal "$status" 0
    expect_stderr '^Going on with the run of .*: [1-9][0-9]* rows are in the target$'
    [[ $status == 0 ]] || fail "$(tail -n 5 "$tmp/stderr")"
    expect_exit 0 "$program" db-migrate --verify-only --source-db "$source" --target-db "$target"
    expect_equal "$(sql "$target" "SELECT to_regnamespace('db_migrate') IS NULL")" t
    expect_equal "$(sql "$target" "SELECT count(*) FROM pg_constraint WHERE contype IN ('p', 'u', 'f') AND connamespace = 'public'::regnamespace")" 4
}

it "fails clearly where there is no room for rows, does not try again, and is gone on with"
target=$(fresh_database full)
leave_free disk 16
migrate
expect_equal "$status" 1
expect_stderr 'error: cannot write into [az]: could not (extend|write)'
expect_stderr 'hint: Check free disk space'
expect_stderr 'SQLSTATE 53100'
reject_stderr 'connecting again'
expect_stderr 'to go on from there: .* --resume$'
is_up || fail "the server is gone"
rm "$own/disk/filler"
go_on_and_compare

it "fails clearly where the server breaks down over it, and is gone on with"
target=$(fresh_database full)
leave_free wal 1
# Nothing is left but the file that it writes into now.
for _ in $(seq 50); do
    last=$(find "$data/pg_wal/" -type f -regex '.*/[0-9A-F]*' -printf '%f\n' | sort | tail -n 1)
    [[ $(sql "$target" "SELECT pg_walfile_name(pg_current_wal_insert_lsn())") != "$last" ]] || break
    sql "$target" "SELECT pg_logical_emit_message(false, '', ''), pg_switch_wal()" >/dev/null
done
migrate --retries 1 --writers 1
expect_equal "$status" 1
expect_stderr 'connecting again in 0.5 s \(try 1 of 1\)'
expect_stderr 'error: cannot connect to PostgreSQL$'
expect_stderr 'to go on from there: .*--retries 1 .*--resume$'
is_up && fail "the server is still there"
rm "$own/wal/filler"
start_server
go_on_and_compare

done_testing
