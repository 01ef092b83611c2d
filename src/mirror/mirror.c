/*
 * mirror.c - the order in which a schema is made again.
 *
 * Names come first, because casts mean columns by their new names; then types,
 * because expressions are translated for them; then what needs both.  Foreign
 * keys come behind all that can make columns unique.
 */
#include <stdlib.h>
#include <string.h>

#include "making.h"

typedef void step(mig__making *m);

static void
run(mig__making *m, step *const *steps, size_t n)
{
    for (size_t i = 0; i < n && m->st == MIG_OK; i++)
        steps[i](m);
}

mig_status
mig_mirror_survey(const mig_schema *schema, const mig_catalog *catalog,
                  const mig_mirror_rules *rules, mig_survey **surveyp, mig_error *err)
{
    static step *const steps[] = {mig__making_begin, mig__making_ladders};
    mig__making        m = {.schema = schema, .catalog = catalog, .rules = rules, .err = err};
    mig_survey        *survey = NULL;

    *surveyp = NULL;
    if (schema->dialect != MIG_DIALECT_SQLITE || rules->target != MIG_DIALECT_POSTGRES)
        return MIG_OK;
    run(&m, steps, sizeof steps / sizeof steps[0]);
    if (m.st == MIG_OK) {
        survey = mig_survey_new(m.mirror->n_tables);
        if (mig__making_has(&m, survey))
            mig__making_survey(&m, survey);
    }
    if (m.st == MIG_OK) {
        *surveyp = survey;
        survey = NULL;
    }
    mig_survey_free(survey);
    mig__making_end(&m);
    mig_mirror_free(m.mirror);
    return m.st;
}

mig_status
mig_mirror_make(const mig_schema *schema, const mig_catalog *catalog, const mig_survey *survey,
                const mig_mirror_rules *rules, mig_mirror **mirrorp, mig_error *err)
{
    static step *const steps[] = {
        mig__making_begin,   mig__making_ladders, mig__making_types, mig__making_user_types,
        mig__making_columns, mig__making_indexes, mig__making_keys,  mig__making_references,
        mig__making_objects, mig__making_expect,
    };
    mig__making m = {
        .schema = schema, .catalog = catalog, .survey = survey, .rules = rules, .err = err};

    *mirrorp = NULL;
    run(&m, steps, sizeof steps / sizeof steps[0]);
    if (m.st == MIG_OK)
        mig_schema_finish(m.out);
    mig__making_end(&m);
    if (m.st == MIG_OK)
        *mirrorp = m.mirror;
    else
        mig_mirror_free(m.mirror);
    return m.st;
}

void
mig_mirror_free(mig_mirror *mirror)
{
    if (mirror == NULL)
        return;
    for (size_t t = 0; t < mirror->n_tables; t++)
        free(mirror->tables[t].columns);
    for (size_t i = 0; i < mirror->n_casts; i++)
        mig_cast_fini(&mirror->casts[i]);
    free(mirror->tables);
    free(mirror->casts);
    free(mirror->decisions);
    mig_catalog_free(mirror->catalog);
    mig_schema_free(mirror->schema);
    free(mirror);
}

const mig_mirror_table *
mig_mirror_find(const mig_mirror *mirror, const char *source_table)
{
    for (size_t t = 0; t < mirror->n_tables; t++)
        if (strcmp(mirror->tables[t].source->name, source_table) == 0)
            return &mirror->tables[t];
    return NULL;
}
