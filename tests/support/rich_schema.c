/*
 * rich_schema.c - schemas with something of everything.
 */
#include "rich_schema.h"

#include <stdlib.h>

static mig_schema_table *
table(mig_mirror *m, const char *name)
{
    return mig_schema_add_table(m->schema, name);
}

static mig_schema_column *
column(mig_mirror *m, mig_schema_table *t, const char *name, const char *type)
{
    return mig_schema_add_column(m->schema, t, name, type);
}

static mig_constraint *
key(mig_mirror *m, mig_schema_table *t, mig_constraint_kind kind, const char *name,
    const char *first, const char *second)
{
    mig_constraint *c = mig_schema_add_constraint(m->schema, t, kind, name);

    mig_schema_add_part(m->schema, &c->parts, &c->n_parts)->column = first;
    if (second != NULL)
        mig_schema_add_part(m->schema, &c->parts, &c->n_parts)->column = second;
    return c;
}

static mig_constraint *
foreign(mig_mirror *m, mig_schema_table *t, const char *name, const char *from, const char *parent)
{
    mig_constraint *c = mig_schema_add_constraint(m->schema, t, MIG_CONSTRAINT_FOREIGN, name);

    c->parent = parent;
    mig_schema_add_name(m->schema, &c->columns, &c->n_columns, from);
    return c;
}

static mig_index *
add_index(mig_mirror *m, const char *name, const char *on, const char *part)
{
    mig_index *i = mig_schema_add_index(m->schema, name, on);

    mig_schema_add_part(m->schema, &i->parts, &i->n_parts)->column = part;
    return i;
}

static void
view(mig_mirror *m, mig_object_kind kind, const char *name, const char *as, const char *query)
{
    mig_schema_object *o = mig_schema_add_object(m->schema, kind, name);

    o->query = query;
    mig_schema_add_name(m->schema, &o->columns, &o->n_columns, as);
    o->comment = "a view; it's one";
}

/* Names of both dialects that need quotes, in a table that refers to itself. */
static void
add_odd_table(mig_mirror *m, const char *integer)
{
    mig_schema_table *t = table(m, "Odd \"name\"");

    column(m, t, "order", integer);
    column(m, t, "Ünïcode\nline", "text");
    t->columns[1].default_value = "'it''s ; -- '";
    column(m, t, "user", integer);
    key(m, t, MIG_CONSTRAINT_PRIMARY, "Odd_pkey", "order", NULL);
    foreign(m, t, "odd self", "user", "Odd \"name\"")->deferrable = true;
    t->constraints[1].deferred = true;
}

static void
add_types(mig_mirror *m)
{
    mig_schema_type   *t = mig_schema_add_type(m->schema, MIG_TYPE_ENUM, "\"Mood\"");
    mig_schema_object *o = mig_schema_add_object(m->schema, MIG_OBJECT_OTHER, "nocase");

    mig_schema_add_name(m->schema, &t->labels, &t->n_labels, "so 'so'");
    mig_schema_add_name(m->schema, &t->labels, &t->n_labels, "glad");
    t->comment = "how one feels";
    t = mig_schema_add_type(m->schema, MIG_TYPE_DOMAIN, "port");
    t->base = "integer";
    t->not_null = true;
    t->default_value = "80";
    mig_schema_add_name(m->schema, &t->checks, &t->n_checks, "VALUE > 0");
    t = mig_schema_add_type(m->schema, MIG_TYPE_COMPOSITE, "pair");
    mig_schema_add_name(m->schema, &t->labels, &t->n_labels, "a integer");
    mig_schema_add_name(m->schema, &t->labels, &t->n_labels, "\"B b\" text");
    t = mig_schema_add_type(m->schema, MIG_TYPE_RANGE, "ports");
    t->definition = "CREATE TYPE public.ports AS RANGE (subtype = integer);";
    o->sql = "CREATE COLLATION IF NOT EXISTS \"public\".\"nocase\" (provider = icu, locale = "
             "'und-u-ks-level2', deterministic = false)";
    o = mig_schema_add_object(m->schema, MIG_OBJECT_SEQUENCE, "free_seq");
    o->sql = "CREATE SEQUENCE public.free_seq START WITH 7";
    o->comment = "free";
}

static void
add_postgres_hosts(mig_mirror *m)
{
    mig_schema_table *t = table(m, "hosts");
    mig_constraint   *c;

    t->comment = "all hosts";
    column(m, t, "id", "bigint")->identity = MIG_IDENTITY_BY_DEFAULT;
    t->columns[0].sequence = (mig_sequence_options){
        .set = true, .start = 5, .increment = 5, .min = 1, .max = 1000, .cache = 1, .cycle = true};
    column(m, t, "name", "character varying(40)")->collation = "\"public\".\"nocase\"";
    t->columns[1].not_null = true;
    t->columns[1].comment = "its name";
    column(m, t, "mood", "\"Mood\"")->default_value = "'glad'::\"Mood\"";
    column(m, t, "port", "port");
    column(m, t, "twice", "integer")->generated = "port * 2";
    t->columns[4].stored = true;
    column(m, t, "seen", "timestamp with time zone")->default_value = "now() AT TIME ZONE 'UTC'";
    column(m, t, "counted", "integer")->identity = MIG_IDENTITY_SERIAL;
    t->columns[6].not_null = true;
    column(m, t, "stepped", "bigint")->identity = MIG_IDENTITY_SERIAL;
    t->columns[7].sequence = t->columns[0].sequence;
    key(m, t, MIG_CONSTRAINT_PRIMARY, "hosts_pkey", "id", NULL)->comment = "the key";
    c = key(m, t, MIG_CONSTRAINT_UNIQUE, "hosts_name_port_key", "name", "port");
    c->deferrable = true;
    mig_schema_add_name(m->schema, &c->include, &c->n_include, "mood");
    mig_schema_add_constraint(m->schema, t, MIG_CONSTRAINT_CHECK, "hosts_port_check")->expression =
        "port <> 13";
    c = mig_schema_add_constraint(m->schema, t, MIG_CONSTRAINT_CHECK, "hosts_late_check");
    c->expression = "port <> 14";
    c->not_valid = true;
    c = mig_schema_add_constraint(m->schema, t, MIG_CONSTRAINT_EXCLUDE, "hosts_mood_excl");
    c->definition = "EXCLUDE USING btree (twice WITH =)";
}

static void
add_postgres_children(mig_mirror *m)
{
    mig_schema_table *t = table(m, "child");
    mig_constraint   *c;

    t->unlogged = true;
    column(m, t, "host", "bigint");
    column(m, t, "odd", "bigint");
    c = foreign(m, t, "child_host_fkey", "host", "hosts");
    c->on_delete = MIG_ACTION_CASCADE;
    c->on_update = MIG_ACTION_SET_NULL;
    mig_schema_add_name(m->schema, &c->parent_columns, &c->n_parent_columns, "id");
    c = foreign(m, t, "child_odd_fkey", "odd", "Odd \"name\"");
    c->not_valid = true;
    c->comment = "not looked at";
}

static void
add_postgres_indexes(mig_mirror *m)
{
    mig_index    *i = add_index(m, "hosts_name_idx", "hosts", "name");
    mig_key_part *p;

    i->unique = true;
    i->where = "mood IS NOT NULL";
    i->parts[0].collation = "pg_catalog.\"C\"";
    i->parts[0].descending = true;
    i->parts[0].nulls = MIG_NULLS_LAST;
    mig_schema_add_name(m->schema, &i->include, &i->n_include, "port");
    i->comment = "to find them";
    i = add_index(m, "Index \"x\"", "hosts", "port");
    i->method = "hash";
    i = mig_schema_add_index(m->schema, "hosts_lower_idx", "hosts");
    p = mig_schema_add_part(m->schema, &i->parts, &i->n_parts);
    p->expression = "lower(name::text)";
    p->collation = "pg_catalog.\"C\"";
    p->opclass = "text_pattern_ops";
}

static void
add_sqlite_tables(mig_mirror *m)
{
    mig_schema_table *t = table(m, "hosts");
    mig_constraint   *c;

    column(m, t, "id", "INTEGER")->identity = MIG_IDENTITY_AUTOINCREMENT;
    column(m, t, "Name", "TEXT")->collation = "NOCASE";
    t->columns[1].not_null = true;
    t->columns[1].not_null_conflict = "IGNORE";
    column(m, t, "made", "")->default_value = "datetime('now')";
    column(m, t, "twice", "INTEGER")->generated = "id * 2 -- doubled";
    column(m, t, "raw", "BLOB")->default_value = "x'00ff'";
    t->strict = false;
    key(m, t, MIG_CONSTRAINT_PRIMARY, "", "id", NULL);
    c = key(m, t, MIG_CONSTRAINT_UNIQUE, "unique one", "Name", "made");
    c->parts[0].descending = true;
    c->conflict = "REPLACE";
    mig_schema_add_constraint(m->schema, t, MIG_CONSTRAINT_CHECK, "")->expression =
        "length(Name) > 0 -- at least";
    t = table(m, "child");
    t->without_rowid = t->strict = true;
    column(m, t, "host", "INTEGER")->not_null = true;
    column(m, t, "n", "INT")->default_value = "-1";
    key(m, t, MIG_CONSTRAINT_PRIMARY, "child_key", "n", "host");
    c = foreign(m, t, "", "host", "hosts");
    c->on_delete = MIG_ACTION_SET_DEFAULT;
    t = table(m, "old");
    column(m, t, "id", "INTEGER");
    key(m, t, MIG_CONSTRAINT_PRIMARY, "", "id", NULL)->parts[0].descending = true;
}

static void
add_sqlite_rest(mig_mirror *m)
{
    mig_index         *i = add_index(m, "group", "hosts", "Name");
    mig_schema_object *o;

    i->unique = true;
    i->where = "made IS NOT NULL";
    i->parts[0].collation = "RTRIM";
    i->parts[0].descending = true;
    mig_schema_add_part(m->schema, &i->parts, &i->n_parts)->expression = "twice + 1";
    view(m, MIG_OBJECT_VIEW, "seen by", "as", "SELECT Name FROM hosts -- all of them");
    o = mig_schema_add_object(m->schema, MIG_OBJECT_TRIGGER, "t1");
    o->table = "hosts";
    o->sql = "CREATE TRIGGER t1 AFTER INSERT ON hosts BEGIN\n  DELETE FROM child; SELECT 1;\nEND";
}

void
rich_decide(mig_mirror *mirror, mig_decision decision)
{
    mirror->decisions = reallocarray(mirror->decisions, mirror->n_decisions + 1, sizeof decision);
    mirror->decisions[mirror->n_decisions++] = decision;
}

static void
decide_all(mig_mirror *m)
{
    rich_decide(m, (mig_decision){.kind = MIG_DECISION_TYPE,
                                  .table = "hosts",
                                  .what = "column hosts.port",
                                  .text = "wider\rthan\nit says; DROP TABLE hosts;"});
    rich_decide(m, (mig_decision){.kind = MIG_DECISION_CHANGED,
                                  .table = "hosts",
                                  .what = "constraint hosts_name_port_key",
                                  .text = "without something",
                                  .sql = "UNIQUE (name,\nport) */ SELECT nothing;"});
    rich_decide(m, (mig_decision){.kind = MIG_DECISION_NOT_CARRIED,
                                  .table = "hosts",
                                  .what = "trigger touch",
                                  .text = "not translated",
                                  .sql = "CREATE TRIGGER touch */\r\nSELECT nonsense;\rEND;"});
    rich_decide(m, (mig_decision){.kind = MIG_DECISION_NAME, .text = "about everything"});
}

mig_mirror *
bare_mirror(mig_dialect dialect)
{
    mig_mirror *m = calloc(1, sizeof *m);

    m->schema = mig_schema_new(dialect, dialect == MIG_DIALECT_SQLITE ? "main" : "public");
    return m;
}

mig_mirror *
rich_mirror(mig_dialect dialect)
{
    mig_mirror *m = bare_mirror(dialect);

    if (dialect == MIG_DIALECT_POSTGRES) {
        add_types(m);
        add_odd_table(m, "bigint");
        add_postgres_hosts(m);
        add_postgres_children(m);
        add_postgres_indexes(m);
        view(m, MIG_OBJECT_VIEW, "v", "the name", "\n SELECT name\n   FROM public.hosts;");
        view(m, MIG_OBJECT_MATERIALIZED_VIEW, "M", "x", "SELECT \"the name\" FROM public.v");
    } else {
        add_odd_table(m, "INTEGER");
        add_sqlite_tables(m);
        add_sqlite_rest(m);
    }
    decide_all(m);
    mig_schema_finish(m->schema);
    return m;
}

void
rich_mirror_free(mig_mirror *mirror)
{
    if (mirror == NULL)
        return;
    mig_schema_free(mirror->schema);
    free(mirror->decisions);
    free(mirror);
}
