/*
 * pg_schema_sql.c - the queries of a schema's reading: what stands in braces.
 *
 *   {12:since version 12;before}   either may be empty, and have braces itself
 *   {several:so;one}               by whether several schemas are read
 *   {piece:one|two}                the piece of that name, with $1 and $2 in it
 *
 * Pieces are what many queries need; a piece can have braces, too.
 *
 * Threads: any.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "pg_schema.h"

#define MAX_ARGS 3

typedef struct piece {
    const char *name;
    const char *text;
} piece;

static const piece pieces[] = {
    /* CATALOG TABLE, OID, COLUMN'S NUMBER OR 0: the comment of an object. */
    {"comment", "(SELECT d.description FROM pg_catalog.pg_description d WHERE d.objoid = $2"
                " AND d.classoid = 'pg_catalog.$1'::pg_catalog.regclass AND d.objsubid = $3)"},

    /* CATALOG TABLE, OID: whether nothing else brought the object: an extension, a type. */
    {"own", "NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.deptype IN ('e', 'i')"
            " AND d.objid = $2 AND d.classid = 'pg_catalog.$1'::pg_catalog.regclass)"},

    {"quote", "pg_catalog.quote_ident($1)"},

    /* NAME, OID OF ONE OF THE SCHEMAS: what it is called in the mig_schema. */
    {"called", "{several:(SELECT pg_catalog.concat(own.nspname, '_', $1) FROM own"
               " WHERE own.oid = $2);$1}"},

    /* NAME, SCHEMA'S OID: with its schema where that is neither the server's nor one read. */
    {"named", "(SELECT CASE WHEN n.oid IN (SELECT own.oid FROM own) THEN"
              " {called:$1|n.oid}::pg_catalog.text"
              " WHEN n.oid = 'pg_catalog'::pg_catalog.regnamespace THEN $1::pg_catalog.text"
              " ELSE pg_catalog.concat(n.nspname, '.', $1) END"
              " FROM pg_catalog.pg_namespace n WHERE n.oid = $2)"},
    {"named_quoted", "(SELECT CASE WHEN n.oid IN (SELECT own.oid FROM own) THEN"
                     " {quote:{called:$1|n.oid}}"
                     " WHEN n.oid = 'pg_catalog'::pg_catalog.regnamespace THEN {quote:$1}"
                     " ELSE pg_catalog.format('%I.%I', n.nspname, $1) END"
                     " FROM pg_catalog.pg_namespace n WHERE n.oid = $2)"},

    /* A ROW OF PG_CLASS */
    {"relation", "{named:$1.relname|$1.relnamespace}"},
    {"relation_quoted", "{named_quoted:$1.relname|$1.relnamespace}"},

    /* WORDS, DEFINITION that begins with them and has the schema behind them: without it. */
    {"strip", "pg_catalog.concat('$1 ', pg_catalog.substr($2, pg_catalog.length("
              "pg_catalog.concat('$1 ', pg_catalog.quote_ident(own.nspname), '.')) + 1))"},

    /* A ROW OF PG_CLASS: the constraint k of it as an object. */
    {"constraint_of", "SELECT k.conname, {relation:$1}, pg_catalog.concat('ALTER TABLE ',"
                      " {relation_quoted:$1}, ' ADD CONSTRAINT ', {quote:k.conname}, ' ',"
                      " pg_catalog.pg_get_constraintdef(k.oid)), {comment:pg_constraint|k.oid|0}"},

    /* The tables that a mig_schema has: not the partitions, which are objects. */
    {"tables", ", tables AS (SELECT {12:;c.oid, }c.* FROM pg_catalog.pg_class c"
               " JOIN own ON own.oid = c.relnamespace"
               " WHERE c.relkind IN ('r', 'p', 'f'){10: AND NOT c.relispartition;}) "},

    /* Behind {tables}: the sequences that are part of a SERIAL column.  `uses` are the defaults
     * that a sequence feeds, with those of inheritance children, but not the copies that partitions
     * have. */
    {"serials",
     ", uses AS (SELECT DISTINCT d.refobjid AS seq, f.adrelid AS rel, f.adnum AS att,"
     "  pg_catalog.pg_get_expr(f.adbin, f.adrelid)"
     "   ~ '^\\(?nextval\\(''([^'']|'''')+''::regclass\\)\\)?(::[a-z]+)?$' AS plain"
     "  FROM pg_catalog.pg_attrdef f JOIN pg_catalog.pg_depend d"
     "  ON d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND d.objid = f.oid"
     "  AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass"
     "  JOIN pg_catalog.pg_class s ON s.oid = d.refobjid AND s.relkind = 'S'"
     "  JOIN pg_catalog.pg_class c ON c.oid = f.adrelid {10:AND NOT c.relispartition;}"
     "), serials AS (SELECT u.seq, u.rel, u.att FROM uses u JOIN tables t ON t.oid = u.rel"
     "  JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass"
     "  AND d.objid = u.seq AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass"
     "  AND d.refobjid = u.rel AND d.refobjsubid = u.att AND d.deptype = 'a'"
     "  WHERE u.plain AND u.seq IN (SELECT o.seq FROM uses o GROUP BY o.seq"
     "   HAVING pg_catalog.count(*) = 1)) "},

    /* OID: a query of one row for the sequence: how it was made, and the highest value of its
     * type. */
    {"sequence",
     "{10:SELECT p.seqstart AS start, p.seqincrement AS increment, p.seqmin AS min,"
     "  p.seqmax AS max, p.seqcache AS cache, p.seqcycle AS cycle,"
     "  CASE p.seqtypid WHEN 'pg_catalog.int2'::pg_catalog.regtype THEN 32767"
     "   WHEN 'pg_catalog.int4'::pg_catalog.regtype THEN 2147483647"
     "   ELSE 9223372036854775807 END AS usual,"
     "  pg_catalog.format_type(p.seqtypid, NULL) AS type"
     " FROM pg_catalog.pg_sequence p WHERE p.seqrelid = $1;"
     "SELECT p.start_value AS start, p.increment, p.minimum_value AS min, p.maximum_value AS max,"
     "  1 AS cache, p.cycle_option AS cycle, 9223372036854775807 AS usual,"
     "  'bigint'::pg_catalog.text AS type"
     " FROM (SELECT (pg_catalog.pg_sequence_parameters($1)).*"
     "  WHERE pg_catalog.has_sequence_privilege($1, 'SELECT, USAGE, UPDATE')) p}"},

    /* `types`, and how deep each lies.  A type can only be made of one that is there, so that the
     * ways up have an end. */
    {"types",
     ", types AS (SELECT {12:;y.oid, }y.* FROM pg_catalog.pg_type y JOIN own ON own.oid = "
     "y.typnamespace"
     "  LEFT JOIN pg_catalog.pg_class c ON c.oid = y.typrelid"
     "  WHERE (y.typtype IN ('e', 'd', 'r') OR c.relkind = 'c'"
     "   OR y.typtype = 'b' AND NOT EXISTS (SELECT FROM pg_catalog.pg_type e"
     "    WHERE e.typarray = y.oid))"
     "  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.deptype = 'e'"
     "   AND d.objid = y.oid AND d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass)"
     "), made_of AS (SELECT y.oid, y.typbasetype AS part FROM types y WHERE y.typtype = 'd'"
     "  UNION ALL SELECT y.oid, a.atttypid FROM types y JOIN pg_catalog.pg_attribute a"
     "   ON a.attrelid = y.typrelid AND a.attnum > 0 AND NOT a.attisdropped"
     "  UNION ALL SELECT r.rngtypid, r.rngsubtype FROM types y"
     "   JOIN pg_catalog.pg_range r ON r.rngtypid = y.oid"
     "), edges AS (SELECT m.oid, COALESCE(e.oid, m.part) AS part FROM made_of m"
     "  LEFT JOIN pg_catalog.pg_type e ON e.typarray = m.part"
     "), deep AS (WITH RECURSIVE deep (oid, depth) AS (SELECT y.oid, 0 FROM types y"
     "  UNION SELECT x.oid, deep.depth + 1 FROM deep JOIN edges x ON x.part = deep.oid)"
     "  SELECT deep.oid, pg_catalog.max(deep.depth) AS depth FROM deep GROUP BY deep.oid) "},
};

static void expand(const mig__schema_read *read, mig_buf *sql, const char *text, size_t len);

/* Where the `stop` of the same depth is, from `at` on; `len` if there is none. */
static size_t
find(const char *text, size_t at, size_t len, char stop)
{
    for (int depth = 0; at < len; at++) {
        if (depth == 0 && text[at] == stop)
            return at;
        depth += (text[at] == '{') - (text[at] == '}');
    }
    return len;
}

/* `12:since;before`, `several:so;one` */
static void
expand_choice(const mig__schema_read *read, mig_buf *sql, const char *text, size_t len)
{
    size_t colon = find(text, 0, len, ':'), middle = find(text, colon, len, ';');

    assert(middle < len);
    if (text[0] == 's' ? read->schemas->several
                       : read->version >= 10000 * (int)strtol(text, NULL, 10))
        expand(read, sql, text + colon + 1, middle - colon - 1);
    else
        expand(read, sql, text + middle + 1, len - middle - 1);
}

static bool
is_choice(const char *text)
{
    return (text[0] >= '0' && text[0] <= '9') || strncmp(text, "several:", 8) == 0;
}

static const piece *
find_piece(const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++)
        if (strlen(pieces[i].name) == len && strncmp(pieces[i].name, name, len) == 0)
            return &pieces[i];
    return NULL;
}

/* `name:one|two` */
static void
expand_piece(const mig__schema_read *read, mig_buf *sql, const char *text, size_t len)
{
    size_t       colon = find(text, 0, len, ':'), args[MAX_ARGS + 1] = {colon + 1}, n = 0;
    const piece *found = find_piece(text, colon);
    mig_buf      filled = MIG_BUF_INIT;

    assert(found != NULL);
    while (n < MAX_ARGS && args[n] <= len) {
        args[n + 1] = find(text, args[n], len, '|') + 1;
        n++;
    }
    for (const char *p = found->text; *p != '\0'; p++) {
        size_t i = (size_t)(p[1] - '1');

        if (*p != '$' || i >= n)
            mig_buf_add(&filled, p, 1);
        else
            mig_buf_add(&filled, text + args[i], args[i + 1] - args[i] - 1), p++;
    }
    sql->failed = sql->failed || filled.failed;
    expand(read, sql, mig_buf_text(&filled), filled.len);
    mig_buf_fini(&filled);
}

static void
expand(const mig__schema_read *read, mig_buf *sql, const char *text, size_t len)
{
    size_t at = 0;

    while (at < len) {
        size_t brace = find(text, at, len, '{'), end = find(text, brace + 1, len, '}');

        mig_buf_add(sql, text + at, brace - at);
        if (brace == len)
            return;
        assert(end < len);
        if (is_choice(text + brace + 1))
            expand_choice(read, sql, text + brace + 1, end - brace - 1);
        else
            expand_piece(read, sql, text + brace + 1, end - brace - 1);
        at = end + 1;
    }
}

void
mig__schema_sql(const mig__schema_read *read, mig_buf *sql, const char *text)
{
    expand(read, sql, text, strlen(text));
}
