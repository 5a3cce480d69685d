internal import Foundation
internal import Protos

/// Conditions, and what is written if all of them hold.
struct EtcdTransaction: Sendable {
    private(set) var request = Etcdserverpb_TxnRequest()

    /// Only if there is no such key.
    mutating func requireAbsent(_ key: String) {
        var compare = Etcdserverpb_Compare()
        compare.key = Data(key.utf8)
        compare.target = .create
        compare.createRevision = 0
        request.compare.append(compare)
    }

    /// Only if the key is still the one that was made at `revision`.
    mutating func require(_ key: String, createdAt revision: UInt64) {
        var compare = Etcdserverpb_Compare()
        compare.key = Data(key.utf8)
        compare.target = .create
        compare.createRevision = Int64(clamping: revision)
        request.compare.append(compare)
    }

    /// Only if the key was last written at `revision`.
    mutating func require(_ key: String, writtenAt revision: UInt64) {
        var compare = Etcdserverpb_Compare()
        compare.key = Data(key.utf8)
        compare.target = .mod
        compare.modRevision = Int64(clamping: revision)
        request.compare.append(compare)
    }

    /// - Parameter lease: the key goes with it; 0: it stays.
    mutating func put(_ key: String, _ value: Data, lease: Int64 = 0) {
        var put = Etcdserverpb_PutRequest()
        put.key = Data(key.utf8)
        put.value = value
        put.lease = lease
        var operation = Etcdserverpb_RequestOp()
        operation.requestPut = put
        request.success.append(operation)
    }

    /// Removes the keys from `first` up to, and without, `end`.
    mutating func remove(from first: String, upTo end: String) {
        var removal = Etcdserverpb_DeleteRangeRequest()
        removal.key = Data(first.utf8)
        removal.rangeEnd = Data(end.utf8)
        var operation = Etcdserverpb_RequestOp()
        operation.requestDeleteRange = removal
        request.success.append(operation)
    }

    /// Reads a key, whether the conditions hold or not.
    mutating func read(_ key: String) {
        var range = Etcdserverpb_RangeRequest()
        range.key = Data(key.utf8)
        var operation = Etcdserverpb_RequestOp()
        operation.requestRange = range
        request.success.append(operation)
        request.failure.append(operation)
    }
}
