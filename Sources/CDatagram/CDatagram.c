#include "CDatagram.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

// Readable bytes after each buffer: callers load whole words.
enum { SLACK_BYTES = 64 };
// Room for IP_PKTINFO or IPV6_PKTINFO.
enum { CONTROL_BYTES = 64 };
// Kernel buffers: a burst must survive while a worker is busy with TCP.
enum { SOCKET_BUFFER_BYTES = 4 << 20 };
// How long a full transmit queue is waited for before the rest of a batch is given up.
enum { SEND_WAIT_MILLISECONDS = 5 };

struct datagram_batch {
    uint32_t slots;
    uint32_t receive_bytes;
    uint32_t receive_stride;
    uint32_t transmit_stride;
    uint8_t *receive_base;
    uint8_t *transmit_base;
    uint32_t *received;
    uint32_t *to_send;
    struct mmsghdr *incoming;
    struct mmsghdr *outgoing;
    struct iovec *receive_vectors;
    struct iovec *transmit_vectors;
    struct sockaddr_storage *peers;
    uint8_t *controls;
};

static uint32_t stride_for(uint32_t bytes) { return (bytes + SLACK_BYTES + 63) & ~63u; }

datagram_batch *datagram_batch_create(uint32_t slots, uint32_t receive_bytes, uint32_t transmit_bytes) {
    datagram_batch *batch = calloc(1, sizeof *batch);
    if (!batch) return NULL;
    batch->slots = slots;
    batch->receive_bytes = receive_bytes;
    batch->receive_stride = stride_for(receive_bytes);
    batch->transmit_stride = stride_for(transmit_bytes);
    batch->receive_base = calloc(slots, batch->receive_stride);
    batch->transmit_base = calloc(slots, batch->transmit_stride);
    batch->received = calloc(slots, sizeof *batch->received);
    batch->to_send = calloc(slots, sizeof *batch->to_send);
    batch->incoming = calloc(slots, sizeof *batch->incoming);
    batch->outgoing = calloc(slots, sizeof *batch->outgoing);
    batch->receive_vectors = calloc(slots, sizeof *batch->receive_vectors);
    batch->transmit_vectors = calloc(slots, sizeof *batch->transmit_vectors);
    batch->peers = calloc(slots, sizeof *batch->peers);
    batch->controls = calloc(slots, CONTROL_BYTES);
    if (!batch->receive_base || !batch->transmit_base || !batch->received || !batch->to_send || !batch->incoming
        || !batch->outgoing || !batch->receive_vectors || !batch->transmit_vectors || !batch->peers
        || !batch->controls) {
        datagram_batch_destroy(batch);
        return NULL;
    }
    for (uint32_t i = 0; i < slots; i++) {
        batch->receive_vectors[i].iov_base = batch->receive_base + (size_t)i * batch->receive_stride;
        batch->receive_vectors[i].iov_len = receive_bytes;
        struct msghdr *header = &batch->incoming[i].msg_hdr;
        header->msg_iov = &batch->receive_vectors[i];
        header->msg_iovlen = 1;
        header->msg_name = &batch->peers[i];
        header->msg_namelen = sizeof batch->peers[i];
        header->msg_control = batch->controls + (size_t)i * CONTROL_BYTES;
        header->msg_controllen = CONTROL_BYTES;
    }
    return batch;
}

void datagram_batch_destroy(datagram_batch *batch) {
    if (!batch) return;
    free(batch->receive_base);
    free(batch->transmit_base);
    free(batch->received);
    free(batch->to_send);
    free(batch->incoming);
    free(batch->outgoing);
    free(batch->receive_vectors);
    free(batch->transmit_vectors);
    free(batch->peers);
    free(batch->controls);
    free(batch);
}

uint8_t *datagram_batch_receive_base(const datagram_batch *batch) { return batch->receive_base; }
uint32_t datagram_batch_receive_stride(const datagram_batch *batch) { return batch->receive_stride; }
uint8_t *datagram_batch_transmit_base(const datagram_batch *batch) { return batch->transmit_base; }
uint32_t datagram_batch_transmit_stride(const datagram_batch *batch) { return batch->transmit_stride; }
const uint32_t *datagram_batch_received(const datagram_batch *batch) { return batch->received; }
uint32_t *datagram_batch_to_send(const datagram_batch *batch) { return batch->to_send; }

// Leaves the choice of the interface to the routing table: only the source address of the reply matters, except for
// link-local IPv6 addresses, which mean nothing without their interface.
static void forget_interface(struct msghdr *header) {
    for (struct cmsghdr *control = CMSG_FIRSTHDR(header); control; control = CMSG_NXTHDR(header, control)) {
        if (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;
            memcpy(&info, CMSG_DATA(control), sizeof info);
            info.ipi_ifindex = 0;
            memcpy(CMSG_DATA(control), &info, sizeof info);
        } else if (control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo info;
            memcpy(&info, CMSG_DATA(control), sizeof info);
            if (!IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr)) info.ipi6_ifindex = 0;
            memcpy(CMSG_DATA(control), &info, sizeof info);
        }
    }
}

_Static_assert(sizeof(struct sockaddr_in6) <= sizeof ((datagram_peer *)0)->address
                   && CONTROL_BYTES <= sizeof ((datagram_peer *)0)->control,
               "a peer has room for what the kernel tells");

void datagram_batch_peer(const datagram_batch *batch, uint32_t slot, datagram_peer *peer) {
    memset(peer, 0, sizeof *peer);
    if (slot >= batch->slots) return;
    const struct msghdr *asked = &batch->incoming[slot].msg_hdr;
    if (asked->msg_namelen > sizeof peer->address || asked->msg_controllen > sizeof peer->control) return;
    memcpy(peer->address, asked->msg_name, asked->msg_namelen);
    peer->address_length = asked->msg_namelen;
    memcpy(peer->control, asked->msg_control, asked->msg_controllen);
    struct msghdr copy = {.msg_control = peer->control, .msg_controllen = asked->msg_controllen};
    forget_interface(&copy);
    peer->control_length = (uint32_t)asked->msg_controllen;
}

int64_t datagram_send(int32_t socket, const datagram_peer *peer, const void *bytes, uint64_t count) {
    datagram_peer copy = *peer;
    struct iovec vector = {.iov_base = (void *)bytes, .iov_len = count};
    struct msghdr message = {
        .msg_name = copy.address,
        .msg_namelen = copy.address_length,
        .msg_iov = &vector,
        .msg_iovlen = 1,
        .msg_control = copy.control_length ? copy.control : NULL,
        .msg_controllen = copy.control_length,
    };
    ssize_t result;
    do {
        result = sendmsg(socket, &message, MSG_DONTWAIT);
    } while (result < 0 && errno == EINTR);
    return result < 0 ? -errno : result;
}

int32_t datagram_batch_receive(datagram_batch *batch, int32_t socket) {
    int filled;
    do {
        filled = recvmmsg(socket, batch->incoming, batch->slots, MSG_DONTWAIT, NULL);
    } while (filled < 0 && errno == EINTR);
    if (filled < 0) return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -errno;
    for (int i = 0; i < filled; i++) {
        struct msghdr *header = &batch->incoming[i].msg_hdr;
        batch->received[i] = header->msg_flags & MSG_TRUNC ? 0 : batch->incoming[i].msg_len;
    }
    return filled;
}

// What the kernel wrote into slot `i` is made ready for the next receive.
static void reset_slot(datagram_batch *batch, uint32_t i) {
    struct msghdr *header = &batch->incoming[i].msg_hdr;
    header->msg_namelen = sizeof batch->peers[i];
    header->msg_controllen = CONTROL_BYTES;
    header->msg_flags = 0;
}

int32_t datagram_batch_send(datagram_batch *batch, int32_t socket, uint32_t count) {
    uint32_t ready = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct msghdr *asked = &batch->incoming[i].msg_hdr;
        if (batch->to_send[i]) {
            struct msghdr *reply = &batch->outgoing[ready].msg_hdr;
            batch->transmit_vectors[ready].iov_base = batch->transmit_base + (size_t)i * batch->transmit_stride;
            batch->transmit_vectors[ready].iov_len = batch->to_send[i];
            reply->msg_iov = &batch->transmit_vectors[ready];
            reply->msg_iovlen = 1;
            reply->msg_name = asked->msg_name;
            reply->msg_namelen = asked->msg_namelen;
            if (asked->msg_controllen) forget_interface(asked);
            reply->msg_control = asked->msg_controllen ? asked->msg_control : NULL;
            reply->msg_controllen = asked->msg_controllen;
            ready++;
        }
        reset_slot(batch, i);
    }

    uint32_t next = 0;
    int32_t sent = 0;
    int waited = 0;
    while (next < ready) {
        int result = sendmmsg(socket, batch->outgoing + next, ready - next, MSG_DONTWAIT);
        if (result > 0) {
            next += (uint32_t)result;
            sent += result;
        } else if (errno == EINTR) {
            continue;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS || errno == ENOMEM) {
            struct pollfd writable = {.fd = socket, .events = POLLOUT};
            if (waited || poll(&writable, 1, SEND_WAIT_MILLISECONDS) <= 0) break;
            waited = 1;
        } else {
            // Such as EINVAL for a reply to port 0: this peer cannot be reached, the others can.
            next++;
        }
    }
    return sent;
}

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

int32_t stream_accept(int32_t socket) {
    int descriptor;
    do {
        descriptor = accept4(socket, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    } while (descriptor < 0 && (errno == EINTR || errno == ECONNABORTED));
    if (descriptor < 0) return -errno;
    (void)set_option(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
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

int32_t socket_local_endpoint(int32_t socket, datagram_endpoint *endpoint) {
    struct sockaddr_storage storage;
    socklen_t length = sizeof storage;
    if (getsockname(socket, (struct sockaddr *)&storage, &length) < 0) return -errno;
    return to_endpoint(&storage, endpoint);
}

int32_t socket_peer_endpoint(int32_t socket, datagram_endpoint *endpoint) {
    struct sockaddr_storage storage;
    socklen_t length = sizeof storage;
    if (getpeername(socket, (struct sockaddr *)&storage, &length) < 0) return -errno;
    return to_endpoint(&storage, endpoint);
}

int32_t datagram_peer_endpoint(const datagram_peer *peer, datagram_endpoint *endpoint) {
    struct sockaddr_storage storage;
    memset(&storage, 0, sizeof storage);
    memcpy(&storage, peer->address, sizeof peer->address);
    return to_endpoint(&storage, endpoint);
}

int32_t socket_is_stream(int32_t socket) {
    int type = 0;
    socklen_t length = sizeof type;
    if (getsockopt(socket, SOL_SOCKET, SO_TYPE, &type, &length) < 0) return -errno;
    if (type != SOCK_STREAM && type != SOCK_DGRAM) return -EPROTOTYPE;
    return type == SOCK_STREAM;
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
