/*
 * uptrakit.h - what is known about an Uptrakit installation: its schema's
 * steps, which of its values are secrets, what a fresh schema holds.
 *
 * Facts as data; pure functions; any thread.
 */
#ifndef MIG_UPTRAKIT_H
#define MIG_UPTRAKIT_H

#include "mig/catalog.h"

/* The application's own record of the steps that were applied. */
#define MIG_UPTRAKIT_STEPS_TABLE "seaql_migrations"

typedef struct mig_uptrakit_step {
    const char *name; /* as recorded: "m20260209_000001_initial" */
    const char *sqlite_sql;
    const char *postgres_sql;
} mig_uptrakit_step;

/* All built-in steps, in the order in which they are applied. */
const mig_uptrakit_step *mig_uptrakit_steps(size_t *n_stepsp);

/* Whether the catalog is that of an Uptrakit installation: it has the record and the tables that
 * every version has (tenants, users, settings). */
bool mig_uptrakit_recognised(const mig_catalog *catalog);

/* The name under which progress is told; most tables have their own. */
const char *mig_uptrakit_label(const char *table);

/* Tables that are the migrator's or an agent's own and never copied. */
bool mig_uptrakit_not_copied(const char *table);

/* A column whose values may be sealed, and the associated data they are sealed with. */
typedef struct mig_uptrakit_secret {
    const char *table;
    const char *column;
    const char *place;
} mig_uptrakit_secret;

const mig_uptrakit_secret *mig_uptrakit_secrets(size_t *n_secretsp);

/* A key of settings or global_settings whose value (a JSON string) may be sealed. */
typedef struct mig_uptrakit_setting {
    const char *key;
    const char *place; /* NULL: not known */
} mig_uptrakit_setting;

const mig_uptrakit_setting *mig_uptrakit_secret_settings(size_t *n_settingsp);

/* The key under which the master key's verification token is kept. */
#define MIG_UPTRAKIT_TOKEN_KEY "crypto.master_key_verification"

/*
 * Rows that the application's own migrations put into a fresh schema.  A table whose rows all pass
 * and that has no more than max_rows of them holds nothing of the user's.
 */
typedef struct mig_uptrakit_seed {
    const char *table;
    size_t      max_rows;
    const char *columns[4]; /* to look at; the first n_columns */
    size_t      n_columns;
    bool (*is_seed)(const char *const *texts, const size_t *lens);
} mig_uptrakit_seed;

/* NULL for a table that is empty in a fresh schema. */
const mig_uptrakit_seed *mig_uptrakit_seed_of(const char *table);

#endif
