/*
 * pg_replace.c - what stands under the names of a schema that is to be made,
 * and may it go.
 *
 * The roots are the tables, views, free sequences, types and collations of
 * these names.  With them goes what the server drops by itself ("automatic" and
 * "internal" in pg_depend): indexes, constraints, triggers, partitions, owned
 * sequences, row types.  What depends on any of these in the normal way, and
 * does not go, is outside: CASCADE would take it along, so the run is refused
 * with a list.  A type or collation with something outside stays if it is what
 * the new schema would make; then it is no root, and the question is asked
 * again, until nothing changes.
 *
 * Views go one by one, those over other views first; tables in one statement,
 * since they may refer to each other.
 *
 * Source: PostgreSQL manual, "pg_depend".
 *
 * Threads: the sink's.
 */
#include <stdlib.h>
#include <string.h>

#include "pg_sink.h"

/* The names, as array literals: parameters of all questions here. */
typedef struct names {
    mig_buf     relations, indexes, types, collations, kept;
    const char *params[6];
} names;

enum { PARAM_SCHEMA, PARAM_RELATIONS, PARAM_TYPES, PARAM_COLLATIONS, PARAM_KEPT, PARAM_INDEXES };

/* "root": class and OID of what is to be dropped; "gone": also what goes with it, from which root.
 * Every parameter is mentioned, so that each question can be given all of them. */
#define REPLACED_SQL                                                                               \
    "WITH RECURSIVE asked AS (SELECT n.oid AS schema, $2::text[] AS relations, $3::text[] AS "     \
    "types,"                                                                                       \
    " $4::text[] AS collations, $5::oid[] AS kept, $6::text[] AS indexes"                          \
    " FROM pg_namespace n WHERE n.nspname = $1"                                                    \
    "), root (class, id) AS ("                                                                     \
    " SELECT 'pg_class'::regclass::oid, c.oid FROM asked a JOIN pg_class c"                        \
    "  ON c.relnamespace = a.schema AND c.relname::text = ANY (a.relations)"                       \
    "  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') OR c.relkind = 'S' AND NOT EXISTS ("           \
    "   SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid"        \
    "   AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i'))"                      \
    " UNION ALL SELECT 'pg_type'::regclass, t.oid FROM asked a JOIN pg_type t"                     \
    "  ON t.typnamespace = a.schema AND t.typname::text = ANY (a.types)"                           \
    "  LEFT JOIN pg_class c ON c.oid = t.typrelid"                                                 \
    "  WHERE t.oid <> ALL (a.kept) AND (t.typrelid = 0 OR c.relkind = 'c') AND t.typelem = 0"      \
    " UNION ALL SELECT 'pg_collation'::regclass, c.oid FROM asked a JOIN pg_collation c"           \
    "  ON c.collnamespace = a.schema AND c.collname::text = ANY (a.collations)"                    \
    "  WHERE c.oid <> ALL (a.kept)"                                                                \
    "), gone (class, id, root_class, root) AS ("                                                   \
    " SELECT class, id, class, id FROM root"                                                       \
    " UNION SELECT d.classid, d.objid, g.root_class, g.root FROM gone g JOIN pg_depend d"          \
    " ON d.refclassid = g.class AND d.refobjid = g.id AND d.deptype IN ('a', 'i', 'P', 'S')) "

static void
names_fini(names *n)
{
    mig_buf_fini(&n->relations);
    mig_buf_fini(&n->indexes);
    mig_buf_fini(&n->types);
    mig_buf_fini(&n->collations);
    mig_buf_fini(&n->kept);
}

static void
list_things(mig_buf *text, const mig_ddl *ddl, mig_ddl_thing_kind kind)
{
    bool any = false;

    mig_buf_puts(text, "{");
    for (size_t i = 0; i < ddl->n_things; i++) {
        if (ddl->things[i].kind != kind)
            continue;
        mig_buf_puts(text, any ? "," : "");
        mig__query_element(text, ddl->things[i].name);
        any = true;
    }
    mig_buf_puts(text, "}");
}

static mig_status
names_init(names *n, const mig__pg_sink *sink, const mig_ddl *ddl, mig_error *err)
{
    mig_status st = MIG_OK;

    mig__query_names(&n->relations, ddl->relations, ddl->n_relations);
    mig__query_names(&n->indexes, ddl->indexes, ddl->n_indexes);
    list_things(&n->types, ddl, MIG_DDL_TYPE);
    list_things(&n->collations, ddl, MIG_DDL_COLLATION);
    mig_buf_puts(&n->kept, "{}");
    MIG_TRY(mig_buf_check(&n->relations, err));
    MIG_TRY(mig_buf_check(&n->indexes, err));
    MIG_TRY(mig_buf_check(&n->types, err));
    MIG_TRY(mig_buf_check(&n->collations, err));
    MIG_TRY(mig_buf_check(&n->kept, err));
    n->params[PARAM_SCHEMA] = sink->home;
    n->params[PARAM_RELATIONS] = mig_buf_text(&n->relations);
    n->params[PARAM_TYPES] = mig_buf_text(&n->types);
    n->params[PARAM_COLLATIONS] = mig_buf_text(&n->collations);
    n->params[PARAM_KEPT] = mig_buf_text(&n->kept);
    n->params[PARAM_INDEXES] = mig_buf_text(&n->indexes);
done:
    return st;
}

static mig_status
ask(mig__pg_sink *sink, const names *n, const char *sql, PGresult **resp, mig_error *err)
{
    return mig__query_rows(&sink->control, "cannot ask what stands in the target", sql, 6,
                           n->params, resp, err);
}

/* Objects of the target schema are described without its name; ours come first all the same. */
static mig_status
catalog_path(mig__pg_sink *sink, mig_error *err)
{
    mig_status st;
    mig_buf    sql = MIG_BUF_INIT;

    mig_buf_puts(&sql, "SET LOCAL search_path = pg_catalog, ");
    mig_buf_identifier(&sql, sink->home);
    st = mig__query_run_buf(&sink->control, "cannot set search_path", &sql, err);
    mig_buf_fini(&sql);
    return st;
}

/* ---- questions --------------------------------------------------------------------------- */

/* 'the name, what has it': neither a root nor something that goes with one. */
static const char taken_sql[] = REPLACED_SQL
    "SELECT x.name, pg_describe_object(x.class, x.id, 0) FROM ("
    " SELECT 'pg_class'::regclass::oid AS class, c.oid AS id, c.relname AS name"
    "  FROM asked a JOIN pg_class c ON c.relnamespace = a.schema"
    "  AND c.relname::text = ANY (a.relations || a.indexes)"
    " UNION ALL SELECT 'pg_type'::regclass::oid, t.oid, t.typname FROM asked a JOIN pg_type t"
    "  ON t.typnamespace = a.schema AND t.typname::text = ANY (a.relations || a.types)"
    "  WHERE t.oid <> ALL (a.kept)"
    "  AND t.typelem = 0 AND (t.typrelid = 0 OR t.typname::text = ANY (a.types))) x"
    " WHERE NOT EXISTS (SELECT FROM gone g WHERE g.class = x.class AND g.id = x.id)"
    " ORDER BY 1, 2";

static mig_status
check_taken(mig__pg_sink *sink, const names *n, mig_error *err)
{
    mig_status st = MIG_OK;
    PGresult  *res = NULL;

    MIG_TRY(ask(sink, n, taken_sql, &res, err));
    if (PQntuples(res) == 0)
        goto done;
    st = mig_raise(err, MIG_E_REFUSED, "names of the new schema are taken in the schema %s",
                   sink->home);
    for (int i = 0; i < PQntuples(res); i++)
        mig_error_detail(err, "%s: %s", PQgetvalue(res, i, 0), PQgetvalue(res, i, 1));
    mig_error_hint(err, "rename what has the name, or copy into another schema");
done:
    PQclear(res);
    return st;
}

/* The kind as ALTER knows it, the name, whether the role may drop it, what extension has it. */
static const char owners_sql[] =
    REPLACED_SQL "SELECT CASE WHEN r.class = 'pg_type'::regclass THEN 'TYPE'"
                 "  WHEN r.class = 'pg_collation'::regclass THEN 'COLLATION'"
                 "  WHEN c.relkind = 'v' THEN 'VIEW' WHEN c.relkind = 'm' THEN 'MATERIALIZED VIEW'"
                 "  WHEN c.relkind = 'f' THEN 'FOREIGN TABLE' WHEN c.relkind = 'S' THEN 'SEQUENCE'"
                 "  ELSE 'TABLE' END,"
                 " COALESCE(c.relname, t.typname, l.collname),"
                 " pg_has_role(COALESCE(c.relowner, t.typowner, l.collowner), 'USAGE')"
                 "  OR pg_has_role(n.nspowner, 'USAGE'),"
                 " (SELECT e.extname FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid"
                 "  WHERE d.classid = r.class AND d.objid = r.id AND d.deptype = 'e' LIMIT 1)"
                 " FROM root r CROSS JOIN asked a JOIN pg_namespace n ON n.oid = a.schema"
                 " LEFT JOIN pg_class c ON r.class = 'pg_class'::regclass AND c.oid = r.id"
                 " LEFT JOIN pg_type t ON r.class = 'pg_type'::regclass AND t.oid = r.id"
                 " LEFT JOIN pg_collation l ON r.class = 'pg_collation'::regclass AND l.oid = r.id"
                 " ORDER BY 2";

enum { OWNED_KIND, OWNED_NAME, OWNED_MAY, OWNED_EXTENSION };

static mig_status
refuse_owner(const mig__pg_sink *sink, const PGresult *res, int row, mig_buf *sql, mig_error *err)
{
    mig_raise(err, MIG_E_RIGHTS, "the role %s may not replace all tables: it does not own them",
              sink->role);
    mig_error_detail(err, "%s", PQgetvalue(res, row, OWNED_NAME));
    mig_buf_printf(sql, "%sALTER %s ", sql->len > 0 ? " " : "", PQgetvalue(res, row, OWNED_KIND));
    mig__query_name(sql, sink->home, PQgetvalue(res, row, OWNED_NAME));
    mig_buf_puts(sql, " OWNER TO ");
    mig_buf_identifier(sql, sink->role);
    mig_buf_puts(sql, ";");
    return MIG_E_RIGHTS;
}

static mig_status
check_owners(mig__pg_sink *sink, const names *n, mig_error *err)
{
    mig_status st = MIG_OK;
    PGresult  *res = NULL;
    mig_buf    sql = MIG_BUF_INIT;

    MIG_TRY(ask(sink, n, owners_sql, &res, err));
    for (int i = 0; i < PQntuples(res); i++) {
        if (!PQgetisnull(res, i, OWNED_EXTENSION)) {
            st = mig_raise(err, MIG_E_REFUSED, "%s in the target belongs to the extension %s",
                           PQgetvalue(res, i, OWNED_NAME), PQgetvalue(res, i, OWNED_EXTENSION));
            goto done;
        }
        if (!mig__query_true(res, i, OWNED_MAY))
            st = refuse_owner(sink, res, i, &sql, err);
    }
    if (st != MIG_OK && !sql.failed)
        mig_error_hint(err, "have a superuser run, in database \"%s\": %s", sink->database,
                       mig_buf_text(&sql));
done:
    PQclear(res);
    mig_buf_fini(&sql);
    return st;
}

/*
 * What depends from outside: its description, that of what it depends on, and the root's class, OID
 * and name.  A rule stands for its table or view.
 */
static const char outside_sql[] = REPLACED_SQL
    "SELECT DISTINCT pg_describe_object(x.class, x.id, x.sub),"
    " pg_describe_object(x.root_class, x.root, 0), x.root_class = 'pg_class'::regclass,"
    " x.root, CASE WHEN x.root_class = 'pg_type'::regclass"
    "  THEN (SELECT t.typname FROM pg_type t WHERE t.oid = x.root)"
    "  ELSE (SELECT l.collname FROM pg_collation l WHERE l.oid = x.root) END FROM ("
    " SELECT CASE WHEN r.oid IS NULL THEN d.classid ELSE 'pg_class'::regclass END AS class,"
    " COALESCE(r.ev_class, d.objid) AS id,"
    " CASE WHEN r.oid IS NULL THEN d.objsubid ELSE 0 END AS sub, g.root_class, g.root"
    " FROM gone g JOIN pg_depend d ON d.refclassid = g.class AND d.refobjid = g.id"
    " AND d.deptype = 'n'"
    " LEFT JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid"
    " WHERE NOT EXISTS (SELECT FROM gone h WHERE h.class = d.classid AND h.id = d.objid)) x"
    " WHERE NOT EXISTS (SELECT FROM gone h WHERE h.class = x.class AND h.id = x.id)"
    " ORDER BY 1, 2";

enum { OUT_WHAT, OUT_ON, OUT_RELATION, OUT_ROOT, OUT_NAME };

static mig_status
is_same(mig__pg_sink *sink, const mig_ddl_thing *thing, bool *samep, mig_error *err)
{
    mig_status st = MIG_OK;
    PGresult  *res = NULL;

    *samep = false;
    if (thing->same == NULL)
        goto done;
    MIG_TRY(mig__query_rows(&sink->control, "cannot ask for a type of the target", thing->same, 0,
                            NULL, &res, err));
    *samep = PQntuples(res) == 1 && mig__query_true(res, 0, 0);
done:
    PQclear(res);
    return st;
}

/* The thing of a root that is none of the relations. */
static size_t
thing_of(const mig_ddl *ddl, const char *name, const char *described)
{
    mig_ddl_thing_kind kind =
        strncmp(described, "collation", 9) == 0 ? MIG_DDL_COLLATION : MIG_DDL_TYPE;
    size_t i = 0;

    while (i < ddl->n_things &&
           (ddl->things[i].kind != kind || strcmp(ddl->things[i].name, name) != 0))
        i++;
    return i;
}

/* Keeps the things that can stay; *changedp: there was one, so the list is no longer true. */
static mig_status
keep_same(mig__pg_sink *sink, const mig_ddl *ddl, const PGresult *out, names *n, bool *kept,
          bool *changedp, mig_error *err)
{
    mig_status st = MIG_OK;

    *changedp = false;
    for (int i = 0; i < PQntuples(out); i++) {
        size_t t;
        bool   same;

        if (mig__query_true(out, i, OUT_RELATION))
            continue;
        t = thing_of(ddl, PQgetvalue(out, i, OUT_NAME), PQgetvalue(out, i, OUT_ON));
        if (t == ddl->n_things || kept[t])
            continue;
        MIG_TRY(is_same(sink, &ddl->things[t], &same, err));
        if (!same)
            continue;
        kept[t] = *changedp = true;
        n->kept.len--; /* the closing brace */
        mig_buf_printf(&n->kept, "%s%s}", n->kept.len > 1 ? "," : "", PQgetvalue(out, i, OUT_ROOT));
    }
    MIG_TRY(mig_buf_check(&n->kept, err));
    n->params[PARAM_KEPT] = mig_buf_text(&n->kept);
done:
    return st;
}

static mig_status
check_outside(mig__pg_sink *sink, const mig_ddl *ddl, names *n, bool *kept, mig_error *err)
{
    mig_status st = MIG_OK;
    PGresult  *out = NULL;
    bool       changed = true;

    while (changed) {
        PQclear(out);
        out = NULL;
        MIG_TRY(ask(sink, n, outside_sql, &out, err));
        MIG_TRY(keep_same(sink, ddl, out, n, kept, &changed, err));
    }
    if (PQntuples(out) == 0)
        goto done;
    st = mig_raise(err, MIG_E_REFUSED, "what the new schema replaces is used by something else");
    for (int i = 0; i < PQntuples(out); i++)
        mig_error_detail(err, "%s depends on %s", PQgetvalue(out, i, OUT_WHAT),
                         PQgetvalue(out, i, OUT_ON));
    mig_error_hint(err, "drop it first and make it again after the copy, or copy into another "
                        "schema");
done:
    PQclear(out);
    return st;
}

static mig_status
check_all(mig__pg_sink *sink, const mig_ddl *ddl, names *n, bool *kept, mig_error *err)
{
    mig_status st = MIG_OK;

    MIG_TRY(catalog_path(sink, err));
    MIG_TRY(check_outside(sink, ddl, n, kept, err));
    MIG_TRY(check_taken(sink, n, err));
    MIG_TRY(check_owners(sink, n, err));
done:
    return st;
}

mig_status
mig__replace_check(mig__pg_sink *sink, const mig_ddl *ddl, bool *kept, mig_error *err)
{
    mig_status st = MIG_OK;
    names      n = {.params = {NULL}};

    MIG_TRY(names_init(&n, sink, ddl, err));
    MIG_TRY(check_all(sink, ddl, &n, kept, err));
done:
    names_fini(&n);
    return st;
}

/* ---- dropping ---------------------------------------------------------------------------- */

/* Kind and name, in the order in which they can go.  A view stands above what its query reads. */
static const char order_sql[] = REPLACED_SQL
    ", above (id, height) AS ("
    " SELECT r.id, 0 FROM root r WHERE r.class = 'pg_class'::regclass"
    " UNION SELECT w.ev_class, a.height + 1 FROM above a JOIN pg_depend d"
    "  ON d.refclassid = 'pg_class'::regclass AND d.refobjid = a.id"
    "  AND d.classid = 'pg_rewrite'::regclass"
    "  JOIN pg_rewrite w ON w.oid = d.objid AND w.ev_type = '1' AND w.ev_class <> a.id)"
    " SELECT CASE WHEN c.relkind = 'v' THEN 'VIEW' WHEN c.relkind = 'm' THEN 'MATERIALIZED VIEW'"
    "  WHEN c.relkind = 'f' THEN 'FOREIGN TABLE' WHEN c.relkind = 'S' THEN 'SEQUENCE'"
    "  ELSE 'TABLE' END, c.relname"
    " FROM root r JOIN pg_class c ON r.class = 'pg_class'::regclass AND c.oid = r.id"
    " ORDER BY CASE WHEN c.relkind IN ('v', 'm') THEN 0 WHEN c.relkind = 'f' THEN 1"
    "  WHEN c.relkind = 'S' THEN 3 ELSE 2 END,"
    " (SELECT max(a.height) FROM above a WHERE a.id = c.oid) DESC, c.relname";

static mig_status
add_relation_drops(mig__pg_sink *sink, const names *n, mig_buf *sql, mig_error *err)
{
    mig_status  st = MIG_OK;
    PGresult   *res = NULL;
    const char *before = "";

    MIG_TRY(ask(sink, n, order_sql, &res, err));
    for (int i = 0; i < PQntuples(res); i++) {
        const char *kind = PQgetvalue(res, i, 0);

        if (strcmp(kind, "TABLE") == 0 && strcmp(before, "TABLE") == 0)
            mig_buf_puts(sql, ", ");
        else
            mig_buf_printf(sql, "%sDROP %s ", i > 0 ? ";" : "", kind);
        mig__query_name(sql, sink->home, PQgetvalue(res, i, 1));
        before = kind;
    }
    mig_buf_puts(sql, PQntuples(res) > 0 ? ";" : "");
done:
    PQclear(res);
    return st;
}

/* Last made, first dropped. */
static void
add_thing_drops(const mig__pg_sink *sink, const mig_ddl *ddl, const bool *kept, mig_buf *sql)
{
    for (size_t i = ddl->n_things; i-- > 0;) {
        if (kept[i])
            continue;
        mig_buf_printf(sql, "DROP %s IF EXISTS ",
                       ddl->things[i].kind == MIG_DDL_TYPE ? "TYPE" : "COLLATION");
        mig__query_name(sql, sink->home, ddl->things[i].name);
        mig_buf_puts(sql, ";");
    }
}

mig_status
mig__replace_drop(mig__pg_sink *sink, const mig_ddl *ddl, bool *kept, mig_error *err)
{
    mig_status st = MIG_OK;
    names      n = {.params = {NULL}};
    mig_buf    sql = MIG_BUF_INIT;

    MIG_TRY(names_init(&n, sink, ddl, err));
    MIG_TRY(check_all(sink, ddl, &n, kept, err));
    MIG_TRY(add_relation_drops(sink, &n, &sql, err));
    add_thing_drops(sink, ddl, kept, &sql);
    MIG_TRY(
        mig__query_run_buf(&sink->control, "cannot drop the tables that are replaced", &sql, err));
done:
    names_fini(&n);
    mig_buf_fini(&sql);
    return st;
}
