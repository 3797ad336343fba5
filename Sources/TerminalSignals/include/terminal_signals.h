#ifndef ARTICLES_TERMINAL_SIGNALS_H
#define ARTICLES_TERMINAL_SIGNALS_H

// What has to run inside signal handlers, where Swift must not: notes signals, wakes the thread that waits, and gives
// the terminal back after a crash.

// Before anything else here; keeps the terminal's modes as they are now, to be set again after a crash.
void terminal_signals_open(void);

// From now on a signal is noted, and wakes the waiting thread.
void terminal_signals_note(int number);

// Whether a signal has come since the last call.
int terminal_signals_take(int number);

// Wakes the waiting thread; from any thread.
void terminal_signals_wake(void);

// Waits for input, for a noted signal or to be woken; -1 waits for ever. A terminal that is gone counts as SIGHUP.
void terminal_signals_wait(int milliseconds);

// Stops the process until it is continued.
void terminal_signals_stop_process(void);

// While another program has the terminal, Ctrl-C and Ctrl-\ are for it alone, and Ctrl-Z stops both.
void terminal_signals_lend(int is_lent);

// Bytes to send to the terminal in a crash, after those given before.
void terminal_signals_add_farewell(const char *bytes);

// From now on a crash gives the terminal back before the process dies of the same signal. For the thread that draws.
void terminal_signals_guard_crashes(void);

#endif
