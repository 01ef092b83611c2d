/*
 * bookkeeping.c - whose record looks how.
 *
 * Sources: each tool's own documentation or the statement with which it makes
 * its table.  Where two tools use one table name, the rule with the more
 * particular columns stands first.
 */
#include "mig/bookkeeping.h"

#include <string.h>

#include "mig/match.h"

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

#define FAILED(column)                                                                             \
    {                                                                                              \
        {                                                                                          \
            column, MIG_MARK_IF_FALSE, "failed"                                                    \
        }                                                                                          \
    }
#define DIRTY(column)                                                                              \
    {                                                                                              \
        {                                                                                          \
            column, MIG_MARK_IF_TRUE, "dirty"                                                      \
        }                                                                                          \
    }
#define NO_MARKS                                                                                   \
    {                                                                                              \
        {                                                                                          \
            0                                                                                      \
        }                                                                                          \
    }

static const mig_bookkeeping rules[] = {
    {"seaql_migrations", "SeaORM", {"version"}, NO_MARKS, "applied_at"},
    {"django_migrations", "Django", {"app", "name"}, NO_MARKS, NULL},
    {"alembic_version", "Alembic", {"version_num"}, NO_MARKS, NULL},
    {"aerich", "Aerich", {"app", "version"}, NO_MARKS, NULL},
    {"migratehistory", "peewee-migrate", {"name"}, NO_MARKS, "migrated_at"},
    {"schema_migrations", "golang-migrate", {"version"}, DIRTY("dirty"), NULL},
    {"schema_migrations", "Rails, Ecto or dbmate", {"version"}, NO_MARKS, NULL},
    {"__diesel_schema_migrations", "Diesel", {"version"}, NO_MARKS, NULL},
    {"_sqlx_migrations", "SQLx", {"version"}, FAILED("success"), NULL},
    {"refinery_schema_history", "Refinery", {"version", "name"}, NO_MARKS, NULL},
    {"goose_db_version",
     "goose",
     {"version_id"},
     {{"is_applied", MIG_MARK_IF_FALSE, "taken back"}},
     NULL},
    {"gorp_migrations", "sql-migrate", {"id"}, NO_MARKS, "applied_at"},
    {"atlas_schema_revisions", "Atlas", {"version"}, NO_MARKS, NULL},
    {"bun_migrations", "Bun", {"name"}, NO_MARKS, NULL},
    {"flyway_schema_history", "Flyway", {"script"}, FAILED("success"), NULL},
    {"databasechangelog", "Liquibase", {"filename", "author", "id"}, NO_MARKS, "orderexecuted"},
    {"__EFMigrationsHistory", "Entity Framework", {"MigrationId"}, NO_MARKS, NULL},
    {"knex_migrations", "Knex", {"name"}, NO_MARKS, NULL},
    {"kysely_migration", "Kysely", {"name"}, NO_MARKS, NULL},
    {"mikro_orm_migrations", "MikroORM", {"name"}, NO_MARKS, NULL},
    {"SequelizeMeta", "Sequelize", {"name"}, NO_MARKS, NULL},
    {"pgmigrations", "node-pg-migrate", {"name"}, NO_MARKS, "run_on"},
    {"_prisma_migrations",
     "Prisma",
     {"migration_name"},
     {{"rolled_back_at", MIG_MARK_IF_SET, "taken back"},
      {"finished_at", MIG_MARK_IF_NULL, "failed"}},
     NULL},
    {"__drizzle_migrations", "Drizzle", {"hash"}, NO_MARKS, "created_at"},
    {"migrations", "Laravel", {"migration"}, NO_MARKS, "batch"},
    {"migrations", "TypeORM", {"name"}, NO_MARKS, "timestamp"},
    {"doctrine_migration_versions", "Doctrine", {"version"}, NO_MARKS, NULL},
    {"DoctrineMigrationVersions", "Doctrine", {"version"}, NO_MARKS, NULL},
    {"phinxlog", "Phinx", {"version"}, NO_MARKS, "migration_name"},
};

static bool
has_column(const mig_table *table, const char *name)
{
    for (size_t i = 0; i < table->n_columns; i++)
        if (mig_match_folded(table->columns[i].name, name))
            return true;
    return false;
}

static bool
fits(const mig_bookkeeping *rule, const mig_table *table)
{
    if (!mig_match_folded(rule->table, table->name))
        return false;
    for (size_t i = 0; i < MIG_BOOKKEEPING_NAMES_MAX && rule->names[i] != NULL; i++)
        if (!has_column(table, rule->names[i]))
            return false;
    for (size_t i = 0; i < MIG_BOOKKEEPING_MARKS_MAX && rule->marks[i].column != NULL; i++)
        if (!has_column(table, rule->marks[i].column))
            return false;
    return rule->also == NULL || has_column(table, rule->also);
}

const mig_bookkeeping *
mig_bookkeeping_of(const mig_table *table)
{
    if (table->kind != MIG_TABLE_PLAIN && table->kind != MIG_TABLE_PARTITIONED)
        return NULL;
    for (size_t i = 0; i < N_OF(rules); i++)
        if (fits(&rules[i], table))
            return &rules[i];
    return NULL;
}

/* Booleans come as their database spells them: SQLite 0 and 1, PostgreSQL f and t. */
static bool
is_one_of(const char *text, const char *a, const char *b, const char *c)
{
    return text != NULL && (strcmp(text, a) == 0 || strcmp(text, b) == 0 || strcmp(text, c) == 0);
}

bool
mig_bookkeeping_marked(const mig_bookkeeping_mark *mark, const char *text)
{
    switch (mark->when) {
    case MIG_MARK_IF_TRUE:
        return is_one_of(text, "1", "t", "true");
    case MIG_MARK_IF_FALSE:
        return is_one_of(text, "0", "f", "false");
    case MIG_MARK_IF_NULL:
        return text == NULL;
    case MIG_MARK_IF_SET:
        return text != NULL;
    }
    return false;
}
