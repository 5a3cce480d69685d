// A bounded stack of queries, for a worker that finds more than it can answer at once.
#include <stdlib.h>
#include <string.h>

#include "Batch.h"

// A place in the ring; its peer, control messages and query lie one after another in the bytes.
struct place {
    int64_t taken;
    uint32_t offset;
    uint32_t query_bytes;
    uint16_t peer_bytes;
    uint16_t control_bytes;
};

// `places` is a ring: the newest is pushed and popped at `head`, the oldest dropped at `tail`; both only ever grow
// and are taken modulo the capacity, a power of two. `bytes` is filled in the order of the places, and wraps.
struct datagram_backlog {
    uint32_t capacity;
    uint32_t bytes_capacity;
    uint32_t head;
    uint32_t tail;
    struct place *places;
    uint8_t *bytes;
};

datagram_backlog *datagram_backlog_create(uint32_t capacity, uint32_t bytes) {
    uint32_t power = 1;
    while (power < capacity) power *= 2;
    datagram_backlog *backlog = calloc(1, sizeof *backlog);
    if (!backlog) return NULL;
    backlog->capacity = power;
    backlog->bytes_capacity = bytes;
    backlog->places = calloc(power, sizeof *backlog->places);
    backlog->bytes = malloc(bytes);
    if (!backlog->places || !backlog->bytes) {
        datagram_backlog_destroy(backlog);
        return NULL;
    }
    return backlog;
}

void datagram_backlog_destroy(datagram_backlog *backlog) {
    if (!backlog) return;
    free(backlog->places);
    free(backlog->bytes);
    free(backlog);
}

uint32_t datagram_backlog_count(const datagram_backlog *backlog) { return backlog->head - backlog->tail; }

static struct place *place_at(const datagram_backlog *backlog, uint32_t number) {
    return &backlog->places[number & (backlog->capacity - 1)];
}

static uint32_t place_bytes(const struct place *place) {
    return place->peer_bytes + place->control_bytes + place->query_bytes;
}

// Finds `count` bytes behind the newest place, dropping the oldest until they are free; the number dropped.
static uint32_t make_room(datagram_backlog *backlog, uint32_t count, uint32_t *offset) {
    uint32_t dropped = 0;
    if (datagram_backlog_count(backlog) == backlog->capacity) {
        backlog->tail++;
        dropped++;
    }
    for (; backlog->head != backlog->tail; backlog->tail++, dropped++) {
        const struct place *newest = place_at(backlog, backlog->head - 1);
        const struct place *oldest = place_at(backlog, backlog->tail);
        uint32_t end = newest->offset + place_bytes(newest);
        *offset = end;
        if (oldest->offset <= newest->offset) {
            // One stretch: free are the bytes behind it and those before it.
            if (backlog->bytes_capacity - end >= count) return dropped;
            *offset = 0;
            if (oldest->offset >= count) return dropped;
        } else if (oldest->offset - end >= count) {
            return dropped;
        }
    }
    *offset = 0;
    return dropped;
}

uint32_t datagram_backlog_push(datagram_backlog *backlog, datagram_batch *batch, uint32_t count, int64_t now) {
    uint32_t dropped = 0;
    for (uint32_t slot = 0; slot < count; slot++) {
        const struct msghdr *header = &batch->incoming[slot].msg_hdr;
        struct place place = {
            .taken = now,
            .query_bytes = batch->received[slot],
            .peer_bytes = (uint16_t)header->msg_namelen,
            .control_bytes = (uint16_t)header->msg_controllen,
        };
        uint32_t bytes = place_bytes(&place);
        if (place.query_bytes && bytes <= backlog->bytes_capacity) {
            dropped += make_room(backlog, bytes, &place.offset);
            uint8_t *target = backlog->bytes + place.offset;
            memcpy(target, header->msg_name, place.peer_bytes);
            memcpy(target + place.peer_bytes, header->msg_control, place.control_bytes);
            memcpy(target + place.peer_bytes + place.control_bytes, batch_query(batch, slot), place.query_bytes);
            *place_at(backlog, backlog->head++) = place;
        } else {
            dropped++;
        }
        batch_reset_slot(batch, slot);
    }
    return dropped;
}

uint32_t datagram_backlog_expire(datagram_backlog *backlog, int64_t oldest) {
    uint32_t dropped = 0;
    while (backlog->head != backlog->tail && place_at(backlog, backlog->tail)->taken < oldest) {
        backlog->tail++;
        dropped++;
    }
    return dropped;
}

uint32_t datagram_backlog_pop(datagram_backlog *backlog, datagram_batch *batch) {
    uint32_t filled = 0;
    while (filled < batch->slots && backlog->head != backlog->tail) {
        const struct place *place = place_at(backlog, --backlog->head);
        const uint8_t *source = backlog->bytes + place->offset;
        struct msghdr *header = &batch->incoming[filled].msg_hdr;
        header->msg_namelen = place->peer_bytes;
        header->msg_controllen = place->control_bytes;
        memcpy(header->msg_name, source, place->peer_bytes);
        memcpy(header->msg_control, source + place->peer_bytes, place->control_bytes);
        memcpy(batch_query(batch, filled), source + place->peer_bytes + place->control_bytes, place->query_bytes);
        batch->received[filled++] = place->query_bytes;
    }
    return filled;
}
