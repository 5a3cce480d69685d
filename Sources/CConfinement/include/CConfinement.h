// What a process gives up for good: prctl(2) and seccomp(2), which have variable arguments and so no
// way into Swift. Fixed-width types only, and no header of libc.
#pragma once

#include <stdint.h>

/// Forbids this thread, and what it starts, to gain privileges by executing programs.
///
/// Returns 0 or an error number. `confinement_install` does the same for all threads.
int32_t confinement_forbid_new_privileges(void);

/// True when this thread was forbidden to gain privileges.
int32_t confinement_forbids_new_privileges(void);

/// Lets the files of this process below /proc belong to its user, as they do in a program that was
/// started by that user. Returns 0 or an error number.
int32_t confinement_keep_own_proc_files(void);

/// Installs the filter of system calls in all threads.
///
/// Refused calls return EPERM; clone3 returns ENOSYS, since its flags are out of a filter's reach and
/// libc then takes clone. Returns 0 or an error number: the kernel or a container may have no filters.
int32_t confinement_install(void);

/// How many calls `confinement_attempt` knows.
int32_t confinement_attempt_count(void);

/// The name of a call that the filter refuses.
const char *confinement_attempt_name(int32_t number);

/// Tries the call in a way that does no harm where it is allowed, and returns its error number, 0 for
/// none.
int32_t confinement_attempt(int32_t number);
