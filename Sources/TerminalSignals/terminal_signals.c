#include "terminal_signals.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <termios.h>
#include <unistd.h>

static int wake_descriptor = -1;
static volatile sig_atomic_t noted[NSIG];

static struct termios saved_modes;
static char restore[256];
static size_t restore_length;

void terminal_signals_open(void) { wake_descriptor = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

void terminal_signals_wake(void) {
    int saved = errno;
    uint64_t one = 1;
    // Fails only when the thread has been woken often enough already.
    ssize_t written = write(wake_descriptor, &one, sizeof one);
    (void)written;
    errno = saved;
}

static void note(int number) {
    noted[number] = 1;
    terminal_signals_wake();
}

void terminal_signals_note(int number) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = note;
    action.sa_flags = SA_RESTART;
    sigaction(number, &action, NULL);
}

int terminal_signals_take(int number) {
    int was = noted[number];
    noted[number] = 0;
    return was;
}

void terminal_signals_wait(int milliseconds) {
    struct pollfd polled[2] = {{STDIN_FILENO, POLLIN, 0}, {wake_descriptor, POLLIN, 0}};
    if (poll(polled, 2, milliseconds) <= 0) return;
    uint64_t count;
    ssize_t taken = read(wake_descriptor, &count, sizeof count);
    (void)taken;
    if (polled[0].revents & (POLLHUP | POLLERR | POLLNVAL)) noted[SIGHUP] = 1;
}

void terminal_signals_add_restore(const char *bytes) {
    size_t length = strlen(bytes);
    if (restore_length + length > sizeof restore) return;
    memcpy(restore + restore_length, bytes, length);
    restore_length += length;
}

void terminal_signals_save_modes(void) { tcgetattr(STDIN_FILENO, &saved_modes); }

// Only what signal-safety(7) allows.
static void crash(int number) {
    ssize_t written = write(STDOUT_FILENO, restore, restore_length);
    (void)written;
    tcsetattr(STDIN_FILENO, TCSANOW, &saved_modes);
    raise(number);
}

void terminal_signals_guard_crashes(void) {
    static const int numbers[] = {SIGSEGV, SIGABRT, SIGILL, SIGTRAP, SIGBUS, SIGFPE};
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = crash;
    // Back to the default on entry, so that the signal raised again is the end.
    action.sa_flags = SA_RESETHAND | SA_NODEFER;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) sigaction(numbers[i], &action, NULL);
}
