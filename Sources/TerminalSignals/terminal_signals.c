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
static volatile sig_atomic_t stop_was_sent;

static struct termios saved_modes;
static char farewell[256];
static size_t farewell_length;
// The stack may be what overflowed.
static char signal_stack[65536];

void terminal_signals_open(void) {
    wake_descriptor = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    tcgetattr(STDIN_FILENO, &saved_modes);
}

void terminal_signals_wake(void) {
    int saved = errno;
    uint64_t one = 1;
    // Fails only when the thread has been woken more often than can be counted.
    ssize_t written = write(wake_descriptor, &one, sizeof one);
    (void)written;
    errno = saved;
}

static void note(int number, siginfo_t *info, void *context) {
    (void)context;
    noted[number] = 1;
    if (number == SIGTSTP) stop_was_sent = info->si_code == SI_USER;
    terminal_signals_wake();
}

void terminal_signals_note(int number) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = note;
    action.sa_flags = SA_RESTART | SA_SIGINFO;
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

// After Ctrl-Z as SIGTSTP does by default, which leaves alone a process that no shell could continue; but who sent the
// signal can also continue it.
void terminal_signals_stop_process(void) {
    signal(SIGTSTP, SIG_DFL);
    raise(stop_was_sent ? SIGSTOP : SIGTSTP);
    terminal_signals_note(SIGTSTP);
}

void terminal_signals_add_farewell(const char *bytes) {
    size_t length = strlen(bytes);
    if (farewell_length + length > sizeof farewell) return;
    memcpy(farewell + farewell_length, bytes, length);
    farewell_length += length;
}

// Only what signal-safety(7) allows.
static void crash(int number) {
    ssize_t written = write(STDOUT_FILENO, farewell, farewell_length);
    (void)written;
    tcsetattr(STDIN_FILENO, TCSANOW, &saved_modes);
    signal(number, SIG_DFL);
    raise(number);
}

void terminal_signals_guard_crashes(void) {
    static const int numbers[] = {
        SIGSEGV, SIGABRT, SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSYS, SIGQUIT, SIGXCPU, SIGXFSZ, SIGALRM, SIGUSR1, SIGUSR2,
    };
    stack_t stack = {signal_stack, 0, sizeof signal_stack};
    sigaltstack(&stack, NULL);
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = crash;
    action.sa_flags = SA_ONSTACK;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) sigaction(numbers[i], &action, NULL);
}

void terminal_signals_lend(int is_lent) {
    if (is_lent) {
        signal(SIGINT, SIG_IGN);
        signal(SIGQUIT, SIG_IGN);
        signal(SIGTSTP, SIG_DFL);
    } else {
        terminal_signals_note(SIGINT);
        terminal_signals_note(SIGTSTP);
        terminal_signals_guard_crashes();
    }
}
