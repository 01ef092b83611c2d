#include "mirror_case.h"

#include <criterion/criterion.h>
#include <string.h>

void
mirror_case_init(mirror_case *c)
{
    *c = (mirror_case){
        .rules = {
            .target = MIG_DIALECT_POSTGRES, .target_schema = "app", .server = 150000, .icu = true}};
    c->rules.plan = &c->plan;
    c->rules.renames = c->renames;
    c->plan.casts = c->casts;
    sqlite_file_init(&c->file, "app.db");
}

void
mirror_case_fini(mirror_case *c)
{
    mig_mirror_free(c->mirror);
    mig_survey_free(c->survey);
    mig_schema_free(c->schema);
    mig_catalog_free(c->catalog);
    mig_source_close(c->source);
    for (size_t i = 0; i < c->plan.n_casts; i++)
        mig_cast_fini(&c->casts[i]);
    for (size_t i = 0; i < c->rules.n_renames; i++)
        mig_rename_fini(&c->renames[i]);
    mig_buf_fini(&c->text);
    mig_error_fini(&c->err);
    sqlite_file_fini(&c->file);
}

static void
must(mirror_case *c, mig_status st)
{
    cr_assert_eq(st, MIG_OK, "%s: %s", c->err.message, c->err.detail != NULL ? c->err.detail : "");
}

void
mirror_case_cast(mirror_case *c, const char *text)
{
    must(c, mig_cast_parse(text, &c->casts[c->plan.n_casts++], &c->err));
}

void
mirror_case_rename(mirror_case *c, const char *text)
{
    must(c, mig_rename_parse(text, &c->renames[c->rules.n_renames++], &c->err));
}

void
mirror_case_read(mirror_case *c, const char *sql)
{
    sqlite_file_run(&c->file, sql);
    c->source = sqlite_file_open(&c->file, &c->catalog);
    must(c, c->source->ops->snapshot(c->source, 1, &c->err));
    must(c, c->source->ops->schema(c->source, &c->schema, &c->err));
}

mig_status
mirror_case_try(mirror_case *c, const char *sql)
{
    mig_status st;

    mirror_case_read(c, sql);
    st = mig_mirror_survey(c->schema, c->catalog, &c->rules, &c->survey, &c->err);
    if (st != MIG_OK)
        return st;
    if (c->survey != NULL)
        must(c, mig_survey_run(c->survey, c->source, 0, &c->err));
    return mig_mirror_make(c->schema, c->catalog, c->survey, &c->rules, &c->mirror, &c->err);
}

static void
print(mirror_case *c)
{
    mig_ddl *ddl = NULL;

    must(c, mig_mirror_ddl(c->mirror, &ddl, &c->err));
    must(c, mig_mirror_print(c->mirror, ddl, "a test", &c->text, &c->err));
    mig_ddl_free(ddl);
}

void
mirror_case_make(mirror_case *c, const char *sql)
{
    must(c, mirror_case_try(c, sql));
    print(c);
}

void
mirror_case_make_of(mirror_case *c, mig_schema *schema, mig_catalog *catalog)
{
    c->schema = schema;
    c->catalog = catalog;
    must(c, mig_mirror_make(schema, catalog, NULL, &c->rules, &c->mirror, &c->err));
    print(c);
}

const mig_decision *
mirror_case_decision(const mirror_case *c, mig_decision_kind kind, const char *what)
{
    for (size_t i = 0; i < c->mirror->n_decisions; i++)
        if (c->mirror->decisions[i].kind == kind &&
            strncmp(c->mirror->decisions[i].what, what, strlen(what)) == 0)
            return &c->mirror->decisions[i];
    return NULL;
}

void
expect_decision(const mirror_case *c, mig_decision_kind kind, const char *what, const char *text)
{
    bool found = false;

    for (size_t i = 0; i < c->mirror->n_decisions; i++) {
        const mig_decision *decision = &c->mirror->decisions[i];

        found = found || (decision->kind == kind && strcmp(decision->what, what) == 0 &&
                          strstr(decision->text, text) != NULL);
    }
    cr_expect(found, "no decision on %s that says \"%s\" in\n%s", what, text,
              mig_buf_text(&c->text));
}
