/*
 * catalog.c - building a catalog and looking things up in it.
 *
 * The lists carry a length and no capacity: memory for the next power of two is
 * always there, so a list is full exactly when its length is 0 or a power of
 * two.
 *
 * Threads: one thread builds; a finished catalog may be read by any.
 */
#include "mig/catalog.h"

#include <stdlib.h>
#include <string.h>

/*
 * Makes room for one more element and zeroes it.  Returns it, or NULL; the list is as it was
 * then.  The caller counts the element once it is filled.
 */
static void *
list_grow(void **listp, size_t n, size_t size)
{
    bool           full = (n & (n - 1)) == 0;
    unsigned char *element;

    if (full) {
        size_t cap = n == 0 ? 1 : n * 2;
        void  *list = reallocarray(*listp, cap, size);

        if (list == NULL)
            return NULL;
        *listp = list;
    }
    element = (unsigned char *)*listp + n * size;
    memset(element, 0, size);
    return element;
}

static int
compare_tables(const void *left, const void *right)
{
    const mig_table *l = left;
    const mig_table *r = right;

    return strcmp(l->name, r->name);
}

static void
free_table(mig_table *table)
{
    for (size_t i = 0; i < table->n_columns; i++) {
        free(table->columns[i].name);
        free(table->columns[i].type);
        free(table->columns[i].base);
    }
    for (size_t i = 0; i < table->n_foreign_keys; i++) {
        mig_foreign_key *key = &table->foreign_keys[i];

        for (size_t c = 0; c < key->n_columns; c++) {
            free(key->columns[c]);
            free(key->parent_columns[c]);
        }
        free(key->columns);
        free(key->parent_columns);
        free(key->name);
        free(key->parent);
    }
    free(table->columns);
    free(table->foreign_keys);
    free(table->home_schema);
    free(table->home_name);
    free(table->name);
}

const mig_table *
mig_catalog_find(const mig_catalog *catalog, const char *name)
{
    size_t low = 0;
    size_t high = catalog->n_tables;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int    order = strcmp(name, catalog->tables[middle].name);

        if (order == 0)
            return &catalog->tables[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const mig_column *
mig_table_find(const mig_table *table, const char *name)
{
    for (size_t i = 0; i < table->n_columns; i++) {
        if (strcmp(table->columns[i].name, name) == 0)
            return &table->columns[i];
    }
    return NULL;
}

mig_catalog *
mig_catalog_new(const char *schema)
{
    mig_catalog *catalog = calloc(1, sizeof *catalog);

    if (catalog == NULL)
        return NULL;
    catalog->schema = strdup(schema);
    if (catalog->schema == NULL) {
        free(catalog);
        return NULL;
    }
    return catalog;
}

mig_table *
mig_catalog_add_table(mig_catalog *catalog, const char *name, mig_table_kind kind)
{
    void      *list = catalog->tables;
    mig_table *table = list_grow(&list, catalog->n_tables, sizeof *table);

    catalog->tables = list;
    if (table == NULL)
        return NULL;
    table->name = strdup(name);
    if (table->name == NULL)
        return NULL;
    table->kind = kind;
    catalog->n_tables++;
    return table;
}

mig_column *
mig_table_add_column(mig_table *table, const char *name, const char *type)
{
    void       *list = table->columns;
    mig_column *column = list_grow(&list, table->n_columns, sizeof *column);

    table->columns = list;
    if (column == NULL)
        return NULL;
    column->name = strdup(name);
    column->type = strdup(type);
    if (column->name == NULL || column->type == NULL) {
        free(column->name);
        free(column->type);
        return NULL;
    }
    column->base = NULL;
    column->wire = MIG_WIRE_NONE;
    column->limits = (mig_limits)MIG_LIMITS_NONE;
    table->n_columns++;
    return column;
}

mig_foreign_key *
mig_table_add_foreign_key(mig_table *table, const char *name, const char *parent)
{
    void            *list = table->foreign_keys;
    mig_foreign_key *key = list_grow(&list, table->n_foreign_keys, sizeof *key);

    table->foreign_keys = list;
    if (key == NULL)
        return NULL;
    key->name = strdup(name);
    key->parent = strdup(parent);
    if (key->name == NULL || key->parent == NULL) {
        free(key->name);
        free(key->parent);
        return NULL;
    }
    table->n_foreign_keys++;
    return key;
}

bool
mig_foreign_key_add_column(mig_foreign_key *key, const char *column, const char *parent_column)
{
    void  *list = key->columns;
    void  *parents = key->parent_columns;
    char **name = list_grow(&list, key->n_columns, sizeof *name);
    char **parent = list_grow(&parents, key->n_columns, sizeof *parent);

    key->columns = list;
    key->parent_columns = parents;
    if (name == NULL || parent == NULL)
        return false;
    *name = strdup(column);
    *parent = parent_column != NULL ? strdup(parent_column) : NULL;
    if (*name == NULL || (parent_column != NULL && *parent == NULL)) {
        free(*name);
        return false;
    }
    key->n_columns++;
    return true;
}

/* Parent columns that were not named are those of the primary key, in its order. */
static bool
name_parent_columns(mig_foreign_key *key, const mig_table *parent)
{
    for (size_t i = 0; i < key->n_columns; i++) {
        for (size_t c = 0; c < parent->n_columns && key->parent_columns[i] == NULL; c++) {
            if (parent->columns[c].pk_position != (int)i + 1)
                continue;
            key->parent_columns[i] = strdup(parent->columns[c].name);
            if (key->parent_columns[i] == NULL)
                return false;
        }
    }
    return true;
}

bool
mig_catalog_finish(mig_catalog *catalog)
{
    if (catalog->n_tables > 1)
        qsort(catalog->tables, catalog->n_tables, sizeof catalog->tables[0], compare_tables);
    for (size_t t = 0; t < catalog->n_tables; t++) {
        mig_table *table = &catalog->tables[t];

        for (size_t k = 0; k < table->n_foreign_keys; k++) {
            mig_foreign_key *key = &table->foreign_keys[k];
            const mig_table *parent = mig_catalog_find(catalog, key->parent);

            key->parent_known = parent != NULL;
            if (parent != NULL && !name_parent_columns(key, parent))
                return false;
        }
    }
    return true;
}

void
mig_catalog_free(mig_catalog *catalog)
{
    if (catalog == NULL)
        return;
    for (size_t i = 0; i < catalog->n_tables; i++)
        free_table(&catalog->tables[i]);
    free(catalog->tables);
    free(catalog->schema);
    free(catalog);
}
