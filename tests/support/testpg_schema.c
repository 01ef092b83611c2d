/*
 * testpg_schema.c - schemas read for tests.
 */
#include "testpg_schema.h"

#include <criterion/assert.h>
#include <criterion/criterion.h>
#include <string.h>

#include "mig/postgres.h"

mig_schema *testpg_schema;

void
testpg_schema_init(void)
{
    testpg_schema = NULL;
    testpg_init();
}

void
testpg_schema_fini(void)
{
    mig_schema_free(testpg_schema);
    testpg_fini();
}

void
testpg_schema_read(const char *schema)
{
    const mig_patterns schemas = {&schema, schema != NULL};
    mig_source        *source = NULL;

    testpg_status(mig_postgres_source_open(testpg_db.conninfo, &schemas, &source, &testpg_db.err),
                  MIG_OK);
    testpg_status(source->ops->schema(source, &testpg_schema, &testpg_db.err), MIG_OK);
    mig_source_close(source);
}

const mig_schema_table *
testpg_schema_table(const char *table)
{
    const mig_schema_table *found = mig_schema_find(testpg_schema, table);

    cr_assert(found != NULL, "no table %s", table);
    return found;
}

const mig_schema_column *
testpg_schema_column(const char *table, const char *column)
{
    const mig_schema_column *found = mig_schema_find_column(testpg_schema_table(table), column);

    cr_assert(found != NULL, "no column %s.%s", table, column);
    return found;
}

const mig_constraint *
testpg_schema_constraint(const char *table, const char *name)
{
    const mig_schema_table *t = testpg_schema_table(table);

    for (size_t i = 0; i < t->n_constraints; i++)
        if (strcmp(t->constraints[i].name, name) == 0)
            return &t->constraints[i];
    cr_assert_fail("no constraint %s", name);
    return NULL;
}

const mig_schema_object *
testpg_schema_object(mig_object_kind kind, const char *name)
{
    for (size_t i = 0; i < testpg_schema->n_objects; i++)
        if (testpg_schema->objects[i].kind == kind &&
            strcmp(testpg_schema->objects[i].name, name) == 0)
            return &testpg_schema->objects[i];
    return NULL;
}

void
testpg_schema_sql(mig_object_kind kind, const char *name, const char *sql)
{
    const mig_schema_object *object = testpg_schema_object(kind, name);

    cr_assert(object != NULL, "no %s %s", mig_object_words(kind), name);
    if (sql == NULL)
        cr_assert(object->sql == NULL);
    else
        cr_assert_str_eq(object->sql, sql);
}
