#include "CConfinement.h"

#include <errno.h>
#include <linux/sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

int32_t confinement_forbid_new_privileges(void) {
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? 0 : errno;
}

int32_t confinement_forbids_new_privileges(void) {
    return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
}

int32_t confinement_keep_own_proc_files(void) {
    return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0 ? 0 : errno;
}

// What a server that has started never does: each is a step of somebody who has taken it over.
static const char *const refused[] = {
    // Other programs.
    "execve", "execveat",
    // Other identities.
    "setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setfsuid", "setfsgid",
    "setgroups", "capset",
    // Other processes' memory and descriptors.
    "ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "pidfd_getfd", "kcmp",
    // File systems and namespaces.
    "mount", "umount", "umount2", "mount_setattr", "move_mount", "open_tree", "fsopen", "fsconfig",
    "fsmount", "fspick", "pivot_root", "chroot", "unshare", "setns", "name_to_handle_at",
    "open_by_handle_at", "mknod", "mknodat", "quotactl", "quotactl_fd", "fanotify_init",
    // The kernel itself.
    "init_module", "finit_module", "delete_module", "create_module", "kexec_load", "kexec_file_load",
    "bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register",
    "add_key", "request_key", "keyctl", "lookup_dcookie", "syslog", "acct", "nfsservctl", "uselib",
    "modify_ldt", "vm86", "vm86old", "iopl", "ioperm", "personality", "migrate_pages", "move_pages",
    // The machine.
    "reboot", "swapon", "swapoff", "sethostname", "setdomainname", "settimeofday", "clock_settime",
    "clock_adjtime", "adjtimex", "stime", "vhangup", "_sysctl", "sysfs", "ustat",
};

// Of these the server needs some.
static const uint64_t socket_families[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};

static int add_rules(scmp_filter_ctx context) {
    int result = 0;
    for (size_t i = 0; result == 0 && i < sizeof refused / sizeof *refused; i++) {
        int number = seccomp_syscall_resolve_name(refused[i]);
        // Not every architecture has every call, and not every library knows the newest.
        if (number == __NR_SCMP_ERROR) continue;
        result = seccomp_rule_add(context, SCMP_ACT_ERRNO(EPERM), number, 0);
        if (result == -EDOM || result == -EINVAL) result = 0;
    }
    const uint64_t namespaces[] = {
        CLONE_NEWNS,  CLONE_NEWUSER,   CLONE_NEWPID, CLONE_NEWNET,
        CLONE_NEWIPC, CLONE_NEWUTS,    CLONE_NEWCGROUP,
    };
    for (size_t i = 0; result == 0 && i < sizeof namespaces / sizeof *namespaces; i++) {
        result = seccomp_rule_add(context, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
                                  SCMP_A0(SCMP_CMP_MASKED_EQ, namespaces[i], namespaces[i]));
    }
    if (result == 0) result = seccomp_rule_add(context, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    // The families are small numbers: what lies below, between and above those that are needed.
    uint64_t next = 0;
    for (size_t i = 0; result == 0 && i < sizeof socket_families / sizeof *socket_families; i++) {
        for (; result == 0 && next < socket_families[i]; next++) {
            result = seccomp_rule_add(context, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 1,
                                      SCMP_A0(SCMP_CMP_EQ, next));
        }
        next = socket_families[i] + 1;
    }
    if (result == 0) {
        result = seccomp_rule_add(context, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 1,
                                  SCMP_A0(SCMP_CMP_GE, next));
    }
    return result;
}

int32_t confinement_install(void) {
    scmp_filter_ctx context = seccomp_init(SCMP_ACT_ALLOW);
    if (context == NULL) return ENOMEM;
    // All threads at once; the kernel forbids them new privileges in the same step.
    int result = seccomp_attr_set(context, SCMP_FLTATR_CTL_TSYNC, 1);
    // Calls in the way of another architecture, such as 32-bit ones, would pass the filter by.
    if (result == 0) result = seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(EPERM));
    // A tree: the calls of a busy server pass a handful of comparisons instead of eighty.
    if (result == 0) result = seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    if (result == 0) result = add_rules(context);
    if (result == 0) result = seccomp_load(context);
    seccomp_release(context);
    return result < 0 ? -result : 0;
}

// MARK: - Trying it out

struct attempt {
    const char *name;
    long number;
    long arguments[4];
};

// Empty or missing paths and impossible numbers: an allowed call fails with something else than EPERM, or
// changes nothing.
static const struct attempt attempts[] = {
    {"execve", SYS_execve, {0, 0, 0, 0}},
    {"execveat", SYS_execveat, {-1, 0, 0, 0}},
    {"setresuid", SYS_setresuid, {-1, -1, -1, 0}},
    {"setresgid", SYS_setresgid, {-1, -1, -1, 0}},
    {"mount", SYS_mount, {0, 0, 0, 0}},
    {"ptrace", SYS_ptrace, {-1, 0, 0, 0}},
    {"process_vm_readv", SYS_process_vm_readv, {-1, 0, 0, 0}},
    {"unshare", SYS_unshare, {0, 0, 0, 0}},
    {"setns", SYS_setns, {-1, 0, 0, 0}},
    {"personality", SYS_personality, {0xffffffff, 0, 0, 0}},
    {"add_key", SYS_add_key, {0, 0, 0, 0}},
    {"keyctl", SYS_keyctl, {-1, 0, 0, 0}},
    {"io_uring_setup", SYS_io_uring_setup, {0, 0, 0, 0}},
    {"clone", SYS_clone, {CLONE_NEWUSER | CLONE_SIGHAND, 0, 0, 0}},
    {"socket", SYS_socket, {AF_PACKET, -1, 0, 0}},
};

int32_t confinement_attempt_count(void) { return (int32_t)(sizeof attempts / sizeof *attempts); }

const char *confinement_attempt_name(int32_t number) { return attempts[number].name; }

int32_t confinement_attempt(int32_t number) {
    const struct attempt *attempt = &attempts[number];
    errno = 0;
    long result = syscall(attempt->number, attempt->arguments[0], attempt->arguments[1],
                          attempt->arguments[2], attempt->arguments[3]);
    return result < 0 ? errno : 0;
}
