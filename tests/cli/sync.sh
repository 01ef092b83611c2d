#!/usr/bin/env bash
# sync.sh - a target that holds most rows is made equal to the source, and only what differs is
# changed.
# shellcheck source=tests/support/tap.sh
. "$(dirname "$0")/../support/tap.sh"

sync() { # SOURCE TARGET [OPTION...]
    try "$MIG_BUILD/db-migrate" --source-db "$1" --target-db "$2" --sync --yes "${@:3}"
}
same() { # SOURCE TARGET: what --verify-only says
    "$MIG_BUILD/db-migrate" --source-db "$1" --target-db "$2" --verify-only >"$tmp/same" 2>&1 ||
        fail "they differ: $(tail -n 5 "$tmp/same")"
}

sqlite3 "$tmp/a.db" "
    PRAGMA journal_mode = WAL;
    CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, note TEXT, x REAL, n INTEGER, b BLOB, d NUMERIC, at TIMESTAMP, u BOOLEAN);
    CREATE TABLE pair (k TEXT, v TEXT, w INTEGER, PRIMARY KEY (k, v)) WITHOUT ROWID;
    CREATE TABLE bag (a TEXT, b INTEGER);
    CREATE TABLE void (id INTEGER PRIMARY KEY);
    WITH RECURSIVE i(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM i WHERE i < 30000)
    INSERT INTO t SELECT i - 1000, 'name ' || i, iif(i % 3, 'note', NULL), i / 3.0, i * i, zeroblob(i % 7), i * 1.5,
        datetime(1700000000 + i, 'unixepoch'), i % 2 FROM i;
    INSERT INTO pair SELECT 'k' || id, 'v', id FROM t WHERE id < 3000;
    INSERT INTO bag SELECT 'a' || (id % 10), id % 3 FROM t WHERE id < 100" >/dev/null
source=sqlite://$tmp/a.db
target=$(fresh_database sync)
expect_exit 0 "$MIG_BUILD/db-migrate" --source-db "$source" --target-db "$target" --yes --quiet

it "does nothing where nothing differs"
before=$(sql "$target" "SELECT sum(hashtext(xmin || ' ' || ctid)) FROM t")
sync "$source" "$target"
expect_equal "$status" 0
expect_stderr '^Nothing differs: source and target hold the same 35098 rows in 4 tables\.$'
expect_equal "$(sql "$target" "SELECT sum(hashtext(xmin || ' ' || ctid)) FROM t")" "$before"

it "changes what differs, and nothing else"
sqlite3 "$tmp/a.db" "
    UPDATE t SET name = 'another' WHERE id IN (-999, 17, 20000);
    UPDATE t SET note = NULL WHERE id = 18;
    UPDATE t SET x = 1e300, b = x'00ff', d = '12.50', at = '2024-02-29 23:59:59.5' WHERE id = 19;
    DELETE FROM t WHERE id BETWEEN 100 AND 109;
    INSERT INTO t (id, name) VALUES (99999999, 'far away'), (-5000000000, 'down there'), (30001, NULL);
    UPDATE pair SET w = -1 WHERE k = 'k7';
    DELETE FROM pair WHERE k = 'k8';
    INSERT INTO pair VALUES ('k8', 'w', 1), ('', '', NULL)"
sql "$target" "DELETE FROM t WHERE id = 500; INSERT INTO t (id, name) VALUES (77777, 'not in the source');
    UPDATE t SET name = name || ' ' WHERE id = 501" >/dev/null
sync "$source" "$target"
expect_equal "$status" 0
expect_stderr '^  t +4 inserted, 6 updated, 11 deleted, 29983 unchanged$'
expect_stderr '^  pair +2 inserted, 1 updated, 1 deleted, 3997 unchanged$'
expect_stderr '^2 of 4 tables differ$'
expect_stderr 'warning: pair is read a second time, since its key is not one integer$'
same "$source" "$target"
expect_equal "$(sql "$target" "SELECT count(*) FROM t WHERE xmin = (SELECT xmin FROM t WHERE id = 17)")" 10

it "does nothing the second time"
sync "$source" "$target"
expect_equal "$status" 0
expect_stderr '^Nothing differs: '

it "gives ids that are new afterwards"
expect_equal "$(sql "$target" "INSERT INTO t (name) VALUES ('new') RETURNING id")" 100000000
sync "$source" "$target"
expect_stderr '^  t +0 inserted, 0 updated, 1 deleted'

it "says what would be done, and does not"
sqlite3 "$tmp/a.db" "UPDATE t SET n = 0 WHERE id = 3; DELETE FROM bag WHERE rowid = 1"
sync "$source" "$target" --dry-run
expect_equal "$status" 0
expect_stdout '^  t +0 inserted, 1 updated, 0 deleted, 29992 unchanged$'
expect_equal "$(sql "$target" "SELECT n FROM t WHERE id = 3")" 1006009

it "asks, in other words than a copy, and takes no for an answer"
status=0
"$MIG_BUILD/db-migrate" --source-db "$source" --target-db "$target" --sync >"$tmp/stdout" 2>"$tmp/stderr" <<<no || status=$?
expect_equal "$status" 4
expect_stderr 'This will CHANGE DATA in the target database'
reject_stderr 'ERASE'
expect_equal "$(sql "$target" "SELECT n FROM t WHERE id = 3")" 1006009

it "replaces the rows of a table without a key, and says so"
sync "$source" "$target"
expect_equal "$status" 0
expect_stderr 'warning: bag has no primary key that could tell its rows apart: they are replaced as a whole$'
same "$source" "$target"

it "fills tables that are empty, in rounds"
sql "$target" "TRUNCATE t, pair, bag" >/dev/null
sync "$source" "$target"
expect_equal "$status" 0
same "$source" "$target"

it "empties tables that the source has emptied"
sqlite3 "$tmp/a.db" "DELETE FROM t; DELETE FROM pair; DELETE FROM bag"
sync "$source" "$target"
expect_equal "$status" 0
expect_stderr '^  t +0 inserted, 0 updated, 29993 deleted, 0 unchanged$'
same "$source" "$target"

it "changes nothing where something fails"
sqlite3 "$tmp/a.db" "INSERT INTO t (id, name) VALUES (1, 'one'); INSERT INTO pair VALUES ('a', 'b', 1)"
sql "$target" "ALTER TABLE t ADD CHECK (name <> 'one')" >/dev/null
sync "$source" "$target"
expect_equal "$status" 1
expect_stderr 'cannot store a row in t: .*check'
expect_stderr 'the target is as it was$'
expect_equal "$(sql "$target" "SELECT count(*) FROM pair")" 0

it "refuses tables that only one of them has"
sqlite3 "$tmp/a.db" "CREATE TABLE more (id INTEGER PRIMARY KEY)"
sync "$source" "$target"
expect_equal "$status" 1
expect_stderr 'more'
sync "$source" "$target" --exclude more --exclude t
expect_equal "$status" 0

it "makes statistics again where enough was changed, or where there are none"
rm -f "$tmp/b.db"
sqlite3 "$tmp/b.db" "CREATE TABLE few (id INTEGER PRIMARY KEY, v INTEGER); CREATE TABLE many (id INTEGER PRIMARY KEY, v INTEGER);
    CREATE TABLE none (id INTEGER PRIMARY KEY, v INTEGER);
    WITH RECURSIVE i(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM i WHERE i < 5000) INSERT INTO few SELECT i, 0 FROM i;
    INSERT INTO many SELECT * FROM few; INSERT INTO none SELECT * FROM few"
other=$(fresh_database sync_worn)
expect_exit 0 "$MIG_BUILD/db-migrate" --source-db "sqlite://$tmp/b.db" --target-db "$other" --yes --quiet
sql "$other" "DROP TABLE none; CREATE TABLE none (id bigint PRIMARY KEY, v bigint);
    ALTER TABLE none SET (autovacuum_enabled = off); INSERT INTO none SELECT id, v FROM few" >/dev/null
sqlite3 "$tmp/b.db" "UPDATE few SET v = 7 WHERE id <= 500; UPDATE many SET v = 7 WHERE id <= 600; UPDATE none SET v = 7 WHERE id = 1"
sync "sqlite://$tmp/b.db" "$other"
expect_equal "$status" 0
expect_equal "$(sql "$other" "SELECT tablename FROM pg_stats WHERE attname = 'v' AND 7 = ANY (most_common_vals::text::int[])
    OR attname = 'v' AND tablename = 'none' ORDER BY 1")" "many
none"

it "takes no option that it would leave unheard"
for option in --force --schema=existing --batch-size=9 --verify=content --verify-only --restore-only --strict; do
    sync "$source" "$target" "$option"
    expect_equal "$option $status" "$option 2"
done

done_testing
