#!/usr/bin/env bash
# proof.sh - what was found, in a file, and the same looked at again later.
# shellcheck source=tests/support/tap.sh
. "$(dirname "$0")/../support/tap.sh"

sqlite3 "$tmp/a.db" "
    CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price NUMERIC, at TIMESTAMP);
    CREATE TABLE sale (id INTEGER PRIMARY KEY, item INTEGER REFERENCES item, n INTEGER);
    WITH RECURSIVE i(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM i WHERE i < 1000)
    INSERT INTO item SELECT i, 'na\"me ' || i, i * 1.5, datetime(1700000000 + i, 'unixepoch') FROM i;
    INSERT INTO sale SELECT id, id % 10 + 1, id FROM item WHERE id < 100"
source=sqlite://$tmp/a.db
target=$(fresh_database proof)
migrate=$MIG_BUILD/db-migrate
report=$tmp/report.json

# of PATH: what stands there in the report.
of() {
    sqlite3 :memory: "SELECT json_extract(readfile('$report'), '$1')"
}

it "writes what a copy has found"
echo old >"$report"
before=$(date -u +%FT%H:%M:%S)
expect_exit 0 "$migrate" --source-db "$source" --target-db "$target&password=secret-word" --yes --report "$report"
expect_equal "$(of $.format)" 'db-migrate report 1'
expect_equal "$(of $.version)" "$("$migrate" --version | sed -n 's/^db-migrate //p')"
expect_equal "$(of $.run) $(of $.result) $(of $.exit_status)" 'copy equal 0'
expect_equal "$(of $.source.url) $(of $.source.kind) $(of $.target.kind) $(of $.target.schema)" \
    "$source SQLite PostgreSQL public"
expect_equal "$(grep -c secret-word "$report")" 0
[[ ! $(of $.started) < $before && ! $(of $.ended) < $(of $.started) ]] || fail "started $(of $.started)"
expect_equal "$(of '$.tables[0].source') $(of '$.tables[0].target')" 'item item'
expect_equal "$(of '$.tables[0].rows.source') $(of '$.tables[0].rows.target')" '1000 1000'
expect_equal "$(of '$.tables[0].compared') $(of '$.tables[0].why') $(of '$.tables[0].left_out')" 'content  []'
expect_equal "$(of '$.tables[0].digest.source')" "$(of '$.tables[0].digest.target')"
expect_equal "$(of '$.tables[0].digest.source' | tr -d '0-9a-f' | wc -c)" 1
expect_equal "$(sqlite3 :memory: "SELECT json_extract(readfile('$report'), '$.tables[0].seconds.copy') > 0")" 1
expect_equal "$(of '$.differences')" '[]'

it "keeps what it has found to its owner"
expect_equal "$(stat -c %a "$report")" 600
expect_equal "$(find "$tmp" -name 'report.json*' | wc -l)" 1

it "writes what a comparison has found, and the same digests"
digests=$(of '$.tables[0].digest.target')$(of '$.tables[1].digest.target')
expect_exit 0 "$migrate" --source-db "$source" --target-db "$target" --verify-only --report "$report"
expect_equal "$(of $.run) $(of $.result)" 'verify-only equal'
expect_equal "$(of '$.tables[0].digest.target')$(of '$.tables[1].digest.target')" "$digests"
expect_equal "$(of '$.tables[0].digest.source')$(of '$.tables[1].digest.source')" "$digests"

it "writes the differences, and what was said of them"
other=$(fresh_database proof_other)
"$(pg_config --bindir)/pg_dump" "$target" | psql -X -q -d "$other" >/dev/null 2>&1
sql "$other" "UPDATE item SET name = 'x' WHERE id = 7" >/dev/null
expect_exit 3 "$migrate" --source-db "$source" --target-db "$other" --verify-only --report "$report"
expect_equal "$(of $.result) $(of $.exit_status)" 'different 3'
expect_equal "$(of '$.differences[0]')" 'item: 1 rows changed, 0 missing in the target, 0 in the target only'
expect_equal "$(of '$.differences[1]')" '  item, the row where id is the integer 7; name: source the text "na"me 7", target the text "x"'
[[ $(of '$.tables[0].digest.source') != "$(of '$.tables[0].digest.target')" ]] || fail 'the digests are the same'
expect_equal "$(of '$.tables[1].digest.source')" "$(of '$.tables[1].digest.target')"

it "says what was counted only, and why"
expect_exit 0 "$migrate" --source-db "$source" --target-db "$target" --yes --force --verify counts --report "$report"
expect_equal "$(of '$.tables[0].compared') $(of '$.tables[0].why') $(of '$.tables[0].digest')" 'counts --verify counts '
expect_equal "$(of '$.tables[0].rows.target')" 1000
expect_exit 0 "$migrate" --source-db "$source" --target-db "sqlite://$tmp/clone.db?mode=rwc" --yes --report "$report"
expect_equal "$(of '$.tables[0].compared') $(of '$.tables[0].rows.target')" 'pages 1000'

it "names columns that were left out"
sqlite3 "$tmp/array.db" "CREATE TABLE a (id INTEGER PRIMARY KEY, list TEXT); INSERT INTO a VALUES (1, '{a, b}')"
array=$(fresh_database proof_array)
sql "$array" "CREATE TABLE a (id int PRIMARY KEY, list text[])" >/dev/null
expect_exit 0 "$migrate" --source-db "sqlite://$tmp/array.db" --target-db "$array" --yes --report -
expect_equal "$(sqlite3 :memory: "SELECT json_extract(readfile('$tmp/stdout'), '$.tables[0].left_out')")" '["list"]'

it "writes also of a run that has failed"
expect_exit 4 "$migrate" --source-db "$source" --target-db "$target" --yes --report "$report"
expect_equal "$(of $.result) $(of $.exit_status)" 'refused 4'
expect_equal "$(of $.error)" 'target database is not empty (use --force to override)'
expect_equal "$(of '$.tables[0].compared') $(of '$.tables[0].why')" 'nothing the run ended before'

it "says before anything else that the file cannot be written"
expect_exit 1 "$migrate" --source-db "$source" --target-db "$target" --yes --force --report "$tmp/nowhere/report.json"
expect_stderr 'error: cannot write the report .*/nowhere/report\.json$'
expect_stderr 'the target is untouched'
expect_exit 2 "$migrate" --source-db "$source" --target-db "$target" --dry-run --report "$report"
expect_stderr 'report means nothing with --dry-run'

done_testing
