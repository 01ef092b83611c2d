#!/usr/bin/env bash
# verify.sh - contents compared: every way in which a target can differ is found and named.
# shellcheck source=tests/support/tap.sh
. "$(dirname "$0")/../support/tap.sh"
# shellcheck source=tests/support/installation.sh
. "$(dirname "$0")/../support/installation.sh"

sqlite3 "$tmp/a.db" "
    CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, note TEXT, x REAL, n INTEGER, b BLOB, d NUMERIC, at TIMESTAMP, u BOOLEAN);
    CREATE TABLE pair (k TEXT, v TEXT, w INTEGER, PRIMARY KEY (k, v)) WITHOUT ROWID;
    CREATE TABLE bag (a TEXT, b INTEGER);
    CREATE TABLE void (id INTEGER PRIMARY KEY);
    WITH RECURSIVE i(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM i WHERE i < 3000)
    INSERT INTO t SELECT i, 'name ' || i, iif(i % 3, 'note', NULL), i / 3.0, i * i, zeroblob(i % 7), i * 1.5,
        datetime(1700000000 + i, 'unixepoch'), i % 2 FROM i;
    INSERT INTO pair SELECT 'k' || id, 'v', id FROM t WHERE id < 100;
    INSERT INTO bag SELECT 'a' || (id % 10), id % 3 FROM t WHERE id < 100"

compare() { # SOURCE TARGET [OPTION...]
    try "$MIG_BUILD/db-migrate" --source-db "$1" --target-db "$2" --verify-only "${@:3}"
}

source=sqlite://$tmp/a.db
target=$(fresh_database verify)

it "verifies what it has copied by its content"
expect_exit 0 "$MIG_BUILD/db-migrate" --source-db "$source" --target-db "$target" --yes --verify content
expect_stderr '^Verifying contents…$'

it "finds two databases the same"
before=$(sha256sum <"$tmp/a.db")
compare "$source" "$target"
expect_equal "$status" 0
expect_stderr '^Source and target hold the same 3198 rows in 4 tables\.$'
expect_equal "$(sha256sum <"$tmp/a.db")" "$before"

# What is done to the target, what is said of it.
scenarios=(
    "DELETE FROM t WHERE id = 1717"
    't, the row where id is the integer 1717: not in the target$'
    "INSERT INTO t (id, name) VALUES (5000, 'more')"
    't, the row where id is the integer 5000: in the target only$'
    "UPDATE t SET name = 'Name 5' WHERE id = 5"
    'id is the integer 5; name: source the text "name 5", target the text "Name 5"$'
    "UPDATE t SET note = '' WHERE id = 9"
    'id is the integer 9; note: source NULL, target the text ""$'
    "UPDATE t SET name = name || ' ' WHERE id = 10"
    'id is the integer 10; name: source the text "name 10", target the text "name 10 "$'
    "UPDATE t SET x = 1000 / 3.0 + 1e-13 WHERE id = 1000"
    'id is the integer 1000; x: source the real number 333\.3333'
    "UPDATE t SET n = n + 1 WHERE id = 3000"
    'id is the integer 3000; n: source the integer 9000000, target the integer 9000001$'
    "UPDATE t SET b = '\x0001' WHERE id = 2"
    'id is the integer 2; b: source a blob of 2 bytes .*, target a blob of 2 bytes'
    "UPDATE t SET at = at + interval '1 microsecond' WHERE id = 77"
    'id is the integer 77; at: source the text "2023-11-14 22:14:37", target the text "2023-11-14 22:14:37\.000001"$'
    "UPDATE t SET u = NOT u WHERE id = 78"
    'id is the integer 78; u: source the integer 0, target the integer 1$'
    "UPDATE t a SET name = b.name FROM t b WHERE a.id IN (20, 21) AND b.id = 41 - a.id"
    'id is the integer 20; name: source the text "name 20", target the text "name 21"$'
    "UPDATE t SET id = 4000 WHERE id = 30"
    'id is the integer 4000: in the target only$'
    "UPDATE pair SET w = NULL WHERE k = 'k7'"
    'pair, the row where k is the text "k7", v is the text "v"; w: source the integer 7, target NULL$'
    "DELETE FROM bag WHERE ctid = (SELECT min(ctid) FROM bag WHERE a = 'a4' AND b = 1)"
    'bag, a row where a is the text "a4", b is the integer 1: not in the target$'
    "INSERT INTO bag VALUES ('a4', 1)"
    'bag, a row where a is the text "a4", b is the integer 1: in the target only$'
    "INSERT INTO void VALUES (1)"
    'void, the row where id is the integer 1: in the target only$'
    "UPDATE t SET d = d + 0.000001 WHERE id = 3"
    'id is the integer 3; d: source .*4\.5.*, target .*4\.500001'
)
for ((i = 0; i < ${#scenarios[@]}; i += 2)); do
    it "finds: ${scenarios[i]}"
    other=$(fresh_database verify_other)
    "$(pg_config --bindir)/pg_dump" "$target" | psql -X -q -d "$other" >/dev/null 2>&1
    sql "$other" "${scenarios[i]}" >/dev/null
    compare "$source" "$other"
    expect_equal "$status" 3
    expect_stderr "${scenarios[i + 1]}"
    expect_stderr 'error: contents of source and target differ in 1 table$'
    compare "$other" "$target" # the other way round
    expect_equal "$status" 3
done

it "takes what is equal by value for equal"
sql "$target" "UPDATE t SET d = d::numeric(20,5)" >/dev/null
compare "$source" "$target"
expect_equal "$status" 0

it "names no more than it is asked for, and counts all"
sql "$other" "UPDATE t SET name = 'x'" >/dev/null
compare "$source" "$other" --max-differences 2
expect_equal "$status" 3
expect_equal "$(grep -c 'the row where' "$tmp/stderr")" 2
expect_stderr 't: 3000 rows changed, 0 missing in the target, 0 in the target only'

it "looks at a part where nearly all rows differ, and says so"
sqlite3 "$tmp/many.db" "CREATE TABLE many (id INTEGER PRIMARY KEY, n);
    WITH RECURSIVE i(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM i WHERE i < 450000) INSERT INTO many SELECT i, i FROM i"
cp "$tmp/many.db" "$tmp/more.db"
sqlite3 "$tmp/more.db" "UPDATE many SET n = -n"
compare "sqlite://$tmp/many.db" "sqlite://$tmp/more.db"
expect_equal "$status" 3
expect_stderr 'many: at least 1[0-9]{5} rows changed, 0 missing in the target, 0 in the target only$'

it "compares files and servers in any pair"
expect_exit 0 "$MIG_BUILD/db-migrate" --source-db "$target" --target-db "sqlite://$tmp/back.db?mode=rwc" --yes --verify content
compare "$target" "sqlite://$tmp/back.db"
expect_equal "$status" 0
sqlite3 "$tmp/back.db" "UPDATE t SET n = 0 WHERE id = 12"
compare "$target" "sqlite://$tmp/back.db"
expect_equal "$status" 3
expect_stderr 'id is the integer 12; n: source the integer 144, target the integer 0$'
cp "$tmp/a.db" "$tmp/b.db"
compare "$source" "sqlite://$tmp/b.db"
expect_equal "$status" 0
sqlite3 "$tmp/b.db" "UPDATE t SET n = '144' || 'x' WHERE id = 12"
compare "$source" "sqlite://$tmp/b.db"
expect_equal "$status" 3
expect_stderr 'id is the integer 12; n: source the integer 144, target the text "144x"$'

it "names values of a file that are none of their type, with the rows they stand in"
typed=$(fresh_database verify_typed)
sql "$typed" "CREATE TABLE a (id int PRIMARY KEY, n int, at timestamp); INSERT INTO a SELECT i, i, '2024-01-01' FROM generate_series(1, 500) i;
    CREATE TABLE bag (a int, s text); INSERT INTO bag VALUES (1, 'x'), (1, 'x'), (2, 'y');
    CREATE TABLE k (k int, l text, PRIMARY KEY (k, l)); INSERT INTO k VALUES (1, 'l'), (2, 'm')" >/dev/null
sqlite3 "$tmp/typed.db" "CREATE TABLE a (id INTEGER PRIMARY KEY, n, at TEXT); CREATE TABLE bag (a, s); CREATE TABLE k (k, l, PRIMARY KEY (k, l)) WITHOUT ROWID"
expect_exit 0 "$MIG_BUILD/db-migrate" --source-db "$typed" --target-db "sqlite://$tmp/typed.db" --yes --schema existing
sqlite3 "$tmp/typed.db" "UPDATE a SET n = 'four' WHERE id = 4; UPDATE a SET at = 'never', n = 'x' WHERE id = 499; UPDATE a SET n = 9 WHERE id = 8;
    UPDATE bag SET a = 'one' WHERE rowid = 1; UPDATE k SET k = 'zwei' WHERE k = 2; INSERT INTO a VALUES (501, x'00', NULL)"
compare "$typed" "sqlite://$tmp/typed.db" --max-differences 30
expect_equal "$status" 3
expect_stderr 'error: contents of source and target differ in 3 tables$'
expect_stderr 'a: 3 rows changed, 0 missing in the target, 1 in the target only$'
expect_stderr 'a, the row where id is the integer 4; n: source the integer 4, target: the text "four" does not fit into '
expect_stderr 'a, the row where id is the integer 8; n: source the integer 8, target the integer 9$'
expect_stderr 'a, the row where id is the integer 499; n: source the integer 499, target: the text "x" does not fit into '
expect_stderr 'a, the row where id is the integer 501; n: a blob of 1 bytes .*: in the target only$'
expect_stderr 'bag: 0 rows changed, 1 missing in the target, 1 in the target only$'
expect_stderr 'bag, a row where a is the integer 1, s is the text "x": not in the target$'
expect_stderr 'bag, a row where a is the text "one", s is the text "x"; a: .*: in the target only$'
expect_stderr 'k: 0 rows changed, 1 missing in the target, 1 in the target only$'
expect_stderr 'k, the row where k is the text "zwei", l is the text "m"; k: .*: in the target only$'

it "says what it did not compare"
array=$(fresh_database verify_array)
sql "$array" "CREATE TABLE a (id int PRIMARY KEY, list text[]); INSERT INTO a VALUES (1, '{a, b}')" >/dev/null
sqlite3 "$tmp/array.db" "CREATE TABLE a (id INTEGER PRIMARY KEY, list TEXT); INSERT INTO a VALUES (1, '{a, b}')"
compare "sqlite://$tmp/array.db" "$array"
expect_equal "$status" 0
expect_stderr 'warning: not compared, since the target has a form of its own for these values: a\.list$'

it "takes no option that it would leave unheard"
for option in --force --dry-run --strict --schema=existing --batch-size=9 --restore-only --verify=counts; do
    compare "$source" "$target" "$option"
    expect_equal "$option $status" "$option 2"
done
compare "$source" "sqlite://$tmp/b.db?vfs=unix-none"
expect_equal "$status" 2
expect_stderr 'parameter vfs is not supported'
expect_exit 2 "$program" db-migrate --source-db "$source" --target-db "$target" --verify counts --max-differences 3
expect_stderr 'max-differences means nothing with --verify counts'

it "never shows what is encrypted"
make_installation "$tmp/uptrakit.db"
installed=$(fresh_database verify_uptrakit)
expect_exit 0 "$program" --master-key-file "$key_file" db-migrate --source-db "sqlite://$tmp/uptrakit.db" \
    --target-db "$installed" --yes --verify content
sql "$installed" "UPDATE ca_certificates SET key_pem = 'unsealed-words'" >/dev/null
compare "sqlite://$tmp/uptrakit.db" "$installed"
expect_equal "$status" 3
expect_stderr 'ca_certificates, the row where .*; key_pem: source a text of [0-9]+ bytes, target a text of 14 bytes$'
reject_stderr 'unsealed-words'

it "fails where it cannot compare"
sql "$target" 'ALTER TABLE t DROP COLUMN name' >/dev/null
compare "$source" "$target"
expect_equal "$status" 1
expect_stderr 'name'

done_testing
