#include "SocketCalls.h"
