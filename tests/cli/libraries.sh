#!/usr/bin/env bash
# libraries.sh - files as libraries make them, mirrored: the columns are those that the library
# itself would have made in PostgreSQL.
#
# tests/libraries has what each makes in SQLite (*.sql) and the columns it makes in PostgreSQL of
# the same models (*.types).
# shellcheck source=tests/support/tap.sh
. "$(dirname "$0")/../support/tap.sh"

columns_of() { # URL
    sql "$1" "SELECT c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) ||
            CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END ||
            coalesce(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '')
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
            LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0
            AND c.relname !~ '^(django_|schema_|ar_)'
        ORDER BY c.relname COLLATE \"C\", a.attname COLLATE \"C\""
}

mirror() { # LIBRARY [OPTION...]: $target
    sqlite3 "$tmp/$1.db" <"$top/tests/libraries/$1.sql"
    target=$(fresh_database "library_$1")
    expect_exit 0 "$MIG_BUILD/db-migrate" --source-db "sqlite://$tmp/$1.db" --target-db "$target" --yes "${@:2}"
    reject_stderr 'not carried over'
}

# differs TYPES WANTED: lines in which the mirror differs from the library
expect_columns() { # LIBRARY
    expect_equal "$(diff "$top/tests/libraries/$1.types" <(columns_of "$target") | grep '^[<>]')" "$2"
}

it "Django: all but the digits of decimals, which its files do not tell"
mirror django --cast shop_thing.dur=interval:us
expect_columns django '< shop_thing.price numeric(10,2) NOT NULL
> shop_thing.price numeric NOT NULL'
expect_equal "$(sql "$target" "SELECT id, price, dur, t, ip, data->'a'->>2, maybe FROM shop_thing WHERE n = 1")" \
    '94caa573-da5b-4d11-a630-a8fe2f67b463|1.01|00:00:01.000001|01:01:01.000037|10.0.0.1|é|t'
expect_equal "$(sql "$target" "SELECT pg_get_expr(indpred, indrelid) FROM pg_index WHERE indexrelid = 'one_ok'::regclass")" \
    '((n > 100000) AND ok)'
expect_equal "$(sql "$target" "SELECT pg_get_constraintdef(oid) FROM pg_constraint
    WHERE conrelid = 'shop_thing'::regclass AND contype = 'c' ORDER BY 1")" 'CHECK ((n >= 0))
CHECK ((pos >= 0))'

it "Rails: all but integers without a limit, which may be references and are as wide as those"
mirror rails
expect_columns rails '< users.age integer
> users.age bigint'
expect_equal "$(sql "$target" "SELECT at_time, seen_at, price, avatar, prefs FROM users WHERE id = 1")" \
    '00:05:06|2020-01-01 00:00:00|0.50|\x00ff30|{"a":0}'

done_testing
