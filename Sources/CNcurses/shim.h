#ifndef ARTICLES_CNCURSES_SHIM_H
#define ARTICLES_CNCURSES_SHIM_H

// What Swift can't import of ncurses (macros, variadic functions), and what must run inside a signal handler.
// Included by exactly one Swift file, so that there is one copy of the state below; all of it has an initial value,
// for Swift's importer passes over definitions without one.

#define NCURSES_WIDECHAR 1
#include <errno.h>
#include <locale.h>
#include <ncurses.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

// Of <term.h>, whose macros would take half the names there are.
extern char *tigetstr(const char *name);

static inline WINDOW *curses_screen(void) { return stdscr; }
static inline int curses_columns(void) { return COLS; }
static inline int curses_lines(void) { return LINES; }
static inline attr_t curses_bold(void) { return A_BOLD; }
static inline attr_t curses_dim(void) { return A_DIM; }
static inline attr_t curses_reverse(void) { return A_REVERSE; }
// Of <wchar.h>, which declares it for X/Open programs only.
extern int wcwidth(wchar_t character);
static inline int curses_columns_of(uint32_t scalar) { return wcwidth((wchar_t)scalar); }
static inline SCREEN *curses_new_terminal(void) { return newterm(NULL, stdout, stdin); }

static inline void curses_put(int row, int column, attr_t attributes, short pair, const char *text) {
    wattr_set(stdscr, attributes, pair, NULL);
    mvwaddstr(stdscr, row, column, text);
}

static inline int curses_has_capability(const char *name) {
    const char *text = tigetstr(name);
    return text != NULL && text != (char *)-1;
}

// Takes up the size that the terminal has now, whatever LINES and COLUMNS in the environment say.
static inline void curses_take_size(void) {
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0)
        resizeterm(size.ws_row, size.ws_col);
}

// Signals: a handler notes the signal and wakes whoever waits.

static int articles_wake_fd = -1;
static volatile sig_atomic_t articles_signals[65] = {0};
static volatile sig_atomic_t articles_stop_was_sent = 0;

static inline void articles_open_wake(void) { articles_wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

// From any thread, and from signal handlers.
static inline void articles_wake(void) {
    int saved = errno;
    uint64_t one = 1;
    ssize_t ignored = write(articles_wake_fd, &one, sizeof one);
    (void)ignored;
    errno = saved;
}

static inline void articles_note_signal(int number, siginfo_t *info, void *context) {
    (void)context;
    articles_signals[number] = 1;
    if (number == SIGTSTP) articles_stop_was_sent = info->si_code == SI_USER;
    articles_wake();
}

static inline int articles_take_signal(int number) {
    int was = articles_signals[number];
    articles_signals[number] = 0;
    return was;
}

static inline void articles_handle_signal(int number) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = articles_note_signal;
    action.sa_flags = SA_RESTART | SA_SIGINFO;
    sigaction(number, &action, NULL);
}

// Waits for input or for articles_wake. A terminal that is gone counts as SIGHUP.
static inline void articles_wait(int milliseconds) {
    struct pollfd polled[2] = {{STDIN_FILENO, POLLIN, 0}, {articles_wake_fd, POLLIN, 0}};
    poll(polled, 2, milliseconds);
    uint64_t count;
    ssize_t ignored = read(articles_wake_fd, &count, sizeof count);
    (void)ignored;
    if (polled[0].revents & (POLLHUP | POLLERR | POLLNVAL)) articles_signals[SIGHUP] = 1;
}

// Stops the process. After Ctrl-Z as SIGTSTP does by default, which leaves alone one that no shell could continue; but
// who sent the signal can also continue it.
static inline void articles_stop_process(void) {
    signal(SIGTSTP, SIG_DFL);
    raise(articles_stop_was_sent ? SIGSTOP : SIGTSTP);
    articles_handle_signal(SIGTSTP);
}

// A crash, or another signal that would end us at once: give the terminal back with what is safe in a handler, then
// die of the same signal.

static struct termios articles_saved_modes = {0};
static char articles_farewell[256] = {0};
static size_t articles_farewell_length = 0;
// The stack may be what overflowed.
static char articles_signal_stack[65536] = {0};

static inline void articles_crash(int number) {
    ssize_t ignored = write(STDOUT_FILENO, articles_farewell, articles_farewell_length);
    (void)ignored;
    tcsetattr(STDIN_FILENO, TCSANOW, &articles_saved_modes);
    signal(number, SIG_DFL);
    raise(number);
}

static inline void articles_append_capability(const char *name) {
    if (!curses_has_capability(name)) return;
    const char *text = tigetstr(name);
    size_t length = strlen(text);
    if (articles_farewell_length + length > sizeof articles_farewell) return;
    memcpy(articles_farewell + articles_farewell_length, text, length);
    articles_farewell_length += length;
}

// After newterm, before anything can crash; `modes` are those from before it. For the thread that draws.
static inline void articles_handle_crashes(const struct termios *modes) {
    static const int numbers[] = {
        SIGSEGV, SIGABRT, SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSYS, SIGQUIT, SIGXCPU, SIGXFSZ, SIGALRM, SIGUSR1, SIGUSR2,
    };
    stack_t stack = {articles_signal_stack, 0, sizeof articles_signal_stack};
    sigaltstack(&stack, NULL);
    articles_saved_modes = *modes;
    articles_append_capability("sgr0");
    articles_append_capability("cnorm");
    articles_append_capability("rmkx");
    articles_append_capability("rmcup");
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = articles_crash;
    action.sa_flags = SA_ONSTACK;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) sigaction(numbers[i], &action, NULL);
}

#endif
