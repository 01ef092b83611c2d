#!/usr/bin/env bash
# sync_servers.sh - one PostgreSQL database made equal to another.
# shellcheck source=tests/support/tap.sh
. "$(dirname "$0")/../support/tap.sh"

sync() { # SOURCE TARGET [OPTION...]
    try "$MIG_BUILD/db-migrate" --source-db "$1" --target-db "$2" --sync --yes "${@:3}"
}
same() { # SOURCE TARGET
    "$MIG_BUILD/db-migrate" --source-db "$1" --target-db "$2" --verify-only >"$tmp/same" 2>&1 ||
        fail "they differ: $(tail -n 5 "$tmp/same")"
}

source=$(fresh_database sync_from)
target=$(fresh_database sync_to)
schema="
    CREATE TYPE mood AS ENUM ('low', 'high');
    CREATE TABLE number (id bigint PRIMARY KEY, n numeric(12, 3), f float8, m mood, j jsonb, list int[], at timestamptz,
        span interval, raw bytea, net inet, c char(5), b bit(3), r int4range);
    CREATE TABLE object (id uuid PRIMARY KEY, name varchar(40), number bigint REFERENCES number DEFERRABLE);
    CREATE TABLE \"a word\" (\"a key\" text, part int, value text, PRIMARY KEY (part, \"a key\"));
    CREATE TABLE event (at date, id int, what text, PRIMARY KEY (at, id)) PARTITION BY RANGE (at);
    CREATE TABLE event_old PARTITION OF event FOR VALUES FROM (MINVALUE) TO ('2020-01-01');
    CREATE TABLE event_new PARTITION OF event DEFAULT;
    CREATE TABLE small (id smallint PRIMARY KEY, t text);
    CREATE TABLE heap (a int, b text)"
rows="
    INSERT INTO number SELECT i, i / 7.0, i / 3.0, CASE i % 3 WHEN 0 THEN 'low' WHEN 1 THEN 'high' END::mood,
        jsonb_build_object('i', i), ARRAY[i, NULL, -i], now() - i * interval '1 hour', i * interval '1 day', int8send(i),
        '10.0.0.1', 'x', '101', int4range(i, i + 5) FROM generate_series(-5000, 20000) i;
    INSERT INTO object SELECT md5(i::text)::uuid, 'name ' || i, i FROM generate_series(1, 5000) i;
    INSERT INTO \"a word\" SELECT 'Key ' || i, i % 5, 'ä' || i FROM generate_series(1, 3000) i;
    INSERT INTO event SELECT date '2019-12-01' + i % 60, i, 'what' FROM generate_series(1, 3000) i;
    INSERT INTO small SELECT i, 't' FROM generate_series(-100, 100) i;
    INSERT INTO heap SELECT i % 10, NULL FROM generate_series(1, 100) i"
sql "$source" "$schema; $rows" >/dev/null
sql "$target" "$schema" >/dev/null

it "fills what a copy would fill"
sync "$source" "$target"
[[ $status == 0 ]] || fail "$(tail -n 6 "$tmp/stderr")"
same "$source" "$target"

it "does nothing where nothing differs"
sync "$source" "$target"
expect_equal "$status" 0
expect_stderr '^Nothing differs: '

it "changes what differs, of every type and kind of key"
sql "$source" "
    UPDATE number SET n = -n, j = '{\"other\": [1, 2.50]}', list = '{}' WHERE id = 7;
    UPDATE number SET f = 'NaN', m = NULL, raw = '', c = NULL WHERE id = -5000;
    UPDATE number SET r = 'empty', span = '1 mon', b = '000', net = '::1/64' WHERE id = 20000;
    SET CONSTRAINTS ALL DEFERRED;
    DELETE FROM object WHERE number = 100; DELETE FROM number WHERE id = 100;
    INSERT INTO number (id, n) VALUES (9223372036854775807, 1), (-9223372036854775808, 2);
    INSERT INTO object VALUES ('00000000-0000-0000-0000-000000000000', 'new', 9223372036854775807);
    UPDATE \"a word\" SET value = '' WHERE \"a key\" = 'Key 77';
    DELETE FROM \"a word\" WHERE \"a key\" = 'Key 78';
    INSERT INTO \"a word\" VALUES ('key 78', 3, NULL);
    UPDATE event SET what = 'changed' WHERE id IN (5, 50);
    DELETE FROM event WHERE id = 60; INSERT INTO event VALUES ('1999-01-01', 1, 'old');
    DELETE FROM small WHERE id < -90; UPDATE small SET t = 'u' WHERE id = 100" >/dev/null
sql "$target" "DELETE FROM event WHERE id = 70; INSERT INTO event VALUES ('2030-01-01', 1, 'gone')" >/dev/null
sync "$source" "$target"
[[ $status == 0 ]] || fail "$(tail -n 6 "$tmp/stderr")"
expect_stderr '^  number +2 inserted, 3 updated, 1 deleted, 24997 unchanged$'
expect_stderr '^  event +2 inserted, 2 updated, 2 deleted, 2996 unchanged$'
expect_stderr '^  small +0 inserted, 1 updated, 10 deleted, 190 unchanged$'
same "$source" "$target"
sync "$source" "$target"
expect_stderr '^Nothing differs: '

it "reads keys that are far apart"
sql "$source" "UPDATE number SET n = 5 WHERE id IN (1, 9223372036854775807, -9223372036854775808)" >/dev/null
sync "$source" "$target" --readers 3 --writers 3
expect_equal "$status" 0
expect_stderr '^  number +0 inserted, 3 updated, 0 deleted'
same "$source" "$target"

it "leaves the source alone"
expect_equal "$(sql "$source" "SELECT count(*) FROM pg_namespace WHERE nspname = 'db_migrate'")" 0

done_testing
