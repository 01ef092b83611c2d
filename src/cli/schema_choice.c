/*
 * schema_choice.c - where the target's schema comes from, and which of an
 * Uptrakit installation's steps the target lacks.
 *
 * Of any application the target's tables decide (choose_by_tables).  The Uptrakit
 * application records each step it has applied by name.  Two sets of names
 * decide everything: what the source records and what the target records.
 *
 *   equal                          the schema stands: nothing to run
 *   target within source, and all
 *   of the source's built in       run what is missing
 *   anything else                  refused, with the names
 *
 * Before steps are run, the schema they lead to is built once in memory and
 * compared with the source's: a table or column that the steps do not explain
 * would otherwise be noticed only after the target was changed.
 */
#include "schema_choice.h"

#include <stdlib.h>
#include <string.h>

#include "mig/buf.h"
#include "mig/match.h"
#include "mig/postgres.h"
#include "mig/sqlite.h"
#include "mig/uptrakit.h"
#include "name_list.h"

/* Without this step a source still has a table whose definition is not known here. */
#define FIRST_COMPLETE_STEP "m20260227_000001_drop_controller_events"
#define INITIAL_STEP        "m20260209_000001_initial"

static const mig_uptrakit_step *
built_in_step(const char *name)
{
    size_t                   n = 0;
    const mig_uptrakit_step *steps = mig_uptrakit_steps(&n);

    for (size_t i = 0; i < n; i++)
        if (strcmp(steps[i].name, name) == 0)
            return &steps[i];
    return NULL;
}

static mig_status
check_built_in(const mig_name_list *source, mig_error *err)
{
    mig_buf    unknown = MIG_BUF_INIT;
    mig_status st = MIG_OK;

    for (size_t i = 0; i < source->n; i++)
        if (built_in_step(source->names[i]) == NULL)
            mig_buf_printf(&unknown, "%s%s", unknown.len > 0 ? ", " : "", source->names[i]);
    MIG_TRY(mig_buf_check(&unknown, err));
    if (unknown.len > 0) {
        st = mig_raise(err, MIG_E_SCHEMA,
                       "the source has migrations that are not built into this program");
        mig_error_detail(err, "not built in: %s", mig_buf_text(&unknown));
        mig_error_hint(err,
                       "let the application make the target's schema: start the controller of the "
                       "source's version once on the empty target, stop it, and run this command "
                       "again; the target was not touched");
        goto done;
    }
    if (!mig__names_has(source, INITIAL_STEP) || !mig__names_has(source, FIRST_COMPLETE_STEP)) {
        st = mig_raise(err, MIG_E_SCHEMA, "the source's schema is older than what is built in");
        mig_error_detail(err, "%s does not record %s and %s", MIG_UPTRAKIT_STEPS_TABLE,
                         INITIAL_STEP, FIRST_COMPLETE_STEP);
        mig_error_hint(err, "start the controller once on the source so that it brings its schema "
                            "forward, stop it, and run this command again");
    }
done:
    mig_buf_fini(&unknown);
    return st;
}

static mig_status
check_not_ahead(const mig_name_list *source, const mig_name_list *target, mig_error *err)
{
    mig_buf    ahead = MIG_BUF_INIT;
    mig_status st = MIG_OK;

    mig__names_list_missing(target, source, &ahead);
    MIG_TRY(mig_buf_check(&ahead, err));
    if (ahead.len > 0) {
        st = mig_raise(err, MIG_E_SCHEMA, "the target's schema is ahead of the source's");
        mig_error_detail(err, "only in the target: %s", mig_buf_text(&ahead));
        mig_error_hint(err, "start the target's version of the controller once on the source so "
                            "that both stand at the same migration, or use an empty target; "
                            "nothing was changed");
    }
done:
    mig_buf_fini(&ahead);
    return st;
}

/* The source's tables and columns that `expected` lacks, and the other way round; but what the user
 * leaves out. */
static void
compare_schema(const mig_catalog *one, const mig_catalog *other, const mig_plan_rules *rules,
               const char *where, mig_buf *out)
{
    for (size_t i = 0; i < one->n_tables; i++) {
        const mig_table *table = &one->tables[i];
        const mig_table *twin = mig_catalog_find(other, table->name);

        if (!mig_plan_wants(rules, table))
            continue;
        if (twin == NULL) {
            if (!mig_plan_may_miss(rules, table->name, NULL, NULL))
                mig_buf_printf(out, "only in %s: table %s\n", where, table->name);
            continue;
        }
        for (size_t k = 0; k < table->n_columns; k++)
            if (mig_table_find(twin, table->columns[k].name) == NULL &&
                !mig_plan_may_miss(rules, table->name, table->columns[k].name, NULL))
                mig_buf_printf(out, "only in %s: column %s.%s\n", where, table->name,
                               table->columns[k].name);
    }
}

/* Whether the steps that the source records explain the schema that it has. */
static mig_status
check_explained(const mig_schema_question *question, const mig_name_list *applied,
                mig_catalog **expectedp, mig_error *err)
{
    mig_status   st = MIG_OK;
    size_t       n = 0, n_sql = 0;
    const char **sql;
    mig_catalog *expected = NULL;
    mig_buf      differing = MIG_BUF_INIT;

    const mig_uptrakit_step *steps = mig_uptrakit_steps(&n);

    sql = calloc(n, sizeof *sql);
    if (sql == NULL) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot allocate the list of migrations");
        goto done;
    }
    for (size_t i = 0; i < n; i++)
        if (mig__names_has(applied, steps[i].name))
            sql[n_sql++] = steps[i].sqlite_sql;
    MIG_TRY(mig_sqlite_catalog_of_sql(sql, n_sql, &expected, err));
    compare_schema(question->source_catalog, expected, question->rules, "the source", &differing);
    compare_schema(expected, question->source_catalog, question->rules, "the migrations",
                   &differing);
    MIG_TRY(mig_buf_check(&differing, err));
    if (differing.len > 0) {
        st = mig_raise(err, MIG_E_SCHEMA,
                       "the source's schema is not the one its migrations lead to");
        mig_error_detail(err, "%.*s", (int)(differing.len - 1), differing.data);
        mig_error_hint(err, "nothing is left out silently: make these tables in the target "
                            "yourself and use --schema existing, or name what may be left out "
                            "(--exclude, --allow-missing); the target was not touched");
        goto done;
    }
    *expectedp = expected;
    expected = NULL; /* now the caller's */
done:
    free(sql);
    mig_catalog_free(expected);
    mig_buf_fini(&differing);
    return st;
}

static mig_status
collect_steps(const mig_name_list *source, const mig_name_list *target, mig_target_schema *choice,
              mig_error *err)
{
    size_t                   n = 0;
    const mig_uptrakit_step *steps = mig_uptrakit_steps(&n);

    choice->steps = calloc(n, sizeof *choice->steps);
    if (choice->steps == NULL)
        return mig_raise(err, MIG_E_NOMEM, "cannot allocate the list of migrations");
    for (size_t i = 0; i < n; i++)
        if (mig__names_has(source, steps[i].name) && !mig__names_has(target, steps[i].name))
            choice->steps[choice->n_steps++] = (mig_step){
                steps[i].name, choice->sqlite ? steps[i].sqlite_sql : steps[i].postgres_sql};
    return MIG_OK;
}

static mig_status
choose_uptrakit(const mig_schema_question *question, const mig_name_list *source,
                const mig_name_list *target, mig_target_schema *choice, mig_error *err)
{
    mig_status st = MIG_OK;

    choice->mode = MIG_SCHEMA_EXISTING;
    choice->why = "the target's schema stands at the source's migration";
    if (mig__names_same(source, target) && question->wanted == MIG_SCHEMA_AUTO)
        return MIG_OK;
    choice->mode = MIG_SCHEMA_UPTRAKIT;
    choice->why = "the source is an Uptrakit installation";
    MIG_TRY(check_built_in(source, err));
    MIG_TRY(check_not_ahead(source, target, err));
    MIG_TRY(check_explained(question, source, &choice->expected, err));
    MIG_TRY(collect_steps(source, target, choice, err));
done:
    return st;
}

/* The recorded migrations of an Uptrakit installation on both sides. */
static mig_status
read_names(const mig_schema_question *question, mig_name_list *source, mig_name_list *target,
           mig_error *err)
{
    static const char *const version[] = {"version"};
    const mig_table *here = mig_catalog_find(question->source_catalog, MIG_UPTRAKIT_STEPS_TABLE);
    const mig_table *there = mig_catalog_find(question->target_catalog, MIG_UPTRAKIT_STEPS_TABLE);
    mig_status       st = MIG_OK;

    MIG_TRY(question->source->ops->lookup(question->source, here, version, 1, mig__names_add_row,
                                          source, err));
    MIG_TRY(mig__names_check(source, err));
    if (there != NULL) {
        MIG_TRY(question->sink->ops->lookup(question->sink, there, version, 1, mig__names_add_row,
                                            target, err));
        MIG_TRY(mig__names_check(target, err));
    }
done:
    return st;
}

/* ---- what an earlier run has not finished ------------------------------------------------- */

/* Whether one of the wanted tables stands in the target as a run has left it that did not end. */
static mig_status
find_unfinished(const mig_schema_question *question, bool *foundp, mig_error *err)
{
    static const char *const relation[] = {"relation"};
    const mig_catalog       *source = question->source_catalog;
    const mig_table *mark = mig_catalog_find(question->target_catalog, MIG_UNFINISHED_TABLE);
    mig_name_list    names = {0};
    mig_status       st = MIG_OK;

    *foundp = false;
    if (mark == NULL)
        return MIG_OK;
    MIG_TRY(question->sink->ops->lookup(question->sink, mark, relation, 1, mig__names_add_row,
                                        &names, err));
    MIG_TRY(mig__names_check(&names, err));
    for (size_t i = 0; i < source->n_tables && !*foundp; i++) {
        const mig_table *twin = NULL;

        *foundp = mig_plan_wants(question->rules, &source->tables[i]) &&
                  mig_match_table(source, source->tables[i].name, question->target_catalog,
                                  &twin) == MIG_MATCH_FOUND &&
                  mig__names_has(&names, twin->name);
    }
done:
    mig__names_fini(&names);
    return st;
}

static mig_status
refuse_unfinished(mig_error *err)
{
    mig_raise(err, MIG_E_REFUSED, "the target's tables are not finished");
    mig_error_detail(
        err, "a run that mirrored them has not come to its end: rows, keys, indexes and "
             "views may be missing or wrong; the table " MIG_UNFINISHED_TABLE " lists them");
    mig_error_hint(err, "--schema mirror makes them anew (with --force, if they hold rows); if you "
                        "have finished them yourself, drop " MIG_UNFINISHED_TABLE);
    return MIG_E_REFUSED;
}

/* ---- any application ---------------------------------------------------------------------- */

/*
 * Of any application.  A target that has some of the tables is not taken for an empty one: they
 * would be replaced, and with them what an application has made of them since.
 */
static void
choose_by_tables(const mig_schema_question *question, mig_target_schema *choice)
{
    const mig_catalog *source = question->source_catalog;
    size_t             n_wanted = 0, n_there = 0;

    for (size_t i = 0; i < source->n_tables; i++) {
        const mig_table *twin;

        if (!mig_plan_wants(question->rules, &source->tables[i]))
            continue;
        n_wanted++;
        n_there += mig_match_table(source, source->tables[i].name, question->target_catalog,
                                   &twin) != MIG_MATCH_NONE;
    }
    if (n_there == 0 && n_wanted > 0) {
        choice->mode = MIG_SCHEMA_MIRROR;
        choice->why = "the target has none of the source's tables";
    } else {
        choice->mode = MIG_SCHEMA_EXISTING;
        choice->why = n_there < n_wanted ? "the target has some of the source's tables"
                                         : "the target has the source's tables";
    }
}

mig_status
mig__schema_choose(const mig_schema_question *question, mig_target_schema *choice, mig_error *err)
{
    mig_name_list source_names = {0}, target_names = {0};
    mig_status    st = MIG_OK;
    bool          unfinished;

    *choice = (mig_target_schema){.mode = MIG_SCHEMA_EXISTING,
                                  .sqlite = question->target_catalog->dynamic,
                                  .why = "asked for"};
    MIG_TRY(find_unfinished(question, &unfinished, err));
    if (unfinished && question->wanted == MIG_SCHEMA_AUTO) {
        choice->mode = MIG_SCHEMA_MIRROR;
        choice->why = "an earlier run that mirrored it did not come to its end";
        return MIG_OK;
    }
    if (unfinished && question->wanted != MIG_SCHEMA_MIRROR)
        return refuse_unfinished(err);
    if (question->wanted == MIG_SCHEMA_EXISTING || question->wanted == MIG_SCHEMA_MIRROR) {
        choice->mode = question->wanted;
        return MIG_OK;
    }
    if (!mig_uptrakit_recognised(question->source_catalog)) {
        if (question->wanted == MIG_SCHEMA_AUTO) {
            choose_by_tables(question, choice);
            return MIG_OK;
        }
        st = mig_raise(err, MIG_E_SCHEMA, "the source is not an Uptrakit installation");
        mig_error_hint(err, "--schema mirror makes the tables after those of the source, --schema "
                            "existing takes those that are there");
        return st;
    }
    MIG_TRY(read_names(question, &source_names, &target_names, err));
    MIG_TRY(choose_uptrakit(question, &source_names, &target_names, choice, err));
done:
    mig__names_fini(&source_names);
    mig__names_fini(&target_names);
    if (st != MIG_OK)
        mig__schema_choice_fini(choice);
    return st;
}

void
mig__schema_choice_fini(mig_target_schema *choice)
{
    free(choice->steps);
    mig_catalog_free(choice->expected);
    choice->steps = NULL;
    choice->expected = NULL;
    choice->n_steps = 0;
}
