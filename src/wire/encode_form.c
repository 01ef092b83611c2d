/*
 * encode_form.c - fields of one strict form: uuids, network addresses, strings of bits.
 */
#include <string.h>

#include "bits.h"
#include "bytes.h"
#include "encode_value.h"
#include "netaddr.h"

/* 32 digits without hyphens, as Django writes them. */
static bool
parse_hex_uuid(const mig__encoding *w, unsigned char uuid[16])
{
    mig_buf *scratch = w->encoder->text;

    mig_buf_clear(scratch);
    if (w->value->len != 32 || !mig__bytes_of_hex(w->value->data, 32, scratch) ||
        scratch->len != 16 || scratch->failed)
        return false;
    memcpy(uuid, scratch->data, 16);
    return true;
}

mig_fault_kind
mig__encode_uuid(mig__encoding *w)
{
    const mig_value *v = w->value;
    unsigned char    uuid[16];

    if (v->class == MIG_VALUE_BLOB)
        return v->len == 16 ? mig__put_fixed(w, v->data, 16) : MIG_FAULT_UUID;
    if (v->class != MIG_VALUE_TEXT)
        return MIG_FAULT_CLASS;
    if (!mig_uuid_parse(v->data, v->len, uuid) && !parse_hex_uuid(w, uuid))
        return MIG_FAULT_UUID;
    return mig__put_fixed(w, uuid, 16);
}

mig_fault_kind
mig__encode_address(mig__encoding *w)
{
    const mig_value    *v = w->value;
    const mig_wire_type wire = w->encoder->wire;
    const size_t        mac_len = wire == MIG_WIRE_MACADDR ? 6 : 8;
    unsigned char       out[MIG__INET_WIRE_MAX];
    size_t              len = 0;

    if (v->class != MIG_VALUE_TEXT)
        return MIG_FAULT_CLASS;
    if (wire == MIG_WIRE_MACADDR || wire == MIG_WIRE_MACADDR8)
        return mig__mac_parse(v->data, v->len, out, mac_len) ? mig__put_fixed(w, out, mac_len)
                                                             : MIG_FAULT_ADDRESS;
    switch (mig__inet_parse(v->data, v->len, wire == MIG_WIRE_CIDR, out, &len)) {
    case MIG__INET_OK:
        break;
    case MIG__INET_MALFORMED:
        return MIG_FAULT_ADDRESS;
    case MIG__INET_HOST_BITS:
        return MIG_FAULT_HOST_BITS;
    }
    return mig__put_field(w, out, len);
}

/* bit(n) takes n bits exactly, bit varying(n) at most. */
static mig_fault_kind
check_bits(const mig_encoder *encoder, size_t n_bits)
{
    size_t most = encoder->limits.length >= 0 ? (size_t)encoder->limits.length : SIZE_MAX;

    if (n_bits > most)
        return MIG_FAULT_TOO_LONG;
    if (encoder->wire == MIG_WIRE_BIT && most != SIZE_MAX && n_bits < most)
        return MIG_FAULT_TOO_SHORT;
    return MIG_FAULT_NONE;
}

mig_fault_kind
mig__encode_bits(mig__encoding *w)
{
    const mig_value *v = w->value;
    mig_buf         *scratch = w->encoder->text;
    const char      *digits = v->data;
    size_t           n_bits = v->len, len = 0;
    mig_fault_kind   kind;

    /* A single bit stands for a boolean, and is stored like one; of a varying length, too, by us.
     */
    if (v->class == MIG_VALUE_INTEGER &&
        (w->encoder->limits.length == 1 || (w->encoder->rules & MIG_RULE_NUMBER) != 0)) {
        if (v->integer != 0 && v->integer != 1)
            return MIG_FAULT_RANGE;
        digits = v->integer == 1 ? "1" : "0";
        n_bits = 1;
    } else if (v->class != MIG_VALUE_TEXT) {
        return MIG_FAULT_CLASS;
    }
    kind = check_bits(w->encoder, n_bits);
    if (kind != MIG_FAULT_NONE)
        return kind;
    mig_buf_clear(scratch);
    mig_buf_reserve(scratch, MIG__BITS_WIRE_MAX(n_bits));
    if (scratch->failed)
        return MIG_FAULT_MEMORY;
    if (!mig__bits_parse(digits, n_bits, (unsigned char *)scratch->data, &len))
        return MIG_FAULT_BITS;
    return mig__put_field(w, scratch->data, len);
}
