/*
 * schema.c - building, finding and freeing a schema.
 *
 * Strings stand in blocks that the schema owns and frees together; lists grow
 * by doubling and are freed one by one.
 */
#include "mig/schema.h"

#include <stdlib.h>
#include <string.h>

/* Texts of a schema are short; a longer one gets a block of its own. */
#define BLOCK_LEN ((size_t)16 * 1024)

typedef struct block {
    struct block *next;
    size_t        used, cap;
    char          text[];
} block;

struct mig_schema_memory {
    block *blocks; /* the first has room, perhaps */
};

/* Room for one more element in *list, zeroed; lists double when their length is a power of two. */
static void *
grow(void *listp, size_t *n, size_t element)
{
    void **list = listp;
    char  *made = *list;

    if ((*n & (*n - 1)) == 0) {
        size_t cap = *n == 0 ? 1 : *n * 2;

        made = realloc(*list, cap * element);
        if (made == NULL)
            return NULL;
        *list = made;
    }
    memset(made + *n * element, 0, element);
    return made + (*n)++ * element;
}

mig_schema *
mig_schema_new(mig_dialect dialect, const char *name)
{
    mig_schema *schema = calloc(1, sizeof *schema);

    if (schema == NULL)
        return NULL;
    schema->dialect = dialect;
    schema->memory = calloc(1, sizeof *schema->memory);
    schema->name = schema->memory != NULL ? mig_schema_keep(schema, name) : NULL;
    if (schema->name == NULL) {
        mig_schema_free(schema);
        return NULL;
    }
    return schema;
}

const char *
mig_schema_keep_part(mig_schema *schema, const char *text, size_t len)
{
    block *b = schema->memory->blocks;
    char  *kept;

    if (b == NULL || b->cap - b->used < len + 1) {
        size_t cap = len + 1 > BLOCK_LEN ? len + 1 : BLOCK_LEN;

        b = malloc(sizeof *b + cap);
        if (b == NULL)
            return NULL;
        *b = (block){.next = schema->memory->blocks, .cap = cap};
        schema->memory->blocks = b;
    }
    kept = b->text + b->used;
    if (len > 0)
        memcpy(kept, text, len);
    kept[len] = '\0';
    b->used += len + 1;
    return kept;
}

const char *
mig_schema_keep(mig_schema *schema, const char *text)
{
    return text != NULL ? mig_schema_keep_part(schema, text, strlen(text)) : NULL;
}

/* ---- building ----------------------------------------------------------------------------- */

mig_schema_table *
mig_schema_add_table(mig_schema *schema, const char *name)
{
    const char       *kept = mig_schema_keep(schema, name);
    mig_schema_table *table =
        kept != NULL ? grow(&schema->tables, &schema->n_tables, sizeof *table) : NULL;

    if (table != NULL)
        table->name = kept;
    return table;
}

mig_schema_column *
mig_schema_add_column(mig_schema *schema, mig_schema_table *table, const char *name,
                      const char *type)
{
    const char        *kept = mig_schema_keep(schema, name);
    const char        *kept_type = mig_schema_keep(schema, type);
    mig_schema_column *column = NULL;

    if (kept != NULL && kept_type != NULL)
        column = grow(&table->columns, &table->n_columns, sizeof *column);
    if (column != NULL) {
        column->name = kept;
        column->type = kept_type;
    }
    return column;
}

mig_constraint *
mig_schema_add_constraint(mig_schema *schema, mig_schema_table *table, mig_constraint_kind kind,
                          const char *name)
{
    const char     *kept = mig_schema_keep(schema, name);
    mig_constraint *constraint = NULL;

    if (kept != NULL)
        constraint = grow(&table->constraints, &table->n_constraints, sizeof *constraint);
    if (constraint != NULL) {
        constraint->kind = kind;
        constraint->name = kept;
    }
    return constraint;
}

mig_index *
mig_schema_add_index(mig_schema *schema, const char *name, const char *table)
{
    const char *kept = mig_schema_keep(schema, name);
    const char *kept_table = mig_schema_keep(schema, table);
    mig_index  *index = NULL;

    if (kept != NULL && kept_table != NULL)
        index = grow(&schema->indexes, &schema->n_indexes, sizeof *index);
    if (index != NULL) {
        index->name = kept;
        index->table = kept_table;
    }
    return index;
}

mig_schema_type *
mig_schema_add_type(mig_schema *schema, mig_type_kind kind, const char *name)
{
    const char      *kept = mig_schema_keep(schema, name);
    mig_schema_type *type =
        kept != NULL ? grow(&schema->types, &schema->n_types, sizeof *type) : NULL;

    if (type != NULL) {
        type->kind = kind;
        type->name = kept;
    }
    return type;
}

mig_schema_object *
mig_schema_add_object(mig_schema *schema, mig_object_kind kind, const char *name)
{
    const char        *kept = mig_schema_keep(schema, name);
    mig_schema_object *object =
        kept != NULL ? grow(&schema->objects, &schema->n_objects, sizeof *object) : NULL;

    if (object != NULL) {
        object->kind = kind;
        object->name = kept;
    }
    return object;
}

mig_key_part *
mig_schema_add_part(mig_schema *schema, mig_key_part **parts, size_t *n_parts)
{
    (void)schema; /* the list belongs to one of its elements and is freed with it */
    return grow(parts, n_parts, sizeof **parts);
}

bool
mig_schema_add_name(mig_schema *schema, const char ***names, size_t *n_names, const char *name)
{
    const char  *kept = mig_schema_keep(schema, name);
    const char **slot = kept != NULL ? grow(names, n_names, sizeof *slot) : NULL;

    if (slot != NULL)
        *slot = kept;
    return slot != NULL;
}

static int
compare_tables(const void *one, const void *other)
{
    return strcmp(((const mig_schema_table *)one)->name, ((const mig_schema_table *)other)->name);
}

static int
compare_indexes(const void *one, const void *other)
{
    return strcmp(((const mig_index *)one)->name, ((const mig_index *)other)->name);
}

void
mig_schema_finish(mig_schema *schema)
{
    if (schema->n_tables > 0)
        qsort(schema->tables, schema->n_tables, sizeof *schema->tables, compare_tables);
    if (schema->n_indexes > 0)
        qsort(schema->indexes, schema->n_indexes, sizeof *schema->indexes, compare_indexes);
}

/* ---- finding ------------------------------------------------------------------------------ */

const mig_schema_table *
mig_schema_find(const mig_schema *schema, const char *table)
{
    for (size_t i = 0; i < schema->n_tables; i++)
        if (strcmp(schema->tables[i].name, table) == 0)
            return &schema->tables[i];
    return NULL;
}

const mig_schema_column *
mig_schema_find_column(const mig_schema_table *table, const char *column)
{
    for (size_t i = 0; i < table->n_columns; i++)
        if (strcmp(table->columns[i].name, column) == 0)
            return &table->columns[i];
    return NULL;
}

const mig_schema_type *
mig_schema_find_type(const mig_schema *schema, const char *type)
{
    for (size_t i = 0; i < schema->n_types; i++)
        if (strcmp(schema->types[i].name, type) == 0)
            return &schema->types[i];
    return NULL;
}

const mig_constraint *
mig_schema_primary(const mig_schema_table *table)
{
    for (size_t i = 0; i < table->n_constraints; i++)
        if (table->constraints[i].kind == MIG_CONSTRAINT_PRIMARY)
            return &table->constraints[i];
    return NULL;
}

const char *
mig_object_words(mig_object_kind kind)
{
    static const char *const words[] = {
#define WORDS(name, text) text,
        MIG_OBJECT_MAP(WORDS)
#undef WORDS
    };

    return words[kind];
}

/* ---- freeing ------------------------------------------------------------------------------ */

static void
free_table(mig_schema_table *table)
{
    for (size_t i = 0; i < table->n_constraints; i++) {
        free(table->constraints[i].parts);
        free(table->constraints[i].include);
        free(table->constraints[i].columns);
        free(table->constraints[i].parent_columns);
    }
    free(table->constraints);
    free(table->columns);
}

void
mig_schema_free(mig_schema *schema)
{
    if (schema == NULL)
        return;
    for (size_t i = 0; i < schema->n_tables; i++)
        free_table(&schema->tables[i]);
    for (size_t i = 0; i < schema->n_indexes; i++) {
        free(schema->indexes[i].parts);
        free(schema->indexes[i].include);
    }
    for (size_t i = 0; i < schema->n_types; i++) {
        free(schema->types[i].labels);
        free(schema->types[i].checks);
    }
    for (size_t i = 0; i < schema->n_objects; i++)
        free(schema->objects[i].columns);
    free(schema->tables);
    free(schema->indexes);
    free(schema->types);
    free(schema->objects);
    while (schema->memory != NULL && schema->memory->blocks != NULL) {
        block *b = schema->memory->blocks;

        schema->memory->blocks = b->next;
        free(b);
    }
    free(schema->memory);
    free(schema);
}
