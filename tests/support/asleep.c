/*
 * asleep.c - reading the state of a thread from /proc.
 */
#include "asleep.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static void *
thread_main(void *arg)
{
    mig_test_thread *self = arg;

    atomic_store(&self->tid, (int)syscall(SYS_gettid));
    self->body(self->arg);
    atomic_store(&self->returned, true);
    return NULL;
}

void
mig_test_thread_start(mig_test_thread *thread, void (*body)(void *arg), void *arg)
{
    thread->body = body;
    thread->arg = arg;
    atomic_init(&thread->tid, 0);
    atomic_init(&thread->returned, false);
    if (pthread_create(&thread->thread, NULL, thread_main, thread) != 0)
        abort();
}

/* The letter behind the name in parentheses, which may itself contain parentheses. */
static char
state_of(int tid)
{
    char        path[64];
    char        text[512];
    size_t      n;
    FILE       *file;
    const char *end;

    snprintf(path, sizeof path, "/proc/self/task/%d/stat", tid);
    file = fopen(path, "r");
    if (file == NULL)
        return '?';
    n = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[n] = '\0';
    end = strrchr(text, ')');
    return end != NULL && end[1] == ' ' ? end[2] : '?';
}

bool
mig_test_thread_asleep(mig_test_thread *thread)
{
    for (;;) {
        int tid = atomic_load(&thread->tid);

        if (atomic_load(&thread->returned))
            return false;
        if (tid != 0 && state_of(tid) == 'S')
            return true;
        sched_yield();
    }
}

void
mig_test_thread_join(mig_test_thread *thread)
{
    pthread_join(thread->thread, NULL);
}
