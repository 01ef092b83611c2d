/*
 * scope.c - expressions of the source in the words of the target.
 *
 * Between the dialects they are translated (translate.h), with names and types
 * as the mirror has them.  Within one dialect they stay as they are, if nothing
 * that they could mean has another name or is not there.
 */
#include <stdio.h>
#include <string.h>

#include "making.h"
#include "mig/match.h"
#include "mig/temporal.h"

/* ---- what names mean ---------------------------------------------------------------------- */

static mig_affinity
affinity_of(const mig__making *m, const mig__making_column *column)
{
    if (m->rules->target == MIG_DIALECT_SQLITE)
        return mig_affinity_of(mig__making_column_of(m, column)->type.type);
    if (m->tables[column->table].from->strict && mig_match_folded(column->from->type, "ANY"))
        return MIG_AFFINITY_BLOB;
    return mig_affinity_of(column->from->type);
}

static void
describe_values(const mig_survey_column *survey, mig_translated_column *found)
{
    for (unsigned class = MIG_VALUE_INTEGER; class <= MIG_VALUE_BLOB; class ++)
        if (survey->n_values[class] > 0)
            found->classes |= 1U << class;
    if (survey->n_values[MIG_VALUE_INTEGER] > 0) {
        found->least = survey->least;
        found->greatest = survey->greatest;
    }
    /* Words that stand for booleans, whatever was declared. */
    if (found->wire == MIG_WIRE_BOOL && survey->n_values[MIG_VALUE_TEXT] > 0)
        found->affinity = MIG_AFFINITY_TEXT;
}

static void
describe(const mig__making *m, const mig__making_column *column, mig_translated_column *found)
{
    const mig_mirror_column *target = mig__making_column_of(m, column);
    const bool               to_postgres = m->rules->target == MIG_DIALECT_POSTGRES;

    *found = (mig_translated_column){
        .name = target->name,
        .type = target->type.type,
        .wire = to_postgres ? target->type.wire : column->source->wire,
        .unit = target->type.unit != MIG_UNIT_NONE ? target->type.unit
                                                   : mig_unit_of_type(column->from->type),
        .affinity = affinity_of(m, column),
        .collation = to_postgres ? column->from->collation : NULL,
        .not_null = column->from->not_null || column->source->not_null,
    };
    if (column->survey != NULL)
        describe_values(column->survey, found);
}

static bool
is_view(const mig__making *m, size_t object, const char *name)
{
    const mig_schema_object *o = &m->schema->objects[object];

    return (o->kind == MIG_OBJECT_VIEW || o->kind == MIG_OBJECT_MATERIALIZED_VIEW) &&
           mig_match_folded(o->name, name);
}

static const mig_schema_object *
find_view(const mig__making *m, const char *name)
{
    for (size_t i = 0; i < m->schema->n_objects; i++)
        if (is_view(m, i, name))
            return &m->schema->objects[i];
    return NULL;
}

/* Of a view's column only the name is known. */
static bool
describe_of_view(const mig_schema_object *view, const char *name, mig_translated_column *found)
{
    for (size_t i = 0; view != NULL && i < view->n_columns; i++) {
        if (mig_match_folded(view->columns[i], name)) {
            *found = (mig_translated_column){
                .name = view->columns[i], .type = "", .affinity = MIG_AFFINITY_BLOB};
            return true;
        }
    }
    return false;
}

static bool
find_column(void *arg, const char *table, const char *name, mig_translated_column *found)
{
    mig__making             *m = arg;
    const mig__making_table *scope = table != NULL                    ? mig__making_find(m, table)
                                     : m->scope < m->mirror->n_tables ? &m->tables[m->scope]
                                                                      : NULL;
    mig__making_column *column = scope != NULL ? mig__making_find_column(m, scope, name) : NULL;

    if (column == NULL)
        return scope == NULL && table != NULL && describe_of_view(find_view(m, table), name, found);
    m->meets_computed = m->meets_computed || column->source->generated;
    describe(m, column, found);
    return true;
}

static const char *
find_table(void *arg, const char *name)
{
    mig__making             *m = arg;
    const mig__making_table *table = mig__making_find(m, name);

    if (table != NULL)
        return mig__making_target(m, table)->name;
    for (size_t i = 0; i < m->schema->n_objects; i++)
        if (is_view(m, i, name))
            return m->view_made[i] ? m->view_names[i] : NULL;
    return NULL;
}

static bool
nth_column(void *arg, const char *table, size_t nth, mig_translated_column *found)
{
    mig__making             *m = arg;
    const mig__making_table *of = mig__making_find(m, table);
    const mig_schema_object *view = of == NULL ? find_view(m, table) : NULL;

    if (view != NULL)
        return nth < view->n_columns && describe_of_view(view, view->columns[nth], found);
    if (of == NULL || nth >= of->source->n_columns)
        return false;
    describe(m, &of->columns[nth], found);
    return true;
}

static mig_translation
translation_of(mig__making *m)
{
    const bool to_postgres = m->rules->target == MIG_DIALECT_POSTGRES;

    return (mig_translation){
        .from = m->schema->dialect,
        .to = m->rules->target,
        .column = find_column,
        .table = find_table,
        .nth_column = nth_column,
        .arg = m,
        .target_schema = to_postgres ? m->out->name : NULL,
        .nocase = to_postgres ? mig__making_nocase_name(m) : NULL,
        .textp = &m->gives_text,
    };
}

/* ---- as it is ----------------------------------------------------------------------------- */

static bool
differs(const mig__making *m, const char *source, const char *target)
{
    return m->rules->target == MIG_DIALECT_SQLITE ? !mig_match_folded(source, target)
                                                  : strcmp(source, target) != 0;
}

static const char *
renamed_in(mig__making *m, const mig__making_table *table, const char *text)
{
    const mig_mirror_table *target = mig__making_target(m, table);
    const char             *found = NULL;

    if (differs(m, table->source->name, target->name) &&
        strcasestr(text, table->source->name) != NULL)
        found = table->source->name;
    for (size_t c = 0; c < table->source->n_columns && found == NULL; c++)
        if (differs(m, table->source->columns[c].name, target->columns[c].name) &&
            strcasestr(text, table->source->columns[c].name) != NULL)
            found = table->source->columns[c].name;
    return found != NULL
               ? mig__making_print(m, "it may mean %s, which has another name there", found)
               : NULL;
}

/* Whether the text calls a function of that name. */
static bool
calls(const char *text, const char *name, size_t len)
{
    for (const char *at = text; (at = strcasestr(at, name)) != NULL; at++) {
        const char *behind = at + len;

        behind += *behind == '"';
        if (*behind == '(')
            return true;
    }
    return false;
}

static bool
names_sequence(const mig__making *m, const char *text)
{
    for (size_t i = 0; i < m->schema->n_objects; i++)
        if (m->schema->objects[i].kind == MIG_OBJECT_SEQUENCE &&
            strstr(text, m->schema->objects[i].name) != NULL)
            return true;
    return false;
}

static const char *
missing_in(mig__making *m, const char *text)
{
    for (size_t i = 0; i < m->schema->n_objects; i++) {
        const mig_schema_object *object = &m->schema->objects[i];
        char                     name[128];

        if (object->kind != MIG_OBJECT_ROUTINE)
            continue;
        snprintf(name, sizeof name, "%.*s", (int)strcspn(object->name, "("), object->name);
        if (calls(text, name, strlen(name)))
            return mig__making_print(m, "it calls %s, which is not carried over", object->name);
    }
    if (calls(text, "nextval", strlen("nextval")) && !names_sequence(m, text))
        return "its sequence is not carried over";
    return NULL;
}

const char *
mig__making_verbatim(mig__making *m, const mig__making_table *table, const char *text)
{
    const char *why = NULL;

    for (size_t t = 0; t < m->mirror->n_tables && why == NULL; t++)
        if (table == NULL || table == &m->tables[t])
            why = renamed_in(m, &m->tables[t], text);
    if (why != NULL || m->rules->target == MIG_DIALECT_SQLITE)
        return why;
    if (strcmp(m->schema->name, m->out->name) != 0 &&
        strstr(text, mig__making_print(m, "%s.", m->schema->name)) != NULL)
        return mig__making_print(m, "it names the schema %s", m->schema->name);
    return missing_in(m, text);
}

/* ---- translating -------------------------------------------------------------------------- */

static const char *
take_reason(mig__making *m, mig_buf *why)
{
    return why->len > 0 ? mig__making_take(m, why) : "it has no equivalent there";
}

/* The translation in *out, or NULL with the reason; a note is told. */
static const char *
finish(mig__making *m, bool done, mig_buf *out, mig_buf *why, const mig__phrase *phrase,
       const char **whyp)
{
    const char *text = NULL;

    if (m->st != MIG_OK) {
        *whyp = "";
    } else if (!done) {
        *whyp = take_reason(m, why);
    } else {
        text = mig__making_take(m, out);
        if (why->len > 0)
            mig__making_tell(
                m, (mig_decision){.kind = MIG_DECISION_CHANGED,
                                  .table = phrase->table != NULL
                                               ? mig__making_target(m, phrase->table)->name
                                               : NULL,
                                  .what = phrase->what,
                                  .text = mig__making_take(m, why),
                                  .sql = phrase->expression});
    }
    mig_buf_fini(out);
    mig_buf_fini(why);
    return text;
}

const char *
mig__making_translate(mig__making *m, const mig__phrase *phrase, const char **whyp)
{
    const mig_translation translation = translation_of(m);
    mig_translated_column of;
    mig_buf               out = MIG_BUF_INIT, why = MIG_BUF_INIT;
    bool                  done = false;
    mig_status            st;

    m->meets_computed = false;
    if (m->same) {
        *whyp = mig__making_verbatim(m, phrase->table, phrase->expression);
        return *whyp == NULL ? phrase->expression : NULL;
    }
    m->scope = phrase->table != NULL ? (size_t)(phrase->table - m->tables) : SIZE_MAX;
    if (phrase->of != NULL)
        describe(m, phrase->of, &of);
    st = mig_translate_expression(&translation, phrase->expression, phrase->use,
                                  phrase->of != NULL ? &of : NULL, &out, &why, &done, m->err);
    m->scope = SIZE_MAX;
    if (m->st == MIG_OK)
        m->st = st;
    return finish(m, done, &out, &why, phrase, whyp);
}

const char *
mig__making_translate_query(mig__making *m, const char *query, const char *what, const char **whyp)
{
    const mig_translation translation = translation_of(m);
    mig_buf               out = MIG_BUF_INIT, why = MIG_BUF_INIT;
    bool                  done = false;
    mig_status            st;

    st = mig_translate_query(&translation, query, &out, &why, &done, m->err);
    if (m->st == MIG_OK)
        m->st = st;
    return finish(m, done, &out, &why, &(mig__phrase){.expression = query, .what = what}, whyp);
}
