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
expect_equal "$(of '$.steps' | tr -d ':.0-9')" '{"look","prepare","copy","rebuild","verify","finish"}'
steps="SELECT sum(value) FROM json_each(readfile('$report'), '$.steps')"
expect_equal "$(sqlite3 :memory: "SELECT ($steps) BETWEEN 0.9 * $(of $.seconds) AND $(of $.seconds) + 0.01")" 1
for step in look prepare copy verify; do
    [[ $(of "$.steps.$step") =~ [1-9] ]] || fail "no time for: $step"
done

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
expect_equal "$(of '$.steps.copy')" 0.0

# against FILE [OPTION...]
against() {
    try "$migrate" --verify-only --against "$@"
}

it "proves again later what each side holds, without the other"
expect_exit 0 "$migrate" --source-db "$source" --target-db "$target" --yes --force --report "$report"
against "$report" --target-db "$target"
expect_equal "$status" 0
expect_stderr '^The target holds what the report says: 1099 rows in 2 tables\.$'
against "$report" --source-db "$source"
expect_equal "$status" 0
expect_stderr '^The source holds what the report says: 1099 rows in 2 tables\.$'
against "$report" --source-db "$source" --target-db "$target"
expect_equal "$status" 0

it "finds what has become another since, and names the table"
against "$report" --target-db "$other"
expect_equal "$status" 3
expect_stderr 'error: the target is not what the report says, in 1 table$'
expect_stderr 'detail: item: as many rows as in the report, but not the same$'
sql "$other" "DELETE FROM sale WHERE id = 3; ALTER TABLE item ALTER name TYPE varchar(99)" >/dev/null
against "$report" --target-db "$other"
expect_equal "$status" 3
expect_stderr 'detail: item: column name was text and is character varying\(99\)$'
expect_stderr 'sale: 99 rows in the report, 98 now$'
sql "$other" "DROP TABLE sale; ALTER TABLE item DROP name" >/dev/null
against "$report" --target-db "$other"
expect_equal "$status" 3
expect_stderr 'sale: there is no such table any more$'
expect_stderr 'item: it has no column name any more$'
cp "$tmp/a.db" "$tmp/changed.db"
sqlite3 "$tmp/changed.db" "UPDATE item SET at = datetime(at, '+1 second') WHERE id = 999"
against "$report" --source-db "sqlite://$tmp/changed.db" --target-db "$target"
expect_equal "$status" 3
expect_stderr 'the source is not what the report says, in 1 table$'

it "reads values as the report's run has read them"
sqlite3 "$tmp/kinds.db" "CREATE TABLE k (id INTEGER PRIMARY KEY, at TEXT, ms INTEGER, cut TEXT, raw BLOB, list TEXT, u TEXT);
    INSERT INTO k VALUES (1, '2024-07-01 12:00:00', 1700000000123, 'longer than', 'abc', '{1,2}', '018f4a3e-0000-7000-8000-000000000001'),
        (2, NULL, 0, '', x'00ff', NULL, NULL)"
kinds=$(fresh_database proof_kinds)
sql "$kinds" "CREATE TABLE k (u uuid, id int PRIMARY KEY, at timestamptz, ms timestamp, cut varchar(4), raw bytea, list int[])" >/dev/null
expect_exit 0 "$migrate" --source-db "sqlite://$tmp/kinds.db" --target-db "$kinds" --yes --timezone Europe/Berlin \
    --cast k.ms=timestamp:ms --cast k.cut=varchar:cut --cast k.raw=bytea:utf8 --report "$tmp/kinds.json"
against "$tmp/kinds.json" --source-db "sqlite://$tmp/kinds.db" --target-db "$kinds"
expect_equal "$status" 0
expect_exit 0 "$migrate" --source-db "$kinds" --target-db "sqlite://$tmp/kinds_back.db?mode=rwc" --yes --report "$tmp/back.json"
against "$tmp/back.json" --source-db "$kinds" --target-db "sqlite://$tmp/kinds_back.db"
expect_equal "$status" 0
sqlite3 "$tmp/kinds_back.db" "UPDATE k SET u = upper(u) || 'x' WHERE id = 1"
against "$tmp/back.json" --target-db "sqlite://$tmp/kinds_back.db"
expect_equal "$status" 1 # what cannot be read in that way is not equal
expect_exit 0 "$migrate" --source-db "$kinds" --target-db "$(fresh_database proof_again)" --yes --report "$tmp/again.json"
against "$tmp/again.json" --source-db "$kinds" --target-db "postgresql:///proof_again?host=$PGHOST&port=$PGPORT&user=$PGUSER"
expect_equal "$status" 0

it "counts what the report has no digest of, and says so"
expect_exit 0 "$migrate" --source-db "$source" --target-db "$target" --yes --force --verify counts --report "$tmp/counts.json"
against "$tmp/counts.json" --target-db "$target"
expect_equal "$status" 0
expect_stderr 'warning: 2 of the tables were only counted: the report has no digest of them$'
sql "$target" "DELETE FROM sale WHERE id = 1" >/dev/null
against "$tmp/counts.json" --target-db "$target"
expect_equal "$status" 3
expect_stderr 'sale: 99 rows in the report, 98 now$'

it "refuses what is no report, or proves nothing"
head -c 900 "$report" >"$tmp/short.json"
against "$tmp/short.json" --target-db "$target"
expect_equal "$status" 1
expect_stderr 'error: the report .*short\.json is broken: line [0-9]+: this is not JSON$'
echo '{"a": 1}' >"$tmp/foreign.json"
against "$tmp/foreign.json" --target-db "$target"
expect_equal "$status" 1
expect_stderr 'foreign\.json is no report of this program$'
sed 's/db-migrate report 1/db-migrate report 2/' "$report" >"$tmp/newer.json"
against "$tmp/newer.json" --target-db "$target"
expect_equal "$status" 1
expect_stderr 'of a version of this program that digests otherwise: db-migrate report 2'
sed 's/"wire": "[a-z]*"/"wire": "octonion"/' "$report" >"$tmp/odd.json"
against "$tmp/odd.json" --target-db "$target"
expect_equal "$status" 1
expect_stderr 'odd\.json is broken: it does not say how a column was read$'
sed 's/"digest": {"source": "[0-9a-f]*"/"digest": {"source": "12"/' "$report" >"$tmp/odd.json"
against "$tmp/odd.json" --target-db "$target"
expect_equal "$status" 1
expect_stderr 'odd\.json is broken: a table has no digest$'
expect_exit 3 "$migrate" --source-db "$source" --target-db "$target" --verify-only --report "$report"
against "$report" --target-db "$target"
expect_equal "$status" 1
expect_stderr 'proves nothing: its run did not find both databases equal$'
against "$tmp/nowhere.json" --target-db "$target"
expect_equal "$status" 1
expect_stderr 'cannot read the report .*nowhere\.json$'

it "takes no option beside a report that it would leave unheard"
against "$tmp/kinds.json" --target-db "$kinds" --timezone UTC
expect_equal "$status" 2
against "$tmp/kinds.json"
expect_equal "$status" 2
expect_stderr 'source-db or --target-db is missing: which is compared\?$'
expect_exit 2 "$migrate" --source-db "$source" --target-db "$target" --against "$report"
expect_stderr 'against means nothing without --verify-only'

it "says before anything else that the file cannot be written"
expect_exit 1 "$migrate" --source-db "$source" --target-db "$target" --yes --force --report "$tmp/nowhere/report.json"
expect_stderr 'error: cannot write the report .*/nowhere/report\.json$'
expect_stderr 'the target is untouched'
expect_exit 2 "$migrate" --source-db "$source" --target-db "$target" --dry-run --report "$report"
expect_stderr 'report means nothing with --dry-run'

done_testing
