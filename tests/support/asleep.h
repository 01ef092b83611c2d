/*
 * asleep.h - knowing that a thread waits, without a sleep of one's own.
 *
 * A test of "this call waits" starts the call in a thread, waits here until
 * the kernel says that the thread sleeps, and only then does what must end
 * the wait.
 */
#ifndef MIG_TEST_ASLEEP_H
#define MIG_TEST_ASLEEP_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

typedef struct mig_test_thread {
    void (*body)(void *arg);
    void       *arg;
    pthread_t   thread;
    atomic_int  tid;      /* 0 until it runs */
    atomic_bool returned; /* from body */
} mig_test_thread;

/* Starts body(arg); aborts if it cannot. */
void mig_test_thread_start(mig_test_thread *thread, void (*body)(void *arg), void *arg);

/* Returns when the thread sleeps in the kernel (true) or its body has returned (false). */
bool mig_test_thread_asleep(mig_test_thread *thread);

void mig_test_thread_join(mig_test_thread *thread);

#endif
