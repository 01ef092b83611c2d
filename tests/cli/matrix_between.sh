#!/usr/bin/env bash
# matrix_between.sh - from PostgreSQL to PostgreSQL where the types differ, cell by cell.
#
# A line of the first list is a value that arrives: type and value in the source, type in the target,
# text of the value there.  A line of the second is one that is refused: the same with what the
# message says.  A line of the third is a pair that is refused before any value is looked at.
# shellcheck source=tests/support/tap.sh
. "$(dirname "$0")/../support/tap.sh"

migrate() {
    try "$program" db-migrate --source-db "$source" --target-db "$target" --yes --schema existing \
        --force --quiet
}

types="CREATE EXTENSION IF NOT EXISTS citext; CREATE TYPE mood AS ENUM ('sad', 'ok');"

arriving=$(
    cat <<'END'
smallint~-7~bigint~-7
bigint~2147483647~integer~2147483647
integer~1~boolean~t
boolean~true~integer~1
boolean~false~text~f
integer~42~text~42
integer~42~numeric(5,2)~42.00
integer~42~double precision~42
integer~42~money~$42.00
text~'42'~integer~42
text~'1.50'~numeric~1.50
text~'yes'~boolean~t
real~0.1~numeric~0.1
real~'NaN'~numeric~NaN
real~0.1~double precision~0.10000000149011612
double precision~0.1~real~0.1
double precision~0.1~numeric~0.1
double precision~3~integer~3
numeric~0.10~double precision~0.1
numeric~1.50~text~1.50
numeric~7.00~integer~7
money~'12.34'~text~12.34
money~'12.34'~numeric~12.34
text~'abc'~varchar(3)~abc
char(5)~'ab'~text~ab
text~'ab'~char(5)~ab   
text~'Ab'~citext~Ab
mood~'ok'~text~ok
text~'ok'~mood~ok
text~'00112233-4455-6677-8899-aabbccddeeff'~uuid~00112233-4455-6677-8899-aabbccddeeff
uuid~'00112233-4455-6677-8899-aabbccddeeff'~text~00112233-4455-6677-8899-aabbccddeeff
bytea~'\x00112233445566778899aabbccddeeff'~uuid~00112233-4455-6677-8899-aabbccddeeff
text~'2024-02-29 12:00:00+02'~timestamptz~2024-02-29 10:00:00+00
timestamptz~'2024-02-29 12:00:00.5+02'~timestamp~2024-02-29 10:00:00.5
timestamp~'2024-02-29 12:00:00.5'~timestamptz~2024-02-29 12:00:00.5+00
timestamp~'2024-02-29 12:00:00'~timestamp(0)~2024-02-29 12:00:00
timestamp~'infinity'~timestamp(0)~infinity
timestamp~'0044-03-15 BC'~date~0044-03-15 BC
date~'2024-02-29'~timestamptz~2024-02-29 00:00:00+00
timestamptz~'2024-02-29 12:00:00+00'~text~2024-02-29 12:00:00+00
interval~'1 day 00:00:01'~text~P1DT1S
time~'01:02:03'~interval~01:02:03
json~'{"b":1,"a":2}'~jsonb~{"a": 2, "b": 1}
jsonb~'{"b":1,"a":2}'~json~{"a": 2, "b": 1}
json~'[1]'~text~[1]
text~'[1]'~jsonb~[1]
xml~'<a/>'~text~<a/>
text~'<?xml version="1.0" encoding="latin1"?><a>é</a>'~xml~<a>é</a>
inet~'10.0.0.0/8'~cidr~10.0.0.0/8
cidr~'10.0.0.0/8'~inet~10.0.0.0/8
inet~'10.0.0.1'~text~10.0.0.1
bit(3)~'101'~varbit~101
bit(1)~'1'~boolean~t
integer[]~'{1,NULL}'~text~{1,NULL}
text~'{1,2}'~integer[]~{1,2}
integer[]~'[5:6]={1,2}'~bigint[]~[5:6]={1,2}
int4range~'[1,5)'~int8range~[1,5)
point~'(1,2)'~text~(1,2)
END
)

refused=$(
    cat <<'END'
bigint~2147483648~integer~out of range
numeric~1.005~numeric(5,2)~more digits behind the point
numeric~1.5~integer~the text "1\.5"|no fractions
text~'abc '~varchar(3)~blanks at its end
text~'abcd'~char(3)~longer than the column
text~'x'~uuid~not a uuid
text~'glad'~mood~invalid input value for enum mood: "glad"
timestamp~'2024-01-01 00:00:00.5'~timestamp(0)~more digits behind the point
timestamptz~'2024-01-01 12:00:00+00'~date~time of day
json~'{"a":1,"a":2}'~jsonb~stands twice
text~'{'~json~not JSON
text~'{x}'~integer[]~invalid input syntax for type integer
inet~'10.0.0.1/8'~cidr~right of its mask
double precision~0.123456789012~real~cannot hold this number exactly
double precision~0.5~boolean~cannot hold this number exactly
END
)

never=$(
    cat <<'END'
bytea~text
uuid~bytea
date~boolean
uuid~integer
inet~bigint
numeric~date
double precision~uuid
boolean~inet
text~varchar(3)[]
bigint~timestamptz
END
)

source=$(fresh_database matrix_between_source)
target=$(fresh_database matrix_between_target)
for url in "$source" "$target"; do
    sql "$url" "$types" >/dev/null 2>&1
done

it "stores what fits each type"
n=0
while IFS='~' read -r from value to _; do
    n=$((n + 1))
    echo "CREATE TABLE t$n (v $from); INSERT INTO t$n VALUES ($value), (NULL);" >>"$tmp/source.sql"
    echo "CREATE TABLE t$n (v $to);" >>"$tmp/target.sql"
    echo "SELECT '$n~' || format('%s', v) FROM t$n WHERE v IS NOT NULL;" >>"$tmp/questions.sql"
done <<<"$arriving"
psql -X -q -v ON_ERROR_STOP=1 -d "$source" -f "$tmp/source.sql"
psql -X -q -v ON_ERROR_STOP=1 -d "$target" -f "$tmp/target.sql"
migrate
expect_equal "$status" 0
PGOPTIONS='-c timezone=UTC' psql -X -qAt -d "$target" -f "$tmp/questions.sql" >"$tmp/answers"
n=0
while IFS='~' read -r from value to expected; do
    n=$((n + 1))
    expect_equal "$from $value to $to: $(sed -n "s/^$n~//p" "$tmp/answers")" \
        "$from $value to $to: $expected"
done <<<"$arriving"
expect_stderr '1 numbers rounded to single precision'
expect_stderr '1 booleans written as words'

it "refuses what does not, by table, column and row"
source=$(fresh_database matrix_between_source)
target=$(fresh_database matrix_between_target)
for url in "$source" "$target"; do
    sql "$url" "$types" >/dev/null 2>&1
done
while IFS='~' read -r from value to expected; do
    sql "$source" "DROP TABLE IF EXISTS one; CREATE TABLE one (k integer PRIMARY KEY, v $from);
        INSERT INTO one VALUES (10, NULL), (20, $value), (30, NULL)" >/dev/null 2>&1
    sql "$target" "DROP TABLE IF EXISTS one; CREATE TABLE one (k integer PRIMARY KEY, v $to)" \
        >/dev/null 2>&1
    migrate
    [[ $status == 1 ]] || fail "$from $value to $to: exit status $status"
    grep -qE 'one(\.v)?( |$|:)' "$tmp/stderr" || fail "$from $value to $to: no column: $(cat "$tmp/stderr")"
    grep -qE 'row 2|k = .*20' "$tmp/stderr" || fail "$from $value to $to: no row: $(cat "$tmp/stderr")"
    grep -qE "$expected" "$tmp/stderr" || fail "$from $value to $to: $(cat "$tmp/stderr")"
    expect_equal "$from $value to $to: $(sql "$target" 'SELECT count(*) FROM one')" "$from $value to $to: 0"
done <<<"$refused"

it "refuses types that have no value in common before anything is erased"
while IFS='~' read -r from to _; do
    sql "$source" "DROP TABLE IF EXISTS one; CREATE TABLE one (v $from)" >/dev/null 2>&1
    sql "$target" "DROP TABLE IF EXISTS one; CREATE TABLE one (v $to); INSERT INTO one VALUES (NULL)" \
        >/dev/null 2>&1
    migrate
    expect_equal "$from to $to: $status" "$from to $to: 1"
    expect_stderr 'one\.v: values of type .* cannot become '
    expect_equal "$from to $to: $(sql "$target" 'SELECT count(*) FROM one')" "$from to $to: 1"
done <<<"$never"

done_testing
