/*
 * name_list.h - names of migrations, as sets.
 */
#ifndef MIG_NAME_LIST_H
#define MIG_NAME_LIST_H

#include <stddef.h>

#include "mig/buf.h"

/* All zero is an empty one. */
typedef struct mig_name_list {
    char **names;
    size_t n;
    bool   failed; /* no memory; sticky */
} mig_name_list;

/* A copy of the name goes into the list.  False without memory. */
bool mig__names_add(mig_name_list *list, const char *name);

/* For lookups (source.h): adds the first column of each row; NULL is no name.  arg is the list. */
bool mig__names_add_row(void *arg, const char *const *texts, const size_t *lens);

/* MIG_E_NOMEM if something could not be added. */
mig_status mig__names_check(const mig_name_list *list, mig_error *err) MIG_CHECKED;

bool mig__names_has(const mig_name_list *list, const char *name);

/* Whether both hold the same names, in any order. */
bool mig__names_same(const mig_name_list *one, const mig_name_list *other);

/* "a, b, c": the names of `list` that are not in `others`; of many only the first and how many
 * more there are. */
void mig__names_list_missing(const mig_name_list *list, const mig_name_list *others, mig_buf *out);

void mig__names_fini(mig_name_list *list);

#endif
