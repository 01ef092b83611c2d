#!/usr/bin/env bash
# sync_sqlite.sh - a SQLite target made equal: a changed copy takes the old file's place.
# shellcheck source=tests/support/tap.sh
. "$(dirname "$0")/../support/tap.sh"

sync() { # SOURCE TARGET [OPTION...]
    try "$MIG_BUILD/db-migrate" --source-db "$1" --target-db "$2" --sync --yes "${@:3}"
}
same() { # SOURCE TARGET
    "$MIG_BUILD/db-migrate" --source-db "$1" --target-db "$2" --verify-only >"$tmp/same" 2>&1 ||
        fail "they differ: $(tail -n 5 "$tmp/same")"
}
schema="
    CREATE TABLE buyer (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, mail TEXT UNIQUE, boss INTEGER REFERENCES buyer ON DELETE CASCADE);
    CREATE TABLE item (id TEXT PRIMARY KEY, price REAL, picture BLOB, buyer INTEGER NOT NULL REFERENCES buyer ON DELETE CASCADE, any);
    CREATE TABLE pair (a INTEGER, b TEXT, n INTEGER, PRIMARY KEY (b, a)) WITHOUT ROWID;
    CREATE TABLE bag (a TEXT, b INTEGER);"
rows="
    WITH RECURSIVE i(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM i WHERE i < 3000)
    INSERT INTO buyer SELECT i, 'buyer ' || i, 'm' || i, nullif(i / 2, 0) FROM i;
    INSERT INTO item SELECT 'i' || id, id / 3.0, zeroblob(id % 5), id, iif(id % 2, id, 'x' || id) FROM buyer;
    INSERT INTO pair SELECT id, 'b' || id % 7, id FROM buyer;
    INSERT INTO bag SELECT 'a' || id % 3, id % 2 FROM buyer WHERE id < 50;"
changes="
    UPDATE buyer SET mail = NULL WHERE id IN (10, 11);
    UPDATE buyer SET mail = CASE id WHEN 10 THEN 'm11' ELSE 'm10' END WHERE id IN (10, 11);
    UPDATE buyer SET name = 'other' WHERE id = 1;
    DELETE FROM item WHERE buyer = 3000; DELETE FROM buyer WHERE id = 3000;
    INSERT INTO buyer VALUES (9000, 'new', 'm3000', 9000);
    UPDATE item SET picture = x'00', price = -0.5 WHERE id = 'i7';
    INSERT INTO item VALUES ('', NULL, NULL, 9000, NULL);
    UPDATE pair SET n = NULL WHERE a = 5; DELETE FROM pair WHERE a = 6; INSERT INTO pair VALUES (-1, '', 1);
    DELETE FROM bag WHERE rowid < 3"

sqlite3 "$tmp/a.db" "PRAGMA foreign_keys = OFF; $schema $rows"
cp "$tmp/a.db" "$tmp/b.db"
sqlite3 "$tmp/b.db" "CREATE TABLE seen (what TEXT); CREATE TABLE own (id INTEGER); INSERT INTO own VALUES (1);
    CREATE TRIGGER t AFTER DELETE ON buyer BEGIN INSERT INTO seen VALUES ('deleted'); END;
    CREATE INDEX by_name ON buyer (name);
    PRAGMA foreign_keys = OFF; ALTER TABLE pair ADD COLUMN kept TEXT DEFAULT 'default'; UPDATE pair SET kept = 'kept'"
# All that the file says of itself; not on which page it stands.
rules_of() { # FILE
    sqlite3 "$1" "SELECT * FROM sqlite_schema WHERE type <> 'table' ORDER BY name; SELECT sql FROM sqlite_schema ORDER BY name" |
        sed 's/|[0-9]*|/|/'
}
rules=$(rules_of "$tmp/b.db")
source=sqlite://$tmp/a.db
target=sqlite://$tmp/b.db

it "leaves the file alone where nothing differs"
before=$(stat -c '%i %Y' "$tmp/b.db" && sha256sum <"$tmp/b.db")
sync "$source" "$target"
[[ $status == 0 ]] || fail "$(tail -n 6 "$tmp/stderr")"
expect_stderr '^Nothing differs: '
expect_equal "$(stat -c '%i %Y' "$tmp/b.db" && sha256sum <"$tmp/b.db")" "$before"
expect_equal "$(find "$tmp" -name '*.new-*')" ""

it "says what would be done, and does not"
sqlite3 "$tmp/a.db" "$changes"
sync "$source" "$target" --dry-run
[[ $status == 0 ]] || fail "$(tail -n 6 "$tmp/stderr")"
expect_stdout '^  buyer +1 inserted, 3 updated, 1 deleted, 2996 unchanged$'
expect_equal "$(stat -c '%i %Y' "$tmp/b.db" && sha256sum <"$tmp/b.db")" "$before"
expect_equal "$(find "$tmp" -name '*.new-*')" ""

it "changes what differs, under the rules that the file has"
sync "$source" "$target"
[[ $status == 0 ]] || fail "$(tail -n 6 "$tmp/stderr")"
expect_stderr '^  item +1 inserted, 1 updated, 1 deleted'
expect_stderr '^  pair +1 inserted, 1 updated, 1 deleted'
same "$source" "$target"
expect_equal "$(rules_of "$tmp/b.db")" "$rules"
expect_equal "$(sqlite3 "$tmp/b.db" "SELECT count(*) FROM seen; SELECT count(*) FROM own; PRAGMA integrity_check; SELECT seq FROM sqlite_sequence WHERE name = 'buyer'" | tr '\n' ' ')" "0 1 ok 9000 "
expect_equal "$(sqlite3 "$tmp/b.db" "SELECT kept, count(*) FROM pair GROUP BY 1 ORDER BY 1" | tr '\n' ' ')" "default|1 kept|2999 "
sync "$source" "$target"
expect_stderr '^Nothing differs: '

it "keeps the old file where something fails"
sqlite3 "$tmp/a.db" "PRAGMA foreign_keys = OFF; UPDATE item SET buyer = 77777 WHERE id = 'i5'"
before=$(sha256sum <"$tmp/b.db")
sync "$source" "$target"
expect_equal "$status" 1
expect_stderr 'foreign keys are violated'
expect_equal "$(sha256sum <"$tmp/b.db")" "$before"
sqlite3 "$tmp/a.db" "PRAGMA foreign_keys = OFF; UPDATE item SET buyer = 5 WHERE id = 'i5'"

it "follows a PostgreSQL source"
server=$(fresh_database sync_sqlite)
expect_exit 0 "$MIG_BUILD/db-migrate" --source-db "$source" --target-db "$server" --yes --quiet
expect_exit 0 "$MIG_BUILD/db-migrate" --source-db "$server" --target-db "sqlite://$tmp/c.db?mode=rwc" --yes --quiet
sql "$server" "UPDATE buyer SET name = 'from the server' WHERE id = 4; DELETE FROM item WHERE buyer = 8;
    INSERT INTO item VALUES ('new', 1.5, '\\x01', 9, NULL); UPDATE buyer SET boss = NULL WHERE id = 5" >/dev/null
sync "$server" "sqlite://$tmp/c.db"
[[ $status == 0 ]] || fail "$(tail -n 6 "$tmp/stderr")"
expect_stderr '^  buyer +0 inserted, 2 updated, 0 deleted'
same "$server" "sqlite://$tmp/c.db"
sync "$server" "sqlite://$tmp/c.db"
expect_stderr '^Nothing differs: '

done_testing
