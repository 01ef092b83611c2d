/*
 * memory_scan.c - looking through /proc/self/mem.
 *
 * What is read passes through a buffer in which the needle would be found
 * again, now or by the next scan: the buffer is left out of the scan and
 * cleansed after it.
 */
#include "memory_scan.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#define MASK         0xa5
#define WINDOW       65536
#define TOO_BIG      (UINT64_C(256) << 20)
#define MAX_MAPPINGS 4096

static unsigned char window[WINDOW];

typedef struct mapping {
    uint64_t start, end;
} mapping;

void
memory_needle_set(memory_needle *needle, const void *secret, size_t len)
{
    const unsigned char *bytes = secret;

    needle->len = len;
    for (size_t i = 0; i < len; i++)
        needle->masked[i] = bytes[i] ^ MASK;
}

static bool
matches(const unsigned char *at, const memory_needle *needle)
{
    for (size_t i = 0; i < needle->len; i++) {
        if ((at[i] ^ MASK) != needle->masked[i])
            return false;
    }
    return true;
}

static bool
in_window(uint64_t address, size_t len)
{
    uint64_t start = (uint64_t)(uintptr_t)window;

    return address + len > start && address < start + sizeof window;
}

/* In the first n bytes of the window, which were read from `address`. */
static long
count_matches(size_t n, uint64_t address, const memory_needle *needle)
{
    const unsigned char *end = window + n - needle->len + 1;
    const unsigned char *p = window;
    long                 n_found = 0;

    while (p < end && (p = memchr(p, needle->masked[0] ^ MASK, (size_t)(end - p))) != NULL) {
        if (matches(p, needle) && !in_window(address + (uint64_t)(p - window), needle->len))
            n_found++;
        p++;
    }
    return n_found;
}

/* Windows overlap by the needle's length less one, so that none is cut. */
static long
scan_mapping(int fd, const mapping *map, const memory_needle *needle)
{
    long     n_found = 0;
    uint64_t address = map->start;

    while (address < map->end) {
        uint64_t left = map->end - address;
        size_t   want = left < sizeof window ? (size_t)left : sizeof window;
        ssize_t  n = pread(fd, window, want, (off_t)address);

        if (n < (ssize_t)needle->len)
            break; /* The mapping has ended, or is one that cannot be read. */
        n_found += count_matches((size_t)n, address, needle);
        address += (uint64_t)n - (needle->len - 1);
        if ((size_t)n < sizeof window)
            break;
    }
    return n_found;
}

/* All first, because reading the list allocates. */
static size_t
list_mappings(mapping *maps)
{
    FILE  *file = fopen("/proc/self/maps", "r");
    char   line[512];
    size_t n = 0;

    if (file == NULL)
        return 0;
    while (n < MAX_MAPPINGS && fgets(line, sizeof line, file) != NULL) {
        char rights[5];

        if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s", &maps[n].start, &maps[n].end, rights) ==
                3 &&
            rights[0] == 'r' && rights[1] == 'w' && maps[n].end - maps[n].start <= TOO_BIG)
            n++;
    }
    fclose(file);
    return n;
}

long
memory_scan(const memory_needle *needle)
{
    static mapping maps[MAX_MAPPINGS];
    size_t         n_maps = list_mappings(maps);
    long           n_found = 0;
    int            fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);

    if (fd < 0 || n_maps == 0)
        n_found = -1;
    for (size_t i = 0; i < n_maps && fd >= 0; i++)
        n_found += scan_mapping(fd, &maps[i], needle);
    if (fd >= 0)
        close(fd);
    explicit_bzero(window, sizeof window);
    return n_found;
}
