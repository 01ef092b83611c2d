#!/usr/bin/env bash
# rows.sh - from SQLite to SQLite row by row: values and storage classes arrive as they were.
# shellcheck source=tests/support/tap.sh
. "$(dirname "$0")/../support/tap.sh"
# shellcheck source=tests/support/installation.sh
. "$(dirname "$0")/../support/installation.sh"

# Fresh files with these tables.
files() { # SOURCE-SQL TARGET-SQL
    rm -f "$tmp"/from.db* "$tmp"/to.db*
    if ! sqlite3 "$tmp/from.db" "$1" || ! sqlite3 "$tmp/to.db" "$2"; then
        fail "the files cannot be made"
    fi
}

copy() { # STATUS [OPTION...]
    local expected=$1
    shift
    expect_exit "$expected" "$program" db-migrate --source-db "sqlite://$tmp/from.db" \
        --target-db "sqlite://$tmp/to.db" --yes --schema existing "$@"
}

# Every value by its class and bytes.
values() { # FILE TABLE COLUMN...
    local file=$1 table=$2 column list=
    shift 2
    for column; do
        list="$list || ' ' || typeof($column) || CASE typeof($column)
            WHEN 'text' THEN hex(CAST($column AS BLOB)) ELSE quote($column) END"
    done
    sqlite3 "$file" "SELECT count(*) FROM $table; SELECT ''$list FROM $table ORDER BY 1"
}

everything="(1, NULL), (2, 9223372036854775807), (3, -9223372036854775807 - 1), (4, 0), (5, 1.5), (6, -0.0),
    (7, 1e999), (8, -1e999), (9, 4.9e-324), (10, 'text'), (11, ''), (12, '123'), (13, x''), (14, x'00ff'),
    (15, CAST(x'61ff62' AS TEXT)), (16, CAST(x'610062' AS TEXT)), (17, 5.0), (18, hex(zeroblob(400000))),
    (19, zeroblob(300000)), (20, char(0xd7ff, 0xfffe, 0x10ffff))"

it "any value arrives in a column without a type"
files "CREATE TABLE t (id INTEGER PRIMARY KEY, a); INSERT INTO t VALUES $everything" \
    "CREATE TABLE t (a BLOB, more TEXT DEFAULT 'd', id INT NOT NULL, UNIQUE (id)) ; CREATE INDEX i ON t (a)"
before=$(sha256sum <"$tmp/from.db")
copy 0
expect_stderr 'Schema of the target: as it stands'
expect_equal "$(values "$tmp/to.db" t id a)" "$(values "$tmp/from.db" t id a)"
expect_equal "$(sqlite3 "$tmp/to.db" "SELECT DISTINCT more FROM t; PRAGMA integrity_check")" $'d\nok'
expect_equal "$(sha256sum <"$tmp/from.db")" "$before"

it "with any number of threads, in small batches"
for threads in 0 1 3; do
    copy 0 --force --readers "$threads" --batch-size 3
    expect_equal "$(values "$tmp/to.db" t id a)" "$(values "$tmp/from.db" t id a)"
done

it "and in a STRICT table of ANY, and one WITHOUT ROWID"
files "CREATE TABLE t (id INTEGER PRIMARY KEY, a); INSERT INTO t VALUES $everything" \
    "CREATE TABLE t (a ANY, id INT NOT NULL, PRIMARY KEY (id)) STRICT, WITHOUT ROWID"
copy 0
expect_equal "$(values "$tmp/to.db" t id a)" "$(values "$tmp/from.db" t id a)"

# One value into a column of a type: arrives or is refused.
case_of() { # TYPE VALUE fits|PATTERN
    local type=$1 value=$2 expected=$3
    files "CREATE TABLE t (id INTEGER PRIMARY KEY, a BLOB); INSERT INTO t VALUES (7, NULL), (8, $value)" \
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a $type)"
    if [[ $expected == fits ]]; then
        copy 0
        expect_equal "$type $(values "$tmp/to.db" t id a)" "$type $(values "$tmp/from.db" t id a)"
    else
        copy 1
        expect_stderr 'cannot store a value in t\.a'
        expect_stderr 'rowid 8'
        expect_stderr "$expected"
        expect_stderr 'the target is untouched'
        expect_equal "$(count_sqlite "$tmp/to.db" t)" 0
    fi
}

it "a value that its new column would convert is refused by name, and no other"
case_of INTEGER "'123'" 'SQLite would convert it'
case_of INTEGER "' 1e3'" 'SQLite would convert it'
case_of INTEGER "'2026-03-01'" fits
case_of INTEGER "x'313233'" fits
case_of INTEGER 1.5 fits
case_of INTEGER 5.0 'SQLite would convert it'
case_of INTEGER 9223372036854775808.0 fits
case_of NUMERIC "'1-2'" fits
case_of DATETIME "'12'" 'SQLite would convert it'
case_of TEXT 5 'SQLite would convert it'
case_of TEXT 1.5 'SQLite would convert it'
case_of TEXT "'5'" fits
case_of TEXT "x'35'" fits
case_of REAL 5 'SQLite would convert it'
case_of REAL 5.0 fits
case_of REAL -0.0 'SQLite would convert it'
case_of REAL "'0.5'" 'SQLite would convert it'
case_of '' -0.0 fits

it "what the table itself refuses is refused by name"
files "CREATE TABLE t (id INTEGER PRIMARY KEY, a); INSERT INTO t VALUES (1, 'x'), (5, NULL), (9, 'y')" \
    "CREATE TABLE t (id INTEGER PRIMARY KEY, a NOT NULL)"
copy 1
expect_stderr 'rowid 5'
files "CREATE TABLE t (id INTEGER PRIMARY KEY, a); INSERT INTO t VALUES (1, 3), (5, 'y')" \
    "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER) STRICT"
copy 1
expect_stderr 'cannot store TEXT value in INTEGER column t\.a'
expect_stderr 'rowid 5'

it "valid texts go between UTF-8 and UTF-16 in both directions, others are refused"
for pair in UTF-8:UTF-16le UTF-16be:UTF-8 UTF-16le:UTF-16be; do
    files "PRAGMA encoding = '${pair%:*}'; CREATE TABLE t (id INTEGER PRIMARY KEY, a BLOB);
        INSERT INTO t VALUES (1, 'aé€😀'), (2, ''), (3, x'ff'), (4, 'a' || char(0) || 'b'), (5, 1.5)" \
        "PRAGMA encoding = '${pair#*:}'; CREATE TABLE t (id INTEGER PRIMARY KEY, a)"
    copy 0
    expect_equal "$(sqlite3 "$tmp/to.db" "PRAGMA encoding")" "${pair#*:}"
    expect_equal "$(sqlite3 "$tmp/to.db" "SELECT typeof(a), length(a), quote(a), instr(a, char(0)) FROM t")" \
        "$(sqlite3 "$tmp/from.db" "SELECT typeof(a), length(a), quote(a), instr(a, char(0)) FROM t")"
done
for bad in "CAST(x'61ff62' AS TEXT)" "CAST(x'efbfbf' AS TEXT)"; do
    files "CREATE TABLE t (id INTEGER PRIMARY KEY, a BLOB); INSERT INTO t VALUES (3, $bad)" \
        "PRAGMA encoding = 'UTF-16le'; CREATE TABLE t (id INTEGER PRIMARY KEY, a)"
    copy 1
    expect_stderr 'a database in UTF-16 does not keep'
    expect_stderr 'rowid 3'
done
files "PRAGMA encoding = 'UTF-16le'; CREATE TABLE t (id INTEGER PRIMARY KEY, a BLOB);
    INSERT INTO t VALUES (3, CAST(x'00d8' AS TEXT))" "CREATE TABLE t (id INTEGER PRIMARY KEY, a)"
copy 1
expect_stderr 'invalid UTF-16'
expect_stderr 'rowid 3'

it "an installation goes into one whose schema is older, by rows"
make_installation "$tmp/full.db"
sqlite3 "$tmp/old.db" "CREATE TABLE seaql_migrations (version varchar NOT NULL PRIMARY KEY, applied_at integer NOT NULL)"
expect_exit 0 "$program" --master-key-file "$key_file" db-migrate --source-db "sqlite://$tmp/full.db" \
    --target-db "sqlite://$tmp/old.db" --yes
expect_stderr 'Running schema migrations on target…'
for table in $(application_tables "$tmp/full.db"); do
    expect_equal "$table $(sqlite3 "$tmp/old.db" "SELECT * FROM $table ORDER BY rowid" | sha256sum)" \
        "$table $(sqlite3 "$tmp/full.db" "SELECT * FROM $table ORDER BY rowid" | sha256sum)"
done

done_testing
