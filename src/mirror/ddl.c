/*
 * ddl.c - a list of statements.
 */
#include "mig/ddl.h"

#include <stdlib.h>
#include <string.h>

static bool
copy_text(const char *text, char **copyp)
{
    *copyp = text != NULL ? strdup(text) : NULL;
    return text == NULL || *copyp != NULL;
}

static void
free_item(mig_ddl_item *item)
{
    free(item->what);
    free(item->table);
    free(item->sql);
}

mig_ddl *
mig_ddl_new(void)
{
    return calloc(1, sizeof(mig_ddl));
}

bool
mig_ddl_add(mig_ddl *ddl, mig_ddl_phase phase, const char *what, const char *table, const char *sql)
{
    mig_ddl_item  item = {.phase = phase};
    mig_ddl_item *grown = realloc(ddl->items, (ddl->n_items + 1) * sizeof *grown);

    if (grown == NULL)
        return false;
    ddl->items = grown;
    if (!copy_text(what, &item.what) || !copy_text(table, &item.table) ||
        !copy_text(sql, &item.sql)) {
        free_item(&item);
        return false;
    }
    ddl->items[ddl->n_items++] = item;
    return true;
}

static bool
add_name(char ***names, size_t *n_names, const char *name)
{
    char **grown = realloc(*names, (*n_names + 1) * sizeof *grown);

    if (grown == NULL)
        return false;
    *names = grown;
    if (!copy_text(name, &grown[*n_names]))
        return false;
    (*n_names)++;
    return true;
}

bool
mig_ddl_add_relation(mig_ddl *ddl, const char *name)
{
    return add_name(&ddl->relations, &ddl->n_relations, name);
}

bool
mig_ddl_add_index(mig_ddl *ddl, const char *name)
{
    return add_name(&ddl->indexes, &ddl->n_indexes, name);
}

bool
mig_ddl_add_thing(mig_ddl *ddl, mig_ddl_thing_kind kind, const char *name, const char *same)
{
    mig_ddl_thing  thing = {.kind = kind, .item = ddl->n_items - 1};
    mig_ddl_thing *grown = realloc(ddl->things, (ddl->n_things + 1) * sizeof *grown);

    if (grown == NULL)
        return false;
    ddl->things = grown;
    if (!copy_text(name, &thing.name) || !copy_text(same, &thing.same)) {
        free(thing.name);
        return false;
    }
    ddl->things[ddl->n_things++] = thing;
    return true;
}

void
mig_ddl_free(mig_ddl *ddl)
{
    if (ddl == NULL)
        return;
    for (size_t i = 0; i < ddl->n_things; i++) {
        free(ddl->things[i].name);
        free(ddl->things[i].same);
    }
    free(ddl->things);
    for (size_t i = 0; i < ddl->n_items; i++)
        free_item(&ddl->items[i]);
    for (size_t i = 0; i < ddl->n_relations; i++)
        free(ddl->relations[i]);
    for (size_t i = 0; i < ddl->n_indexes; i++)
        free(ddl->indexes[i]);
    free(ddl->items);
    free(ddl->relations);
    free(ddl->indexes);
    free(ddl);
}
