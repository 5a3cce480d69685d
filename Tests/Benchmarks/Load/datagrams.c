// Questions over UDP. An answer's time is the kernel's: when it came to the socket, not when this program ran again.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "load.h"

enum { BATCH = 32, QUESTION_BYTES = 512, ANSWER_BYTES = 4096, CONTROL_BYTES = 64 };
// Questions of one socket that may be open; an older one counts as lost.
enum { OPEN_MAX = 8192 };

typedef struct endpoint {
    int descriptor;
    uint16_t next;
    // By message ID: when it was sent, 0 when it was answered.
    uint64_t *sent_at;
    uint16_t *identifiers;
} endpoint;

static struct mmsghdr outgoing[BATCH], incoming[BATCH];
static struct iovec outgoing_parts[BATCH], incoming_parts[BATCH];
static uint8_t questions_sent[BATCH][QUESTION_BYTES], answers[BATCH][ANSWER_BYTES], control[BATCH][CONTROL_BYTES];

static endpoint open_endpoint(uint16_t port) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    endpoint opened = {.descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    int yes = 1, receive_bytes = 4 << 20;
    setsockopt(opened.descriptor, SOL_SOCKET, SO_TIMESTAMPNS, &yes, sizeof yes);
    // Answers must not be lost here while this program waits for its turn on the processor.
    setsockopt(opened.descriptor, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
    if (connect(opened.descriptor, (struct sockaddr *)&to, sizeof to)) fail("connect");
    opened.sent_at = calloc(OPEN_MAX, sizeof(uint64_t));
    opened.identifiers = calloc(OPEN_MAX, sizeof(uint16_t));
    if (!opened.sent_at || !opened.identifiers) fail("memory");
    return opened;
}

static void send_batch(endpoint *from, corpus *questions, uint32_t count, result *counted) {
    uint64_t now = nanoseconds();
    for (uint32_t index = 0; index < count; index++) {
        const message *next = take(questions, true);
        uint16_t identifier = from->next++;
        if (next->length > QUESTION_BYTES) fail("a question is too long");
        memcpy(questions_sent[index], next->bytes, next->length);
        questions_sent[index][0] = (uint8_t)(identifier >> 8);
        questions_sent[index][1] = (uint8_t)identifier;
        outgoing_parts[index] = (struct iovec){questions_sent[index], next->length};
        outgoing[index].msg_hdr = (struct msghdr){.msg_iov = &outgoing_parts[index], .msg_iovlen = 1};
        from->sent_at[identifier % OPEN_MAX] = now;
        from->identifiers[identifier % OPEN_MAX] = identifier;
    }
    for (uint32_t done = 0; done < count;) {
        int sent = sendmmsg(from->descriptor, outgoing + done, count - done, 0);
        if (sent < 0 && errno != EINTR && errno != EAGAIN && errno != ENOBUFS) fail("sendmmsg");
        if (sent > 0) done += (uint32_t)sent;
    }
    counted->sent += count;
}

static uint64_t arrival(struct msghdr *header) {
    for (struct cmsghdr *part = CMSG_FIRSTHDR(header); part; part = CMSG_NXTHDR(header, part)) {
        if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec at;
            memcpy(&at, CMSG_DATA(part), sizeof at);
            return (uint64_t)at.tv_sec * 1000000000 + (uint64_t)at.tv_nsec;
        }
    }
    return nanoseconds();
}

static void receive_batches(endpoint *at, result *counted) {
    while (true) {
        for (uint32_t index = 0; index < BATCH; index++) {
            incoming_parts[index] = (struct iovec){answers[index], ANSWER_BYTES};
            incoming[index].msg_hdr = (struct msghdr){.msg_iov = &incoming_parts[index], .msg_iovlen = 1,
                .msg_control = control[index], .msg_controllen = CONTROL_BYTES};
        }
        int count = recvmmsg(at->descriptor, incoming, BATCH, MSG_DONTWAIT, NULL);
        if (count < 0 && errno != EAGAIN && errno != EINTR) fail("recvmmsg");
        for (int index = 0; index < count; index++) {
            if (incoming[index].msg_len < 12) continue;
            uint16_t identifier = (uint16_t)(answers[index][0] << 8 | answers[index][1]);
            uint64_t *sent_at = &at->sent_at[identifier % OPEN_MAX];
            if (!*sent_at || at->identifiers[identifier % OPEN_MAX] != identifier) continue;
            uint64_t arrived = arrival(&incoming[index].msg_hdr);
            count_latency(counted, arrived > *sent_at ? arrived - *sent_at : 0);
            counted->codes[answers[index][3] & 15]++;
            *sent_at = 0;
        }
        if (count < BATCH) return;
    }
}

void run_datagrams(const settings *asked, corpus *questions, result *counted) {
    endpoint *endpoints = calloc(asked->sockets, sizeof(endpoint));
    int poller = epoll_create1(EPOLL_CLOEXEC);
    if (!endpoints || poller < 0) fail("epoll");
    for (uint32_t index = 0; index < asked->sockets; index++) {
        endpoints[index] = open_endpoint(asked->port);
        struct epoll_event readable = {.events = EPOLLIN, .data.ptr = &endpoints[index]};
        if (epoll_ctl(poller, EPOLL_CTL_ADD, endpoints[index].descriptor, &readable)) fail("epoll_ctl");
    }
    uint64_t start = nanoseconds(), end = start + (uint64_t)(asked->seconds * 1e9), progress = start;
    uint32_t turn = 0, lost_before = 0;
    settings limits = *asked;
    for (uint64_t now = start; now < end; now = nanoseconds()) {
        uint64_t wait = 0, answered = counted->answered;
        uint32_t count = due(&limits, counted, start, now, &wait);
        for (uint32_t left = count; left > 0; turn = (turn + 1) % asked->sockets) {
            uint32_t part = left < asked->batch ? left : asked->batch;
            send_batch(&endpoints[turn], questions, part, counted);
            left -= part;
        }
        struct epoll_event events[64];
        struct timespec timeout = {0, count ? 0 : (long)(wait < 10000000 ? wait : 10000000)};
        int ready = epoll_pwait2(poller, events, 64, &timeout, NULL);
        for (int index = 0; index < ready; index++) receive_batches(events[index].data.ptr, counted);
        if (counted->answered != answered || asked->rate > 0) progress = now;
        // With a window, questions whose answers do not come would hold the others up.
        if (now - progress > 200000000) {
            limits.window += (uint32_t)(counted->sent - counted->answered) - lost_before;
            lost_before = (uint32_t)(counted->sent - counted->answered);
            progress = now;
        }
    }
    counted->seconds = (double)(nanoseconds() - start) / 1e9;
    // Answers that are under way; those that come later than this count as lost.
    for (uint64_t last = nanoseconds() + 300000000; counted->answered < counted->sent && nanoseconds() < last;) {
        struct epoll_event events[64];
        int ready = epoll_wait(poller, events, 64, 20);
        for (int index = 0; index < ready; index++) receive_batches(events[index].data.ptr, counted);
    }
}
