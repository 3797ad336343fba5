#ifndef ARTICLES_TERMINAL_SIGNALS_H
#define ARTICLES_TERMINAL_SIGNALS_H

// What has to run inside signal handlers, where Swift must not: notes signals, wakes the thread that waits, and gives
// the terminal back after a crash.

// Once, before anything else here.
void terminal_signals_open(void);

// From now on a signal is noted, and wakes the waiting thread.
void terminal_signals_note(int number);

// Whether a signal has come since the last call.
int terminal_signals_take(int number);

// Wakes the waiting thread; from any thread.
void terminal_signals_wake(void);

// Waits for input, for a noted signal or to be woken; -1 waits for ever. A terminal that is gone counts as SIGHUP.
void terminal_signals_wait(int milliseconds);

// Bytes to send to the terminal in a crash, after those given before.
void terminal_signals_add_restore(const char *bytes);

// Keeps the terminal's modes as they are now, to be set again in a crash.
void terminal_signals_save_modes(void);

// From now on a crash gives the terminal back before the process dies of the same signal.
void terminal_signals_guard_crashes(void);

#endif
