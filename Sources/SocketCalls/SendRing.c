#include "SendRing.h"

#include <errno.h>
#include <linux/io_uring.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "SocketCalls.h"

/* What one call of the kernel carries at most; with a tenth of it hardly anything is gained. */
enum { ENTRIES = 1024 };

#ifndef IORING_SETUP_SUBMIT_ALL
#define IORING_SETUP_SUBMIT_ALL (1U << 7)
#endif

struct send_ring {
    int descriptor;
    void *memory;
    size_t memory_size;
    struct io_uring_sqe *sends;
    /* Shared with the kernel. */
    unsigned *send_head, *send_tail, *answer_head, *answer_tail;
    struct io_uring_cqe *answers;
    unsigned send_mask, answer_mask;
};

static int enter(struct send_ring *ring, unsigned submitted, unsigned awaited) {
    return (int)syscall(
        SYS_io_uring_enter, ring->descriptor, submitted, awaited, awaited > 0 ? IORING_ENTER_GETEVENTS : 0, NULL, 0);
}

static void *mapped(int descriptor, size_t size, off_t offset) {
    return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, descriptor, offset);
}

struct send_ring *send_ring_make(void) {
    /* A send that fails must not keep back those behind it: Linux 5.18. */
    struct io_uring_params params = {.flags = IORING_SETUP_SUBMIT_ALL};
    int descriptor = (int)syscall(SYS_io_uring_setup, ENTRIES, &params);
    if (descriptor < 0) return NULL;
    struct send_ring *ring = calloc(1, sizeof *ring);
    if (!ring) {
        close(descriptor);
        return NULL;
    }
    ring->descriptor = descriptor;
    /* One mapping has both queues in all kernels that have the flag above. */
    size_t sends = params.sq_off.array + params.sq_entries * sizeof(unsigned);
    size_t answers = params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe);
    ring->memory_size = sends > answers ? sends : answers;
    ring->memory = mapped(descriptor, ring->memory_size, IORING_OFF_SQ_RING);
    ring->sends = mapped(descriptor, params.sq_entries * sizeof(struct io_uring_sqe), IORING_OFF_SQES);
    if (ring->memory == MAP_FAILED || ring->sends == MAP_FAILED) {
        int reason = errno;
        send_ring_free(ring);
        errno = reason;
        return NULL;
    }
    char *memory = ring->memory;
    ring->send_head = (unsigned *)(memory + params.sq_off.head);
    ring->send_tail = (unsigned *)(memory + params.sq_off.tail);
    ring->send_mask = params.sq_entries - 1;
    ring->answer_head = (unsigned *)(memory + params.cq_off.head);
    ring->answer_tail = (unsigned *)(memory + params.cq_off.tail);
    ring->answer_mask = params.cq_entries - 1;
    ring->answers = (struct io_uring_cqe *)(memory + params.cq_off.cqes);
    unsigned *order = (unsigned *)(memory + params.sq_off.array);
    for (unsigned i = 0; i < params.sq_entries; i++) order[i] = i;
    return ring;
}

int send_ring_descriptor(const struct send_ring *ring) { return ring->descriptor; }

void send_ring_free(struct send_ring *ring) {
    if (ring->sends != MAP_FAILED) munmap(ring->sends, ENTRIES * sizeof(struct io_uring_sqe));
    if (ring->memory != MAP_FAILED) munmap(ring->memory, ring->memory_size);
    close(ring->descriptor);
    free(ring);
}

/* Has the kernel carry out what is queued, and returns how much of it. What it does not take is sent without the ring. */
static unsigned submit(struct send_ring *ring, unsigned queued, const void *bytes, size_t length, int *results) {
    unsigned taken = 0;
    while (taken < queued) {
        int count = enter(ring, queued - taken, 0);
        if (count > 0) {
            taken += (unsigned)count;
        } else if (count == 0 || errno != EINTR) {
            break;
        }
    }
    /* Only this thread moves the tail, and the kernel looks at it only when it is entered. */
    unsigned head = __atomic_load_n(ring->send_head, __ATOMIC_ACQUIRE), tail = *ring->send_tail;
    for (unsigned at = head; at != tail; at++) {
        const struct io_uring_sqe *send = &ring->sends[at & ring->send_mask];
        results[send->user_data] = (int)socket_send_now(send->fd, bytes, length);
    }
    __atomic_store_n(ring->send_tail, head, __ATOMIC_RELEASE);
    return queued - (tail - head);
}

/* Takes the answers to what was submitted. With MSG_DONTWAIT the kernel puts no send off, and so each has been answered when
 * submitting returns; should one not be, it is waited for, for the kernel still has the bytes. */
static void reap(struct send_ring *ring, unsigned submitted, int *results) {
    unsigned head = *ring->answer_head;
    const unsigned end = head + submitted;
    for (;;) {
        const unsigned tail = __atomic_load_n(ring->answer_tail, __ATOMIC_ACQUIRE);
        for (; head != tail; head++) {
            const struct io_uring_cqe *answer = &ring->answers[head & ring->answer_mask];
            results[answer->user_data] = answer->res < 0 ? -1 : answer->res;
        }
        __atomic_store_n(ring->answer_head, head, __ATOMIC_RELEASE);
        if (head == end) return;
        if (enter(ring, 0, end - head) < 0 && errno != EINTR) {
            perror("articled: io_uring does not answer for bytes that it has");
            abort();
        }
    }
}

size_t send_ring_send(
    struct send_ring *ring, const int *sockets, size_t count, const void *bytes, size_t length, int *results) {
    size_t carried_out = 0;
    for (size_t next = 0; next < count;) {
        unsigned tail = *ring->send_tail, queued = 0;
        for (; next < count && queued < ENTRIES; next++) {
            results[next] = -1;
            if (sockets[next] < 0) continue;
            struct io_uring_sqe *send = &ring->sends[(tail + queued++) & ring->send_mask];
            memset(send, 0, sizeof *send);
            send->opcode = IORING_OP_SEND;
            send->fd = sockets[next];
            send->addr = (uintptr_t)bytes;
            send->len = (unsigned)length;
            send->msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL;
            send->user_data = next;
        }
        if (queued == 0) break;
        __atomic_store_n(ring->send_tail, tail + queued, __ATOMIC_RELEASE);
        unsigned submitted = submit(ring, queued, bytes, length, results);
        reap(ring, submitted, results);
        carried_out += submitted;
    }
    return carried_out;
}
