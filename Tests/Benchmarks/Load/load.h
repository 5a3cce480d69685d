// A load generator: questions over UDP and TCP and requests over HTTP, at a fixed rate or as fast as they are answered.
#ifndef LOAD_H
#define LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What is sent, in the file's order and then from its start again.
typedef struct message {
    const uint8_t *bytes;
    uint32_t length;
} message;

typedef struct corpus {
    message *messages;
    uint32_t count;
    uint32_t next;
} corpus;

typedef struct settings {
    uint16_t port;
    uint32_t sockets;
    // Sent and not yet answered, over all sockets.
    uint32_t window;
    // UDP: how many leave one socket together. Clients have sockets of their own, so one is what they send.
    uint32_t batch;
    // A second; 0: as many as the window allows.
    double rate;
    double seconds;
    // HTTP: begin again at the end of the file. Without it the run ends there.
    bool repeats;
} settings;

// Counts by duration: 64 steps to each power of two, so a percentile is exact to 1.6 %.
enum { HISTOGRAM_STEPS = 64, HISTOGRAM_POWERS = 40 };

typedef struct result {
    uint64_t sent;
    uint64_t answered;
    double seconds;
    uint64_t codes[600];
    uint64_t histogram[HISTOGRAM_STEPS * HISTOGRAM_POWERS];
    uint64_t longest;
} result;

void fail(const char *what) __attribute__((noreturn));
uint64_t nanoseconds(void);
void count_latency(result *counted, uint64_t nanoseconds);
// How many may be sent now, so that the rate or the window is kept; `wait` is how long until the next may.
uint32_t due(const settings *asked, const result *counted, uint64_t start, uint64_t now, uint64_t *wait);
// The next message; NULL when there is none.
const message *take(corpus *from, bool repeats);

void run_datagrams(const settings *asked, corpus *questions, result *counted);
void run_streams(const settings *asked, corpus *messages, bool speaks_http, result *counted);

#endif
