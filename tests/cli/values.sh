#!/usr/bin/env bash
# values.sh - values that do not fit stop the run with table, column and row.
# shellcheck source=tests/support/tap.sh
. "$(dirname "$0")/../support/tap.sh"
# shellcheck source=tests/support/installation.sh
. "$(dirname "$0")/../support/installation.sh"

sound=$tmp/sound.db
make_installation "$sound"
target=$(fresh_database values_uptrakit)

# stops_at SQL PATTERN...: with that done to a copy of the source the run fails with those words.
stops_at() {
    local statement=$1 pattern
    shift
    cp "$sound" "$tmp/source.db"
    sqlite3 "$tmp/source.db" "$statement" || fail "sqlite3: $statement"
    target=$(fresh_database values_uptrakit)
    expect_exit 1 "$program" --master-key-file "$key_file" db-migrate \
        --source-db "sqlite://$tmp/source.db" --target-db "$target" --yes
    for pattern; do
        expect_stderr "$pattern"
    done
    reject_stderr 'Migration complete'
}

row=$(sqlite3 "$sound" "SELECT rowid FROM mqtt_clients ORDER BY rowid LIMIT 1")

it "a text in an integer column"
stops_at "UPDATE mqtt_clients SET port = 'n/a' WHERE rowid = $row" \
    'cannot store a value in mqtt_clients\.port' '"n/a"' "rowid $row" 'integer'

it "an integer that is too large"
stops_at "UPDATE mqtt_clients SET port = 3000000000 WHERE rowid = $row" \
    'mqtt_clients\.port' '3000000000' "rowid $row"

it "a fraction in an integer column"
stops_at "UPDATE mqtt_clients SET port = 1883.5 WHERE rowid = $row" 'mqtt_clients\.port' '1883\.5'

it "invalid UTF-8"
stops_at "UPDATE hosts SET hostname = CAST(x'61c328' AS TEXT) WHERE rowid = 2" \
    'hosts\.hostname' 'rowid 2' 'UTF-8'

it "U+0000 in a text"
stops_at "UPDATE hosts SET hostname = CAST(x'610062' AS TEXT) WHERE rowid = 2" \
    'hosts\.hostname' 'rowid 2' 'U\+0000|NUL'

it "a blob in a text column"
stops_at "UPDATE hosts SET hostname = x'616263' WHERE rowid = 2" 'hosts\.hostname' 'blob' 'rowid 2'

it "a time that is none"
stops_at "UPDATE hosts SET created_at = '2026-02-30 00:00:00' WHERE rowid = 3" \
    'hosts\.created_at' '2026-02-30' 'rowid 3'

it "milliseconds where seconds are expected"
stops_at "UPDATE hosts SET created_at = 1767225600000000 WHERE rowid = 3" 'hosts\.created_at' 'rowid 3'

it "a UUID that is none"
stops_at "UPDATE sessions SET id = x'00112233' WHERE rowid = 1" 'sessions\.id' 'rowid 1' 'uuid'

it "JSON that is none"
stops_at "UPDATE plugin_configs SET config = '{\"a\": }' WHERE rowid = 1" \
    'plugin_configs\.config' 'rowid 1' 'JSON'

it "a key twice in one object, of which jsonb would keep only the last"
sqlite3 "$tmp/keys.db" "CREATE TABLE t (id INTEGER PRIMARY KEY, j text, b text);
    INSERT INTO t VALUES (1, '{\"a\":1,\"a\":2}', '{\"a\":1,\"b\":{\"a\":2}}'), (7, '{}', '{\"a\":1,\"\u0061\":2}')"
target=$(fresh_database values_keys)
sql "$target" 'CREATE TABLE t (id bigint PRIMARY KEY, j json, b jsonb)' >/dev/null
expect_exit 1 "$program" db-migrate --source-db "sqlite://$tmp/keys.db" --target-db "$target" --yes
expect_stderr 'cannot store a value in t\.b'
expect_stderr 'rowid 7'
expect_stderr 'stands twice in one object; jsonb would keep only the last \(bytes 2 and 8\)'
sqlite3 "$tmp/keys.db" "UPDATE t SET b = '{\"a\":2}' WHERE id = 7"
expect_exit 0 "$program" db-migrate --source-db "sqlite://$tmp/keys.db" --target-db "$target" --yes
expect_equal "$(sql "$target" 'SELECT j FROM t WHERE id = 1')" '{"a":1,"a":2}'

it "NULL where the target wants a value"
sqlite3 "$tmp/app.db" "CREATE TABLE t (id INTEGER PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'a'), (4, NULL)"
target=$(fresh_database values_app)
sql "$target" 'CREATE TABLE t (id bigint PRIMARY KEY, v text NOT NULL)' >/dev/null
expect_exit 1 "$program" db-migrate --source-db "sqlite://$tmp/app.db" --target-db "$target" --yes
expect_stderr 'cannot store a value in t\.v'
expect_stderr 'NULL at rowid 4'

it "a row that the target refuses, named by its place in the source"
stops_at "PRAGMA writable_schema = ON;
    UPDATE sqlite_schema SET sql = replace(sql, ' UNIQUE', '') WHERE name = 'users';
    DELETE FROM sqlite_schema WHERE name LIKE 'sqlite_autoindex_users_%' AND name <> 'sqlite_autoindex_users_1';
    PRAGMA writable_schema = RESET;
    UPDATE users SET email = (SELECT email FROM users WHERE rowid = 1) WHERE rowid = 3" \
    'users' 'rowid 3'

it "a child without its parent"
stops_at "PRAGMA foreign_keys = OFF; UPDATE sessions SET user_id = randomblob(16) WHERE rowid = 1" \
    'sessions \(column user_id\)' 'rowid 1 \(id = .*user_id = [0-9a-f-]{36}' 'nothing was erased'

it "never prints a sealed value"
stops_at "UPDATE mqtt_clients SET password = CAST(x'5345435245545641' || x'c3' AS TEXT) WHERE rowid = $row" \
    'mqtt_clients\.password' "rowid $row"
reject_stderr 'SECRETVA'

it "says afterwards what state the target is in, and --force starts again"
stops_at "UPDATE update_output_lines SET created_at = 'never' WHERE rowid = 100" \
    'the target was erased; tables that hold rows now: .*users' '--force'
expect_exit 4 "$program" --master-key-file "$key_file" db-migrate \
    --source-db "sqlite://$sound" --target-db "$target" --yes
expect_exit 0 "$program" --master-key-file "$key_file" db-migrate \
    --source-db "sqlite://$sound" --target-db "$target" --yes --force
expect_equal "$(count_postgres "$target" update_output_lines)" \
    "$(count_sqlite "$sound" update_output_lines)"

it "keeps the schema as it was when its migrations fail"
target=$(fresh_database values_uptrakit)
sql "$target" 'CREATE TABLE other (id int); CREATE INDEX idx_hosts_tenant_id ON other (id)' >/dev/null
expect_exit 1 "$program" --master-key-file "$key_file" db-migrate \
    --source-db "sqlite://$sound" --target-db "$target" --yes
expect_equal "$(sql "$target" "SELECT count(*) FROM pg_class WHERE relname = 'tenants'")" 0

done_testing
