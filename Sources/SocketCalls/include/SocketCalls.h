#ifndef SOCKET_CALLS_H
#define SOCKET_CALLS_H

#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "SendRing.h"

/// send(2) that neither waits nor raises SIGPIPE. Returns how many bytes the kernel took, or -1.
///
/// Not through the C library's send(), which is a cancellation point: in a program with threads it switches
/// cancellation on and off around each call, and that is a hundredth of what a delivery costs.
static inline long socket_send_now(int socket, const void *bytes, size_t count) {
    return syscall(SYS_sendto, socket, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL, (void *)0, 0);
}

/// The processor's time that this thread has used, in seconds. Here and not in Swift, where the module that timespec
/// belongs to depends on what else a file is compiled with.
static inline double thread_cpu_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

#endif
