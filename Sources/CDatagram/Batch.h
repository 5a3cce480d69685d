// The batch as its own files see it.
#ifndef CDATAGRAM_BATCH_H
#define CDATAGRAM_BATCH_H

#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include "CDatagram.h"

// Room for IP_PKTINFO or IPV6_PKTINFO, and in a reply for the length of its segments after it.
enum {
    RECEIVED_CONTROL_BYTES = CMSG_SPACE(sizeof(struct in6_pktinfo)),
    CONTROL_BYTES = RECEIVED_CONTROL_BYTES + CMSG_SPACE(sizeof(uint16_t)),
};

struct datagram_batch {
    uint32_t slots;
    uint32_t receive_bytes;
    uint32_t receive_stride;
    uint32_t transmit_stride;
    // Whether replies to one peer go out as one message of many segments.
    int joins;
    uint8_t *receive_base;
    uint8_t *transmit_base;
    uint32_t *received;
    uint32_t *to_send;
    uint64_t *order;
    struct mmsghdr *incoming;
    struct mmsghdr *outgoing;
    struct iovec *receive_vectors;
    struct iovec *transmit_vectors;
    struct sockaddr_storage *peers;
    uint8_t *controls;
};

static inline uint8_t *batch_query(const datagram_batch *batch, uint32_t slot) {
    return batch->receive_base + (size_t)slot * batch->receive_stride;
}

// Makes what the kernel wrote into a slot ready for the next receive.
static inline void batch_reset_slot(datagram_batch *batch, uint32_t slot) {
    struct msghdr *header = &batch->incoming[slot].msg_hdr;
    header->msg_namelen = sizeof batch->peers[slot];
    header->msg_controllen = RECEIVED_CONTROL_BYTES;
    header->msg_flags = 0;
}

#endif
