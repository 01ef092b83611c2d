/*
 * time_limit.c - no test waits for ever.
 *
 * Gives every test of the program that has no `.timeout` of its own one, before
 * Criterion looks at them.  (Its option --timeout has no effect in version
 * 2.4.1: a test that hangs would take the whole program with it, and the report
 * of all others, which is written at the end.)
 *
 * Threads: none yet; it runs before main, also in Criterion's workers.
 */
#include <criterion/criterion.h>

/* Long enough for a slow machine with sanitizers, short enough to wait for. */
#define SECONDS_PER_TEST 120.0

/* Where the linker put the tests; made by it, absent from a program without any. */
extern struct criterion_test *__start_cr_tst[] __attribute__((weak));
extern struct criterion_test *__stop_cr_tst[] __attribute__((weak));

__attribute__((constructor)) static void
limit_every_test(void)
{
    for (struct criterion_test **test = __start_cr_tst; test < __stop_cr_tst; test++)
        if (*test != NULL && (*test)->data->timeout <= 0)
            (*test)->data->timeout = SECONDS_PER_TEST;
}
