-- What SQLite says of its schema against what the server says of the mirrored one; each line that
-- comes out is something that is missing without a word in the report.
--
-- Before: the source is open, and in the folder it is run in stand the server's catalog (pg_....csv,
-- by catalog.sql) and the report (told.csv).

CREATE TEMP TABLE pg_tables (rel);
CREATE TEMP TABLE pg_columns (rel, att, attnotnull INTEGER, has_default INTEGER, identity,
    generated, pg_type);
CREATE TEMP TABLE pg_parts (rel, idx, is_unique INTEGER, is_primary INTEGER, is_partial INTEGER,
    nth INTEGER, att, is_desc INTEGER);
CREATE TEMP TABLE pg_foreign (rel, con, parent, on_delete, on_update, nth INTEGER, att, parent_att);
CREATE TEMP TABLE pg_checks (rel, n INTEGER);
CREATE TEMP TABLE pg_views (view);
CREATE TEMP TABLE pg_counters (rel, last INTEGER);
CREATE TEMP TABLE told (section, line, sql);
.import --csv --skip 1 --schema temp pg_tables.csv pg_tables
.import --csv --skip 1 --schema temp pg_columns.csv pg_columns
.import --csv --skip 1 --schema temp pg_parts.csv pg_parts
.import --csv --skip 1 --schema temp pg_foreign.csv pg_foreign
.import --csv --skip 1 --schema temp pg_checks.csv pg_checks
.import --csv --skip 1 --schema temp pg_views.csv pg_views
.import --csv --skip 1 --schema temp pg_counters.csv pg_counters
.import --csv --skip 1 --schema temp told.csv told

CREATE TEMP VIEW lost AS SELECT line, sql FROM told WHERE section = 'not carried over';
CREATE TEMP VIEW names AS SELECT line FROM told WHERE section = 'names';

-- ---- which table and column is which --------------------------------------------------------

CREATE TEMP TABLE tables AS
SELECT name AS source,
    coalesce((SELECT rel FROM pg_tables JOIN names
            ON substr(line, 1, length(rel) + 15 + length(l.name) + 15) =
                'table ' || rel || ': called ' || l.name || ' in the source:'), name) AS target
FROM pragma_table_list l
WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!';

CREATE TEMP TABLE columns AS
SELECT t.source, t.target, x.name AS from_name, x.pk, x."notnull" AS not_null, x.dflt_value,
    x.hidden, x.type,
    coalesce((SELECT att FROM pg_columns JOIN names
            ON substr(line, 1, length(rel) + length(att) + length(x.name) + 32) =
                'column ' || rel || '.' || att || ': called ' || x.name || ' in the source:'
            WHERE rel = t.target), x.name) AS to_name
FROM tables t, pragma_table_xinfo(t.source) x
WHERE x.hidden <> 1;
CREATE INDEX temp.columns_source ON columns (source, from_name);
CREATE INDEX temp.columns_target ON columns (target, to_name);

SELECT 'no table for ' || source FROM tables WHERE target NOT IN (SELECT rel FROM pg_tables);
SELECT 'no column for ' || source || '.' || from_name FROM columns c
WHERE NOT EXISTS (SELECT 1 FROM pg_columns WHERE rel = target AND att = to_name);
SELECT 'a table too many: ' || rel FROM pg_tables WHERE rel NOT IN (SELECT target FROM tables);
SELECT 'a column too many: ' || rel || '.' || att FROM pg_columns
WHERE NOT EXISTS (SELECT 1 FROM columns WHERE rel = target AND att = to_name);
SELECT 'nothing about the virtual table ' || name FROM pragma_table_list
WHERE schema = 'main' AND type = 'virtual'
    AND NOT EXISTS (SELECT 1 FROM lost WHERE instr(line, 'virtual table ' || name || ': ') = 1);

-- ---- columns -----------------------------------------------------------------------------------

CREATE TEMP VIEW pairs AS
SELECT c.*, p.*, 'column ' || rel || '.' || att || ': ' AS what
FROM columns c JOIN pg_columns p ON rel = target AND att = to_name;

SELECT 'NOT NULL is gone: ' || what FROM pairs
WHERE not_null AND NOT attnotnull;
SELECT 'NOT NULL from nowhere: ' || what FROM pairs
WHERE attnotnull AND NOT not_null AND NOT pk;
SELECT 'no default: ' || what || dflt_value FROM pairs
WHERE dflt_value IS NOT NULL AND trim(upper(dflt_value), ' ()') <> 'NULL'
    AND NOT has_default AND identity = ''
    AND NOT EXISTS (SELECT 1 FROM lost WHERE instr(line, what || 'its default: ') = 1);
SELECT 'a default from nowhere: ' || what FROM pairs
WHERE has_default AND dflt_value IS NULL;
SELECT 'not generated: ' || what FROM pairs
WHERE hidden IN (2, 3) AND generated = ''
    AND NOT EXISTS (SELECT 1 FROM lost WHERE instr(line, what || 'its expression: ') = 1);
SELECT 'generated: ' || what FROM pairs WHERE hidden = 0 AND generated <> '';
SELECT 'no identity: ' || what FROM pairs p
WHERE pk = 1 AND upper(type) = 'INTEGER' AND identity = ''
    AND NOT EXISTS (SELECT 1 FROM columns o WHERE o.source = p.source AND o.pk = 2)
    AND NOT EXISTS (SELECT 1 FROM pragma_index_list(p.source) WHERE origin = 'pk')
    AND NOT EXISTS (SELECT 1 FROM pragma_table_list WHERE name = p.source AND wr)
    AND NOT EXISTS (SELECT 1 FROM lost WHERE instr(line, what) = 1);

-- ---- keys and indexes --------------------------------------------------------------------------

-- One text for each: columns in order, expressions as "()", " DESC" where it is.
CREATE TEMP TABLE pg_keys AS
SELECT rel, idx, is_unique, is_primary, is_partial,
    group_concat(coalesce(nullif(att, ''), '()') || iif(is_desc, ' DESC', ''), char(31)) AS parts,
    group_concat(coalesce(nullif(att, ''), '()'), char(31)) AS plain
FROM (SELECT * FROM pg_parts ORDER BY rel, idx, nth)
GROUP BY rel, idx;

CREATE TEMP TABLE keys AS
SELECT source, target, idx, is_unique, is_partial, origin,
    group_concat(coalesce(to_name, '()') || iif(is_desc, ' DESC', ''), char(31)) AS parts,
    group_concat(coalesce(to_name, '()'), char(31)) AS plain,
    max(upper(coll) NOT IN ('BINARY', 'NOCASE') AND (pg_type = 'text' OR pg_type LIKE 'char%'))
        AS odd_collation
FROM (SELECT t.source, t.target, l.name AS idx, l."unique" AS is_unique, l.partial AS is_partial,
        l.origin, x.desc AS is_desc, x.coll, c.to_name, pg_type
    FROM tables t, pragma_index_list(t.source) l, pragma_index_xinfo(l.name) x
    LEFT JOIN columns c ON c.source = t.source AND c.from_name = x.name
    LEFT JOIN pg_columns ON rel = t.target AND att = to_name
    WHERE x.key ORDER BY t.source, l.name, x.seqno)
GROUP BY source, idx;

CREATE TEMP TABLE primary_keys AS
SELECT source, target, group_concat(to_name, char(31)) AS plain,
    group_concat(replace(from_name, '"', ''), ', ') AS listed
FROM (SELECT * FROM columns WHERE pk ORDER BY source, pk) GROUP BY source;

-- Without quotes and collations.
CREATE TEMP VIEW lost_keys AS
SELECT replace(replace(replace(replace(replace(sql, '"', ''), ' COLLATE NOCASE', ''),
    ' COLLATE RTRIM', ''), ' COLLATE BINARY', ''), ' COLLATE binary', '') AS sql
FROM lost;

SELECT 'another primary key: ' || target || ' (' || listed || ')' FROM primary_keys k
WHERE NOT EXISTS (SELECT 1 FROM pg_keys p WHERE rel = target AND is_primary AND p.plain = k.plain)
    AND NOT EXISTS (SELECT 1 FROM pg_keys p WHERE rel = target AND is_unique AND p.plain = k.plain
        AND EXISTS (SELECT 1 FROM told WHERE section = 'carried over in another form'
            AND (instr(line, ': a unique constraint: there are NULLs') OR instr(line, ': a unique index: '))))
    AND NOT EXISTS (SELECT 1 FROM lost_keys WHERE instr(sql, 'PRIMARY KEY (' || listed) = 1);
SELECT 'a primary key from nowhere: ' || rel FROM pg_keys p
WHERE is_primary AND NOT EXISTS (SELECT 1 FROM primary_keys k WHERE rel = target AND p.plain = k.plain);

SELECT 'no unique key: ' || target || ' (' || replace(plain, char(31), ', ') || ')' FROM keys k
WHERE origin = 'u'
    AND NOT EXISTS (SELECT 1 FROM pg_keys p WHERE rel = target AND is_unique AND NOT is_partial
        AND p.plain = k.plain)
    AND NOT EXISTS (SELECT 1 FROM lost WHERE instr(sql, 'UNIQUE (') = 1
        AND instr(line, 'ON CONFLICT') = 0);

CREATE TEMP TABLE index_names AS
SELECT k.*, coalesce((SELECT idx FROM pg_keys p JOIN names
        ON substr(line, 1, length(p.idx) + length(k.idx) + 30) =
            'index ' || p.idx || ': called ' || k.idx || ' in the source:'), k.idx) AS name
FROM keys k WHERE origin = 'c';

SELECT 'no index ' || name || ' of ' || target || ' (' || replace(parts, char(31), ', ') || ')'
FROM index_names i
WHERE NOT EXISTS (SELECT 1 FROM pg_keys p WHERE rel = target AND p.idx = i.name
        AND p.is_unique = i.is_unique AND p.is_partial = i.is_partial AND p.parts = i.parts)
    AND NOT EXISTS (SELECT 1 FROM lost WHERE instr(line, 'index ' || name || ': ') = 1
        OR sql LIKE 'CREATE%INDEX%' AND instr(line, 'index ') = 1
            AND sql = (SELECT sql FROM sqlite_schema WHERE type = 'index' AND name = i.idx));

-- Keys whose collation the server does not have are told where they stand.
SELECT 'nothing about a collation: ' || target || '.' || idx FROM keys k
WHERE odd_collation AND NOT EXISTS (SELECT 1 FROM told WHERE line LIKE '%RTRIM%' OR sql LIKE '%RTRIM%');

-- ---- foreign keys ------------------------------------------------------------------------------

CREATE TEMP TABLE pg_references AS
SELECT rel, con, parent, on_delete, on_update, group_concat(att, char(31)) AS atts,
    group_concat(parent_att, char(31)) AS parent_atts
FROM (SELECT * FROM pg_foreign ORDER BY rel, con, nth) GROUP BY rel, con;

CREATE TEMP TABLE foreign_keys AS
SELECT source, target, id, parent, on_delete, on_update, group_concat(att, char(31)) AS atts,
    group_concat(parent_att, char(31)) AS parent_atts, group_concat(from_name, ', ') AS listed
FROM (SELECT t.source, t.target, f.id, p.target AS parent, f.on_delete, f.on_update,
        c.to_name AS att, pc.to_name AS parent_att, c.from_name
    FROM tables t, pragma_foreign_key_list(t.source) f
    JOIN columns c ON c.source = t.source AND c.from_name = f."from" COLLATE NOCASE
    LEFT JOIN tables p ON p.source = f."table" COLLATE NOCASE
    LEFT JOIN columns pc ON pc.source = p.source
        AND (pc.from_name = f."to" COLLATE NOCASE OR f."to" IS NULL AND pc.pk = f.seq + 1)
    ORDER BY t.source, f.id, f.seq)
GROUP BY source, id;

SELECT 'no foreign key: ' || target || ' (' || listed || ')' FROM foreign_keys k
WHERE NOT EXISTS (SELECT 1 FROM pg_references p WHERE p.rel = k.target AND p.parent = k.parent
        AND p.atts = k.atts AND p.parent_atts = k.parent_atts
        AND p.on_delete = k.on_delete AND p.on_update = k.on_update)
    AND NOT EXISTS (SELECT 1 FROM lost
        WHERE instr(replace(sql, '"', ''), 'FOREIGN KEY (' || replace(listed, '"', '') || ')') = 1);
SELECT 'more foreign keys than there were: ' || target FROM tables t
WHERE (SELECT count(*) FROM foreign_keys k WHERE k.target = t.target) <
    (SELECT count(*) FROM pg_references p WHERE p.rel = t.target);

-- ---- checks, views, triggers -------------------------------------------------------------------

SELECT 'checks: ' || had || ' in the source, ' || has || ' and ' || lacks || ' that are told'
FROM (SELECT
    (SELECT coalesce(sum((length(sql) - length(replace(sql, 'CHECK (', ''))) / 7), 0)
        FROM sqlite_schema WHERE type = 'table') AS had,
    (SELECT coalesce(sum(n), 0) FROM pg_checks) AS has,
    (SELECT count(*) FROM told WHERE instr(line, ': a check that no row of these types can fail') > 0
        OR section = 'not carried over' AND instr(sql, 'CHECK (') = 1) AS lacks)
WHERE had <> has + lacks;

SELECT 'no view: ' || l.name FROM pragma_table_list l
WHERE schema = 'main' AND type = 'view'
    AND NOT EXISTS (SELECT 1 FROM pg_views v WHERE v.view = l.name
        OR EXISTS (SELECT 1 FROM names
            WHERE instr(line, 'view ' || v.view || ': called ' || l.name || ' in the source:') = 1))
    AND NOT EXISTS (SELECT 1 FROM lost WHERE line LIKE 'view %'
        AND sql = (SELECT sql FROM sqlite_schema WHERE type = 'view' AND name = l.name));
SELECT 'nothing about the trigger ' || name FROM sqlite_schema s
WHERE type = 'trigger'
    AND NOT EXISTS (SELECT 1 FROM lost WHERE instr(line, 'trigger ' || name || ': ') = 1);

-- ---- counters ----------------------------------------------------------------------------------

SELECT 'the counter of ' || target || ' stands at ' || last || ', not at ' || seq
FROM tables JOIN sqlite_sequence ON name = source JOIN pg_counters ON rel = target
WHERE last < seq;
