#!/usr/bin/env bash
# applications.sh - schemas that others made, mirrored: three applications that Debian ships with one
# schema for SQLite and one for PostgreSQL.
#
# The SQLite schema is filled (support/fill.sh) and mirrored into one database; the application's own
# PostgreSQL schema stands in another one, and the same rows are copied there.  Keys, constraints and
# rows of the two are compared: what differs is what the applications' authors wrote down differently
# for the two databases, listed here, and nothing else.  The packages are read where they lie, nothing
# of them is kept.
# shellcheck source=tests/support/tap.sh
. "$(dirname "$0")/../support/tap.sh"
# shellcheck source=tests/support/fill.sh
. "$(dirname "$0")/../support/fill.sh"

rows=${APPLICATION_ROWS-200}

# unpack PACKAGE: downloads it and prints the folder it was unpacked in.
unpack() {
    local folder=$tmp/packages/$1

    mkdir -p "$folder"
    (cd "$folder" && apt-get download "$1" >/dev/null 2>"$tmp/apt.err" && dpkg-deb -x "$1"_*.deb .) ||
        { echo "Bail out! cannot get $1: $(tail -n 1 "$tmp/apt.err")"; exit 1; }
    echo "$folder"
}

# load URL FILE...: the application's PostgreSQL schema.
load() {
    local url=$1
    shift
    cat "$@" | psql -X -q -v ON_ERROR_STOP=1 -d "$url" >"$tmp/load.out" 2>&1 ||
        { echo "Bail out! cannot load $*: $(tail -n 3 "$tmp/load.out")"; exit 1; }
}

# keys URL: a line for each primary key, unique key, foreign key and column that may not be NULL.
keys() {
    sql "$1" "
WITH names AS (
    SELECT k.oid, k.conrelid, k.confrelid, k.contype, k.confdeltype, k.confupdtype,
        (SELECT string_agg(a.attname, ',' ORDER BY u.n) FROM unnest(k.conkey) WITH ORDINALITY u (att, n)
            JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.att) AS columns,
        (SELECT string_agg(a.attname, ',' ORDER BY u.n) FROM unnest(k.confkey) WITH ORDINALITY u (att, n)
            JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.att) AS parents
    FROM pg_constraint k WHERE k.connamespace = 'public'::regnamespace)
SELECT 'primary ' || conrelid::regclass || '(' || columns || ')' FROM names WHERE contype = 'p'
UNION ALL
SELECT 'foreign ' || conrelid::regclass || '(' || columns || ') ' || confrelid::regclass || '(' || parents
    || ') ' || confdeltype::text || confupdtype::text FROM names WHERE contype = 'f'
UNION ALL
SELECT DISTINCT 'unique ' || indrelid::regclass || '('
    || regexp_replace(pg_get_indexdef(indexrelid), '^.* USING btree \((.*)\)$', '\1') || ')'
    FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid
    WHERE indisunique AND NOT indisprimary AND c.relnamespace = 'public'::regnamespace
UNION ALL
SELECT 'not null ' || attrelid::regclass || '.' || attname FROM pg_attribute a
    JOIN pg_class c ON c.oid = a.attrelid
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND attnum > 0 AND attnotnull" |
        LC_ALL=C sort
}

# types URL OTHER: pairs of types that the columns of one name have in the two.
types() {
    local question="SELECT c.relname || '.' || attname, format_type(atttypid, atttypmod)
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped"

    LC_ALL=C join -t '|' <(sql "$1" "$question" | LC_ALL=C sort -t '|' -k 1,1) \
        <(sql "$2" "$question" | LC_ALL=C sort -t '|' -k 1,1) |
        cut -d '|' -f 2,3 | LC_ALL=C sort -u
}

# content URL OTHER: the rows of every table that both have, in the columns that both have, each
# value as the server prints it, times in UTC; each line begins with its table.
content() {
    LC_ALL=C comm -12 <(columns_of "$1") <(columns_of "$2") | awk -F '|' '
        { list[$1] = list[$1] (list[$1] != "" ? ", " : "") "\"" $2 "\"" }
        END { for (t in list) printf "SELECT \x27%s\x27, %s FROM \"%s\";\n", t, list[t], t }' |
        PGTZ=UTC psql -X -qAt -v ON_ERROR_STOP=1 -d "$1" |
        sed -E 's/([0-9]:[0-9]{2})\+00\b/\1/g' | LC_ALL=C sort
}
columns_of() {
    sql "$1" "SELECT c.relname, attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped" |
        LC_ALL=C sort
}

# both FILE NAME [OPTION...]: mirrors the file into $mirrored, and copies it into $own, which has the
# application's own schema.
both() {
    local file=$1 name=$2
    shift 2
    mirrored=$(fresh_database "mirror_$name")
    expect_exit 0 "$program" db-migrate --source-db "sqlite://$file" --target-db "$mirrored" --yes \
        --schema mirror "$@"
    cp "$tmp/stderr" "$tmp/$name.mirrored"
    expect_exit 0 "$program" db-migrate --source-db "sqlite://$file" --target-db "$own" --yes --force \
        --schema existing "$@"
}

# compare NAME FILE KEYS: the keys of both databases, what SQLite says must not be NULL, and the rows.
compare() {
    expect_equal "$(diff <(keys "$mirrored" | grep -v '^not null') <(keys "$own" | grep -v '^not null'))" ""
    (($(keys "$mirrored" | grep -c '^\(primary\|unique\|foreign\)') >= $3)) || fail "too few keys"
    expect_equal "$(keys "$mirrored" | sed -n 's/^not null //p' | tr -d '"')" "$(sqlite3 "$2" "
        SELECT t.name || '.' || c.name FROM sqlite_schema t, pragma_table_info(t.name) c
        WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite!_%' ESCAPE '!'
            AND (c.\"notnull\" OR c.pk)" | LC_ALL=C sort)"
    expect_equal "$(diff <(content "$mirrored" "$own") <(content "$own" "$mirrored") | head -n 10)" ""
    (($(content "$mirrored" "$own" | wc -l) > rows * 5)) || fail "too few rows were compared"
}

# Pairs of types that need no words: the same one, a length that one of the two leaves out, and
# integers, which SQLite has in one width.
usual='^(.*)[|]\1$|^character varying\([0-9]+\)[|](text|character varying\([0-9]+\))$|^bigint[|]integer$'

it "Roundcube"
packages=$(unpack roundcube-core)/usr/share/dbconfig-common/data/roundcube/install
sqlite3 "$tmp/roundcube.db" <"$packages/sqlite3"
fill_sqlite "$tmp/roundcube.db" "$rows" 1
own=$(fresh_database roundcube)
load "$own" "$packages/pgsql"
both "$tmp/roundcube.db" roundcube
compare roundcube "$tmp/roundcube.db" 30
expect_equal "$(types "$mirrored" "$own" | grep -vE "$usual")" ""
# The default of its times is no time, so it cannot be PostgreSQL's; nothing else is lost.
expect_equal "$(grep 'not carried over' "$tmp/roundcube.mirrored" | grep -vc "'0000-00-00 00:00:00'")" 0

it "FreeRADIUS"
packages=$(unpack freeradius-config)/etc/freeradius/3.0/mods-config/sql
# Not cui: rules rewrite what is inserted there, which a copy refuses.
parts=(main dhcp ippool moonshot-targeted-ids)
for part in "${parts[@]}"; do sqlite3 "$tmp/radius.db" <"$packages/$part/sqlite/schema.sql"; done
fill_sqlite "$tmp/radius.db" "$rows" 2
own=$(fresh_database radius)
files=("${parts[@]/#/$packages/}")
load "$own" "${files[@]/%//postgresql/schema.sql}"
both "$tmp/radius.db" radius
compare radius "$tmp/radius.db" 15
expect_equal "$(types "$mirrored" "$own" | grep -vE "$usual" | grep -vE '^character varying\([0-9]+\)[|]inet$')" \
    "timestamp with time zone|timestamp(0) without time zone
timestamp without time zone|timestamp with time zone"

it "Kamailio"
packages=$(unpack kamailio-sqlite-modules)/usr/share/kamailio/db_sqlite
others=$(unpack kamailio-postgres-modules)/usr/share/kamailio/postgres
others_of() { printf '%s\n' "$1"/*.sql | grep -v standard-create; }
{ cat "$packages/standard-create.sql"; others_of "$packages" | xargs cat; } | sqlite3 "$tmp/kamailio.db"
fill_sqlite "$tmp/kamailio.db" "$rows" 3
own=$(fresh_database kamailio)
mapfile -t files < <(others_of "$others")
load "$own" "$others/standard-create.sql" "${files[@]}"
both "$tmp/kamailio.db" kamailio
compare kamailio "$tmp/kamailio.db" 90
expect_equal "$(types "$mirrored" "$own" | grep -vE "$usual")" "double precision|real"
expect_equal "$(grep -c 'not carried over' "$tmp/kamailio.mirrored")" 0

done_testing
