/*
 * locked.c - memory for key bytes and plaintexts.
 *
 * Pages come straight from mmap, so that locking them or leaving them out of a
 * core file touches nobody else's memory, and what is freed goes back to the
 * system instead of to an allocator's free list.
 */
#include "locked.h"

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include <openssl/crypto.h>

/* 16 KiB: several times the depth at which OpenSSL works on a key. */
#define STACK_WORDS (16384 / sizeof(unsigned long))

/* 0 if the sum would not fit. */
static size_t
whole_pages(size_t len)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    if (len > SIZE_MAX - page)
        return 0;
    if (len == 0)
        len = 1;
    return (len + page - 1) / page * page;
}

void *
mig__locked_new(size_t len)
{
    size_t size = whole_pages(len);
    void  *memory;

    if (size == 0)
        return NULL;
    memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return NULL;
    /* Both are precautions: a container without the right to lock must still be able to migrate. */
    (void)mlock(memory, size);
    (void)madvise(memory, size, MADV_DONTDUMP);
    return memory;
}

void
mig__locked_free(void *memory, size_t len)
{
    if (memory == NULL)
        return;
    OPENSSL_cleanse(memory, len);
    munmap(memory, whole_pages(len));
}

/*
 * The loop is by hand, because a call could itself spill registers below what was overwritten.
 */
__attribute__((noinline)) void
mig__locked_cleanse_stack(void)
{
    volatile unsigned long spilled[STACK_WORDS];

    for (size_t i = 0; i < STACK_WORDS; i++)
        spilled[i] = 0;
    (void)spilled[0];
}
