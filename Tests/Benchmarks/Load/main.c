// load MODE PORT FILE [sockets=8] [window=400] [batch=1] [rate=0] [seconds=3] [repeat=0]
//
// MODE is udp, tcp or http. FILE has messages, each behind its length: two bytes for DNS, which is what `dnsperf -B`
// reads, and four for HTTP. Everything goes to 127.0.0.1. Prints what it counted as one line of JSON.
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include "load.h"

static const uint64_t SECOND = 1000000000;

void fail(const char *what) {
    perror(what);
    exit(1);
}

// The clock of the kernel's timestamps on received packets.
uint64_t nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

void count_latency(result *counted, uint64_t nanoseconds) {
    uint32_t power = 0;
    while (nanoseconds >> power >= 2 * HISTOGRAM_STEPS && power < HISTOGRAM_POWERS - 2) power++;
    uint64_t step = (nanoseconds >> power) + (uint64_t)power * HISTOGRAM_STEPS;
    if (step >= HISTOGRAM_STEPS * HISTOGRAM_POWERS) step = HISTOGRAM_STEPS * HISTOGRAM_POWERS - 1;
    counted->histogram[step]++;
    if (nanoseconds > counted->longest) counted->longest = nanoseconds;
    counted->answered++;
}

static double microseconds_at(const result *counted, double part) {
    uint64_t left = (uint64_t)(part * (double)counted->answered);
    for (uint32_t step = 0; step < HISTOGRAM_STEPS * HISTOGRAM_POWERS; step++) {
        if (counted->histogram[step] > left) {
            uint32_t power = step < 2 * HISTOGRAM_STEPS ? 0 : step / HISTOGRAM_STEPS - 1;
            return (double)((uint64_t)(step - power * HISTOGRAM_STEPS) << power) / 1e3;
        }
        left -= counted->histogram[step];
    }
    return (double)counted->longest / 1e3;
}

uint32_t due(const settings *asked, const result *counted, uint64_t start, uint64_t now, uint64_t *wait) {
    uint64_t open = counted->sent - counted->answered;
    *wait = SECOND / 100;
    if (asked->rate == 0) return open < asked->window ? asked->window - (uint32_t)open : 0;
    double planned = (double)(now - start) / 1e9 * asked->rate;
    double ahead = (double)counted->sent + 1 - planned;
    if (ahead > 0) {
        *wait = (uint64_t)(ahead / asked->rate * 1e9);
        return 0;
    }
    // What could not be sent in time does not leave in one burst: that would be another load than was asked for.
    return ahead < -64 ? 64 : (uint32_t)-ahead + 1;
}

const message *take(corpus *from, bool repeats) {
    if (from->next == from->count) {
        if (!repeats) return NULL;
        from->next = 0;
    }
    return &from->messages[from->next++];
}

static corpus read_corpus(const char *path, size_t length_bytes) {
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END)) fail(path);
    size_t size = (size_t)ftell(file);
    rewind(file);
    uint8_t *bytes = malloc(size + 1);
    if (!bytes || fread(bytes, 1, size, file) != size) fail(path);
    fclose(file);
    corpus all = {0};
    size_t capacity = 0;
    for (size_t at = 0; at + length_bytes <= size;) {
        uint32_t length = 0;
        for (size_t index = 0; index < length_bytes; index++) length = length << 8 | bytes[at++];
        if (length > size - at) break;
        if (all.count == capacity) {
            capacity = capacity ? 2 * capacity : 1024;
            all.messages = realloc(all.messages, capacity * sizeof(message));
            if (!all.messages) fail("memory");
        }
        all.messages[all.count++] = (message){bytes + at, length};
        at += length;
    }
    if (!all.count) {
        fprintf(stderr, "%s has no messages\n", path);
        exit(1);
    }
    return all;
}

static void print(const result *counted) {
    printf("{\"sent\":%lu,\"answers\":%lu,\"lost\":%lu,\"seconds\":%.6f,\"codes\":{", counted->sent, counted->answered,
           counted->sent - counted->answered, counted->seconds);
    const char *separator = "";
    for (uint32_t code = 0; code < 600; code++) {
        if (!counted->codes[code]) continue;
        printf("%s\"%u\":%lu", separator, code, counted->codes[code]);
        separator = ",";
    }
    printf("},\"latency_us\":{\"p50\":%.1f,\"p90\":%.1f,\"p99\":%.1f,\"p999\":%.1f,\"max\":%.1f}}\n",
           microseconds_at(counted, 0.5), microseconds_at(counted, 0.9), microseconds_at(counted, 0.99),
           microseconds_at(counted, 0.999), (double)counted->longest / 1e3);
}

int main(int argc, char **argv) {
    if (argc < 4) {
        fprintf(stderr, "usage: load udp|tcp|http PORT FILE [sockets=N] [window=N] [batch=N] [rate=N] [seconds=N] [repeat=1]\n");
        return 2;
    }
    settings asked = {.port = (uint16_t)atoi(argv[2]), .sockets = 8, .window = 400, .batch = 1, .seconds = 3};
    for (int index = 4; index < argc; index++) {
        char *value = strchr(argv[index], '=');
        double number = value ? atof(value + 1) : -1;
        if (!strncmp(argv[index], "sockets=", 8) && number >= 1 && number <= 10000) asked.sockets = (uint32_t)number;
        else if (!strncmp(argv[index], "window=", 7) && number >= 1 && number <= 1e6) asked.window = (uint32_t)number;
        else if (!strncmp(argv[index], "batch=", 6) && number >= 1 && number <= 32) asked.batch = (uint32_t)number;
        else if (!strncmp(argv[index], "rate=", 5) && number >= 0) asked.rate = number;
        else if (!strncmp(argv[index], "seconds=", 8) && number > 0 && number <= 600) asked.seconds = number;
        else if (!strncmp(argv[index], "repeat=", 7)) asked.repeats = number > 0;
        else {
            fprintf(stderr, "load: %s is not understood\n", argv[index]);
            return 2;
        }
    }
    // Waits end when they should, not 50 microseconds later.
    prctl(PR_SET_TIMERSLACK, 1);
    bool speaks_http = !strcmp(argv[1], "http");
    corpus messages = read_corpus(argv[3], speaks_http ? 4 : 2);
    static result counted;
    if (!strcmp(argv[1], "udp")) run_datagrams(&asked, &messages, &counted);
    else run_streams(&asked, &messages, speaks_http, &counted);
    print(&counted);
    return 0;
}
