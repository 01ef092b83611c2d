/*
 * name_list.c - names of migrations, as sets.
 *
 * Applications have some hundred migrations, a few have thousands: comparing
 * each with each takes no time that anybody would notice.
 */
#include "name_list.h"

#include <stdlib.h>
#include <string.h>

/* Of a difference, as many names as a person reads. */
#define LISTED_MAX 40

bool
mig__names_add(mig_name_list *list, const char *name)
{
    char **names = realloc(list->names, (list->n + 1) * sizeof *names);

    if (names != NULL) {
        list->names = names;
        list->names[list->n] = strdup(name);
    }
    if (names == NULL || list->names[list->n] == NULL) {
        list->failed = true;
        return false;
    }
    list->n++;
    return true;
}

bool
mig__names_add_row(void *arg, const char *const *texts, const size_t *lens)
{
    (void)lens;
    return texts[0] == NULL || mig__names_add(arg, texts[0]);
}

mig_status
mig__names_check(const mig_name_list *list, mig_error *err)
{
    return list->failed ? mig_raise(err, MIG_E_NOMEM, "cannot allocate the list of migrations")
                        : MIG_OK;
}

bool
mig__names_has(const mig_name_list *list, const char *name)
{
    for (size_t i = 0; i < list->n; i++)
        if (strcmp(list->names[i], name) == 0)
            return true;
    return false;
}

static bool
within(const mig_name_list *list, const mig_name_list *others)
{
    for (size_t i = 0; i < list->n; i++)
        if (!mig__names_has(others, list->names[i]))
            return false;
    return true;
}

bool
mig__names_same(const mig_name_list *one, const mig_name_list *other)
{
    return within(one, other) && within(other, one);
}

void
mig__names_list_missing(const mig_name_list *list, const mig_name_list *others, mig_buf *out)
{
    size_t n = 0;

    for (size_t i = 0; i < list->n; i++) {
        if (mig__names_has(others, list->names[i]))
            continue;
        if (n++ < LISTED_MAX)
            mig_buf_printf(out, "%s%s", n > 1 ? ", " : "", list->names[i]);
    }
    if (n > LISTED_MAX)
        mig_buf_printf(out, " and %zu more", n - LISTED_MAX);
}

void
mig__names_fini(mig_name_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        free(list->names[i]);
    free(list->names);
    *list = (mig_name_list){0};
}
