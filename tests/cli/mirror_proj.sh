#!/usr/bin/env bash
# mirror_proj.sh - a real SQLite file, the coordinate reference systems of PROJ (Debian's proj-data),
# mirrored to PostgreSQL and back: the same rows in every table.
#
# Its columns of type INTEGER_OR_TEXT hold integers beside texts.  The mirror makes them text, and so
# their integers come back as texts, unless they come back into the file's own schema: there the
# columns' affinity makes them integers again.
# shellcheck source=tests/support/tap.sh
. "$(dirname "$0")/../support/tap.sh"

proj=${PROJ_DB:-/usr/share/proj/proj.db}
roundtrip=$MIG_BUILD/roundtrip
target=$(fresh_database mirror_proj)

# tables FILE: the names of its tables.
tables() {
    sqlite3 "$1" "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'
        ORDER BY name"
}

# references: how many foreign keys the file has.
references() {
    sqlite3 "$1" "SELECT count(*) FROM (SELECT DISTINCT t.name, f.id FROM sqlite_schema t,
        pragma_foreign_key_list(t.name) f WHERE t.type = 'table')"
}

# compare ONE OTHER: each table with the number of rows that only one of the files has, by their
# values and storage classes; of INTEGER_OR_TEXT, integers of the one are their texts in the other.
compare() {
    local table columns

    tables "$1" | while read -r table; do
        columns=$(sqlite3 "$1" "SELECT group_concat(iif(type = 'INTEGER_OR_TEXT',
            printf('iif(typeof(\"%w\") = ''integer'', CAST(\"%w\" AS text), \"%w\")', name, name, name),
            printf('typeof(\"%w\"), \"%w\"', name, name)), ', ') FROM pragma_table_info('$table')")
        echo "SELECT '$table: ' || count(*) FROM (SELECT $columns, count(*) FROM main.\"$table\" GROUP BY $columns
            EXCEPT SELECT $columns, count(*) FROM other.\"$table\" GROUP BY $columns) HAVING count(*) > 0;"
        echo "SELECT '$table: ' || count(*) FROM (SELECT $columns, count(*) FROM other.\"$table\" GROUP BY $columns
            EXCEPT SELECT $columns, count(*) FROM main.\"$table\" GROUP BY $columns) HAVING count(*) > 0;"
    done >"$tmp/compare.sql"
    sqlite3 "$1" -cmd "ATTACH '$2' AS other" <"$tmp/compare.sql"
}

it "is mirrored to PostgreSQL, with all of its foreign keys"
try "$MIG_BUILD/db-migrate" --source-db "sqlite://$proj" --target-db "$target" --yes
expect_equal "$status" 0
expect_stderr 'Schema of the target: mirrored from the source'
expect_equal "$(sql "$target" "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND convalidated")" \
    "$(references "$proj")"
expect_equal "$(sql "$target" "SELECT relname FROM pg_class WHERE relkind = 'r'
    AND relnamespace = 'public'::regnamespace ORDER BY relname COLLATE \"C\"")" "$(tables "$proj")"

it "and back into a new file: the same rows in every table"
try "$MIG_BUILD/db-migrate" --source-db "$target" --target-db "sqlite://$tmp/back.db?mode=rwc" --yes
expect_equal "$status" 0
expect_equal "$(tables "$tmp/back.db")" "$(tables "$proj")"
expect_equal "$(compare "$proj" "$tmp/back.db")" ""
(($(wc -l <"$tmp/compare.sql") > 100)) || fail "not all tables were compared"
expect_equal "$(references "$tmp/back.db")" "$(references "$proj")"
expect_equal "$(sqlite3 "$tmp/back.db" 'PRAGMA integrity_check; PRAGMA foreign_key_check')" ok

it "and back into a file of its own schema: the same values in the same storage classes"
cp "$proj" "$tmp/own.db"
chmod u+w "$tmp/own.db"
tables "$proj" | sed 's/.*/DELETE FROM "&";/' | sqlite3 "$tmp/own.db"
try "$MIG_BUILD/db-migrate" --source-db "$target" --target-db "sqlite://$tmp/own.db" --yes --schema existing
expect_equal "$status" 0
expect_equal "$("$roundtrip" same "$proj" "$tmp/own.db" | cut -c 1-300)" ""

done_testing
