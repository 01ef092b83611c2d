#!/usr/bin/env bash
# page_fill.sh - tables of a server become pages of a file, in the order of their keys.
# shellcheck source=tests/support/tap.sh
. "$(dirname "$0")/../support/tap.sh"

clean_up() {
    umount "$tmp/disk" 2>/dev/null
    rm -rf "$tmp"
}
trap clean_up EXIT

source=$(fresh_database page_source)
# Rows that stand in any order, some of which have moved; one whose values fill pages; one with a constraint.
sql "$source" "CREATE TABLE shuffled (id bigint PRIMARY KEY, t text NOT NULL, f float8, b bytea, at timestamptz);
    CREATE TABLE large (id integer PRIMARY KEY, t text);
    CREATE TABLE checked (id integer PRIMARY KEY, n integer CHECK (n > 0), u text UNIQUE);
    INSERT INTO shuffled SELECT i * 7 - 100000, 'text ' || i, i / 3.0, decode(md5(i::text), 'hex'),
        '2024-02-29 12:00+00'::timestamptz + i * interval '1 s' FROM generate_series(1, 30000) i ORDER BY md5(i::text);
    UPDATE shuffled SET t = t || ', changed' WHERE id % 5 = 0;
    INSERT INTO large SELECT i, repeat(md5(i::text), i % 300) FROM generate_series(1, 1500) i;
    INSERT INTO checked SELECT i, i, 'u' || i FROM generate_series(1, 1000) i" >/dev/null

migrate() { # [OPTION...]
    try "$MIG_BUILD/db-migrate" --source-db "$source" --target-db "sqlite://$tmp/made.db?mode=rwc" --yes \
        --schema mirror "$@"
}
sums_of_source() {
    sql "$source" "SELECT count(*), md5(string_agg(id || t || encode(b, 'hex'), ',' ORDER BY id)) FROM shuffled;
        SELECT count(*), md5(string_agg(id || t, ',' ORDER BY id)) FROM large;
        SELECT count(*), md5(string_agg(id || u, ',' ORDER BY id)) FROM checked" | tr '\n' ' '
}
sum_of() { # COLUMNS TABLE
    printf '%s|%s ' "$(sqlite3 "$tmp/made.db" "SELECT count(*) FROM $2")" "$(printf %s \
        "$(sqlite3 "$tmp/made.db" "SELECT group_concat(v, ',') FROM (SELECT $1 AS v FROM $2 ORDER BY id)")" |
        md5sum | cut -d ' ' -f 1)"
}
expect_whole_file() {
    expect_equal "$(sqlite3 "$tmp/made.db" 'PRAGMA integrity_check')" ok
    expect_equal "$(sum_of 'id || t || lower(hex(b))' shuffled)$(sum_of 'id || t' large)$(sum_of 'id || u' checked)" \
        "$(sums_of_source)"
}

for readers in 1 4 0; do
    it "every row is in the file that SQLite reads, with --readers $readers"
    migrate --verify content --readers "$readers"
    expect_equal "$status" 0
    expect_whole_file
    rm -f "$tmp/made.db"
done

it "the plan tells the order"
expect_exit 0 "$MIG_BUILD/db-migrate" --source-db "$source" --target-db "sqlite://$tmp/made.db?mode=rwc" \
    --schema mirror --dry-run --readers 4
expect_stdout 'shuffled: 30000 rows in .*, read in the order of id$'

it "pages are as full as an application that inserts in order leaves them"
migrate
sqlite3 "$tmp/inserted.db" "PRAGMA page_size = 16384; ATTACH '$tmp/made.db' AS made; $(sqlite3 "$tmp/made.db" \
    "SELECT sql || ';' FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'" |
    tr '\n' ' ') INSERT INTO shuffled SELECT * FROM made.shuffled ORDER BY id; INSERT INTO large SELECT * FROM
    made.large ORDER BY id; INSERT INTO checked SELECT * FROM made.checked ORDER BY id"
made=$(sqlite3 "$tmp/made.db" 'PRAGMA page_count') inserted=$(sqlite3 "$tmp/inserted.db" 'PRAGMA page_count')
((made <= inserted + 2)) || fail "$made pages, and $inserted of an application's"

it "a row that cannot be stored goes aside, and all others are there"
sql "$source" "UPDATE shuffled SET f = 'NaN' WHERE id = (SELECT id FROM shuffled ORDER BY id OFFSET 15000 LIMIT 1)" >/dev/null
rm -f "$tmp/made.db"
migrate --on-error reject --reject-file "$tmp/aside.jsonl" --verify content
expect_equal "$status" 1
expect_equal "$(wc -l <"$tmp/aside.jsonl")" 1
expect_equal "$(sqlite3 "$tmp/made.db" 'PRAGMA integrity_check; SELECT count(*), sum(id) FROM shuffled')" \
    "ok
$(sql "$source" "SELECT count(*), sum(id) FROM shuffled WHERE f <> 'NaN'")"

it "without that it stops there, by name, and leaves no file"
rm -f "$tmp/made.db"
migrate
expect_equal "$status" 1
expect_stderr 'cannot store a value in shuffled.f'
expect_stderr "id = $(sql "$source" "SELECT id FROM shuffled WHERE f = 'NaN'")"
expect_equal "$(ls "$tmp"/made.db* 2>/dev/null)" ''
sql "$source" "UPDATE shuffled SET f = 0 WHERE f = 'NaN'" >/dev/null

it "a disk that is full is told, and the old file stays as it was"
mkdir "$tmp/disk"
if [[ $(id -u) == 0 ]] && mount -t tmpfs -o size=4m tmpfs "$tmp/disk" 2>/dev/null; then
    sqlite3 "$tmp/disk/full.db" "CREATE TABLE old (a); INSERT INTO old VALUES (1)"
    before=$(md5sum <"$tmp/disk/full.db")
    try "$MIG_BUILD/db-migrate" --source-db "$source" --target-db "sqlite://$tmp/disk/full.db" --yes --schema mirror
    expect_equal "$status" 1
    expect_stderr '(No space left on device|disk is full)'
    expect_equal "$(md5sum <"$tmp/disk/full.db")" "$before"
    expect_equal "$(find "$tmp/disk" -type f | wc -l)" 1
else
    skip "needs the right to mount a small file system"
fi

psql -X -q -d postgres -c "DROP DATABASE IF EXISTS page_source WITH (FORCE)" 2>/dev/null
done_testing
