#!/usr/bin/env bash
# matrix.sh - docs/types.md cell by cell: each storage class of SQLite into each type of PostgreSQL.
#
# A line of the first list is a value that arrives: type, value in SQLite, text of the value in
# PostgreSQL.  A line of the second is one that is refused: type, value, what the message says.
# Columns of the source have no declared type, so that SQLite keeps each value as it is.
# shellcheck source=tests/support/tap.sh
. "$(dirname "$0")/../support/tap.sh"

migrate() { # FILE URL [OPTION...]
    local file=$1 url=$2
    shift 2
    try "$program" db-migrate --source-db "sqlite://$file" --target-db "$url" --yes \
        --schema existing --quiet "$@"
}

types="CREATE EXTENSION IF NOT EXISTS citext; CREATE EXTENSION IF NOT EXISTS hstore;
CREATE TYPE mood AS ENUM ('sad', 'ok', 'it''s');
CREATE DOMAIN small AS integer CHECK (value < 100);
CREATE DOMAIN code AS varchar(4) CHECK (value <> 'no');
CREATE DOMAIN rate AS numeric(4,1);
CREATE DOMAIN low_rate AS rate CHECK (value < 50);
CREATE DOMAIN ids AS integer[];
CREATE TYPE pair AS (a integer, b text);"

arriving=$(
    cat <<'END'
boolean~0~f
boolean~1~t
boolean~7~t
boolean~0.0~f
boolean~1.0~t
boolean~'true'~t
boolean~'No'~f
boolean~NULL~
smallint~-32768~-32768
smallint~32767.0~32767
smallint~'12'~12
integer~2147483647~2147483647
integer~-2147483648~-2147483648
integer~'-7'~-7
integer~NULL~
bigint~9223372036854775807~9223372036854775807
bigint~-9223372036854775808~-9223372036854775808
bigint~-9007199254740992.0~-9007199254740992
bigint~'9223372036854775807'~9223372036854775807
real~1.5~1.5
real~0.1~0.1
real~16777216~1.6777216e+07
real~9e999~Infinity
real~'NaN'~NaN
real~'3.4028235e+38'~3.4028235e+38
real~1.401298464324817e-45~1e-45
double precision~0.1~0.1
double precision~-1.7976931348623157e308~-1.7976931348623157e+308
double precision~5e-324~5e-324
double precision~9007199254740992~9.007199254740992e+15
double precision~-9e999~-Infinity
double precision~'1.50'~1.5
double precision~'nan'~NaN
double precision~'-0.0'~-0
numeric~1~1
numeric~0.1~0.1
numeric~-9223372036854775808~-9223372036854775808
numeric~'123456789012345678901234567890.123456789'~123456789012345678901234567890.123456789
numeric~'1.50'~1.50
numeric~'NaN'~NaN
numeric~'1e-20'~0.00000000000000000001
numeric~'-0.00'~0.00
numeric~1.7976931348623157e308~179769313486231570000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000
numeric(3,5)~0.00123~0.00123
numeric(6,2)~1~1.00
numeric(6,2)~12.5~12.50
numeric(6,2)~'-1234.50'~-1234.50
money~1.25~$1.25
money~-3~-$3.00
money~'12345678.9'~$12,345,678.90
text~'ä€😀'~ä€😀
text~''~
text~'\N'~\N
name~'n'~n
varchar(3)~'äöü'~äöü
char(4)~'ab'~ab  
citext~'Ab'~Ab
mood~'it''s'~it's
bytea~x'00ff'~\x00ff
bytea~zeroblob(0)~\x
bytea~x'5c2e0a09'~\x5c2e0a09
uuid~x'00112233445566778899aabbccddeeff'~00112233-4455-6677-8899-aabbccddeeff
uuid~'00112233-4455-6677-8899-AABBCCDDEEFF'~00112233-4455-6677-8899-aabbccddeeff
uuid~'00112233445566778899aabbccddeeff'~00112233-4455-6677-8899-aabbccddeeff
date~'2024-02-29'~2024-02-29
date~'2024-02-29 00:00:00'~2024-02-29
date~'-0043-03-15'~0044-03-15 BC
date~'infinity'~infinity
date~1709164800~2024-02-29
date~'5874897-12-31'~5874897-12-31
date~'-4713-11-24'~4714-11-24 BC
time~'24:00'~24:00:00
time(0)~'23:59:59'~23:59:59
time~'23:59:59.999999'~23:59:59.999999
time~'04:05'~04:05:00
timetz~'04:05:06+02:30'~04:05:06+02:30
timestamp~'2024-02-29 12:34:56.5'~2024-02-29 12:34:56.5
timestamp~'2024-02-29T12:34:56+02:00'~2024-02-29 10:34:56
timestamp(0)~'2024-02-29 12:34:56'~2024-02-29 12:34:56
timestamptz~'2024-02-29T12:34:56Z'~2024-02-29 12:34:56+00
timestamptz~'2024-02-29 12:34:56.1234567+01:00'~2024-02-29 11:34:56.123456+00
timestamptz~'2024-02-29'~2024-02-29 00:00:00+00
timestamptz~'10000-01-01 00:00:00'~10000-01-01 00:00:00+00
timestamptz~'-infinity'~-infinity
timestamptz~0~1970-01-01 00:00:00+00
timestamptz(3)~'2024-02-29T12:34:56.789Z'~2024-02-29 12:34:56.789+00
timestamptz~'-4713-11-24'~4714-11-24 00:00:00+00 BC
timestamptz~'294276-12-31 23:59:59.999999Z'~294276-12-31 23:59:59.999999+00
interval~'P1Y2M3DT4H5M6.7S'~1 year 2 mons 3 days 04:05:06.7
interval~'3 days 04:05:06'~3 days 04:05:06
interval(1)~'-00:00:00.5'~-00:00:00.5
interval~'-1 year 2 mons -3 days'~-10 mons -3 days
json~'{"b":1, "a":1,"a":2}'~{"b":1, "a":1,"a":2}
json~12~12
jsonb~'{"b":1, "a":[null]}'~{"a": [null], "b": 1}
jsonb~1.5~1.5
inet~'10.0.0.1'~10.0.0.1
inet~'2001:db8::1/64'~2001:db8::1/64
cidr~'10.0.0.0/8'~10.0.0.0/8
macaddr~'08-00-2B-01-02-03'~08:00:2b:01:02:03
macaddr8~'08002b0102030405'~08:00:2b:01:02:03:04:05
bit(4)~'0101'~0101
bit(1)~1~1
varbit(8)~'10'~10
integer[]~'{1,NULL,3}'~{1,NULL,3}
integer[]~'[1, null, 3]'~{1,NULL,3}
text[]~'["a,b", "c\"d", "é", null]'~{"a,b","c\"d",é,NULL}
integer[]~'[5:6]={1,2}'~[5:6]={1,2}
bigint[]~'[0:0][-1:0]={{1,2}}'~[0:0][-1:0]={{1,2}}
int4range~'[1,5)'~[1,5)
tstzrange~'["2024-01-01 00:00:00+00",)'~["2024-01-01 00:00:00+00",)
text[]~' ["a"]'~{a}
integer[]~'[5:6]={1,2}'~[5:6]={1,2}
integer[]~'[[1,2],[3,null]]'~{{1,2},{3,NULL}}
jsonb[]~'{"1","\"1\""}'~{1,"\"1\""}
timestamptz[]~'{"2024-01-01 01:00:00+01"}'~{"2024-01-01 00:00:00+00"}
mood[]~'["sad","it''s"]'~{sad,it's}
numrange~'(1.50,]'~(1.50,)
daterange~'[2024-01-01,2024-01-31]'~[2024-01-01,2024-02-01)
xml~'<a>x</a>'~<a>x</a>
xml~'just text &amp; no element'~just text &amp; no element
xml~'<?xml version="1.0" encoding="ISO-8859-1"?><a>é</a>'~<a>é</a>
small~42~42
code~'yes'~yes
low_rate~12.5~12.5
ids~'[1,2]'~{1,2}
oid~4294967295~4294967295
pair~'(1,"x y")'~(1,"x y")
hstore~'a=>1'~"a"=>"1"
point~'(1,2)'~(1,2)
tsvector~'fat rat'~'fat' 'rat'
END
)

refused=$(
    cat <<'END'
boolean~0.5~the real number 0\.5
boolean~'maybe'~the text "maybe"
boolean~x'01'~a blob of 1 bytes
smallint~32768~out of range
integer~2147483648~out of range
integer~3000000000.0~out of range
integer~1.5~no fractions
integer~'012'~the text "012"
integer~'n/a'~the text "n/a"
bigint~9223372036854775808~out of range
bigint~x'00'~a blob
real~16777217~cannot hold this number exactly
real~0.123456789012~cannot hold this number exactly
real~1e300~out of range
double precision~9007199254740993~cannot hold this number exactly
double precision~'0.10000000000000000000001'~cannot hold this number exactly
double precision~'1,5'~the text "1,5"
numeric~'12,5'~not a number
numeric~x'31'~a blob
numeric(6,2)~1.005~more digits behind the point
numeric(6,2)~10000~out of range
money~0.001~more digits behind the point
text~5~the integer 5
text~x'61'~a blob
text~'a' || char(0) || 'b'~NUL.* at byte 2
text~CAST(x'61ff' AS TEXT)~invalid UTF-8 at byte 2
varchar(3)~'abcd'~longer than the column
varchar(3)~'abc '~blanks at its end
char(4)~'ab '~blanks at its end
char(2)~'abc'~longer than the column
mood~'glad'~invalid input value for enum mood: "glad"
bytea~'abc'~the text "abc"
uuid~'00112233'~not a uuid
uuid~x'0011'~not a uuid
date~'2023-02-29'~no calendar
date~'2024-02-29 12:00:00'~time of day
date~1709164801~time of day
time~'25:00:00'~no calendar and no clock
timetz~'04:05:06'~time zone
timestamp(0)~'2024-02-29 12:34:56.5'~more digits behind the point
timestamptz~'yesterday'~none of the forms
timestamptz~1709164800000~out of range
timestamptz~2460370.5~what it counts has to be told
timestamptz~x'00'~a blob
interval~'P1.5M'~fraction of a unit
interval~5~what it counts has to be told
json~'{'~not JSON
jsonb~'{"a":1,"a":2}'~stands twice
inet~'10.0.0.256'~not a network address
cidr~'10.0.0.1/8'~right of its mask
macaddr~'08:00'~not a network address
bit(4)~'010'~shorter than the column
bit(4)~'01010'~longer than the column
bit(4)~'0121'~digits 0 and 1
varbit(8)~'101010101'~longer than the column
integer[]~'{1,x}'~invalid input syntax for type integer
integer[]~'[1,'~not an array
jsonb[]~'["1"]'~malformed array literal
timestamptz(3)~'2024-02-29T12:34:56.7891Z'~more digits behind the point
time(0)~'23:59:59.5'~more digits behind the point
interval(1)~'PT0.55S'~more digits behind the point
low_rate~12.55~more digits behind the point
low_rate~99~low_rate_check
ids~'["x"]'~invalid input syntax for type integer
uuid~1~the integer 1
bytea~1.5~the real number 1.5
xml~1~the integer 1
inet~1~the integer 1
macaddr8~x'08002b0102030405'~a blob
time~0~the integer 0
char(4)~1~the integer 1
citext~1.5~the real number 1.5
mood~x'736164'~a blob
json~x'5b5d'~a blob
json~9e999~not JSON
point~x'00'~a blob
oid~-1.5~invalid input syntax for type oid
varbit(8)~5~the integer 5
integer[]~'[5:6]'~not an array
int4range~'[5,1)'~range lower bound
xml~'<a>'~invalid XML
small~100~small_check
code~'no'~code_check
code~'toolong'~longer than the column
pair~'(1)'~malformed record literal
point~'nowhere'~invalid input syntax for type point
END
)

# make_tables LIST FILE: t1, t2, ... with one value each, and the statements for PostgreSQL; beside
# them c1, c2, ... with a range for whose sake the row goes in text format.
make_tables() {
    local n=0 type value
    while IFS='~' read -r type value _; do
        n=$((n + 1))
        echo "CREATE TABLE t$n (v); INSERT INTO t$n VALUES ($value);" >>"$2.sqlite"
        echo "CREATE TABLE t$n (v $type);" >>"$2.postgres"
        [[ $type != name ]] || continue
        echo "CREATE TABLE c$n (v, r); INSERT INTO c$n VALUES ($value, '[1,2)');" >>"$2.sqlite"
        echo "CREATE TABLE c$n (v $type, r int4range);" >>"$2.postgres"
    done <<<"$1"
    { echo "BEGIN;"; cat "$2.sqlite"; echo "COMMIT;"; } | sqlite3 "$2"
}

# expect_arrived t|c: every value of the first list is in its table, as it should be.
expect_arrived() {
    local n=0 type value expected
    while IFS='~' read -r type value expected; do
        n=$((n + 1))
        [[ $1$type != cname ]] || continue
        echo "SELECT $n || '~' || CASE WHEN v IS NULL THEN 'NULL' ELSE format('%s', v) END FROM $1$n;"
    done <<<"$arriving" >"$tmp/questions.sql"
    psql -X -qAt -d "$target" -f "$tmp/questions.sql" >"$tmp/answers" 2>&1
    n=0
    while IFS='~' read -r type value expected; do
        n=$((n + 1))
        [[ $1$type != cname ]] || continue
        [[ $value != NULL ]] || expected=NULL
        expect_equal "$type $value -> $(sed -n "s/^$n~//p" "$tmp/answers")" "$type $value -> $expected"
    done <<<"$arriving"
}

it "stores what fits each type"
make_tables "$arriving" "$tmp/arriving.db"
target=$(fresh_database matrix_arriving)
sql "$target" "$types $(cat "$tmp/arriving.db.postgres")" >/dev/null 2>&1
migrate "$tmp/arriving.db" "$target"
expect_equal "$status" 0
expect_arrived t

it "and also where the whole row goes in text format"
expect_arrived c

it "counts what gave way"
expect_stderr 'warning: .*: 1 times cut to whole microseconds'
expect_stderr 'warning: .*: 1 booleans that held a number other than 0 and 1'
expect_stderr 'warning: .*: 1 booleans written as words'
expect_stderr 'warning: .*: 1 numbers rounded to single precision'
expect_stderr 'warning: .*: 1 negative zeros stored as 0'
expect_stderr 'warning: .*: 1 xml documents whose declaration the server does not keep'
expect_stderr 'warning: not compared, since the target has a form of its own'
# Eight values in two tables each, the journal mode, and what is not compared.
expect_equal "$(grep -c warning "$tmp/stderr")" 18

it "refuses before anything is erased what the text format would cut"
sqlite3 "$tmp/name.db" "CREATE TABLE one (v, r); INSERT INTO one VALUES ('a name of more than 63 bytes, which is what the type keeps of any text', '[1,2)')"
target=$(fresh_database matrix_refused)
sql "$target" "CREATE TABLE one (v name, r int4range); INSERT INTO one VALUES ('old', NULL)" >/dev/null
migrate "$tmp/name.db" "$target" --force
expect_equal "$status" 1
expect_stderr 'one\.v: values of type name cannot be written beside columns that are written as text'
expect_equal "$(sql "$target" 'SELECT v FROM one')" old

it "refuses what does not, by table, column and row"
n=0
while IFS='~' read -r type value expected; do
    n=$((n + 1))
    rm -f "$tmp/one.db"
    sqlite3 "$tmp/one.db" "CREATE TABLE one (k INTEGER PRIMARY KEY, v);
        INSERT INTO one VALUES (10, NULL), (20, $value), (30, NULL)"
    if ((n == 1)); then
        target=$(fresh_database matrix_refused)
        sql "$target" "$types" >/dev/null 2>&1
    fi
    sql "$target" "DROP TABLE IF EXISTS one; CREATE TABLE one (k integer PRIMARY KEY, v $type)" \
        >/dev/null 2>&1
    migrate "$tmp/one.db" "$target"
    [[ $status == 1 ]] || fail "$type $value: exit status $status"
    grep -qE "one(\.v)?( |$|:)" "$tmp/stderr" || fail "$type $value: no column: $(cat "$tmp/stderr")"
    grep -qE "rowid 20" "$tmp/stderr" || fail "$type $value: no row: $(cat "$tmp/stderr")"
    grep -qE "$expected" "$tmp/stderr" || fail "$type $value: $(cat "$tmp/stderr")"
    expect_equal "$type $value $(sql "$target" 'SELECT count(*) FROM one')" "$type $value 0"
done <<<"$refused"

done_testing
