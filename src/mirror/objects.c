/*
 * objects.c - types of users, views, and all that is neither table nor index.
 */
#include <string.h>
#include <strings.h>

#include "making.h"
#include "mig/match.h"

static void
tell(mig__making *m, const mig_schema_object *object, mig_decision_kind kind, const char *name,
     const char *text)
{
    const mig__making_table *table =
        object->table != NULL ? mig__making_find(m, object->table) : NULL;

    mig__making_tell(
        m,
        (mig_decision){.kind = kind,
                       .table = table != NULL ? mig__making_target(m, table)->name : NULL,
                       .what = mig__making_print(m, "%s %s", mig_object_words(object->kind), name),
                       .text = text,
                       .sql = object->sql});
}

/* ---- types -------------------------------------------------------------------------------- */

static bool
copy_names(mig__making *m, const char *const *names, size_t n, const char ***to, size_t *n_to)
{
    for (size_t i = 0; i < n; i++)
        if (!mig_schema_add_name(m->out, to, n_to, names[i]))
            return mig__making_has(m, NULL);
    return true;
}

/* Whether what a domain says stays as it is; else it is told. */
static bool
stays(mig__making *m, const mig_schema_type *type, const char *part, const char *text)
{
    const char *why = mig__making_verbatim(m, NULL, text);

    if (why != NULL)
        mig__making_tell(m, (mig_decision){.kind = MIG_DECISION_NOT_CARRIED,
                                           .what = mig__making_print(m, "type %s", type->name),
                                           .text = mig__making_print(m, "its %s: %s", part, why),
                                           .sql = text});
    return why == NULL;
}

static void
copy_type(mig__making *m, const mig_schema_type *from)
{
    mig_schema_type *out = mig_schema_add_type(m->out, from->kind, from->name);
    bool             whole = true;

    if (!mig__making_has(m, out))
        return;
    out->base = from->base;
    out->not_null = from->not_null;
    out->collation = from->collation;
    out->comment = from->comment;
    copy_names(m, from->labels, from->n_labels, &out->labels, &out->n_labels);
    if (from->default_value != NULL && stays(m, from, "default", from->default_value))
        out->default_value = from->default_value;
    for (size_t i = 0; i < from->n_checks; i++) {
        if (stays(m, from, "condition", from->checks[i]))
            copy_names(m, &from->checks[i], 1, &out->checks, &out->n_checks);
        else
            whole = false;
    }
    if (whole && out->default_value == from->default_value)
        out->definition = from->definition;
}

static bool
is_used(const mig__making *m, const mig_schema_type *type)
{
    for (size_t c = 0; c < m->n_columns; c++)
        if (strstr(m->columns[c].from->type, type->name) != NULL)
            return true;
    return false;
}

void
mig__making_user_types(mig__making *m)
{
    for (size_t i = 0; i < m->schema->n_types && m->st == MIG_OK; i++) {
        const mig_schema_type *type = &m->schema->types[i];

        if (m->same)
            copy_type(m, type);
        else if (is_used(m, type))
            mig__making_tell(
                m,
                (mig_decision){.kind = MIG_DECISION_CHANGED,
                               .what = mig__making_print(m, "type %s", type->name),
                               .text = type->kind == MIG_TYPE_ENUM || type->kind == MIG_TYPE_DOMAIN
                                           ? "a condition of each column that has it"
                                           : "its values are texts, as PostgreSQL writes them",
                               .sql = type->definition});
    }
}

/* ---- views -------------------------------------------------------------------------------- */

/* Its query in the target's words, or NULL with the reason. */
static const char *
query_of(mig__making *m, const mig_schema_object *view, const char *name, const char **whyp)
{
    if (view->query == NULL) {
        *whyp = "its query was not understood";
        return NULL;
    }
    if (m->same) {
        *whyp = mig__making_verbatim(m, NULL, view->query);
        return *whyp == NULL ? view->query : NULL;
    }
    return mig__making_translate_query(
        m, view->query, mig__making_print(m, "%s %s", mig_object_words(view->kind), name), whyp);
}

static void
carry_view(mig__making *m, size_t i)
{
    const mig_schema_object *view = &m->schema->objects[i];
    const char              *name = m->view_names[i];
    const char              *why = NULL;
    const char              *query = query_of(m, view, name, &why);
    mig_schema_object       *out;

    if (query == NULL) {
        tell(m, view, MIG_DECISION_NOT_CARRIED, name, why);
        return;
    }
    out = mig_schema_add_object(
        m->out, m->rules->target == MIG_DIALECT_SQLITE ? MIG_OBJECT_VIEW : view->kind, name);
    if (!mig__making_has(m, out))
        return;
    m->view_made[i] = true;
    out->query = query;
    out->comment = view->comment;
    if (m->same && m->rules->target == MIG_DIALECT_SQLITE && strcmp(name, view->name) == 0)
        out->sql = view->sql;
    copy_names(m, view->columns, view->n_columns, &out->columns, &out->n_columns);
    if (view->kind == MIG_OBJECT_MATERIALIZED_VIEW && m->rules->target == MIG_DIALECT_SQLITE)
        tell(m, view, MIG_DECISION_CHANGED, name, "a view: SQLite keeps no results of queries");
}

/* ---- the rest ----------------------------------------------------------------------------- */

/* A trigger of SQLite in SQLite. */
static void
carry_trigger(mig__making *m, const mig_schema_object *trigger)
{
    const char        *why = mig__making_verbatim(m, NULL, trigger->sql);
    mig_schema_object *out;

    if (why == NULL && trigger->table != NULL && mig__making_find(m, trigger->table) == NULL)
        why = "its table is not copied";
    if (why != NULL) {
        tell(m, trigger, MIG_DECISION_NOT_CARRIED, trigger->name, why);
        return;
    }
    out = mig_schema_add_object(m->out, MIG_OBJECT_TRIGGER, trigger->name);
    if (!mig__making_has(m, out))
        return;
    out->sql = trigger->sql;
    out->table = trigger->table;
}

static bool
is_collation(const mig_schema_object *object)
{
    return object->kind == MIG_OBJECT_OTHER && object->sql != NULL &&
           strncmp(object->sql, "CREATE COLLATION ", strlen("CREATE COLLATION ")) == 0;
}

/* What tables of PostgreSQL stand on, between two servers. */
static bool
is_ground(const mig_schema_object *object)
{
    return is_collation(object) || object->kind == MIG_OBJECT_SEQUENCE ||
           object->kind == MIG_OBJECT_EXTENSION;
}

static void
carry_ground(mig__making *m, const mig_schema_object *object)
{
    static const char  create[] = "CREATE EXTENSION ";
    mig_schema_object *out = mig_schema_add_object(m->out, object->kind, object->name);

    if (!mig__making_has(m, out))
        return;
    out->comment = object->comment;
    out->sql = object->sql;
    /* It belongs to the database, where it may be already. */
    if (object->kind == MIG_OBJECT_EXTENSION && object->sql != NULL &&
        strncmp(object->sql, create, strlen(create)) == 0)
        out->sql = mig__making_print(m, "%sIF NOT EXISTS %s", create, object->sql + strlen(create));
}

static const mig_schema_object *
find_materialized_view(const mig__making *m, const char *name)
{
    for (size_t i = 0; i < m->schema->n_objects; i++)
        if (m->schema->objects[i].kind == MIG_OBJECT_MATERIALIZED_VIEW &&
            strcmp(m->schema->objects[i].name, name) == 0)
            return &m->schema->objects[i];
    return NULL;
}

/* An index of a materialized view: the reader gives it as an object. */
static bool
is_view_index(const mig__making *m, const mig_schema_object *object)
{
    return object->kind == MIG_OBJECT_OTHER && object->table != NULL && object->sql != NULL &&
           (strncmp(object->sql, "CREATE INDEX ", strlen("CREATE INDEX ")) == 0 ||
            strncmp(object->sql, "CREATE UNIQUE INDEX ", strlen("CREATE UNIQUE INDEX ")) == 0) &&
           find_materialized_view(m, object->table) != NULL;
}

static void
tell_view_index(mig__making *m, const mig_schema_object *object)
{
    mig__making_tell(m, (mig_decision){.kind = MIG_DECISION_NOT_CARRIED,
                                       .what = mig__making_print(m, "index %s", object->name),
                                       .text = "it is one of a materialized view",
                                       .sql = object->sql});
}

static const char *
why_not(const mig__making *m, mig_object_kind kind)
{
    if (kind == MIG_OBJECT_VIRTUAL_TABLE)
        return "it belongs to a module of SQLite; its rows are not copied";
    if (kind == MIG_OBJECT_FOREIGN_TABLE)
        return "its rows are another server's, and are not copied";
    if (kind == MIG_OBJECT_TRIGGER && !m->same)
        return "the two databases have different languages for triggers";
    if (!m->same && kind != MIG_OBJECT_OTHER)
        return "SQLite has no such thing";
    return "this program does not carry it over";
}

static bool
is_unwanted(const mig__making *m, const mig_schema_object *object)
{
    const mig_table *table =
        object->table != NULL ? mig_catalog_find(m->catalog, object->table) : NULL;

    return table != NULL && table->kind != MIG_TABLE_VIEW &&
           mig__making_find(m, object->table) == NULL;
}

static void
carry_object(mig__making *m, size_t i)
{
    const mig_schema_object *object = &m->schema->objects[i];
    const bool               servers = m->same && m->rules->target == MIG_DIALECT_POSTGRES;

    /* One table is made of all its partitions. */
    if (object->kind == MIG_OBJECT_PARTITION || is_unwanted(m, object))
        return;
    if (m->view_names[i] != NULL)
        carry_view(m, i);
    else if (is_view_index(m, object))
        tell_view_index(m, object);
    else if (servers && is_ground(object))
        carry_ground(m, object);
    else if (object->kind == MIG_OBJECT_TRIGGER && m->same && !servers)
        carry_trigger(m, object);
    else if (is_collation(object)) /* the columns that have it are told */
        tell(m, object, MIG_DECISION_CHANGED, object->name,
             "a collation, of which SQLite has its own");
    else
        tell(m, object, MIG_DECISION_NOT_CARRIED, object->name, why_not(m, object->kind));
}

static bool
is_listed(const mig__making *m, const char *name)
{
    for (size_t i = 0; i < m->schema->n_objects; i++)
        if (m->schema->objects[i].kind == MIG_OBJECT_VIRTUAL_TABLE &&
            strcmp(m->schema->objects[i].name, name) == 0)
            return true;
    return false;
}

/* Virtual tables that stand among the tables; what their modules keep has no words of its own. */
static void
tell_virtual_tables(mig__making *m)
{
    for (size_t t = 0; t < m->schema->n_tables; t++) {
        const mig_schema_table *table = &m->schema->tables[t];
        const bool is_virtual = table->sql != NULL && strcasestr(table->sql, "VIRTUAL") != NULL &&
                                strcasestr(table->sql, "USING") != NULL;

        if (table->kind == MIG_TABLE_VIRTUAL && is_virtual && !is_listed(m, table->name))
            tell(m,
                 &(mig_schema_object){
                     .kind = MIG_OBJECT_VIRTUAL_TABLE, .name = table->name, .sql = table->sql},
                 MIG_DECISION_NOT_CARRIED, table->name, why_not(m, MIG_OBJECT_VIRTUAL_TABLE));
    }
}

/* Indexes of materialized views, and of what else is no table that is copied. */
static void
tell_other_indexes(mig__making *m)
{
    for (size_t i = 0; i < m->schema->n_indexes; i++) {
        const mig_index *index = &m->schema->indexes[i];
        const mig_table *table = mig_catalog_find(m->catalog, index->table);

        if (table != NULL && table->kind == MIG_TABLE_VIEW)
            mig__making_tell(m,
                             (mig_decision){.kind = MIG_DECISION_NOT_CARRIED,
                                            .what = mig__making_print(m, "index %s", index->name),
                                            .text = "it is one of a materialized view",
                                            .sql = index->definition});
    }
}

/* SQLite keeps no comments: one line for each table. */
static void
tell_comments(mig__making *m, const mig__making_table *table)
{
    size_t n = table->from->comment != NULL;

    for (size_t c = 0; c < table->from->n_columns; c++)
        n += table->from->columns[c].comment != NULL;
    if (n > 0)
        mig__making_tell(
            m, (mig_decision){
                   .kind = MIG_DECISION_CHANGED,
                   .table = mig__making_target(m, table)->name,
                   .what = mig__making_print(m, "table %s", mig__making_target(m, table)->name),
                   .text = mig__making_print(m,
                                             "%zu comments are in no catalog: SQLite "
                                             "keeps those of a statement's text",
                                             n)});
}

void
mig__making_objects(mig__making *m)
{
    for (size_t i = 0; i < m->schema->n_objects && m->st == MIG_OK; i++)
        carry_object(m, i);
    tell_virtual_tables(m);
    tell_other_indexes(m);
    for (size_t t = 0; t < m->mirror->n_tables && !m->same; t++)
        if (m->rules->target == MIG_DIALECT_SQLITE)
            tell_comments(m, &m->tables[t]);
}
