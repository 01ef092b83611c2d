/*
 * fake_fault.h - one call of a source or a sink fails.
 *
 * Wrapped around any source and any sink, it counts their calls, of one kind
 * or of all kinds over both together, and fails the nth instead of passing it
 * on.  So a test can go through all places where a run can break: fail the
 * 1st, the 2nd, the 3rd call ... until a run meets no fault any more.
 *
 * A chunk whose begin failed here is unknown to the sink inside, so its abort
 * is not passed on either.
 *
 * Threads: as the contracts say; the count is atomic.
 */
#ifndef TEST_FAKE_FAULT_H
#define TEST_FAKE_FAULT_H

#include "mig/sink.h"
#include "mig/source.h"

#define FAKE_CALL_MAP(X)                                                                           \
    X(ANY)                                                                                         \
    X(SOURCE_CATALOG)                                                                              \
    X(SNAPSHOT)                                                                                    \
    X(SOURCE_COUNT)                                                                                \
    X(ORPHANS)                                                                                     \
    X(CHECK_SOURCE)                                                                                \
    X(SOURCE_LOOKUP)                                                                               \
    X(SPLIT)                                                                                       \
    X(CURSOR_OPEN)                                                                                 \
    X(CURSOR_FILL)                                                                                 \
    X(LOCATE)                                                                                      \
    X(UNCHANGED)                                                                                   \
    X(SINK_CATALOG)                                                                                \
    X(SINK_HOLDS_ROWS)                                                                             \
    X(SINK_LOOKUP)                                                                                 \
    X(CHECK)                                                                                       \
    X(RUN_STEPS)                                                                                   \
    X(MAKE_SCHEMA)                                                                                 \
    X(PREPARE)                                                                                     \
    X(WRITER_OPEN)                                                                                 \
    X(CHUNK_BEGIN)                                                                                 \
    X(CHUNK_WRITE)                                                                                 \
    X(CHUNK_COMMIT)                                                                                \
    X(RESTORE)                                                                                     \
    X(COMPLETE_SCHEMA)                                                                             \
    X(SINK_COUNT)                                                                                  \
    X(FINISH)

typedef enum fake_call {
#define FAKE_CALL_ENUM(name) FAKE_CALL_##name,
    FAKE_CALL_MAP(FAKE_CALL_ENUM)
#undef FAKE_CALL_ENUM
} fake_call;

/* The error that is injected; the name of the call follows. */
#define FAKE_FAULT_MESSAGE "injected into "

typedef struct fake_fault {
    /* Fixed before any thread starts. */
    fake_call  call;   /* ANY: calls of every kind are counted */
    uint64_t   nth;    /* this one fails, from 1; 0: none */
    mig_status status; /* with which it fails */

    /* Any thread; atomic. */
    _Atomic uint64_t n_calls;
    atomic_bool      fired;
} fake_fault;

typedef struct fake_fault_source {
    mig_source  base;
    mig_source *inner;
    fake_fault *fault;
} fake_fault_source;

typedef struct fake_fault_sink {
    mig_sink    base;
    mig_sink   *inner;
    fake_fault *fault;
} fake_fault_sink;

/* In the caller's memory.  Closing the wrapper closes what is inside. */
void fake_fault_wrap_source(fake_fault_source *source, mig_source *inner, fake_fault *fault);
void fake_fault_wrap_sink(fake_fault_sink *sink, mig_sink *inner, fake_fault *fault);

#endif
