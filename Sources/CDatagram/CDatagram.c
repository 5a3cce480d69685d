#include "CDatagram.h"

#include "Batch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sock_diag.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

// Kernel buffers: a burst must survive while a worker is busy with TCP.
enum { SOCKET_BUFFER_BYTES = 4 << 20 };

// ---- Sockets ----------------------------------------------------------------------------------------------------

static socklen_t to_sockaddr(const datagram_endpoint *endpoint, struct sockaddr_storage *storage) {
    memset(storage, 0, sizeof *storage);
    if (endpoint->family == 4) {
        struct sockaddr_in *v4 = (struct sockaddr_in *)storage;
        v4->sin_family = AF_INET;
        v4->sin_port = htons(endpoint->port);
        memcpy(&v4->sin_addr, endpoint->address, 4);
        return sizeof *v4;
    }
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)storage;
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(endpoint->port);
    v6->sin6_scope_id = endpoint->scope;
    memcpy(&v6->sin6_addr, endpoint->address, 16);
    return sizeof *v6;
}

static int32_t to_endpoint(const struct sockaddr_storage *storage, datagram_endpoint *endpoint) {
    memset(endpoint, 0, sizeof *endpoint);
    if (storage->ss_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)storage;
        endpoint->family = 4;
        endpoint->port = ntohs(v4->sin_port);
        memcpy(endpoint->address, &v4->sin_addr, 4);
    } else if (storage->ss_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)storage;
        endpoint->family = 6;
        endpoint->port = ntohs(v6->sin6_port);
        endpoint->scope = v6->sin6_scope_id;
        memcpy(endpoint->address, &v6->sin6_addr, 16);
    } else {
        return -EAFNOSUPPORT;
    }
    return 0;
}

static int set_option(int socket, int level, int name, int value) {
    return setsockopt(socket, level, name, &value, sizeof value);
}

static int is_wildcard(const datagram_endpoint *endpoint) {
    for (int i = 0; i < (endpoint->family == 4 ? 4 : 16); i++) {
        if (endpoint->address[i]) return 0;
    }
    return 1;
}

static int32_t close_with_errno(int descriptor) {
    int reason = errno;
    close(descriptor);
    return -reason;
}

static int open_socket(const datagram_endpoint *endpoint, int type, int32_t shares_port) {
    int descriptor = socket(endpoint->family == 4 ? AF_INET : AF_INET6, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -errno;
    if ((shares_port && set_option(descriptor, SOL_SOCKET, SO_REUSEPORT, 1) < 0)
        || (endpoint->family == 6 && set_option(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, 1) < 0)) {
        return close_with_errno(descriptor);
    }
    return descriptor;
}

// Larger buffers and no path MTU discovery: a forged "fragmentation needed" must not shrink or block replies.
// None of these is worth failing for.
static void tune_datagrams(int descriptor, uint8_t family) {
    (void)set_option(descriptor, SOL_SOCKET, SO_RCVBUF, SOCKET_BUFFER_BYTES);
    (void)set_option(descriptor, SOL_SOCKET, SO_SNDBUF, SOCKET_BUFFER_BYTES);
    if (family == 4) {
        if (set_option(descriptor, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT) < 0) {
            (void)set_option(descriptor, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT);
        }
    } else if (set_option(descriptor, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_OMIT) < 0) {
        (void)set_option(descriptor, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DONT);
    }
}

// A reply must leave from the address that was asked; on a wildcard address only the kernel knows it.
static int want_packet_information(int descriptor, const datagram_endpoint *endpoint) {
    if (!is_wildcard(endpoint)) return 0;
    return endpoint->family == 4 ? set_option(descriptor, IPPROTO_IP, IP_PKTINFO, 1)
                                 : set_option(descriptor, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
}

int32_t datagram_open(const datagram_endpoint *endpoint, int32_t shares_port) {
    int descriptor = open_socket(endpoint, SOCK_DGRAM, shares_port);
    if (descriptor < 0) return descriptor;
    tune_datagrams(descriptor, endpoint->family);
    struct sockaddr_storage storage;
    socklen_t length = to_sockaddr(endpoint, &storage);
    if (want_packet_information(descriptor, endpoint) < 0
        || bind(descriptor, (struct sockaddr *)&storage, length) < 0) {
        return close_with_errno(descriptor);
    }
    return descriptor;
}

int32_t stream_listen(const datagram_endpoint *endpoint, int32_t shares_port, int32_t backlog) {
    int descriptor = open_socket(endpoint, SOCK_STREAM, shares_port);
    if (descriptor < 0) return descriptor;
    struct sockaddr_storage storage;
    socklen_t length = to_sockaddr(endpoint, &storage);
    if (set_option(descriptor, SOL_SOCKET, SO_REUSEADDR, 1) < 0
        || bind(descriptor, (struct sockaddr *)&storage, length) < 0 || listen(descriptor, backlog) < 0) {
        return close_with_errno(descriptor);
    }
    return descriptor;
}

int32_t stream_accept(int32_t socket, datagram_endpoint *peer) {
    struct sockaddr_storage storage;
    int descriptor;
    do {
        socklen_t length = sizeof storage;
        descriptor = accept4(socket, (struct sockaddr *)&storage, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    } while (descriptor < 0 && (errno == EINTR || errno == ECONNABORTED));
    if (descriptor < 0) return -errno;
    (void)set_option(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
    (void)to_endpoint(&storage, peer);
    return descriptor;
}

int32_t socket_adopt(int32_t socket) {
    int flags = fcntl(socket, F_GETFL);
    if (flags < 0 || fcntl(socket, F_SETFL, flags | O_NONBLOCK) < 0) return -errno;
    if (fcntl(socket, F_SETFD, FD_CLOEXEC) < 0) return -errno;
    datagram_endpoint endpoint;
    int32_t status = socket_local_endpoint(socket, &endpoint);
    if (status < 0) return status;
    int32_t is_stream = socket_is_stream(socket);
    if (is_stream != 0) return is_stream < 0 ? is_stream : 0;
    tune_datagrams(socket, endpoint.family);
    return want_packet_information(socket, &endpoint) < 0 ? -errno : 0;
}

int32_t socket_duplicate(int32_t socket) {
    int descriptor = fcntl(socket, F_DUPFD_CLOEXEC, 0);
    return descriptor < 0 ? -errno : descriptor;
}

int32_t socket_local_endpoint(int32_t socket, datagram_endpoint *endpoint) {
    struct sockaddr_storage storage;
    socklen_t length = sizeof storage;
    if (getsockname(socket, (struct sockaddr *)&storage, &length) < 0) return -errno;
    return to_endpoint(&storage, endpoint);
}

int32_t datagram_batch_endpoint(const datagram_batch *batch, uint32_t slot, datagram_endpoint *endpoint) {
    if (slot >= batch->slots) return -EINVAL;
    return to_endpoint(&batch->peers[slot], endpoint);
}

int32_t socket_is_stream(int32_t socket) {
    int type = 0;
    socklen_t length = sizeof type;
    if (getsockopt(socket, SOL_SOCKET, SO_TYPE, &type, &length) < 0) return -errno;
    if (type != SOCK_STREAM && type != SOCK_DGRAM) return -EPROTOTYPE;
    return type == SOCK_STREAM;
}

int64_t socket_overflows(int32_t socket) {
    uint32_t memory[SK_MEMINFO_VARS];
    socklen_t length = sizeof memory;
    if (getsockopt(socket, SOL_SOCKET, SO_MEMINFO, memory, &length) < 0) return -errno;
    return length > SK_MEMINFO_DROPS * sizeof *memory ? memory[SK_MEMINFO_DROPS] : 0;
}

uint64_t socket_identity(int32_t socket) {
    uint64_t cookie = 0;
    socklen_t length = sizeof cookie;
    if (getsockopt(socket, SOL_SOCKET, SO_COOKIE, &cookie, &length) < 0) return 0;
    return cookie;
}

int64_t stream_read(int32_t socket, void *bytes, uint64_t count) {
    ssize_t result;
    do {
        result = recv(socket, bytes, count, MSG_DONTWAIT);
    } while (result < 0 && errno == EINTR);
    return result < 0 ? -errno : result;
}

int64_t stream_write(int32_t socket, const void *bytes, uint64_t count) {
    ssize_t result;
    do {
        result = send(socket, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (result < 0 && errno == EINTR);
    return result < 0 ? -errno : result;
}

void descriptor_close(int32_t descriptor) { close(descriptor); }

// ---- Readiness --------------------------------------------------------------------------------------------------

enum { EVENTS_MAX = 64 };

int32_t poller_create(void) {
    int poller = epoll_create1(EPOLL_CLOEXEC);
    return poller < 0 ? -errno : poller;
}

static int32_t control(int32_t poller, int operation, int32_t descriptor, uint32_t events, uint64_t token) {
    struct epoll_event event = {.events = events, .data.u64 = token};
    return epoll_ctl(poller, operation, descriptor, &event) < 0 ? -errno : 0;
}

int32_t poller_add(int32_t poller, int32_t descriptor, uint32_t events, uint64_t token) {
    return control(poller, EPOLL_CTL_ADD, descriptor, events, token);
}

int32_t poller_modify(int32_t poller, int32_t descriptor, uint32_t events, uint64_t token) {
    return control(poller, EPOLL_CTL_MOD, descriptor, events, token);
}

int32_t poller_remove(int32_t poller, int32_t descriptor) {
    return control(poller, EPOLL_CTL_DEL, descriptor, 0, 0);
}

_Static_assert((uint32_t)POLLER_READABLE == (uint32_t)EPOLLIN && (uint32_t)POLLER_WRITABLE == (uint32_t)EPOLLOUT
                   && (uint32_t)POLLER_BROKEN == (uint32_t)EPOLLERR
                   && (uint32_t)POLLER_EXCLUSIVE == (uint32_t)EPOLLEXCLUSIVE,
               "the header repeats the kernel's values");

int32_t poller_wait(int32_t poller, poller_event *events, int32_t capacity, int32_t timeout_milliseconds) {
    struct epoll_event ready[EVENTS_MAX];
    if (capacity > EVENTS_MAX) capacity = EVENTS_MAX;
    int count = epoll_wait(poller, ready, capacity, timeout_milliseconds);
    if (count < 0) return errno == EINTR ? 0 : -errno;
    for (int i = 0; i < count; i++) {
        // A peer that hung up is read from: the read tells what happened.
        uint32_t mask = ready[i].events & EPOLLHUP ? ready[i].events | EPOLLIN : ready[i].events;
        events[i] = (poller_event){.token = ready[i].data.u64, .events = mask};
    }
    return count;
}

int32_t wakeup_create(void) {
    int descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return descriptor < 0 ? -errno : descriptor;
}

void wakeup_signal(int32_t wakeup) {
    uint64_t one = 1;
    ssize_t written = write(wakeup, &one, sizeof one);
    (void)written;  // It fails only when the counter is full, and then it is readable already.
}

void wakeup_clear(int32_t wakeup) {
    uint64_t count;
    ssize_t result = read(wakeup, &count, sizeof count);
    (void)result;  // It fails only when nothing was signalled.
}
