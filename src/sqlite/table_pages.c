/*
 * table_pages.c - an empty table of a SQLite file is filled, page by page.
 *
 * On each level of the tree one node is open: level 0 is the leaf that rows go
 * into, level n + 1 lists the nodes of level n that are closed.  A node gets the
 * number of its page when it is closed, so pages come in the order of their
 * numbers and are written in slices.  A node that is closed above the leaves
 * leaves its last child to the next one: no node may be without a key.
 *
 * At the end the open nodes are written as the right edge of the tree, the topmost
 * into the root page, whose number cannot change.  They stay open, keep their
 * numbers, and are written again when the table has got more rows.
 *
 * Threads: as table_pages.h tells.
 */
#include "table_pages.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "row_record.h"

/* "Database File Format", 1.3: offsets in the header, all numbers big-endian. */
#define HEADER_SIZE     100
#define AT_PAGE_SIZE    16
#define AT_RESERVED     20
#define AT_CHANGES      24
#define AT_N_PAGES      28
#define AT_N_FREE       36
#define AT_FORMAT       44
#define AT_AUTO_VACUUM  52
#define AT_ENCODING     56
#define AT_VALID_FOR    92
#define AT_LIBRARY      96
#define ENCODING_UTF8   1
#define FORMAT_BOOLEANS 4 /* the first that knows serial types 8 and 9 */

/* 1.6: kinds of pages, and the lengths of their headers. */
#define KIND_INTERIOR        5
#define KIND_LEAF            13
#define LEAF_HEADER_SIZE     8
#define INTERIOR_HEADER_SIZE 12
#define POINTER_SIZE         2

/* 1.3.14: the page with this byte is never used. */
#define LOCK_BYTE ((uint64_t)0x40000000)

#define MAX_PAGES ((uint32_t)0xfffffffe)

/* Free pages are left to the indexes that are made behind the rows.  More would be a waste. */
#define MAX_FREE 256

/* No tree is higher: a node has 32 children at least, and there are 2^32 pages. */
#define MAX_LEVELS 8

#define SLICE_SIZE ((size_t)1 << 20)

/* A closed node, and the highest rowid in it. */
typedef struct child {
    uint32_t page;
    int64_t  key;
} child;

/* The open node of a level above the leaves. */
typedef struct inner {
    child   *children;
    size_t   n_children, n_allocated;
    size_t   used; /* bytes of its page, if all children but one more have keys */
    uint32_t page; /* 0: it has none yet */
} inner;

struct mig__table_pages {
    /* Fixed after open. */
    int      fd;
    uint32_t root, lock_page;
    size_t   page_size, usable;

    uint32_t n_pages; /* that the file has, with those in the slice */

    /* Pages that follow one another and are not written yet. */
    unsigned char *slice;
    size_t         n_in_slice, slice_pages;
    uint32_t       first_in_slice;

    unsigned char *leaf;     /* the open one */
    size_t         leaf_end; /* cells grow down to here */
    uint16_t       n_cells;
    uint32_t       leaf_page; /* 0: it has none yet */
    int64_t        last_rowid;

    inner  levels[MAX_LEVELS]; /* levels[0]: of the parents of leaves */
    size_t n_levels;

    unsigned char *page; /* one to make an image of a node or of an overflow page in */
};

static void
put16(unsigned char *at, size_t value)
{
    at[0] = (unsigned char)(value >> 8);
    at[1] = (unsigned char)value;
}

static void
put32(unsigned char *at, uint32_t value)
{
    const uint32_t wire = htobe32(value);

    memcpy(at, &wire, sizeof wire);
}

static uint32_t
get32(const unsigned char *at)
{
    uint32_t wire;

    memcpy(&wire, at, sizeof wire);
    return be32toh(wire);
}

/* ---- the file ------------------------------------------------------------------------------ */

static mig_status
raise_errno(const char *what, mig_error *err)
{
    const int  saved = errno;
    mig_status st = mig_raise(err, MIG_E_IO, "cannot %s the new file", what);

    mig_error_detail(err, "%s", strerror(saved));
    return st;
}

static mig_status
read_at(int fd, void *data, size_t len, uint64_t offset, mig_error *err)
{
    unsigned char *at = data;

    while (len > 0) {
        ssize_t n = pread(fd, at, len, (off_t)offset);

        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            return mig_raise(err, MIG_E_INTERNAL, "the new file is shorter than its pages");
        if (n < 0)
            return raise_errno("read", err);
        at += n;
        offset += (uint64_t)n;
        len -= (size_t)n;
    }
    return MIG_OK;
}

static mig_status
write_at(int fd, const void *data, size_t len, uint64_t offset, mig_error *err)
{
    const unsigned char *at = data;

    while (len > 0) {
        ssize_t n = pwrite(fd, at, len, (off_t)offset);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return raise_errno("write", err);
        at += n;
        offset += (uint64_t)n;
        len -= (size_t)n;
    }
    return MIG_OK;
}

static mig_status
flush(mig__table_pages *pages, mig_error *err)
{
    const size_t len = pages->n_in_slice * pages->page_size;

    pages->n_in_slice = 0;
    if (len == 0)
        return MIG_OK;
    return write_at(pages->fd, pages->slice, len,
                    (uint64_t)(pages->first_in_slice - 1) * pages->page_size, err);
}

static mig_status
write_page(mig__table_pages *pages, uint32_t number, const unsigned char *image, mig_error *err)
{
    mig_status st = MIG_OK;

    if (pages->n_in_slice == pages->slice_pages ||
        (pages->n_in_slice > 0 && number != pages->first_in_slice + pages->n_in_slice))
        MIG_TRY(flush(pages, err));
    if (pages->n_in_slice == 0)
        pages->first_in_slice = number;
    memcpy(pages->slice + pages->n_in_slice * pages->page_size, image, pages->page_size);
    pages->n_in_slice++;
done:
    return st;
}

/* The page behind this one that may be used. */
static uint32_t
page_behind(const mig__table_pages *pages, uint32_t number)
{
    return number + 1 == pages->lock_page ? number + 2 : number + 1;
}

static uint32_t
new_page(mig__table_pages *pages)
{
    return pages->n_pages = page_behind(pages, pages->n_pages);
}

/* ---- nodes above the leaves ---------------------------------------------------------------- */

/* Of the cell for a child, and its pointer. */
static size_t
child_size(int64_t key)
{
    unsigned char varint[MIG__VARINT_MAX];

    return POINTER_SIZE + sizeof(uint32_t) + mig__varint_put(varint, (uint64_t)key);
}

/* The node with n children that have keys, and the last one, which has none. */
static mig_status
write_node(mig__table_pages *pages, uint32_t number, const child *children, size_t n, uint32_t last,
           mig_error *err)
{
    unsigned char *page = pages->page;
    size_t         end = pages->usable;

    memset(page, 0, pages->page_size);
    for (size_t i = 0; i < n; i++) {
        unsigned char cell[sizeof(uint32_t) + MIG__VARINT_MAX];
        size_t        len;

        put32(cell, children[i].page);
        len =
            sizeof(uint32_t) + mig__varint_put(cell + sizeof(uint32_t), (uint64_t)children[i].key);
        end -= len;
        memcpy(page + end, cell, len);
        put16(page + INTERIOR_HEADER_SIZE + i * POINTER_SIZE, end);
    }
    page[0] = KIND_INTERIOR;
    put16(page + 3, n);
    put16(page + 5, end);
    put32(page + 8, last);
    return write_page(pages, number, page, err);
}

static mig_status
add_child(inner *node, child new_child, mig_error *err)
{
    if (node->n_children == node->n_allocated) {
        const size_t n = node->n_allocated == 0 ? 64 : 2 * node->n_allocated;
        child       *children = realloc(node->children, n * sizeof *children);

        if (children == NULL)
            return mig_raise(err, MIG_E_NOMEM, "cannot allocate a page");
        node->children = children;
        node->n_allocated = n;
    }
    node->children[node->n_children++] = new_child;
    node->used += child_size(new_child.key);
    return MIG_OK;
}

/* Closes a full node; its last child is the next one's first.  *closedp is what the parent lists.
 */
static mig_status
close_node(mig__table_pages *pages, inner *node, child *closedp, mig_error *err)
{
    const size_t n = node->n_children;
    const child  kept = node->children[n - 1];
    mig_status   st = MIG_OK;

    if (node->page == 0)
        node->page = new_page(pages);
    *closedp = (child){.page = node->page, .key = node->children[n - 2].key};
    MIG_TRY(write_node(pages, node->page, node->children, n - 2, node->children[n - 2].page, err));
    node->children[0] = kept;
    node->n_children = 1;
    node->used = INTERIOR_HEADER_SIZE + child_size(kept.key);
    node->page = 0;
done:
    return st;
}

/* A leaf is closed, and with it, it may be, nodes above it. */
static mig_status
list_leaf(mig__table_pages *pages, child closed, mig_error *err)
{
    mig_status st = MIG_OK;
    bool       go_on = true;

    for (size_t i = 0; go_on; i++) {
        inner *node;
        child  full = {0};

        if (i == MAX_LEVELS)
            return mig_raise(err, MIG_E_INTERNAL, "a table has too many pages");
        node = &pages->levels[i];
        if (i == pages->n_levels) {
            pages->n_levels++;
            node->used = INTERIOR_HEADER_SIZE;
        }
        go_on = node->used + child_size(closed.key) > pages->usable;
        if (go_on)
            MIG_TRY(close_node(pages, node, &full, err));
        MIG_TRY(add_child(node, closed, err));
        closed = full;
    }
done:
    return st;
}

/* ---- leaves -------------------------------------------------------------------------------- */

static void
begin_leaf(mig__table_pages *pages)
{
    memset(pages->leaf, 0, pages->page_size);
    pages->leaf_end = pages->usable;
    pages->n_cells = 0;
    pages->leaf_page = 0;
}

static mig_status
write_leaf(mig__table_pages *pages, uint32_t number, mig_error *err)
{
    pages->leaf[0] = KIND_LEAF;
    put16(pages->leaf + 3, pages->n_cells);
    put16(pages->leaf + 5, pages->leaf_end);
    return write_page(pages, number, pages->leaf, err);
}

static mig_status
close_leaf(mig__table_pages *pages, mig_error *err)
{
    const uint32_t number = pages->leaf_page != 0 ? pages->leaf_page : new_page(pages);
    mig_status     st = MIG_OK;

    MIG_TRY(write_leaf(pages, number, err));
    MIG_TRY(list_leaf(pages, (child){.page = number, .key = pages->last_rowid}, err));
    begin_leaf(pages);
done:
    return st;
}

/* How much of a record stands in its cell: "Database File Format", 1.6, on cell payload overflow.
 */
static size_t
local_len(const mig__table_pages *pages, size_t len)
{
    const size_t most = pages->usable - 35;
    const size_t least = (pages->usable - 12) * 32 / 255 - 23;
    const size_t kept = least + (len - least) % (pages->usable - sizeof(uint32_t));

    if (len <= most)
        return len;
    return kept <= most ? kept : least;
}

/* The rest of a record in a chain of pages, from `first` on. */
static mig_status
write_overflow(mig__table_pages *pages, const unsigned char *data, size_t len, uint32_t first,
               mig_error *err)
{
    const size_t   most = pages->usable - sizeof(uint32_t);
    unsigned char *page = pages->page;
    mig_status     st = MIG_OK;

    for (uint32_t number = first; len > 0;) {
        const size_t   n = len < most ? len : most;
        const uint32_t next = len > n ? new_page(pages) : 0;

        put32(page, next);
        memcpy(page + sizeof(uint32_t), data, n);
        memset(page + sizeof(uint32_t) + n, 0, pages->page_size - sizeof(uint32_t) - n);
        MIG_TRY(write_page(pages, number, page, err));
        data += n;
        len -= n;
        number = next;
    }
done:
    return st;
}

mig_status
mig__table_pages_add(mig__table_pages *pages, int64_t rowid, const unsigned char *record,
                     size_t len, mig_error *err)
{
    const size_t   local = local_len(pages, len);
    unsigned char  head[2 * MIG__VARINT_MAX];
    size_t         head_len = mig__varint_put(head, len);
    size_t         cell_len;
    unsigned char *cell;
    mig_status     st = MIG_OK;

    head_len += mig__varint_put(head + head_len, (uint64_t)rowid);
    cell_len = head_len + local + (local < len ? sizeof(uint32_t) : 0);
    if (LEAF_HEADER_SIZE + (pages->n_cells + (size_t)1) * POINTER_SIZE + cell_len > pages->leaf_end)
        MIG_TRY(close_leaf(pages, err));
    pages->leaf_end -= cell_len;
    cell = pages->leaf + pages->leaf_end;
    memcpy(cell, head, head_len);
    memcpy(cell + head_len, record, local);
    put16(pages->leaf + LEAF_HEADER_SIZE + pages->n_cells * (size_t)POINTER_SIZE, pages->leaf_end);
    pages->n_cells++;
    pages->last_rowid = rowid;
    if (local < len) {
        const uint32_t first = new_page(pages);

        put32(cell + head_len + local, first);
        MIG_TRY(write_overflow(pages, record + local, len - local, first, err));
    }
done:
    return st;
}

bool
mig__table_pages_are_full(const mig__table_pages *pages, size_t len)
{
    const uint64_t wanted = len / (pages->usable - sizeof(uint32_t)) + 4 * MAX_LEVELS;

    return pages->n_pages + wanted > MAX_PAGES;
}

/* ---- from begin to end --------------------------------------------------------------------- */

/* Where the header says that the table can be filled here; its page size is looked at before. */
static bool
is_suitable(const unsigned char *header, const unsigned char *root)
{
    return header[AT_RESERVED] <= 32 && get32(header + AT_N_FREE) <= MAX_FREE &&
           get32(header + AT_FORMAT) >= FORMAT_BOOLEANS && get32(header + AT_AUTO_VACUUM) == 0 &&
           get32(header + AT_ENCODING) == ENCODING_UTF8 &&
           get32(header + AT_CHANGES) == get32(header + AT_VALID_FOR) && root[0] == KIND_LEAF &&
           root[3] == 0 && root[4] == 0;
}

static size_t
page_size_of(const unsigned char *header)
{
    const size_t size = (size_t)header[AT_PAGE_SIZE] << 8 | header[AT_PAGE_SIZE + 1];

    return size == 1 ? 65536 : size;
}

mig_status
mig__table_pages_open(int fd, uint32_t root, mig__table_pages **pagesp, mig_error *err)
{
    mig_status        st = MIG_OK;
    mig__table_pages *pages = NULL;
    unsigned char     header[HEADER_SIZE], root_start[LEAF_HEADER_SIZE];
    size_t            page_size;

    *pagesp = NULL;
    MIG_TRY(read_at(fd, header, sizeof header, 0, err));
    page_size = page_size_of(header);
    MIG_TRY(read_at(fd, root_start, sizeof root_start, (uint64_t)(root - 1) * page_size, err));
    if (root < 2 || !is_suitable(header, root_start))
        goto done;
    if ((pages = calloc(1, sizeof *pages)) == NULL || (pages->slice = malloc(SLICE_SIZE)) == NULL ||
        (pages->leaf = malloc(page_size)) == NULL || (pages->page = malloc(page_size)) == NULL) {
        st = mig_raise(err, MIG_E_NOMEM, "cannot allocate a page");
        goto done;
    }
    pages->fd = fd;
    pages->root = root;
    pages->page_size = page_size;
    pages->usable = page_size - header[AT_RESERVED];
    pages->lock_page = (uint32_t)(LOCK_BYTE / page_size + 1);
    pages->slice_pages = SLICE_SIZE / page_size;
    begin_leaf(pages);
    *pagesp = pages;
    pages = NULL;
done:
    mig__table_pages_close(pages);
    return st;
}

mig_status
mig__table_pages_begin(mig__table_pages *pages, mig_error *err)
{
    unsigned char header[HEADER_SIZE];
    mig_status    st = MIG_OK;

    MIG_TRY(read_at(pages->fd, header, sizeof header, 0, err));
    pages->n_pages = get32(header + AT_N_PAGES);
done:
    return st;
}

/* Writes the open nodes, from the leaf to the root. */
static mig_status
write_edge(mig__table_pages *pages, mig_error *err)
{
    mig_status st = MIG_OK;
    uint32_t   below;

    if (pages->n_levels == 0)
        return write_leaf(pages, pages->root, err);
    if (pages->leaf_page == 0)
        pages->leaf_page = new_page(pages);
    MIG_TRY(write_leaf(pages, pages->leaf_page, err));
    below = pages->leaf_page;
    for (size_t i = 0; i < pages->n_levels; i++) {
        inner   *node = &pages->levels[i];
        uint32_t number = pages->root;

        if (i + 1 < pages->n_levels) {
            if (node->page == 0)
                node->page = new_page(pages);
            number = node->page;
        }
        MIG_TRY(write_node(pages, number, node->children, node->n_children, below, err));
        below = number;
    }
done:
    return st;
}

mig_status
mig__table_pages_end(mig__table_pages *pages, mig_error *err)
{
    unsigned char header[HEADER_SIZE];
    uint32_t      changes;
    mig_status    st = MIG_OK;

    if (pages->n_cells == 0) /* no row has come */
        goto done;
    MIG_TRY(write_edge(pages, err));
    MIG_TRY(flush(pages, err));
    MIG_TRY(read_at(pages->fd, header, sizeof header, 0, err));
    changes = get32(header + AT_CHANGES) + 1;
    put32(header + AT_CHANGES, changes);
    put32(header + AT_VALID_FOR, changes);
    put32(header + AT_N_PAGES, pages->n_pages);
    put32(header + AT_LIBRARY, (uint32_t)sqlite3_libversion_number());
    MIG_TRY(write_at(pages->fd, header, sizeof header, 0, err));
done:
    return st;
}

void
mig__table_pages_close(mig__table_pages *pages)
{
    if (pages == NULL)
        return;
    for (size_t i = 0; i < MAX_LEVELS; i++)
        free(pages->levels[i].children);
    free(pages->slice);
    free(pages->leaf);
    free(pages->page);
    free(pages);
}
