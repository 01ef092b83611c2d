/*
 * json_tree.h - a text of JSON as a tree.
 *
 * For files of this program's own, which are small: all of it stands in memory.
 *
 * Threads: the main thread.
 */
#ifndef MIG_JSON_TREE_H
#define MIG_JSON_TREE_H

#include <stddef.h>
#include <stdint.h>

#include "mig/error.h"

typedef enum mig_json_class {
    MIG_JSON_NULL,
    MIG_JSON_BOOL,
    MIG_JSON_NUMBER,
    MIG_JSON_STRING,
    MIG_JSON_ARRAY,
    MIG_JSON_OBJECT,
} mig_json_class;

typedef struct mig_json_node {
    mig_json_class class;
    char *name; /* of a member of an object; else NULL */
    char *text; /* STRING: as it is, without \u0000; NUMBER: its digits */
    bool  yes;  /* BOOL */

    struct mig_json_node *first; /* ARRAY, OBJECT: what is in it */
    struct mig_json_node *next;  /* in the same array or object */
} mig_json_node;

/* MIG_E_DATA for what is no JSON, with the line.  Free with mig__json_free. */
mig_status mig__json_parse(const char *text, size_t len, mig_json_node **rootp,
                           mig_error *err) MIG_CHECKED;

/* Accepts NULL. */
void mig__json_free(mig_json_node *node);

/* The member of that name and class, or NULL; of nodes that are no objects and of NULL as well. */
const mig_json_node *mig__json_member(const mig_json_node *node, const char *name,
                                      mig_json_class class);

/* The text of such a member, or NULL. */
const char *mig__json_text(const mig_json_node *node, const char *name);

/* False, and *valuep as it was, where there is no such number, or none within these bounds. */
bool mig__json_integer(const mig_json_node *node, const char *name, int64_t least, int64_t greatest,
                       int64_t *valuep) MIG_CHECKED;

/* False where there is none. */
bool mig__json_yes(const mig_json_node *node, const char *name);

#endif
