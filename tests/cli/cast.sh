#!/usr/bin/env bash
# cast.sh - --cast and --timezone: what a user may allow for a column, and that it is counted.
# shellcheck source=tests/support/tap.sh
. "$(dirname "$0")/../support/tap.sh"

source=$tmp/source.db
sqlite3 "$source" "PRAGMA journal_mode = WAL;
CREATE TABLE t (k INTEGER PRIMARY KEY, n, v, c, b, nul, bad, num, txt, hex, b64, part, ms, jd, local, \"odd.na=me\", day);
INSERT INTO t VALUES (1, 1.005, 'abcdef', 'ab  ', 'abc   ', 'x' || char(0) || 'y', CAST(x'61ff62' AS TEXT), 5, x'c3a4',
    '61ff', 'YWI=', 'x', 1700000000123, 2460370.5, '2024-07-01 12:00:00', 'n/a', '2000-01-01 12:34:56.5')" >/dev/null

target_of() { # NAME: a table whose columns all refuse what the source holds
    local url
    url=$(fresh_database "$1")
    sql "$url" "CREATE TABLE t (k integer PRIMARY KEY, n numeric(6,2), v varchar(3), c char(4), b varchar(3),
        nul text, bad text, num text, txt text, hex bytea, b64 bytea, part integer, ms timestamptz,
        jd timestamptz, local timestamptz, \"odd.na=me\" integer, day time)" >/dev/null
    echo "$url"
}

migrate() { # URL [OPTION...]
    local url=$1
    shift
    try "$program" db-migrate --source-db "sqlite://$source" --target-db "$url" --yes \
        --schema existing --force "$@"
}

target=$(target_of cast_rules)
all=(--cast 't.n=numeric:round' --cast 't.v=varchar:cut' --cast 't.c=char:trim' --cast 't.b=varchar:trim'
    --cast 't.nul=text:strip-nul' --cast 't.bad=text:replace' --cast 't.num=text:number'
    --cast 't.txt=text:utf8' --cast 't.hex=bytea:hex' --cast 't.b64=bytea:base64'
    --cast 't.part=integer:null' --cast 't.ms=timestamptz:ms' --cast 't.jd=timestamptz:julian'
    --cast 't.day=time:day'
    --cast '"t"."odd.na=me"=int4:null')

it "does what each rule allows"
migrate "$target" "${all[@]}"
expect_equal "$status" 0
expect_equal "$(sql "$target" "SELECT n, v, c || '|', b || '|', nul, bad, num, txt, hex, b64, part IS NULL, ms, jd, local,
    \"odd.na=me\" IS NULL, day FROM t")" \
    "1.01|abc|ab||abc||xy|a�b|5|ä|\\x61ff|\\x6162|t|2023-11-14 22:13:20.123+00|2024-03-01 00:00:00+00|2024-07-01 12:00:00+00|t|12:34:56.5"

it "and counts it"
expect_stderr '^  Not exact     : t: 1 numbers or times rounded to the digits of their column'
expect_stderr ': 1 texts cut to the length of their column'
expect_stderr ': 2 texts that lost blanks at their end'
expect_stderr ': 1 texts that lost NUL characters'
expect_stderr ': 1 texts with invalid bytes replaced by U\+FFFD'
expect_stderr ': 2 values that did not fit and became NULL'

it "refuses the value without its rule, and says which rule it wants"
for column in n:round v:cut c:trim b:trim nul:strip-nul bad:replace num:number txt:utf8 hex:hex part:null \
    ms:ms jd:julian day:day; do
    options=()
    for ((i = 1; i < ${#all[@]}; i += 2)); do
        [[ ${all[i]} == "t.${column%:*}="* ]] || options+=(--cast "${all[i]}")
    done
    migrate "$target" "${options[@]}"
    [[ $status == 1 ]] || fail "$column: exit status $status"
    grep -q "cannot store a value in t\.${column%:*}\$" "$tmp/stderr" || fail "$column: $(cat "$tmp/stderr")"
    grep -q "rowid 1" "$tmp/stderr" || fail "$column: no row"
    grep -qE -e "--cast 't\.${column%:*}=[a-z0-9 ]+:${column#*:}'" "$tmp/stderr" ||
        fail "$column: no way out: $(cat "$tmp/stderr")"
done

it "reads texts in ISO 8859-1 where it is told so"
migrate "$target" "${all[@]}" --cast 't.bad=text:latin1'
expect_equal "$(sql "$target" 'SELECT bad FROM t')" 'aÿb'

it "takes patterns, the last that means a column counting"
migrate "$target" --cast 't.*=text:null' "${all[@]}"
expect_equal "$status" 1
expect_stderr 't\.local: --cast says text, the target.s column is timestamp with time zone'
migrate "$target" "${all[@]}" --cast '?.[v]=varchar:null'
expect_equal "$status" 0
expect_equal "$(sql "$target" 'SELECT v IS NULL FROM t')" t

it "refuses another type than the column has, before anything is erased"
migrate "$target" "${all[@]}" --cast 't.part=text'
expect_equal "$status" 1
expect_stderr 't\.part: --cast says text, the target.s column is integer, which it keeps'
expect_equal "$(sql "$target" 'SELECT count(*) FROM t')" 1

it "refuses a cast that means no column"
migrate "$target" "${all[@]}" --cast 't.gone=text:null'
expect_equal "$status" 1
expect_stderr '--cast t\.gone: no column that is copied has this name'

it "refuses what is no cast, as a mistake on the command line"
for wrong in 't.v' 't=text' '.v=text' 't.v=' 't.v=text:' 't.v=text:guess' '"t.v=text'; do
    migrate "$target" --cast "$wrong"
    expect_equal "$wrong $status" "$wrong 2"
done
expect_stderr 'TABLE\.COLUMN=TYPE'

it "takes times without zone for those of the one that is given"
migrate "$target" "${all[@]}" --timezone Europe/Berlin
expect_equal "$(sql "$target" 'SELECT local FROM t')" '2024-07-01 10:00:00+00'
migrate "$target" "${all[@]}" --timezone -03:30
expect_equal "$(sql "$target" 'SELECT local FROM t')" '2024-07-01 15:30:00+00'

it "counts times that the clocks showed twice, and refuses those that they skipped"
sqlite3 "$source" "UPDATE t SET local = '2024-10-27 02:30:00'"
migrate "$target" "${all[@]}" --timezone Europe/Berlin
expect_equal "$status" 0
expect_equal "$(sql "$target" 'SELECT local FROM t')" '2024-10-27 00:30:00+00'
expect_stderr ': 1 local times that the clocks of the zone showed twice, taken as the earlier'
sqlite3 "$source" "UPDATE t SET local = '2024-03-31 02:30:00'"
migrate "$target" "${all[@]}" --timezone Europe/Berlin
expect_equal "$status" 1
expect_stderr 'cannot store a value in t\.local$'
expect_stderr "is a local time that the zone's clocks skipped"
expect_stderr 'rowid 1'

it "refuses a zone that nobody knows"
migrate "$target" "${all[@]}" --timezone Mars/Olympus
expect_equal "$status" 2
expect_stderr '--timezone'

it "recognises what numbers count from the declared type"
sqlite3 "$tmp/units.db" "CREATE TABLE u (k INTEGER PRIMARY KEY, a INTEGER_MS, b unixepoch, c julian, d BIGINT_US);
    INSERT INTO u VALUES (1, 1700000000123, 1700000000, 2460370.5, 1700000000000001)"
units=$(fresh_database cast_units)
sql "$units" "CREATE TABLE u (k integer PRIMARY KEY, a timestamptz, b timestamptz, c timestamptz, d timestamptz)" >/dev/null
expect_exit 0 "$program" db-migrate --source-db "sqlite://$tmp/units.db" --target-db "$units" --yes --schema existing
expect_equal "$(sql "$units" 'SELECT a, b, c, d FROM u')" \
    "2023-11-14 22:13:20.123+00|2023-11-14 22:13:20+00|2024-03-01 00:00:00+00|2023-11-14 22:13:20.000001+00"

done_testing
