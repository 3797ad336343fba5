#ifndef ARTICLES_LOAD_SOCKETS_H
#define ARTICLES_LOAD_SOCKETS_H

// Linux's event polling and some calls of C's library that Swift does not import, for a generator of load.

#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/resource.h>

// A socket to the address that does not block, connecting; -1 and errno if that can't be.
// source: an IPv4 address of this machine, in host order, to come from; 0 leaves it to the kernel, and its port always.
int load_dial(const void *address, uint32_t address_length, uint32_t source, int receive_buffer);

// What became of connecting: 0 or the error's number.
int load_dial_error(int descriptor);

// Sends what the kernel takes at once; -1 and errno if nothing.
ptrdiff_t load_send(int descriptor, const void *bytes, size_t count);

// Closes with a reset, so that what was not read yet is gone.
void load_cut(int descriptor);

int load_epoll(void);
// Watches for the events (0: for none but the end of the connection); key comes back with them.
int load_epoll_watch(int epoll, int descriptor, uint32_t events, uint64_t key, int is_new);
// Waits up to the nanoseconds given.
int load_epoll_wait(int epoll, struct epoll_event *events, int count, int64_t nanoseconds);

static inline uint64_t load_event_key(const struct epoll_event *event) { return event->data.u64; }
static inline uint32_t load_event_kinds(const struct epoll_event *event) { return event->events; }

// Nanoseconds of CLOCK_MONOTONIC.
uint64_t load_now(void);

// The first place of a text; NULL if it is nowhere.
const uint8_t *load_find(const uint8_t *bytes, size_t count, const char *text, size_t length);

// CPU time of this thread, and of the whole process, in nanoseconds.
uint64_t load_thread_cpu(void);
uint64_t load_process_cpu(void);

// CPU time of another process in nanoseconds, and its resident memory in bytes; -1 if it is not there.
int64_t load_cpu_of(int32_t process);
int64_t load_memory_of(int32_t process);

// Asks for short timers and a high priority for the calling thread, as far as that is allowed.
void load_thread_is_urgent(void);

#endif
