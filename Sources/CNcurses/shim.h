#ifndef ARTICLES_CNCURSES_SHIM_H
#define ARTICLES_CNCURSES_SHIM_H

// What Swift can't import of ncurses: macros, variadic functions, and the globals behind them. No state of our own: a
// header's static variables exist once for every object file that uses them.

#define NCURSES_WIDECHAR 1
#include <locale.h>
#include <ncurses.h>
#include <stdint.h>
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
// NULL is what TERM names.
static inline SCREEN *curses_new_terminal(const char *name) { return newterm((char *)name, stdout, stdin); }
static inline attr_t curses_underline(void) { return A_UNDERLINE; }
static inline int curses_colors(void) { return COLORS; }

static inline void curses_use_mouse(bool is_used) {
    // Clicks are ours to tell apart, and none is held back to see whether another follows.
    mouseinterval(0);
    mousemask(is_used ? BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED : 0, NULL);
}

// 1 for the left button, 4 and 5 for the wheel; 0 for anything else.
static inline int curses_mouse(int *column, int *row) {
    MEVENT event;
    if (getmouse(&event) != OK) return 0;
    *column = event.x;
    *row = event.y;
    if (event.bstate & BUTTON1_PRESSED) return 1;
    if (event.bstate & BUTTON4_PRESSED) return 4;
    return event.bstate & BUTTON5_PRESSED ? 5 : 0;
}

static inline void curses_put(int row, int column, attr_t attributes, int pair, const char *text) {
    wattr_set(stdscr, attributes, (short)pair, &pair);
    mvwaddstr(stdscr, row, column, text);
}

// A capability of the terminal as bytes to send; NULL if it has none.
static inline const char *curses_capability(const char *name) {
    const char *text = tigetstr(name);
    return text == (const char *)-1 ? NULL : text;
}

// Takes up the size that the terminal has now, whatever LINES and COLUMNS in the environment say.
static inline void curses_take_size(void) {
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0)
        resizeterm(size.ws_row, size.ws_col);
}

#endif
