#define _GNU_SOURCE
#include "load_sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int load_dial(const void *address, uint32_t address_length, uint32_t source, int receive_buffer) {
    const struct sockaddr *target = address;
    int descriptor = socket(target->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;
    if (descriptor < 0) return -1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (receive_buffer > 0) setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    if (source && target->sa_family == AF_INET) {
        struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(source)};
        // The port is chosen when the target is known: then the same port serves many targets, and none is searched.
        setsockopt(descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
        if (bind(descriptor, (struct sockaddr *)&from, sizeof from) < 0) goto failed;
    }
    if (connect(descriptor, target, address_length) == 0 || errno == EINPROGRESS) return descriptor;
failed:;
    int code = errno;
    close(descriptor);
    errno = code;
    return -1;
}

int load_dial_error(int descriptor) {
    int code = 0;
    socklen_t length = sizeof code;
    return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length) < 0 ? errno : code;
}

ptrdiff_t load_send(int descriptor, const void *bytes, size_t count) {
    return send(descriptor, bytes, count, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void load_cut(int descriptor) {
    struct linger none = {.l_onoff = 1, .l_linger = 0};
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    close(descriptor);
}

int load_epoll(void) { return epoll_create1(EPOLL_CLOEXEC); }

int load_epoll_watch(int epoll, int descriptor, uint32_t events, uint64_t key, int is_new) {
    struct epoll_event event = {.events = events, .data.u64 = key};
    return epoll_ctl(epoll, is_new ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, descriptor, &event);
}

int load_epoll_wait(int epoll, struct epoll_event *events, int count, int64_t nanoseconds) {
    struct timespec time = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
    return epoll_pwait2(epoll, events, count, &time, NULL);
}

uint64_t load_now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

const uint8_t *load_find(const uint8_t *bytes, size_t count, const char *text, size_t length) {
    return memmem(bytes, count, text, length);
}

static uint64_t cpu(int who) {
    struct rusage usage;
    if (getrusage(who, &usage) < 0) return 0;
    return (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000000u +
           (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000u;
}

uint64_t load_thread_cpu(void) { return cpu(RUSAGE_THREAD); }
uint64_t load_process_cpu(void) { return cpu(RUSAGE_SELF); }

int64_t load_cpu_of(int32_t process) {
    clockid_t clock;
    struct timespec time;
    if (clock_getcpuclockid(process, &clock) != 0 || clock_gettime(clock, &time) != 0) return -1;
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

int64_t load_memory_of(int32_t process) {
    char path[64];
    long long pages;
    snprintf(path, sizeof path, "/proc/%d/statm", process);
    FILE *file = fopen(path, "re");
    if (!file) return -1;
    int read = fscanf(file, "%*d %lld", &pages);
    fclose(file);
    return read == 1 ? pages * sysconf(_SC_PAGESIZE) : -1;
}

void load_thread_is_urgent(void) {
    prctl(PR_SET_TIMERSLACK, 1000, 0, 0, 0);
    setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), -10);
}
