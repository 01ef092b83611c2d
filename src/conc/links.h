/*
 * links.h - the two chains of mig_nodes below queue.c and pool.c: a fifo and a
 * lifo that neither wait, nor end, nor know of cancellation.
 *
 * There are two implementations and a build has one of them: links_lockfree.c
 * on liburcu, and, with MIG_CONC_MUTEX defined, links_mutex.c, whose ordering
 * ThreadSanitizer understands (liburcu has no annotations for it).
 *
 * take() returns NULL when nothing can be taken *now*: the chain is empty, or
 * a thread stands in the middle of its put() (a writer's two steps are not one
 * atomic operation).  For the waiting above that is the same: whoever puts
 * wakes after put() has returned, so a further look is sure to come.
 *
 * Threads:
 *
 *                put      take      empty
 *   put          yes      yes       yes
 *   take         yes      (1)       yes
 *
 *   (1) fifo made with many_takers: yes; other fifos and every lifo: no, one
 *       taker at a time.
 */
#ifndef MIG_CONC_LINKS_H
#define MIG_CONC_LINKS_H

#include <stdbool.h>

#include "mig/queue.h"

#ifdef MIG_CONC_MUTEX

#include <pthread.h>

typedef struct mig__fifo {
    pthread_mutex_t lock;  /* guards all below, and the nodes inside */
    mig_node       *first; /* NULL: empty */
    mig_node       *last;
} mig__fifo;

typedef struct mig__lifo {
    pthread_mutex_t lock; /* guards all below, and the nodes inside */
    mig_node       *top;  /* NULL: empty */
} mig__lifo;

#else

#include <urcu/wfcqueue.h>
#include <urcu/wfstack.h>

typedef struct mig__fifo {
    bool                 many_takers; /* fixed */
    struct cds_wfcq_head head;        /* takers; has the lock of many takers in it */
    struct cds_wfcq_tail tail;        /* putters */
} mig__fifo;

typedef struct mig__lifo {
    struct __cds_wfs_stack stack;
} mig__lifo;

#endif

void      mig__fifo_init(mig__fifo *fifo, bool many_takers);
void      mig__fifo_fini(mig__fifo *fifo);
void      mig__fifo_put(mig__fifo *fifo, mig_node *node);
mig_node *mig__fifo_take(mig__fifo *fifo) MIG_CHECKED;

/* False as soon as a put() has begun to be seen, even if take() cannot have the item yet. */
bool mig__fifo_empty(mig__fifo *fifo) MIG_CHECKED;

void      mig__lifo_init(mig__lifo *lifo);
void      mig__lifo_fini(mig__lifo *lifo);
void      mig__lifo_put(mig__lifo *lifo, mig_node *node);
mig_node *mig__lifo_take(mig__lifo *lifo) MIG_CHECKED;
bool      mig__lifo_empty(mig__lifo *lifo) MIG_CHECKED;

#endif
