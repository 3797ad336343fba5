#ifndef SEND_RING_H
#define SEND_RING_H

#include <stddef.h>

/// A queue of sends that the kernel carries out with one call (io_uring(7)). Used by one thread at a time.
struct send_ring;

/// Returns NULL where the kernel is older than Linux 5.18, or does not let this process use io_uring; errno says why.
struct send_ring *send_ring_make(void);

/// What the kernel knows the ring by; tests take it away.
int send_ring_descriptor(const struct send_ring *ring);

void send_ring_free(struct send_ring *ring);

/// Sends the same bytes to each of the sockets, as socket_send_now() would to one after the other. Once this returns the
/// kernel needs the bytes no more. `results` says for each socket how many of them it took, or -1: for a socket below zero,
/// to which nothing is sent, as well. Returns how many of the sends went through the ring; the others, which the kernel did
/// not take, have been made without it.
size_t send_ring_send(
    struct send_ring *ring, const int *sockets, size_t count, const void *bytes, size_t length, int *results);

#endif
