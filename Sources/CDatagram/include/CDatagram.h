// Batched datagrams, stream sockets, readiness and wake-up for the DNS workers.
//
// Only fixed-width types and one opaque struct are visible, so that no other C module sees libc through this header.
// Every function that can fail returns a negative errno.
#ifndef CDATAGRAM_H
#define CDATAGRAM_H

#include <stdint.h>

// An IP endpoint; `family` is 4 or 6, an IPv4 address fills the first four bytes. `port` is in host order.
typedef struct datagram_endpoint {
    uint8_t address[16];
    uint32_t scope;
    uint16_t port;
    uint8_t family;
} datagram_endpoint;

// Asks the processor to bring the memory at an address, which need not be there.
static inline void memory_prefetch(const void *address) { __builtin_prefetch(address); }

// ---- Batches ----------------------------------------------------------------------------------------------------

// A fixed number of slots, each with a receive buffer, a transmit buffer and the peer's address, set up once.
typedef struct datagram_batch datagram_batch;

// NULL when memory is short. Buffers have 64 more readable bytes than asked, so that whole words may be loaded.
datagram_batch *datagram_batch_create(uint32_t slots, uint32_t receive_bytes, uint32_t transmit_bytes);
void datagram_batch_destroy(datagram_batch *batch);

// Lets replies to one peer go out as one message of many segments, when the kernel knows how: 1 if so. The batch goes
// back to single datagrams when such a message is refused though its parts are not.
int32_t datagram_batch_join(datagram_batch *batch);
// 1 while replies may be joined.
int32_t datagram_batch_joins(const datagram_batch *batch);

// Slot i's buffers start at these addresses plus i times the stride. They stay where they are.
uint8_t *datagram_batch_receive_base(const datagram_batch *batch);
uint32_t datagram_batch_receive_stride(const datagram_batch *batch);
uint8_t *datagram_batch_transmit_base(const datagram_batch *batch);
uint32_t datagram_batch_transmit_stride(const datagram_batch *batch);
// One count a slot: bytes received; 0 when the datagram was longer than the buffer, or came from a port that no
// reply is sent to: 0, and those of services that answer whatever they get (echo, daytime, qotd, chargen, time).
const uint32_t *datagram_batch_received(const datagram_batch *batch);
// One count a slot, written by the caller: bytes to send to the slot's peer; 0 sends nothing.
uint32_t *datagram_batch_to_send(const datagram_batch *batch);

// Who sent a datagram, and at which of our addresses it came: all that a reply needs, in the system's own form.
typedef struct datagram_peer {
    uint64_t control[8];
    uint32_t address[7];
    uint32_t address_length;
    uint32_t control_length;
} datagram_peer;

// The peer of slot `slot`; valid after a receive, before the send that follows it.
void datagram_batch_peer(const datagram_batch *batch, uint32_t slot, datagram_peer *peer);
// The same peer's address and port; 0, or -EAFNOSUPPORT when it is no IP address.
int32_t datagram_batch_endpoint(const datagram_batch *batch, uint32_t slot, datagram_endpoint *endpoint);
// Sends one datagram to `peer`, from the address that it had asked; -EAGAIN when the queue is full.
int64_t datagram_send(int32_t socket, const datagram_peer *peer, const void *bytes, uint64_t count);

// Takes what waits in the socket, without blocking: the number of slots filled, 0 when nothing waits.
int32_t datagram_batch_receive(datagram_batch *batch, int32_t socket);
// Sends the replies of the first `count` slots, from the address that each was asked at; the number sent.
// Replies to one peer may change places. A full socket buffer is waited for once, a few milliseconds; a message the kernel refuses is skipped.
int32_t datagram_batch_send(datagram_batch *batch, int32_t socket, uint32_t count);

// ---- Backlog ----------------------------------------------------------------------------------------------------

// Queries that wait in user space while a worker is behind: the newest leaves first, the oldest is dropped for room.
typedef struct datagram_backlog datagram_backlog;

// NULL when memory is short. It holds at most `capacity` queries and `bytes` bytes of them, and touches no more memory
// than it has held at once.
datagram_backlog *datagram_backlog_create(uint32_t capacity, uint32_t bytes);
void datagram_backlog_destroy(datagram_backlog *backlog);
uint32_t datagram_backlog_count(const datagram_backlog *backlog);
// Takes the first `count` slots of a batch, received at `now`, and makes them free; the number dropped for room.
uint32_t datagram_backlog_push(datagram_backlog *backlog, datagram_batch *batch, uint32_t count, int64_t now);
// Drops what was taken before `oldest`; the number dropped.
uint32_t datagram_backlog_expire(datagram_backlog *backlog, int64_t oldest);
// Puts the newest queries into the slots of a batch as if just received; their number.
uint32_t datagram_backlog_pop(datagram_backlog *backlog, datagram_batch *batch);

// ---- Sockets ----------------------------------------------------------------------------------------------------

// A bound, non-blocking UDP socket. With `shares_port` several sockets may bind the same endpoint.
int32_t datagram_open(const datagram_endpoint *endpoint, int32_t shares_port);
// A listening, non-blocking TCP socket.
int32_t stream_listen(const datagram_endpoint *endpoint, int32_t shares_port, int32_t backlog);
// The next connection, non-blocking, with Nagle's delay off, and who opened it; -EAGAIN when none waits.
int32_t stream_accept(int32_t socket, datagram_endpoint *peer);
// Prepares a socket that another process opened: non-blocking, close-on-exec, packet information.
int32_t socket_adopt(int32_t socket);
// A second descriptor of the same socket.
int32_t socket_duplicate(int32_t socket);
int32_t socket_local_endpoint(int32_t socket, datagram_endpoint *endpoint);
// 1 for a stream, 0 for datagrams.
int32_t socket_is_stream(int32_t socket);
// Datagrams that the kernel dropped because the socket's queue was full.
int64_t socket_overflows(int32_t socket);
// A number that all descriptors of one socket share and no other socket has.
uint64_t socket_identity(int32_t socket);
int64_t stream_read(int32_t socket, void *bytes, uint64_t count);
int64_t stream_write(int32_t socket, const void *bytes, uint64_t count);
void descriptor_close(int32_t descriptor);

// ---- Readiness --------------------------------------------------------------------------------------------------

typedef struct poller_event {
    uint64_t token;
    uint32_t events;
    uint32_t reserved;
} poller_event;

enum { POLLER_READABLE = 1, POLLER_WRITABLE = 4, POLLER_BROKEN = 8, POLLER_EXCLUSIVE = 1 << 28 };

int32_t poller_create(void);
int32_t poller_add(int32_t poller, int32_t descriptor, uint32_t events, uint64_t token);
int32_t poller_modify(int32_t poller, int32_t descriptor, uint32_t events, uint64_t token);
int32_t poller_remove(int32_t poller, int32_t descriptor);
// The number of events written; 0 after `timeout_milliseconds` or a signal. -1 waits for ever.
int32_t poller_wait(int32_t poller, poller_event *events, int32_t capacity, int32_t timeout_milliseconds);

// A descriptor that becomes readable when it is signalled, and stays so until it is cleared.
int32_t wakeup_create(void);
void wakeup_signal(int32_t wakeup);
// Makes it unreadable until the next signal.
void wakeup_clear(int32_t wakeup);

#endif
