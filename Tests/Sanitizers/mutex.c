// Tells ThreadSanitizer of the locks that it cannot see.
//
// A Mutex of Swift's Synchronization takes and gives a free lock by atomic operations in our own code, which
// are instrumented. When somebody waits, the kernel hands the lock on, and the functions that ask it to are
// in a library that is not: then every access under the lock looks like a race. These stand before that
// library's and say what happens. Loaded with LD_PRELOAD by run.sh; without the sanitizer they add nothing.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>

extern void __tsan_acquire(void *address) __attribute__((weak));
extern void __tsan_release(void *address) __attribute__((weak));

#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"
#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *self

typedef SWIFT void lock_function(uint32_t thread, SELF);
typedef SWIFT void unlock_function(SELF);

static void *next(const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    if (found == NULL) abort();
    return found;
}

SWIFT void lock_slowly(uint32_t thread, SELF) __asm__(LOCK);
SWIFT void lock_slowly(uint32_t thread, SELF) {
    ((lock_function *)next(LOCK))(thread, self);
    if (__tsan_acquire != NULL) __tsan_acquire(self);
}

SWIFT void unlock_slowly(SELF) __asm__(UNLOCK);
SWIFT void unlock_slowly(SELF) {
    if (__tsan_release != NULL) __tsan_release(self);
    ((unlock_function *)next(UNLOCK))(self);
}
