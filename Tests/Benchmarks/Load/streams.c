// Questions over TCP, many at a time on each connection, and HTTP requests, one at a time on each connection.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "load.h"

enum { BUFFER_BYTES = 1 << 20, OPEN_MAX = 8192 };

typedef struct connection {
    int descriptor;
    uint32_t open;
    uint16_t next;
    bool wants_to_write;
    uint64_t *sent_at;
    uint8_t *out, *in;
    size_t out_start, out_end, out_capacity, in_count;
} connection;

static connection open_connection(uint16_t port) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    connection opened = {.descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), .out_capacity = 1 << 16};
    int yes = 1;
    setsockopt(opened.descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (connect(opened.descriptor, (struct sockaddr *)&to, sizeof to)) fail("connect");
    opened.sent_at = calloc(OPEN_MAX, sizeof(uint64_t));
    opened.out = malloc(opened.out_capacity);
    opened.in = malloc(BUFFER_BYTES + 1);
    if (!opened.sent_at || !opened.out || !opened.in) fail("memory");
    return opened;
}

static void append(connection *to, const void *bytes, size_t count) {
    if (to->out_start == to->out_end) to->out_start = to->out_end = 0;
    while (to->out_end + count > to->out_capacity) {
        to->out_capacity *= 2;
        if (!(to->out = realloc(to->out, to->out_capacity))) fail("memory");
    }
    memcpy(to->out + to->out_end, bytes, count);
    to->out_end += count;
}

static void enqueue(connection *to, const message *next, bool speaks_http, uint64_t now, result *counted) {
    uint16_t identifier = speaks_http ? 0 : to->next++;
    if (!speaks_http) {
        uint8_t head[4] = {(uint8_t)(next->length >> 8), (uint8_t)next->length, (uint8_t)(identifier >> 8),
            (uint8_t)identifier};
        append(to, head, 4);
        append(to, next->bytes + 2, next->length - 2);
    } else {
        append(to, next->bytes, next->length);
    }
    to->sent_at[identifier % OPEN_MAX] = now;
    to->open++;
    counted->sent++;
}

static void flush(connection *of, int poller) {
    while (of->out_start < of->out_end) {
        ssize_t sent = send(of->descriptor, of->out + of->out_start, of->out_end - of->out_start,
            MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == EAGAIN) break;
        if (sent < 0 && errno != EINTR) fail("send");
        if (sent > 0) of->out_start += (size_t)sent;
    }
    bool wants = of->out_start < of->out_end;
    if (wants == of->wants_to_write) return;
    of->wants_to_write = wants;
    struct epoll_event changed = {.events = EPOLLIN | (wants ? EPOLLOUT : 0), .data.ptr = of};
    if (epoll_ctl(poller, EPOLL_CTL_MOD, of->descriptor, &changed)) fail("epoll_ctl");
}

static void answered(connection *at, uint16_t identifier, uint32_t code, result *counted) {
    uint64_t *sent_at = &at->sent_at[identifier % OPEN_MAX];
    if (!*sent_at) return;
    uint64_t now = nanoseconds();
    count_latency(counted, now > *sent_at ? now - *sent_at : 0);
    counted->codes[code < 600 ? code : 599]++;
    *sent_at = 0;
    at->open--;
}

// Bytes of `at->in` that were whole answers.
static size_t read_answers(connection *at, result *counted) {
    size_t used = 0;
    while (at->in_count - used >= 2) {
        uint8_t *bytes = at->in + used;
        size_t length = (size_t)bytes[0] << 8 | bytes[1];
        if (at->in_count - used < 2 + length) break;
        if (length >= 12) answered(at, (uint16_t)(bytes[2] << 8 | bytes[3]), bytes[5] & 15, counted);
        used += 2 + length;
    }
    return used;
}

// There is one request on a connection: its response is whole when its body is, or when the last chunk is there.
static size_t read_response(connection *at, result *counted) {
    static bool has_complained = false;
    at->in[at->in_count] = 0;
    char *text = (char *)at->in, *body = strstr(text, "\r\n\r\n");
    if (!body) return 0;
    body += 4;
    size_t have = at->in_count - (size_t)(body - text);
    char *length = strcasestr(text, "\r\ncontent-length:");
    if (length && length < body) {
        if (have < strtoul(length + 17, NULL, 10)) return 0;
    } else if (have < 5 || memcmp(body + have - 5, "0\r\n\r\n", 5)) {
        return 0;
    }
    uint32_t status = (uint32_t)atoi(text + 9);
    if (status >= 300 && !has_complained) {
        has_complained = true;
        fprintf(stderr, "load: status %u: %.300s\n", status, body);
    }
    answered(at, 0, status, counted);
    return at->in_count;
}

static void receive(connection *at, bool speaks_http, result *counted) {
    ssize_t count = recv(at->descriptor, at->in + at->in_count, BUFFER_BYTES - at->in_count, MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count <= 0) fail("the server closed a connection");
    at->in_count += (size_t)count;
    size_t used = speaks_http ? read_response(at, counted) : read_answers(at, counted);
    memmove(at->in, at->in + used, at->in_count - used);
    at->in_count -= used;
    if (at->in_count == BUFFER_BYTES) {
        errno = EMSGSIZE;
        fail("a response");
    }
}

void run_streams(const settings *asked, corpus *messages, bool speaks_http, result *counted) {
    connection *connections = calloc(asked->sockets, sizeof(connection));
    int poller = epoll_create1(EPOLL_CLOEXEC);
    if (!connections || poller < 0) fail("epoll");
    for (uint32_t index = 0; index < asked->sockets; index++) {
        connections[index] = open_connection(asked->port);
        struct epoll_event readable = {.events = EPOLLIN, .data.ptr = &connections[index]};
        if (epoll_ctl(poller, EPOLL_CTL_ADD, connections[index].descriptor, &readable)) fail("epoll_ctl");
    }
    uint32_t each = speaks_http ? 1 : (asked->window + asked->sockets - 1) / asked->sockets;
    if (each > OPEN_MAX / 2) each = OPEN_MAX / 2;
    settings limits = *asked;
    limits.window = each * asked->sockets;
    uint64_t start = nanoseconds(), end = start + (uint64_t)(asked->seconds * 1e9), last = end + 10000000000;
    uint32_t turn = 0;
    bool is_over = false;
    for (uint64_t now = start; now < last; now = nanoseconds()) {
        if (now >= end) is_over = true;
        if (is_over && counted->sent == counted->answered) break;
        uint64_t wait = 10000000;
        uint32_t count = is_over ? 0 : due(&limits, counted, start, now, &wait);
        // Each connection in turn is filled, and what it gets leaves in one piece.
        for (uint32_t tried = 0; count > 0 && tried < asked->sockets; tried++, turn = (turn + 1) % asked->sockets) {
            connection *next = &connections[turn];
            for (; count > 0 && next->open < each; count--) {
                const message *taken = take(messages, asked->repeats || !speaks_http);
                if (!taken) {
                    is_over = true;
                    count = 1;
                    continue;
                }
                enqueue(next, taken, speaks_http, now, counted);
            }
            flush(next, poller);
        }
        struct epoll_event events[64];
        // Not a busy loop when every connection waits for its answer.
        struct timespec timeout = {0, (long)(count || wait > 10000000 ? 1000000 : wait)};
        int ready = epoll_pwait2(poller, events, 64, &timeout, NULL);
        for (int index = 0; index < ready; index++) {
            if (events[index].events & ~(uint32_t)EPOLLOUT) receive(events[index].data.ptr, speaks_http, counted);
            if (events[index].events & EPOLLOUT) flush(events[index].data.ptr, poller);
        }
    }
    counted->seconds = (double)(nanoseconds() - start) / 1e9;
}
