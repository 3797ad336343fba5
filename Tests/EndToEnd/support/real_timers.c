// Timers that libfaketime leaves alone: it takes every absolute one for one of the wall clock, and moves it by as much
// as that is off. So with a clock that is behind nobody who sleeps would ever wake.
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

int timerfd_settime(int descriptor, int flags, const struct itimerspec *new, struct itimerspec *old)
{
    return syscall(SYS_timerfd_settime, descriptor, flags, new, old);
}
