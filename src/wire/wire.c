/*
 * wire.c - the names of the wire types.
 */
#include "mig/wire.h"

const char *
mig_wire_name(mig_wire_type type)
{
    switch (type) {
#define MIG_WIRE_CASE(name, words)                                                                 \
    case MIG_WIRE_##name:                                                                          \
        return words;
        MIG_WIRE_MAP(MIG_WIRE_CASE)
#undef MIG_WIRE_CASE
    }
    return "unknown type";
}
