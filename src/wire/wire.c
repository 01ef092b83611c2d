/*
 * wire.c - the names of the wire types and of losses.
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

const char *
mig_loss_words(mig_loss loss)
{
    static const char *const words[MIG_LOSS_COUNT] = {
#define MIG_LOSS_WORDS(name, text) text,
        MIG_LOSS_MAP(MIG_LOSS_WORDS)
#undef MIG_LOSS_WORDS
    };

    return words[loss];
}
