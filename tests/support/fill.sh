# shellcheck shell=bash
# fill.sh - rows for a SQLite file whose schema others made.  To be sourced.
#
# fill_sqlite FILE ROWS SEED: that many rows in every table that is empty.  What a column gets
# follows from its declared type, its name and the number of the row alone, so the same arguments
# give the same rows; a foreign key gets the value of some row of its parent.

# shellcheck disable=SC2154 # tmp: tap.sh
fill_sqlite() {
    local file=$1 rows=$2 seed=$3

    sqlite3 "$file" >"$tmp/fill.sql" <<SQL
CREATE TEMP TABLE columns AS
    SELECT t.name AS "table", c.cid, c.name, lower(c.type) AS type, c.pk,
        (SELECT f."table" FROM pragma_foreign_key_list(t.name) f
            WHERE f."from" = c.name COLLATE NOCASE) AS parent,
        (SELECT coalesce(f."to", (SELECT p.name FROM pragma_table_info(f."table") p WHERE p.pk = f.seq + 1))
            FROM pragma_foreign_key_list(t.name) f WHERE f."from" = c.name COLLATE NOCASE) AS parent_column,
        c.pk > 0 OR EXISTS (SELECT 1 FROM pragma_index_list(t.name) x, pragma_index_info(x.name) i
            WHERE x."unique" AND i.name = c.name) AS keyed
    FROM sqlite_schema t, pragma_table_info(t.name) c
    WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY t.name, c.cid;
-- The longest text that the type takes, and an expression over the row's number, %s.
CREATE TEMP TABLE forms AS
    SELECT *, CASE WHEN type GLOB '*char*([0-9]*)' OR type GLOB '*character*([0-9]*)'
            THEN CAST(substr(type, instr(type, '(') + 1) AS INTEGER) ELSE 200 END AS length,
        CASE
            WHEN name LIKE '%ipv6prefix' THEN 'printf(''2001:db8:%%x::/48'', %s %% 65536)'
            WHEN name LIKE '%ipv6address' THEN 'printf(''2001:db8::%%x'', %s %% 65536)'
            WHEN name LIKE '%ipaddress' THEN 'printf(''10.%%d.%%d.%%d'', %s / 65536 %% 256, %s / 256 %% 256, %s %% 256)'
            WHEN type LIKE '%bool%' OR type LIKE 'tinyint%' THEN '(%s %% 2)'
            WHEN type LIKE '%int%' AND keyed THEN '%s'
            WHEN type LIKE 'smallint%' THEN '(%s * 7919 %% 30000)'
            WHEN type LIKE 'bigint%' THEN '(%s * 4000000007)'
            WHEN type LIKE '%int%' THEN '((%s * 2654435761 + $seed) %% 2000000000)'
            WHEN type LIKE '%date%' OR type LIKE '%time%' THEN
                'datetime(''2020-02-28 23:59:58'', (%s * 977) || '' seconds'')'
            WHEN type LIKE '%real%' OR type LIKE '%doub%' OR type LIKE '%floa%' OR type LIKE '%dec%'
                OR type LIKE '%num%' THEN '(%s * 0.25)'
            WHEN type LIKE '%blob%' OR type = '' THEN 'CAST(''b'' || char(0) || %s || ''ÿ'' AS BLOB)'
            ELSE '(%s || '' é "quoted"'' || '' it''''s \\ '' || char(9) || $seed)'
        END AS form
    FROM columns;
CREATE TEMP TABLE expressions AS
    SELECT *, CASE WHEN form LIKE '(\%s ||%' ESCAPE '\\' THEN printf('rtrim(substr(%s, 1, %d))', form, length)
        ELSE form END AS expression
    FROM forms;
SELECT 'PRAGMA foreign_keys = OFF; BEGIN;';
SELECT printf('INSERT INTO "%w" (%s) WITH RECURSIVE r(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM r WHERE i < $rows) SELECT %s FROM r WHERE NOT EXISTS (SELECT 1 FROM "%w");',
        "table", group_concat(printf('"%w"', name)),
        group_concat(CASE WHEN parent IS NULL THEN replace(expression, '%s', 'i')
            ELSE replace((SELECT p.expression FROM expressions p WHERE p."table" = e.parent COLLATE NOCASE
                    AND p.name = e.parent_column COLLATE NOCASE),
                '%s', iif(keyed, 'i', '((i * 31 + $seed) % $rows + 1)')) END), "table")
    FROM expressions e GROUP BY "table";
SELECT 'COMMIT;';
SQL
    sed -i 's/%%/%/g' "$tmp/fill.sql"
    sqlite3 -bail "$file" <"$tmp/fill.sql"
}
