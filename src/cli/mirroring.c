/*
 * mirroring.c - a run that makes the target's schema after that of the source.
 *
 * Rows are planned for the catalog that the target will have, before anything
 * is made.  So when the tables stand, they are looked at again: a column that
 * the target made otherwise than expected would get values that were encoded
 * for another one.
 */
#include "mirroring.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "databases.h"
#include "mig/log.h"
#include "mig/match.h"

/* ---- what the user wants ------------------------------------------------------------------ */

/* A file that a person may have edited is not overwritten. */
static mig_status
check_new(const char *path, mig_error *err)
{
    struct stat there;

    if (path == NULL || strcmp(path, "-") == 0 || stat(path, &there) != 0 ||
        !S_ISREG(there.st_mode))
        return MIG_OK;
    mig_raise(err, MIG_E_USAGE, "--emit-schema: the file %s is there already", path);
    mig_error_hint(err, "remove it, or name another; nothing was changed");
    return MIG_E_USAGE;
}

mig_status
mig__mirroring_open(const mig_options *options, mig_mirroring *mirroring, mig_error *err)
{
    mig_status st = MIG_OK;

    *mirroring = (mig_mirroring){.renames = NULL};
    MIG_TRY(check_new(options->emit_schema, err));
    mirroring->renames = calloc(options->renames.n + 1, sizeof *mirroring->renames);
    if (mirroring->renames == NULL) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot hold the new names");
        goto done;
    }
    for (size_t i = 0; i < options->renames.n; i++) {
        MIG_TRY(mig_rename_parse(options->renames.texts[i], &mirroring->renames[i], err));
        mirroring->n_renames++;
    }
done:
    return st;
}

/* ---- making it ---------------------------------------------------------------------------- */

static mig_mirror_rules
mirror_rules(const mig_mirroring *mirroring, const mig_mirroring_sides *sides)
{
    mig_mirror_rules rules = {
        .plan = sides->rules,
        .renames = mirroring->renames,
        .n_renames = mirroring->n_renames,
        .fold_case = sides->options->fold_case,
        .target = sides->target_catalog->dynamic ? MIG_DIALECT_SQLITE : MIG_DIALECT_POSTGRES,
        .target_schema = sides->target_catalog->schema,
    };

    mig__databases_sink_facts(sides->target_url, sides->sink, &rules.server, &rules.icu);
    return rules;
}

/* *surveyp stays NULL where no values decide. */
static mig_status
look_at_values(const mig_mirroring *mirroring, const mig_mirroring_sides *sides,
               const mig_mirror_rules *rules, mig_survey **surveyp, mig_error *err)
{
    mig_status  st = MIG_OK;
    mig_survey *survey = NULL;
    uint64_t    n_rows = 0;

    if (sides->options->infer_declared)
        return MIG_OK;
    MIG_TRY(mig_mirror_survey(mirroring->schema, sides->source_catalog, rules, &survey, err));
    if (survey == NULL)
        goto done;
    mig_log_info("Looking at all values of the source\u2026");
    MIG_TRY(mig_survey_run(survey, sides->source, sides->n_readers, err));
    for (size_t i = 0; i < survey->n_tables; i++)
        n_rows += survey->tables[i].n_rows;
    mig_log_info("Looked at %" PRIu64 " rows in %.3f s", n_rows, survey->seconds);
    *surveyp = survey;
    survey = NULL; /* now the caller's */
done:
    mig_survey_free(survey);
    return st;
}

static const char *
table_counterpart(const void *arg, const char *source)
{
    const mig_mirror_table *table = mig_mirror_find(arg, source);

    return table != NULL ? table->name : NULL;
}

static const char *
column_counterpart(const void *arg, const char *source_table, const char *column)
{
    const mig_mirror_table *table = mig_mirror_find(arg, source_table);

    for (size_t i = 0; table != NULL && i < table->source->n_columns; i++)
        if (strcmp(table->source->columns[i].name, column) == 0)
            return table->columns[i].name;
    return NULL;
}

/* The user's casts stand behind the mirror's, because the last one counts. */
static mig_status
set_rules(mig_mirroring *mirroring, const mig_plan_rules *rules, mig_error *err)
{
    const mig_mirror *mirror = mirroring->mirror;

    mirroring->casts = calloc(mirror->n_casts + rules->n_casts + 1, sizeof *mirroring->casts);
    if (mirroring->casts == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot hold the casts");
    for (size_t i = 0; i < mirror->n_casts; i++)
        mirroring->casts[i] = mirror->casts[i];
    for (size_t i = 0; i < rules->n_casts; i++)
        mirroring->casts[mirror->n_casts + i] = rules->casts[i];
    mirroring->counterparts =
        (mig_counterparts){table_counterpart, column_counterpart, mirroring->mirror};
    mirroring->rules = *rules;
    mirroring->rules.casts = mirroring->casts;
    mirroring->rules.n_casts = mirror->n_casts + rules->n_casts;
    mirroring->rules.counterparts = &mirroring->counterparts;
    mirroring->rules.kept = NULL;       /* all of the target's own goes */
    mirroring->rules.order_free = true; /* foreign keys are made behind the rows */
    return MIG_OK;
}

static mig_status
check_strict(const mig_mirror *mirror, mig_error *err)
{
    mig_status st = MIG_OK;
    mig_buf    list = MIG_BUF_INIT;

    for (size_t i = 0; i < mirror->n_decisions; i++)
        if (mirror->decisions[i].kind == MIG_DECISION_NOT_CARRIED)
            mig_buf_printf(&list, "%s%s: %s", list.len > 0 ? "\n" : "", mirror->decisions[i].what,
                           mirror->decisions[i].text);
    MIG_TRY(mig_buf_check(&list, err));
    if (list.len > 0) {
        st = mig_raise(err, MIG_E_SCHEMA, "not all of the source's schema can be carried over");
        mig_error_detail(err, "%s", mig_buf_text(&list));
        mig_error_hint(err, "nothing was changed; without --strict the rest is made, and this is "
                            "told");
    }
done:
    mig_buf_fini(&list);
    return st;
}

mig_status
mig__mirroring_make(mig_mirroring *mirroring, const mig_mirroring_sides *sides, mig_error *err)
{
    const mig_mirror_rules rules = mirror_rules(mirroring, sides);
    mig_status             st = MIG_OK;

    mirroring->sink = sides->sink;
    mirroring->source_catalog = sides->source_catalog;
    mirroring->how = rules;
    MIG_TRY(sides->source->ops->schema(sides->source, &mirroring->schema, err));
    MIG_TRY(look_at_values(mirroring, sides, &rules, &mirroring->survey, err));
    MIG_TRY(mig_mirror_make(mirroring->schema, sides->source_catalog, mirroring->survey, &rules,
                            &mirroring->mirror, err));
    if (sides->options->strict)
        MIG_TRY(check_strict(mirroring->mirror, err));
    MIG_TRY(mig_mirror_ddl(mirroring->mirror, &mirroring->ddl, err));
    MIG_TRY(set_rules(mirroring, sides->rules, err));
done:
    return st;
}

/* ---- the target --------------------------------------------------------------------------- */

static bool
same_name(const mig_catalog *target, const char *one, const char *other)
{
    return target->dynamic ? mig_match_folded(one, other) : strcmp(one, other) == 0;
}

static bool
is_replaced(const mig_ddl *ddl, const mig_catalog *target, const char *name)
{
    for (size_t i = 0; i < ddl->n_relations; i++)
        if (same_name(target, ddl->relations[i], name))
            return true;
    return false;
}

mig_status
mig__mirroring_standing(const mig_mirroring *mirroring, const mig_catalog *target,
                        const mig_table ***tablesp, size_t *n_tablesp, mig_error *err)
{
    *n_tablesp = 0;
    *tablesp = calloc(target->n_tables + 1, sizeof **tablesp);
    if (*tablesp == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot allocate the list of tables");
    for (size_t i = 0; i < target->n_tables; i++) {
        const mig_table *table = &target->tables[i];

        if ((table->kind == MIG_TABLE_PLAIN || table->kind == MIG_TABLE_PARTITIONED) &&
            is_replaced(mirroring->ddl, target, table->name))
            (*tablesp)[(*n_tablesp)++] = table;
    }
    return MIG_OK;
}

static bool
same_limits(const mig_limits *one, const mig_limits *other)
{
    return one->length == other->length && one->precision == other->precision &&
           one->scale == other->scale;
}

/* Money has the digits of the server's locale, which are not known before there is a column of it;
 * the plan counts on two. */
static bool
same_money(const mig_column *planned, const mig_column *found)
{
    const int32_t digits = planned->limits.scale >= 0 ? planned->limits.scale : 2;

    return planned->wire == MIG_WIRE_MONEY && found->limits.scale == digits;
}

/* A primary key is made behind the rows, and NOT NULL with it. */
static bool
is_as_planned(const mig_column *planned, const mig_column *found)
{
    return planned->wire == found->wire &&
           (same_limits(&planned->limits, &found->limits) || same_money(planned, found)) &&
           (planned->not_null == found->not_null || planned->pk_position > 0) &&
           planned->generated == found->generated;
}

static void
describe(const mig_column *column, mig_buf *out)
{
    mig_buf_printf(out, "%s%s%s", column->type, column->not_null ? " not null" : "",
                   column->generated ? " generated" : "");
}

static void
compare_table(const mig_table *planned, const mig_table *found, mig_buf *out)
{
    for (size_t i = 0; i < planned->n_columns; i++) {
        const mig_column *column = &planned->columns[i];
        const mig_column *there = found != NULL ? mig_table_find(found, column->name) : NULL;

        if (there != NULL && is_as_planned(column, there))
            continue;
        mig_buf_printf(out, "%s%s.%s: planned as ", out->len > 0 ? "\n" : "", planned->name,
                       column->name);
        describe(column, out);
        mig_buf_puts(out, ", found ");
        if (there != NULL)
            describe(there, out);
        else
            mig_buf_puts(out, "no such column");
    }
}

static mig_status
compare(const mig_catalog *planned, const mig_catalog *found, mig_error *err)
{
    mig_status st = MIG_OK;
    mig_buf    differing = MIG_BUF_INIT;

    for (size_t i = 0; i < planned->n_tables; i++)
        compare_table(&planned->tables[i], mig_catalog_find(found, planned->tables[i].name),
                      &differing);
    MIG_TRY(mig_buf_check(&differing, err));
    if (differing.len > 0) {
        st = mig_raise(err, MIG_E_INTERNAL, "the target made other columns than were planned");
        mig_error_detail(err, "%s", mig_buf_text(&differing));
    }
done:
    mig_buf_fini(&differing);
    return st;
}

/* The statements that make the schema where it is made. */
static const mig_ddl *
statements(const mig_mirroring *mirroring)
{
    return mirroring->staged_ddl != NULL ? mirroring->staged_ddl : mirroring->ddl;
}

/* The same under another schema's name, which stands also within views. */
static mig_status
make_staged(mig_mirroring *mirroring, mig_error *err)
{
    mig_status       st = MIG_OK;
    mig_mirror_rules rules = mirroring->how;

    rules.target_schema = mirroring->stage.name;
    MIG_TRY(mig_mirror_make(mirroring->schema, mirroring->source_catalog, mirroring->survey, &rules,
                            &mirroring->staged, err));
    MIG_TRY(mig_mirror_ddl(mirroring->staged, &mirroring->staged_ddl, err));
done:
    return st;
}

mig_status
mig__mirroring_place(mig_mirroring *mirroring, const mig_journal *journal, mig_error *err)
{
    mig_sink  *sink = mirroring->sink;
    mig_status st = MIG_OK;

    MIG_TRY(sink->ops->stage(sink, mirroring->ddl, journal, &mirroring->stage, err));
    if (mirroring->stage.name != NULL)
        MIG_TRY(make_staged(mirroring, err));
done:
    return st;
}

mig_status
mig__mirroring_run(void *arg, mig_error *err)
{
    mig_mirroring *mirroring = arg;
    mig_sink      *sink = mirroring->sink;
    mig_status     st = MIG_OK;

    MIG_TRY(sink->ops->make_schema(sink, statements(mirroring), err));
    MIG_TRY(mig__mirroring_take_up(arg, err));
done:
    return st;
}

mig_status
mig__mirroring_take_up(void *arg, mig_error *err)
{
    mig_mirroring *mirroring = arg;
    mig_sink      *sink = mirroring->sink;
    mig_status     st = MIG_OK;

    MIG_TRY(sink->ops->catalog(sink, &mirroring->catalog, err));
    MIG_TRY(compare(mirroring->mirror->catalog, mirroring->catalog, err));
done:
    return st;
}

mig_status
mig__mirroring_finish(void *arg, mig_error *err)
{
    mig_mirroring *mirroring = arg;
    mig_sink      *sink = mirroring->sink;

    return sink->ops->complete_schema(sink, statements(mirroring), mirroring->n_parallel,
                                      mirroring->warnings, err);
}

void
mig__mirroring_close(mig_mirroring *mirroring)
{
    for (size_t i = 0; i < mirroring->n_renames; i++)
        mig_rename_fini(&mirroring->renames[i]);
    free(mirroring->renames);
    free(mirroring->casts);
    mig_catalog_free(mirroring->catalog);
    mig_ddl_free(mirroring->staged_ddl);
    mig_mirror_free(mirroring->staged);
    mig_survey_free(mirroring->survey);
    mig_ddl_free(mirroring->ddl);
    mig_mirror_free(mirroring->mirror);
    mig_schema_free(mirroring->schema);
    *mirroring = (mig_mirroring){.renames = NULL};
}
