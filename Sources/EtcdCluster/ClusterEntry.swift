internal import Foundation
internal import Protos
internal import ServiceCatalog
internal import SwiftProtobuf

/// Changes that were made together, as an entry of the log has them.
struct ClusterEntry: Sendable {
    /// What this program reads and writes.
    static let format: UInt32 = 1

    var changes: [CatalogChange]
    /// By the clock of the server that took them.
    var milliseconds: Int64
    var limits: CatalogLimits
    /// For changes that were taken while their server was cut off: when each was; empty otherwise.
    var offlineMilliseconds: [Int64] = []
    /// What of it is elsewhere.
    var partBytes = 0

    /// Reads the value of an entry's key; `parts` fetches what is elsewhere.
    ///
    /// - Throws: `ClusterEntryError`, what is wrong with its bytes, or what `parts` throws.
    init(
        _ value: Data,
        _ coding: any CatalogCoding,
        parts: (_ count: Int) async throws -> [UInt8]
    ) async throws {
        let entry = try Rollcall_Entry(serializedBytes: value)
        guard entry.format <= Self.format else {
            throw ClusterEntryError.newer(format: entry.format)
        }
        let bytes = entry.parts > 0 ? try await parts(Int(entry.parts)) : Array(entry.changes)
        if entry.parts > 0 { partBytes = bytes.count }
        changes = try coding.changes(in: bytes)
        milliseconds = entry.milliseconds
        limits =
            entry.limits.isEmpty
            ? CatalogLimits() : try JSONDecoder().decode(CatalogLimits.self, from: entry.limits)
        offlineMilliseconds = entry.offlineMilliseconds
        guard offlineMilliseconds.isEmpty || offlineMilliseconds.count == changes.count else {
            throw ClusterEntryError.malformed
        }
    }

    /// The value of an entry's key; `changes` are encoded already, or in `parts`.
    ///
    /// - Throws: an encoder's error.
    static func value(
        _ changes: [UInt8],
        parts: Int = 0,
        milliseconds: Int64,
        limits: CatalogLimits,
        offlineMilliseconds: [Int64] = []
    ) throws -> Data {
        var entry = Rollcall_Entry()
        entry.format = format
        entry.milliseconds = milliseconds
        entry.changes = Data(changes)
        entry.parts = UInt32(parts)
        if limits != CatalogLimits() { entry.limits = try JSONEncoder().encode(limits) }
        entry.offlineMilliseconds = offlineMilliseconds
        return try entry.serializedBytes()
    }

    /// What came of each change, from what came of those that were wanted.
    static func results(
        _ made: [Result<CatalogWrite, CatalogRejection>],
        _ isWanted: [Bool]
    ) -> [Result<CatalogWrite, CatalogLogError>] {
        var results = made.map { $0.mapError { CatalogLogError.rejected($0) } }[...]
        return isWanted.map { isWanted in
            isWanted ? results.removeFirst() : .failure(.rejected(.conditionFailed))
        }
    }

    /// The changes that are still wanted, and for each of all whether it is.
    ///
    /// `writes` learns of them.
    func admitted(by writes: inout OwnerWrites) -> (changes: [CatalogChange], isWanted: [Bool]) {
        guard !offlineMilliseconds.isEmpty else {
            for change in changes { writes.note(change, madeAt: milliseconds) }
            return (changes, Array(repeating: true, count: changes.count))
        }
        var admitted: [CatalogChange] = []
        var isWanted: [Bool] = []
        for (change, time) in zip(changes, offlineMilliseconds) {
            // What was before that nobody remembers.
            let isTooOld = milliseconds - time > OwnerWrites.retentionMilliseconds
            let isSuperseded = isTooOld || writes.supersede(change, madeAt: time)
            isWanted.append(!isSuperseded)
            guard !isSuperseded else { continue }
            writes.note(change, madeAt: time)
            admitted.append(change)
        }
        return (admitted, isWanted)
    }
}

/// Why an entry of the log cannot be read.
enum ClusterEntryError: Error, Hashable, CustomStringConvertible {
    case newer(format: UInt32)
    case malformed

    var description: String {
        switch self {
        case .newer(let format):
            """
            a newer server wrote format \(format) and this one reads up to \(ClusterEntry.format); \
            upgrade this server
            """
        case .malformed: "an entry of the log makes no sense"
        }
    }
}
