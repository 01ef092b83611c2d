#!/usr/bin/env bash
# proj.sh - a real SQLite file, the coordinate reference systems of PROJ (Debian's proj-data): to
# PostgreSQL and back, and cloned.  It has composite keys, tables without rowid, triggers, views,
# and columns in which integers stand beside texts (INTEGER_OR_TEXT).
# shellcheck source=tests/support/tap.sh
. "$(dirname "$0")/../support/tap.sh"

proj=${PROJ_DB:-/usr/share/proj/proj.db}
roundtrip=$MIG_BUILD/roundtrip

# The tables of proj.db for PostgreSQL, from what SQLite says of them.  A key of columns that may be
# NULL is no primary key there.
tables() {
    sqlite3 "$proj" <<'SQL'
CREATE TEMP VIEW tables AS
    SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!';
CREATE TEMP VIEW columns AS
    SELECT t.name AS "table", c.*,
        CASE WHEN type = 'BOOLEAN' THEN 'boolean' WHEN type = 'FLOAT' THEN 'double precision'
            WHEN type = 'INTEGER' THEN 'bigint' WHEN type = 'SMALLINT' THEN 'smallint'
            ELSE 'text' END AS postgres
    FROM tables t, pragma_table_info(t.name) c ORDER BY t.name, cid;
SELECT printf('CREATE TABLE "%w" (%s%s);', t.name,
    (SELECT group_concat(printf('"%w" %s%s', c.name, postgres, iif("notnull", ' NOT NULL', '')), ', ')
        FROM columns c WHERE c."table" = t.name),
    (SELECT iif(min("notnull"), ', PRIMARY KEY (', ', UNIQUE (')
            || group_concat(printf('"%w"', k.name), ', ') || ')'
        FROM (SELECT * FROM columns c WHERE c."table" = t.name AND pk > 0 ORDER BY pk) k))
FROM tables t;
SELECT printf('ALTER TABLE "%w" ADD FOREIGN KEY (%s) REFERENCES "%w" (%s);', name,
    group_concat(printf('"%w"', "from"), ', '), parent, group_concat(printf('"%w"', "to"), ', '))
FROM (SELECT t.name, f.id, f."table" AS parent, f."from", f."to"
    FROM tables t, pragma_foreign_key_list(t.name) f ORDER BY t.name, f.id, f.seq)
GROUP BY name, id;
SQL
}

before=$(sha256sum <"$proj")
beside=$(find "${proj%/*}" -name 'proj.db*' | wc -l)
target=$(fresh_database proj)

it "copies proj.db to PostgreSQL, with its keys"
tables >"$tmp/tables.sql"
psql -X -q -v ON_ERROR_STOP=1 -d "$target" -f "$tmp/tables.sql" || fail "no tables"
expect_equal "$(grep -c 'ADD FOREIGN KEY' "$tmp/tables.sql")" \
    "$(sql "$target" "SELECT count(*) FROM pg_constraint WHERE contype = 'f'")"
expect_exit 0 "$program" db-migrate --source-db "sqlite://$proj" --target-db "$target" --yes \
    --cast '*.*code=text:number' --readers 2 --writers 2
expect_stderr 'not copied: .* \(a view\)'
expect_equal "$(sql "$target" "SELECT count(*) FROM usage")" "$(sqlite3 "$proj" 'SELECT count(*) FROM usage')"
expect_equal "$(sql "$target" "SELECT name FROM crs_view" 2>&1 | grep -c 'does not exist')" 1

it "and back, into a file of the same schema: the same values in the same storage classes"
cp "$proj" "$tmp/back.db"
chmod u+w "$tmp/back.db"
sqlite3 "$tmp/back.db" "SELECT printf('DELETE FROM \"%w\";', name) FROM sqlite_schema WHERE type = 'table'" |
    sqlite3 "$tmp/back.db"
expect_equal "$("$roundtrip" same "$proj" "$tmp/back.db" | grep -c 'only in the first')" \
    "$("$roundtrip" same "$proj" "$tmp/back.db" | wc -l)"
expect_exit 0 "$program" db-migrate --source-db "$target" --target-db "sqlite://$tmp/back.db" --yes
expect_equal "$("$roundtrip" same "$proj" "$tmp/back.db" | cut -c 1-300)" ""
expect_equal "$(sqlite3 "$tmp/back.db" .schema | sort | sha256sum)" "$(sqlite3 "$proj" .schema | sort | sha256sum)"
expect_equal "$(sqlite3 "$tmp/back.db" 'PRAGMA integrity_check; PRAGMA foreign_key_check')" ok

it "and to PostgreSQL again: the same rows"
again=$(fresh_database proj_again)
psql -X -q -v ON_ERROR_STOP=1 -d "$again" -f "$tmp/tables.sql" || fail "no tables"
expect_exit 0 "$program" db-migrate --source-db "sqlite://$tmp/back.db" --target-db "$again" --yes \
    --cast '*.*code=text:number' --batch-size 7 --readers 1 --writers 3
rows() {
    "$(pg_config --bindir)/pg_dump" --data-only -d "$1" | grep -vE '^(\\(un)?restrict|--)' | sort
}
expect_equal "$(diff <(rows "$target") <(rows "$again") | head -n 5 | cut -c 1-300)" ""
(($(rows "$again" | wc -l) > 70000)) || fail "the dump has too few rows"

it "clones it"
expect_exit 0 "$program" db-migrate --source-db "sqlite://$proj" \
    --target-db "sqlite://$tmp/clone.db?mode=rwc" --yes
expect_equal "$(sqlite3 "$tmp/clone.db" .dump | sha256sum)" "$(sqlite3 "$proj" .dump | sha256sum)"

it "copies it row by row between two files: the same values in the same storage classes"
sqlite3 "$tmp/back.db" "CREATE TABLE another (n)"
expect_exit 0 "$program" db-migrate --source-db "sqlite://$proj" --target-db "sqlite://$tmp/back.db" \
    --yes --force
expect_equal "$("$roundtrip" same "$proj" "$tmp/back.db" | cut -c 1-300)" ""

it "and leaves every byte of it"
expect_equal "$(sha256sum <"$proj")" "$before"
expect_equal "$(find "${proj%/*}" -name 'proj.db*' | wc -l)" "$beside"

done_testing
