/*
 * type_frameworks.c - which libraries made a schema, by the marks they leave in it.
 *
 * Sources: each library's own documentation, or the statement with which it
 * makes the table that bears the mark.
 */
#include "type_frameworks.h"

#include <stdio.h>
#include <string.h>

#include "mig/match.h"

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

/* A table and two of its columns, in any case of letters. */
typedef struct mark {
    mig__framework framework;
    const char    *table;
    const char    *columns[2];
} mark;

static const mark marks[] = {
    {MIG__SEAORM, "seaql_migrations", {"version", "applied_at"}},
    {MIG__DJANGO, "django_migrations", {"app", "applied"}},
    {MIG__RAILS, "ar_internal_metadata", {"key", "value"}},
    {MIG__ALEMBIC, "alembic_version", {"version_num", NULL}},
    {MIG__PRISMA, "_prisma_migrations", {"migration_name", "finished_at"}},
    {MIG__DIESEL, "__diesel_schema_migrations", {"version", NULL}},
    {MIG__ECTO, "schema_migrations", {"version", "inserted_at"}},
    {MIG__TYPEORM, "migrations", {"timestamp", "name"}},
    {MIG__TYPEORM, "typeorm_metadata", {"type", NULL}},
    {MIG__DOCTRINE, "doctrine_migration_versions", {"version", "executed_at"}},
    {MIG__ROOM, "room_master_table", {"identity_hash", NULL}},
    {MIG__EFCORE, "__EFMigrationsHistory", {"MigrationId", "ProductVersion"}},
};

static const char *const names[] = {
    [MIG__FRAMEWORK_NONE] = "",
    [MIG__SEAORM] = "SeaORM",
    [MIG__DJANGO] = "Django",
    [MIG__RAILS] = "Rails",
    [MIG__ALEMBIC] = "Alembic",
    [MIG__PRISMA] = "Prisma",
    [MIG__DIESEL] = "Diesel",
    [MIG__GORM] = "GORM",
    [MIG__ECTO] = "Ecto",
    [MIG__TYPEORM] = "TypeORM",
    [MIG__DOCTRINE] = "Doctrine",
    [MIG__ROOM] = "Room",
    [MIG__EFCORE] = "Entity Framework",
};

static bool
get(const mig_frameworks *f, mig__framework framework)
{
    const bool is[] = {
        [MIG__FRAMEWORK_NONE] = false, [MIG__SEAORM] = f->seaorm,     [MIG__DJANGO] = f->django,
        [MIG__RAILS] = f->rails,       [MIG__ALEMBIC] = f->alembic,   [MIG__PRISMA] = f->prisma,
        [MIG__DIESEL] = f->diesel,     [MIG__GORM] = f->gorm,         [MIG__ECTO] = f->ecto,
        [MIG__TYPEORM] = f->typeorm,   [MIG__DOCTRINE] = f->doctrine, [MIG__ROOM] = f->room,
        [MIG__EFCORE] = f->efcore,
    };

    return is[framework];
}

static void
set(mig_frameworks *f, mig__framework framework)
{
    bool *const is[] = {
        [MIG__FRAMEWORK_NONE] = NULL, [MIG__SEAORM] = &f->seaorm,     [MIG__DJANGO] = &f->django,
        [MIG__RAILS] = &f->rails,     [MIG__ALEMBIC] = &f->alembic,   [MIG__PRISMA] = &f->prisma,
        [MIG__DIESEL] = &f->diesel,   [MIG__GORM] = &f->gorm,         [MIG__ECTO] = &f->ecto,
        [MIG__TYPEORM] = &f->typeorm, [MIG__DOCTRINE] = &f->doctrine, [MIG__ROOM] = &f->room,
        [MIG__EFCORE] = &f->efcore,
    };

    *is[framework] = true;
}

static bool
has_column(const mig_schema_table *table, const char *name)
{
    for (size_t i = 0; i < table->n_columns; i++)
        if (mig_match_folded(table->columns[i].name, name))
            return true;
    return false;
}

static bool
bears(const mig_schema_table *table, const mark *m)
{
    return mig_match_folded(table->name, m->table) && has_column(table, m->columns[0]) &&
           (m->columns[1] == NULL || has_column(table, m->columns[1]));
}

/* GORM keeps no record.  Its Model has three times, the last with an index of one name. */
static bool
is_model_of_gorm(const mig_schema *schema, const mig_schema_table *table)
{
    char name[256];

    if (!has_column(table, "created_at") || !has_column(table, "updated_at") ||
        !has_column(table, "deleted_at"))
        return false;
    snprintf(name, sizeof name, "idx_%s_deleted_at", table->name);
    for (size_t i = 0; i < schema->n_indexes; i++)
        if (strcmp(schema->indexes[i].name, name) == 0 &&
            strcmp(schema->indexes[i].table, table->name) == 0)
            return true;
    return false;
}

mig_frameworks
mig_frameworks_of(const mig_schema *schema)
{
    mig_frameworks found = {0};

    for (size_t t = 0; t < schema->n_tables; t++) {
        const mig_schema_table *table = &schema->tables[t];

        for (size_t m = 0; m < N_OF(marks); m++)
            if (bears(table, &marks[m]))
                set(&found, marks[m].framework);
        if (is_model_of_gorm(schema, table))
            set(&found, MIG__GORM);
    }
    return found;
}

void
mig_frameworks_name(const mig_frameworks *frameworks, mig_buf *out)
{
    const char *between = "";

    for (size_t i = 1; i < N_OF(names); i++)
        if (get(frameworks, (mig__framework)i)) {
            mig_buf_printf(out, "%s%s", between, names[i]);
            between = ", ";
        }
}

mig__framework
mig__framework_of(const mig_frameworks *frameworks)
{
    mig__framework found = MIG__FRAMEWORK_NONE;

    for (size_t i = 1; frameworks != NULL && i < N_OF(names); i++) {
        if (!get(frameworks, (mig__framework)i))
            continue;
        if (found != MIG__FRAMEWORK_NONE)
            return MIG__FRAMEWORK_NONE;
        found = (mig__framework)i;
    }
    return found;
}
