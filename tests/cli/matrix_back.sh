#!/usr/bin/env bash
# matrix_back.sh - docs/types.md cell by cell: each type of PostgreSQL into SQLite, in the form that the
# usual libraries expect in a column of its declared type.
#
# A line of the first list is a value that arrives: type, value in PostgreSQL, declared type in
# SQLite, storage class and value there.  A line of the second is one that is refused: the same with
# what the message says.  A line of the third needs a --cast of its column, which stands before the
# value that arrives.
# shellcheck source=tests/support/tap.sh
. "$(dirname "$0")/../support/tap.sh"

migrate() { # URL FILE [OPTION...]
    local url=$1 file=$2
    shift 2
    try "$program" db-migrate --source-db "$url" --target-db "sqlite://$file" --yes \
        --schema existing --force --quiet "$@"
}

types="CREATE EXTENSION IF NOT EXISTS citext; CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE DOMAIN code AS varchar(4); CREATE TYPE pair AS (a integer, b text);"

arriving=$(
    cat <<'END'
boolean~true~BOOLEAN~integer~1
boolean~false~INTEGER~integer~0
boolean~true~TEXT~text~'true'
smallint~-32768~SMALLINT~integer~-32768
integer~NULL~INTEGER~null~NULL
integer~42~TEXT~text~'42'
integer~42~REAL~real~42.0
bigint~9223372036854775807~BIGINT~integer~9223372036854775807
bigint~9223372036854775807~~integer~9223372036854775807
real~1.5~REAL~real~1.5
real~0.1~REAL~real~1.00000001490116119384e-01
double precision~0.1~REAL~real~0.1
double precision~'Infinity'~REAL~real~Inf
double precision~2~NUMERIC~integer~2
double precision~2~REAL~real~2.0
double precision~1e300~FLOAT~real~1.0e+300
double precision~0.1~TEXT~text~'0.1'
double precision~'NaN'~TEXT~text~'NaN'
double precision~'-0'~REAL~real~0.0
double precision~'-Infinity'~NUMERIC~real~-Inf
double precision~1e18~INTEGER~integer~1000000000000000000
double precision~1e19~INTEGER~real~1.0e+19
real~'NaN'~VARCHAR~text~'NaN'
real~0.1~TEXT~text~'0.1'
boolean~true~REAL~real~1.0
numeric~12.50~DECIMAL(10,2)~real~12.5
numeric~12.00~decimal~integer~12
numeric~12.50~TEXT~text~'12.50'
numeric~123456789012345678901234567890.5~TEXT~text~'123456789012345678901234567890.5'
numeric~123456789012345678901234567890.5~~text~'123456789012345678901234567890.5'
numeric~'NaN'~TEXT~text~'NaN'
numeric~0.1~~real~0.1
numeric~9223372036854775807~NUMERIC~integer~9223372036854775807
numeric~9223372036854775808~~text~'9223372036854775808'
numeric~1e20~NUMERIC~real~1.0e+20
numeric~-0.5~DECIMAL~real~-0.5
money~12.34~NUMERIC~real~12.34
money~5~TEXT~text~'5.00'
text~'ä€😀'~TEXT~text~'ä€😀'
text~'123'~TEXT~text~'123'
text~'123'~STRING~integer~123
text~'abc'~INTEGER~text~'abc'
text~'1e+20'~STRING~real~1.0e+20
text~'Infinity'~REAL~text~'Infinity'
text~''~INTEGER~text~''
varchar(5)~'ab '~VARCHAR(5)~text~'ab '
char(5)~'ab'~CHAR(5)~text~'ab'
citext~'Ab'~TEXT~text~'Ab'
mood~'ok'~TEXT~text~'ok'
code~'x'~TEXT~text~'x'
bytea~'\x00ff'~BLOB~blob~X'00FF'
bytea~''~~blob~X''
uuid~'00112233-4455-6677-8899-aabbccddeeff'~uuid_text~blob~X'00112233445566778899AABBCCDDEEFF'
uuid~'00112233-4455-6677-8899-aabbccddeeff'~BINARY(16)~blob~X'00112233445566778899AABBCCDDEEFF'
uuid~'00112233-4455-6677-8899-aabbccddeeff'~char(32)~text~'00112233445566778899aabbccddeeff'
uuid~'00112233-4455-6677-8899-aabbccddeeff'~TEXT~text~'00112233-4455-6677-8899-aabbccddeeff'
uuid~'00112233-4455-6677-8899-aabbccddeeff'~uuid~text~'00112233-4455-6677-8899-aabbccddeeff'
date~'2024-02-29'~DATE~text~'2024-02-29'
date~'0044-03-15 BC'~TEXT~text~'-0043-03-15'
date~'infinity'~DATE~text~'infinity'
date~'2024-02-29'~INTEGER~integer~1709164800
time~'04:05:06.7'~TIME~text~'04:05:06.7'
timetz~'04:05:06+02:30'~TEXT~text~'04:05:06+02:30'
timestamp~'2024-02-29 12:34:56.5'~timestamp_text~text~'2024-02-29 12:34:56.5'
timestamp~'2024-02-29 12:34:56.5'~datetime~text~'2024-02-29 12:34:56.500000'
timestamptz~'2024-02-29 12:34:56.5+01'~timestamp_with_timezone_text~text~'2024-02-29T11:34:56.5Z'
timestamptz~'2024-02-29 12:34:56.5+01'~datetime~text~'2024-02-29 11:34:56.500000'
timestamptz~'2024-02-29 12:34:56+01'~datetime(6)~text~'2024-02-29 11:34:56'
timestamptz~'10000-01-01 00:00:00+00'~TEXT~text~'+10000-01-01T00:00:00Z'
timestamptz~'-infinity'~TEXT~text~'-infinity'
timestamptz~'2024-02-29 12:34:56+00'~INTEGER~integer~1709210096
timestamptz~'2024-02-29 12:34:56.789+00'~INTEGER_MS~integer~1709210096789
timestamptz~'2024-02-29 12:34:56.5+00'~REAL~real~1709210096.5
interval~'1 year 3 days 04:05:06.7'~TEXT~text~'P1Y3DT4H5M6.7S'
interval~'1 day 00:00:02'~BIGINT_S~integer~86402
timestamp~'0044-03-15 01:02:03 BC'~datetime~text~'-0043-03-15 01:02:03'
timestamptz~'infinity'~datetime~text~'infinity'
timestamptz~'2024-02-29 12:34:56.5+00'~datetime_text~text~'2024-02-29T12:34:56.5Z'
timestamptz~'2024-02-29 12:00:00+00'~JULIAN~integer~2460370
timestamptz~'2024-02-29 00:00:00+00'~JULIAN~real~2460369.5
date~'5874897-12-31'~DATE~text~'+5874897-12-31'
time~'24:00'~TIME~text~'24:00:00'
json~'{"b":1, "a":2}'~json_text~text~'{"b":1, "a":2}'
jsonb~'{"b":1, "a":2}'~JSON~text~'{"a": 2, "b": 1}'
jsonb~'12'~JSON~integer~12
jsonb~'1.50'~JSON~real~1.5
jsonb~'"12"'~JSON~text~'"12"'
macaddr8~'08:00:2b:01:02:03:04:05'~TEXT~text~'08:00:2b:01:02:03:04:05'
inet~'2001:db8::1'~VARCHAR~text~'2001:db8::1'
inet~'10.0.0.1/8'~TEXT~text~'10.0.0.1/8'
cidr~'10.0.0.0/8'~TEXT~text~'10.0.0.0/8'
macaddr~'08:00:2b:01:02:03'~TEXT~text~'08:00:2b:01:02:03'
bit(4)~'0101'~TEXT~text~'0101'
bit(1)~'1'~BIT~integer~1
varbit~'10'~VARCHAR~text~'10'
integer[]~'{1,NULL}'~TEXT~text~'{1,NULL}'
integer[]~'[5:6]={1,2}'~~text~'[5:6]={1,2}'
int4range~'[1,5)'~TEXT~text~'[1,5)'
xml~'<a/>'~TEXT~text~'<a/>'
pair~'(1,"x y")'~TEXT~text~'(1,"x y")'
point~'(1,2)'~TEXT~text~'(1,2)'
END
)

refused=$(
    cat <<'END'
double precision~'NaN'~REAL~SQLite has no NaN
bigint~9223372036854775807~REAL~cannot hold this number exactly
numeric~123456789012345678901234567890.5~DECIMAL(40,1)~cannot hold this number exactly
numeric~'NaN'~NUMERIC~SQLite has no NaN
text~'012'~STRING~would convert it
text~' 12 '~INTEGER~would convert it
text~'1e5'~REAL~would convert it
text~'1e+15'~NUMERIC~would convert it
text~'-0'~REAL~would convert it
jsonb~'12345678901234567890.5'~JSON~would convert it
numeric~9223372036854775808~INTEGER~cannot hold this number exactly
interval~'1 mon'~INTEGER_S~cannot hold this number exactly
timestamptz~'0044-03-15 BC'~INTEGER~cannot hold this number exactly
bit(4)~'0101'~NUMERIC~would convert it
timestamptz~'2024-02-29 12:34:56.5+00'~INTEGER~cannot hold this number exactly
timestamptz~'infinity'~INTEGER~cannot hold this number exactly
interval~'1 day'~INTEGER~what it counts has to be told
time~'04:05:06'~INTEGER~the text "04:05:06"
END
)

cast=$(
    cat <<'END'
double precision~'NaN'~REAL~real:text~text~'NaN'
double precision~'NaN'~REAL~real:null~null~NULL
double precision~'NaN'~REAL~any:text~text~'NaN'
text~'012'~NUMERIC~any:null~null~NULL
text~'42'~~integer~integer~42
text~'42'~TEXT~text~text~'42'
integer~7~~real~real~7.0
interval~'1 day'~INTEGER~any:s~integer~86400
numeric~12.50~NUMERIC~text:null~null~NULL
uuid~'00112233-4455-6677-8899-aabbccddeeff'~TEXT~blob~blob~X'00112233445566778899AABBCCDDEEFF'
uuid~'00112233-4455-6677-8899-aabbccddeeff'~BLOB~text~text~'00112233-4455-6677-8899-aabbccddeeff'
timestamptz~'2024-02-29 12:34:56.789+00'~DATETIME~integer:ms~integer~1709210096789
timestamptz~'2024-02-29 12:00:00+00'~REAL~real:julian~real~2460370.0
interval~'1 day 00:00:01.5'~BIGINT~integer:us~integer~86401500000
bytea~'\x61'~TEXT~text:utf8~text~'a'
bytea~'\x61ff'~TEXT~text:hex~text~'61ff'
bytea~'\x61ff'~TEXT~text:base64~text~'Yf8='
text~'61ff'~BLOB~blob:hex~blob~X'61FF'
END
)

# make_tables LIST: t1, t2, ... on both sides.
make_tables() {
    local n=0 type value declared _
    rm -f "$tmp"/tables.*
    while IFS='~' read -r type value declared _; do
        n=$((n + 1))
        echo "CREATE TABLE t$n (v $type); INSERT INTO t$n VALUES ($value);" >>"$tmp/tables.postgres"
        echo "CREATE TABLE t$n (v $declared);" >>"$tmp/tables.sqlite"
    done <<<"$1"
}

look() { # FILE TABLE: class and value
    sqlite3 "$1" "SELECT typeof(v) || '~' || quote(v) FROM $2"
}

it "stores what has a class in SQLite"
make_tables "$arriving"
source=$(fresh_database matrix_back)
sql "$source" "$types $(cat "$tmp/tables.postgres")" >/dev/null 2>&1
sqlite3 "$tmp/back.db" <"$tmp/tables.sqlite"
migrate "$source" "$tmp/back.db"
expect_equal "$status" 0
n=0
while IFS='~' read -r type value declared class expected; do
    n=$((n + 1))
    expect_equal "$type $value into $declared: $(look "$tmp/back.db" "t$n")" \
        "$type $value into $declared: $class~$expected"
done <<<"$arriving"
expect_stderr '1 negative zeros stored as 0'

it "refuses what has none, by table, column and row"
while IFS='~' read -r type value declared expected; do
    source=$(fresh_database matrix_back_one)
    sql "$source" "CREATE TABLE one (k integer PRIMARY KEY, v $type);
        INSERT INTO one VALUES (10, NULL), (20, $value), (30, NULL)" >/dev/null
    rm -f "$tmp/one.db"
    sqlite3 "$tmp/one.db" "CREATE TABLE one (k INTEGER PRIMARY KEY, v $declared); INSERT INTO one VALUES (1, 'old')"
    migrate "$source" "$tmp/one.db"
    [[ $status == 1 ]] || fail "$type $value into $declared: exit status $status"
    grep -q 'one\.v' "$tmp/stderr" || fail "$type $value: no column: $(cat "$tmp/stderr")"
    grep -q 'k = 20' "$tmp/stderr" || fail "$type $value: no row: $(cat "$tmp/stderr")"
    grep -qE "$expected" "$tmp/stderr" || fail "$type $value: $(cat "$tmp/stderr")"
    expect_equal "$(sqlite3 "$tmp/one.db" 'SELECT * FROM one')" "1|old"
    # What the error says is allowed then.
    rule=$(sed -nE "s/.*--cast 'one\.v=(any:[a-z]+)' allows it.*/\1/p" "$tmp/stderr")
    [[ -n $rule ]] || fail "$type $value into $declared: no way out: $(cat "$tmp/stderr")"
    migrate "$source" "$tmp/one.db" --cast "one.v=$rule"
    [[ $status == 0 ]] || fail "$type $value into $declared, $rule: $(cat "$tmp/stderr")"
done <<<"$refused"

it "refuses a value of another class than --cast asks for"
for wrong in "text 'abc' integer" "integer 7 blob" "bytea '\\x00' text:utf8" "real 0.5 integer"; do
    read -r type value what <<<"$wrong"
    source=$(fresh_database matrix_back_one)
    sql "$source" "CREATE TABLE one (k integer PRIMARY KEY, v $type); INSERT INTO one VALUES (20, $value)" >/dev/null
    rm -f "$tmp/one.db"
    sqlite3 "$tmp/one.db" "CREATE TABLE one (k INTEGER PRIMARY KEY, v)"
    migrate "$source" "$tmp/one.db" --cast "one.v=$what"
    expect_equal "$wrong: $status" "$wrong: 1"
    expect_stderr 'cannot store a value in one\.v$'
    expect_stderr 'k = 20'
done

it "stores it as a --cast says"
make_tables "$cast"
source=$(fresh_database matrix_back)
sql "$source" "$types $(cat "$tmp/tables.postgres")" >/dev/null 2>&1
rm -f "$tmp/back.db"
sqlite3 "$tmp/back.db" <"$tmp/tables.sqlite"
options=()
n=0
while IFS='~' read -r type value declared what class expected; do
    n=$((n + 1))
    options+=(--cast "t$n.v=$what")
done <<<"$cast"
migrate "$source" "$tmp/back.db" "${options[@]}"
expect_equal "$status" 0
n=0
while IFS='~' read -r type value declared what class expected; do
    n=$((n + 1))
    expect_equal "$type $value into $declared, $what: $(look "$tmp/back.db" "t$n")" \
        "$type $value into $declared, $what: $class~$expected"
done <<<"$cast"

done_testing
