/*
 * leaks.c - leaks of the tests are reported, those of Criterion are not.
 *
 * Each test runs in a process of its own, which Criterion's sandbox starts
 * under the name "boxfort-worker" and at whose end LeakSanitizer looks for
 * leaks.  The process that started them leaks a little by itself.  A
 * suppression by library would silence the tests as well, since Criterion calls
 * them.
 *
 * Threads: LeakSanitizer asks at the end of a process.
 */
#include <errno.h>
#include <string.h>

int __lsan_is_turned_off(void);

int
__lsan_is_turned_off(void)
{
    return strcmp(program_invocation_name, "boxfort-worker") != 0;
}
