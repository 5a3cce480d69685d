internal import Foundation
internal import GRPCCore
internal import Protos
internal import SwiftProtobuf

/// A key, and when it was written.
struct EtcdPair: Hashable, Sendable {
    var key: String
    var value: Data
    var createRevision: UInt64
    var modRevision: UInt64

    init(_ pair: Etcdserverpb_KeyValue) {
        key = String(decoding: pair.key, as: UTF8.self)
        value = pair.value
        createRevision = UInt64(clamping: pair.createRevision)
        modRevision = UInt64(clamping: pair.modRevision)
    }
}

/// What became of a transaction.
struct EtcdOutcome: Sendable {
    /// True when the conditions held.
    var succeeded: Bool
    /// etcd's revision after it.
    var revision: UInt64
    /// What its reads found, in their order.
    var found: [EtcdPair?]
}

/// What was written and removed at one revision.
typealias EtcdStep = (revision: UInt64, changes: [(pair: EtcdPair, isRemoval: Bool)])

extension EtcdClient {
    /// Carries out a transaction.
    ///
    /// - Throws: `EtcdError`; when it is `.unavailable`, it may have been carried out, now or later.
    func transact(_ transaction: EtcdTransaction) async throws(EtcdError) -> EtcdOutcome {
        let reply: Etcdserverpb_TxnResponse = try await call(
            EtcdMethod.transact,
            transaction.request
        )
        return EtcdOutcome(
            succeeded: reply.succeeded,
            revision: UInt64(clamping: reply.header.revision),
            found: reply.responses.compactMap { response in
                guard case .responseRange(let range) = response.response else { return nil }
                return .some(range.kvs.first.map(EtcdPair.init))
            }
        )
    }

    /// Reads keys from `first` up to, and without, `end`; nil: `first` alone.
    ///
    /// - Parameter revision: as things were then; 0: as they are now, which a majority confirms.
    /// - Returns: at most `limit` pairs in order of key, whether there are more, and the revision.
    /// - Throws: `EtcdError`.
    func range(
        _ first: String,
        upTo end: String? = nil,
        revision: UInt64 = 0,
        limit: Int = 0,
        keysOnly: Bool = false
    ) async throws(EtcdError) -> (pairs: [EtcdPair], hasMore: Bool, revision: UInt64) {
        var request = Etcdserverpb_RangeRequest()
        request.key = Data(first.utf8)
        if let end { request.rangeEnd = Data(end.utf8) }
        request.revision = Int64(clamping: revision)
        request.limit = Int64(limit)
        request.keysOnly = keysOnly
        let reply: Etcdserverpb_RangeResponse = try await call(
            EtcdMethod.range,
            request,
            timeout: limit > 0 ? .seconds(20) : Self.callTimeout
        )
        return (
            reply.kvs.map(EtcdPair.init), reply.more, UInt64(clamping: reply.header.revision)
        )
    }

    /// Calls `body` with all keys of a range as of `revision`, `page` at a time.
    ///
    /// - Throws: `EtcdError`, or what `body` throws.
    func forEachPage(
        from first: String,
        upTo end: String,
        revision: UInt64,
        page: Int,
        keysOnly: Bool = false,
        _ body: ([EtcdPair]) throws -> Void
    ) async throws {
        var start = first
        while true {
            let (pairs, hasMore, _) = try await range(
                start,
                upTo: end,
                revision: revision,
                limit: page,
                keysOnly: keysOnly
            )
            try body(pairs)
            guard hasMore, let last = pairs.last else { return }
            start = last.key + "\0"
        }
    }

    /// Forgets what was before `revision` and is no more.
    ///
    /// - Throws: `EtcdError`.
    func compact(to revision: UInt64) async throws(EtcdError) {
        var request = Etcdserverpb_CompactionRequest()
        request.revision = Int64(clamping: revision)
        let _: Etcdserverpb_CompactionResponse = try await call(EtcdMethod.compact, request)
    }

    /// The member that is asked.
    ///
    /// - Throws: `EtcdError`.
    func status() async throws(EtcdError) -> EtcdMemberStatus {
        let asked = endpoint
        let reply: Etcdserverpb_StatusResponse = try await call(
            EtcdMethod.status,
            Etcdserverpb_StatusRequest()
        )
        return EtcdMemberStatus(
            endpoint: asked.description,
            version: reply.version,
            bytes: Int(reply.dbSize),
            isLeader: reply.leader == reply.header.memberID,
            hasLeader: reply.leader != 0
        )
    }
}

/// What an etcd member says of itself.
package struct EtcdMemberStatus: Hashable, Sendable {
    package var endpoint: String
    package var version: String
    /// Of its database.
    package var bytes: Int
    package var isLeader: Bool
    package var hasLeader: Bool
}

// MARK: - Leases

extension EtcdClient {
    /// Makes a lease; keys that are put with it go when it ends.
    ///
    /// - Throws: `EtcdError`.
    func grantLease(seconds: Int) async throws(EtcdError) -> Int64 {
        var request = Etcdserverpb_LeaseGrantRequest()
        request.ttl = Int64(seconds)
        let reply: Etcdserverpb_LeaseGrantResponse = try await call(EtcdMethod.grant, request)
        guard reply.error.isEmpty, reply.id != 0 else {
            throw EtcdError(.refused, "no lease: \(reply.error)")
        }
        return reply.id
    }

    /// Ends a lease now.
    ///
    /// - Throws: `EtcdError`.
    func revoke(lease: Int64) async throws(EtcdError) {
        var request = Etcdserverpb_LeaseRevokeRequest()
        request.id = lease
        let _: Etcdserverpb_LeaseRevokeResponse = try await call(EtcdMethod.revoke, request)
    }

    /// Gives a lease a new term; false when it has ended.
    ///
    /// - Throws: `EtcdError`.
    func keepAlive(lease: Int64) async throws -> Bool {
        let isAlive = Flag()
        try await stream(
            EtcdMethod.keepAlive,
            timeout: Self.callTimeout,
            produce: { writer in
                var request = Etcdserverpb_LeaseKeepAliveRequest()
                request.id = lease
                try await writer.write(request)
            },
            receive: { (reply: Etcdserverpb_LeaseKeepAliveResponse) in
                if reply.ttl > 0 { isAlive.set() }
                return false
            }
        )
        return isAlive.isSet
    }
}

// MARK: - Watching

extension EtcdClient {
    /// Hands over all that happens to the keys with `prefix` from `revision` on, until the task is
    /// cancelled, the connection breaks, or `receive` throws.
    ///
    /// - Throws: `EtcdError`, `.compacted` when some of it is no more to be had.
    func watch(
        from first: String,
        upTo end: String,
        since revision: UInt64,
        receive: @escaping @Sendable (EtcdStep) async throws -> Void
    ) async throws {
        let gathered = WatchGathering()
        try await stream(
            EtcdMethod.watch,
            produce: { writer in
                var request = Etcdserverpb_WatchRequest()
                request.createRequest.key = Data(first.utf8)
                request.createRequest.rangeEnd = Data(end.utf8)
                request.createRequest.startRevision = Int64(clamping: revision)
                // A large transaction may take several messages.
                request.createRequest.fragment = true
                try await writer.write(request)
                // The stream ends with its writer. What is asked now and then finds a connection that
                // is dead; the answers say nothing that the next question to a majority does not.
                while true {
                    try await Task.sleep(for: Self.progressInterval)
                    var progress = Etcdserverpb_WatchRequest()
                    progress.progressRequest = Etcdserverpb_WatchProgressRequest()
                    try await writer.write(progress)
                }
            },
            receive: { (reply: Etcdserverpb_WatchResponse) in
                if reply.compactRevision > 0 {
                    throw EtcdError(.compacted, "compacted up to \(reply.compactRevision)")
                }
                guard !reply.canceled else {
                    throw EtcdError(.unavailable, "the watch was ended: \(reply.cancelReason)")
                }
                for step in gathered.add(reply) { try await receive(step) }
                return true
            }
        )
        throw EtcdError(.unavailable, "the watch has ended")
    }

    private static let progressInterval: Duration = .seconds(5)
}
