/*
 * digest.c - the hash of a wire row.
 *
 * Most rows of most tables are their own image: then the row is hashed where it
 * stands, in one call, lengths of its fields included.  Otherwise the row is put
 * together as it would stand if all its fields were their images, runs of fields
 * that stay as they are in one piece, and that is hashed.  So a value has one
 * hash, whichever way it went.
 *
 * Rows are put together in memory of a fixed size; what does not fit goes through
 * the streaming form of the hash, which is the same hash.  It is slower for small
 * rows, whose state of half a kibibyte has to be set up (measured: 169 ns a row of
 * 100 bytes, 55 put together, 32 as it stands), and does not copy an outsize one.
 */
#include "mig/digest.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "image.h"

/* Longer rows are streamed. */
#define GATHER_CAP ((size_t)16 * 1024)

#define LENGTH_LEN 4

/* A row that is put together. */
typedef struct gather {
    XXH3_state_t *state;
    size_t        len;
    bool          streaming; /* what came before is in the state */
    unsigned char bytes[GATHER_CAP];
} gather;

typedef struct column {
    mig_wire_type wire;
    bool          key;
    bool          skipped;
    bool          shaped; /* some of its values are not their own images */
} column;

struct mig_hasher {
    gather             gather;
    mig_buf            image; /* of the field at hand */
    mig__image_scratch scratch;

    bool   skips;  /* a column is skipped */
    bool   apart;  /* the key's columns are no piece of the row as it stands */
    size_t n_keys; /* columns of the key, the first and the last of them */
    size_t first_key;
    size_t last_key;

    size_t  n_columns;
    size_t *starts; /* of the fields of the row at hand, and its end: n_columns + 1 */
    column  columns[];
};

mig_status
mig_hasher_new(const mig_hash_column *columns, size_t n_columns, mig_hasher **hasherp,
               mig_error *err)
{
    mig_hasher *h = calloc(1, sizeof *h + n_columns * sizeof h->columns[0]);

    *hasherp = NULL;
    if (h != NULL) {
        h->gather.state = XXH3_createState();
        h->starts = calloc(n_columns + 1, sizeof *h->starts);
    }
    if (h == NULL || h->gather.state == NULL || h->starts == NULL) {
        mig_hasher_free(h);
        return mig_raise(err, MIG_E_NOMEM, "cannot allocate what hashes rows");
    }
    h->n_columns = n_columns;
    for (size_t i = 0; i < n_columns; i++) {
        h->columns[i].wire = columns[i].wire;
        h->columns[i].key = columns[i].key;
        h->columns[i].skipped = columns[i].skipped;
        h->columns[i].shaped = !columns[i].skipped && mig__image_shapes(columns[i].wire);
        h->skips = h->skips || columns[i].skipped;
        if (!columns[i].key)
            continue;
        h->apart = h->apart || columns[i].skipped || h->columns[i].shaped ||
                   (h->n_keys > 0 && h->last_key + 1 != i);
        if (h->n_keys++ == 0)
            h->first_key = i;
        h->last_key = i;
    }
    *hasherp = h;
    return MIG_OK;
}

void
mig_hasher_free(mig_hasher *hasher)
{
    if (hasher == NULL)
        return;
    XXH3_freeState(hasher->gather.state);
    free(hasher->starts);
    mig_buf_fini(&hasher->image);
    mig__image_scratch_fini(&hasher->scratch);
    free(hasher);
}

/* ---- hashing ------------------------------------------------------------------------------ */

static inline mig_hash
hash_of(const unsigned char *data, size_t len)
{
    XXH128_hash_t hash = XXH3_128bits(data, len);

    return (mig_hash){.low = hash.low64, .high = hash.high64};
}

mig_hash
mig_hash_bytes(const void *data, size_t len)
{
    return hash_of(data, len);
}

static void
gather_long(gather *g, const unsigned char *data, size_t len)
{
    if (!g->streaming)
        XXH3_128bits_reset(g->state);
    g->streaming = true;
    XXH3_128bits_update(g->state, g->bytes, g->len);
    g->len = 0;
    XXH3_128bits_update(g->state, data, len);
}

static inline void
gather_add(gather *g, const unsigned char *data, size_t len)
{
    if (len > GATHER_CAP - g->len) {
        gather_long(g, data, len);
        return;
    }
    memcpy(g->bytes + g->len, data, len);
    g->len += len;
}

static mig_hash
gather_end(gather *g)
{
    XXH128_hash_t hash;

    if (!g->streaming)
        return hash_of(g->bytes, g->len);
    XXH3_128bits_update(g->state, g->bytes, g->len);
    hash = XXH3_128bits_digest(g->state);
    return (mig_hash){.low = hash.low64, .high = hash.high64};
}

/* ---- rows --------------------------------------------------------------------------------- */

static inline int32_t
length_at(const unsigned char *p)
{
    uint32_t wire;

    memcpy(&wire, p, sizeof wire);
    return (int32_t)be32toh(wire);
}

/*
 * Finds the fields.  *shapedp: one of them may not be its own image.  False: no row of these
 * columns.
 */
static inline bool
walk(mig_hasher *h, const unsigned char *row, size_t len, bool *shapedp)
{
    size_t at = 2;
    bool   shaped = false;

    if (len < 2 || ((size_t)row[0] << 8 | row[1]) != h->n_columns)
        return false;
    for (size_t i = 0; i < h->n_columns; i++) {
        int32_t field_len;

        h->starts[i] = at;
        if (len - at < LENGTH_LEN)
            return false;
        field_len = length_at(row + at);
        at += LENGTH_LEN;
        if (field_len < 0) {
            if (field_len != -1)
                return false;
            continue;
        }
        if ((size_t)field_len > len - at)
            return false;
        if (h->columns[i].shaped)
            shaped = shaped || mig__image_differs(h->columns[i].wire, row + at, (size_t)field_len);
        at += (size_t)field_len;
    }
    h->starts[h->n_columns] = at;
    *shapedp = shaped;
    return true;
}

/*
 * The field's image, with its length, behind what is gathered.  False: it is its own image, or the
 * memory is not there (h->image).
 */
static bool
gather_image(mig_hasher *h, size_t i, const unsigned char *field)
{
    const mig_wire_type wire = h->columns[i].wire;
    const int32_t       len = length_at(field);
    uint32_t            image_len;

    if (len < 0 || !mig__image_differs(wire, field + LENGTH_LEN, (size_t)len))
        return false;
    mig_buf_clear(&h->image);
    if (!mig__image(wire, field + LENGTH_LEN, (size_t)len, &h->scratch, &h->image) ||
        h->image.failed)
        return false;
    image_len = htobe32((uint32_t)h->image.len);
    gather_add(&h->gather, (const unsigned char *)&image_len, sizeof image_len);
    gather_add(&h->gather, (const unsigned char *)mig_buf_text(&h->image), h->image.len);
    return true;
}

/*
 * Hashes the row that was walked as if it consisted of images; of the key's columns alone, if that
 * is asked for.
 */
static mig_status
hash_images(mig_hasher *h, const unsigned char *row, bool key, mig_hash *hashp, mig_error *err)
{
    size_t from = key ? h->starts[h->first_key] : 0; /* what is not yet gathered */
    size_t i;

    mig_buf_clear(&h->image);
    h->gather.len = 0;
    h->gather.streaming = false;
    for (i = key ? h->first_key : 0; i < h->n_columns; i++) {
        const size_t at = h->starts[i];
        bool         left_out = h->columns[i].skipped || (key && !h->columns[i].key);

        if (!left_out && !h->columns[i].shaped)
            continue;
        gather_add(&h->gather, row + from, at - from);
        from = at;
        if (left_out || gather_image(h, i, row + at))
            from = h->starts[i + 1];
        if (h->image.failed)
            return mig_raise(err, MIG_E_NOMEM, "cannot allocate memory to hash a value");
    }
    gather_add(&h->gather, row + from, h->starts[i] - from);
    *hashp = gather_end(&h->gather);
    return MIG_OK;
}

mig_status
mig_hash_row(mig_hasher *hasher, const unsigned char *row, size_t len, size_t *usedp,
             mig_hash *hashp, mig_hash *keyp, mig_error *err)
{
    mig_hasher *h = hasher;
    mig_status  st = MIG_OK;
    bool        shaped;

    if (!walk(h, row, len, &shaped))
        return mig_raise(err, MIG_E_INTERNAL, "these bytes are no row of %zu columns",
                         h->n_columns);
    *usedp = h->starts[h->n_columns];
    if (shaped || h->skips)
        MIG_TRY(hash_images(h, row, false, hashp, err));
    else
        *hashp = hash_of(row, *usedp);
    if (keyp == NULL)
        goto done;
    if (h->n_keys == 0)
        *keyp = *hashp;
    else if (h->apart)
        MIG_TRY(hash_images(h, row, true, keyp, err));
    else
        *keyp = hash_of(row + h->starts[h->first_key],
                        h->starts[h->last_key + 1] - h->starts[h->first_key]);
done:
    return st;
}

mig_status
mig_hash_rows(mig_hasher *hasher, const mig_rows *rows, mig_digest *digest, mig_error *err)
{
    mig_status st = MIG_OK;
    size_t     used = 0;

    for (size_t at = 0; at < rows->len; at += used) {
        mig_hash hash;

        MIG_TRY(mig_hash_row(hasher, rows->data + at, rows->len - at, &used, &hash, NULL, err));
        mig_digest_add_hash(digest, hash);
    }
done:
    return st;
}
