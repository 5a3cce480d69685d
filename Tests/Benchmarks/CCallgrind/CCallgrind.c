#include "ccallgrind.h"

// The header comes with Debian's package valgrind, which whoever counts instructions has.
#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>

void callgrind_begin(void) { CALLGRIND_START_INSTRUMENTATION; }
void callgrind_end(void) { CALLGRIND_STOP_INSTRUMENTATION; }
#else
void callgrind_begin(void) {}
void callgrind_end(void) {}
#endif
