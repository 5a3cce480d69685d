import Foundation
import ServiceCatalog
import Testing

@testable import DurableStore

@Suite("The compact form")
struct CompactFormTests {
    private func decode<Thing: CompactCodable & Decodable>(
        _ type: Thing.Type,
        _ row: [UInt8]
    ) throws -> Thing {
        var coder = RowCoder()
        return try coder.decode(type, from: Data(row)) { $0.add("key") }
    }

    /// A row as format 3 had it: without its checksum.
    private func unchecked(_ row: Data) -> [UInt8] { Array(row.dropFirst(5)) }

    /// The bytes of all texts of a thing, in an order: equal texts may have other bytes.
    private func bytes(_ thing: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return try encoder.encode(thing)
    }

    private func expectSame<Thing: CompactCodable & Codable & Equatable>(
        _ thing: Thing,
        _ coder: inout RowCoder
    ) throws {
        let row = coder.compact(thing, "k", "ey")
        let copy = try coder.decode(Thing.self, from: row) { $0.add("key") }
        #expect(copy == thing)
        #expect(try bytes(copy) == bytes(thing))
        // The form that stores of format 2 have.
        #expect(try decode(Thing.self, [UInt8](try JSONEncoder().encode(thing))) == thing)
        #expect(try decode(Thing.self, unchecked(row)) == thing)
        let json = try coder.json(thing, id: "key")
        #expect(try coder.decodeJSON(Thing.self, from: json, id: Data("key".utf8)) == thing)
    }

    @Test("what is read is what was written", arguments: 1...8 as ClosedRange<UInt64>)
    func roundTrip(seed: UInt64) throws {
        var random = RandomThings(seed: seed)
        var coder = RowCoder()
        for _ in 0..<200 {
            try expectSame(random.node(), &coder)
            try expectSame(random.instance(), &coder)
            try expectSame(random.check(), &coder)
        }
    }

    /// The changes of a row of the journal.
    private func changes(_ row: [UInt8]) throws -> [CatalogChange] {
        var reader = ByteReader()
        var changes: [CatalogChange] = []
        unsafe try row.withUnsafeBytes { row in
            unsafe try ChangeGroup.forEach(in: row, at: 9, &reader, JSONDecoder()) {
                changes.append($0)
            }
        }
        return changes
    }

    private func group(_ changes: [CatalogChange]) throws -> [UInt8] {
        var writer = ByteWriter()
        ChangeGroup.begin(&writer, count: changes.count)
        for change in changes { try ChangeGroup.add(change, to: &writer, JSONEncoder()) }
        ChangeGroup.seal(&writer, at: 9)
        return writer.bytes
    }

    @Test("a group has its changes, in either form", arguments: 1...8 as ClosedRange<UInt64>)
    func groups(seed: UInt64) throws {
        var random = RandomThings(seed: seed)
        for _ in 0..<20 {
            let group = (0..<random.below(40)).map { _ in random.change() }
            #expect(try changes(try self.group(group)) == group)
        }
        let change = random.change()
        #expect(try changes([UInt8](try JSONEncoder().encode(change))) == [change])
    }

    @Test("a change of many bytes is read back", arguments: [127, 128, 16_383, 16_384, 40_000])
    func longChange(count: Int) throws {
        let change = CatalogChange.deregisterNode(String(repeating: "x", count: count))
        #expect(try changes(try group([change, change])) == [change, change])
    }

    @Test("cut and changed bytes are an error or a value, never a crash")
    func damaged() throws {
        var random = RandomThings(seed: 99)
        var coder = RowCoder()
        var errors = 0
        for _ in 0..<500 {
            var row = unchecked(coder.compact(random.instance(), "", ""))
            if random.flag() { row.removeLast(1 + random.below(row.count - 1)) }
            for _ in 0..<random.below(3) where row.count > 1 {
                row[1 + random.below(row.count - 1)] = UInt8(truncatingIfNeeded: random.bits())
            }
            do { _ = try decode(ServiceInstance.self, row) } catch { errors += 1 }
            var record = Array(try group([random.change(), random.change()]).dropFirst(5))
            if random.flag() { record.removeLast(1 + random.below(record.count - 1)) }
            record[random.below(record.count)] = UInt8(truncatingIfNeeded: random.bits())
            do { _ = try changes(record) } catch { errors += 1 }
        }
        #expect(errors > 300)
    }

    @Test("one changed byte, or another key, is found by the checksum")
    func checksums() throws {
        var random = RandomThings(seed: 5)
        var coder = RowCoder()
        for _ in 0..<50 {
            let row = [UInt8](coder.compact(random.check(), "key", ""))
            let record = try group([random.change()])
            for _ in 0..<20 {
                var changed = row
                changed[random.below(row.count)] ^= 1 << UInt8(random.below(8))
                #expect(throws: (any Error).self) { try decode(HealthCheck.self, changed) }
                changed = record
                changed[random.below(record.count)] ^= 1 << UInt8(random.below(8))
                #expect(throws: (any Error).self) { try changes(changed) }
            }
            #expect(throws: ChecksumMismatch.self) {
                try coder.decode(HealthCheck.self, from: Data(row)) { $0.add("other") }
            }
        }
        var sum = Checksum()
        sum.add("123456789")
        #expect(sum.value == 0xCBF4_3926)
    }

    @Test("random bytes are an error or a value, never a crash")
    func randomBytes() {
        var random = RandomThings(seed: 7)
        var errors = 0
        for _ in 0..<20_000 {
            let tail = (0..<random.below(64)).map { _ in UInt8(truncatingIfNeeded: random.bits()) }
            let row = [CompactForm.version] + tail
            do { _ = try decode(HealthCheck.self, row) } catch { errors += 1 }
            do { _ = try decode(Node.self, row) } catch { errors += 1 }
            do { _ = try changes(row) } catch { errors += 1 }
        }
        #expect(errors > 50_000)
    }

    @Test("a row that ends early, goes on, or is of a later form says so")
    func errors() throws {
        var coder = RowCoder()
        let node = Node(name: "n1", address: "10.0.0.1", datacenter: "dc1")
        let row = unchecked(coder.compact(node, "", ""))
        #expect(throws: CompactFormError.tooShort) { try decode(Node.self, row.dropLast()) }
        #expect(throws: CompactFormError.tooLong(at: row.count)) {
            try decode(Node.self, row + [0])
        }
        #expect(throws: CompactFormError.unknownVersion(9)) {
            try decode(Node.self, [9] + row.dropFirst())
        }
        #expect(throws: CompactFormError.tooShort) { try decode(Node.self, []) }
        #expect(throws: CompactFormError.unknownVersion(3)) { try changes([3, 0]) }
        #expect(throws: CompactFormError.tooShort) { try changes([2, 0]) }
        let text = CompactFormError.unknownVersion(9).description
        #expect(text == "its form 9 is newer than this program's 1")
        var notText = row
        notText[3] = 0xFF
        #expect(throws: CompactFormError.invalid(what: "text", at: 5)) {
            try decode(Node.self, notText)
        }
    }

    @Test("things that say the same share it in memory")
    func sharing() throws {
        var coder = RowCoder()
        let tags = (0..<8).map { "a rather long tag number \($0)" }
        let instance = ServiceInstance(node: "n", id: "a", service: "s", tags: tags)
        let row = coder.compact(instance, "", "")
        let copies = try (0..<2).map { _ in
            try coder.decode(ServiceInstance.self, from: row) { _ in }
        }
        let addresses = copies.map { copy in
            unsafe copy.tags.withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) }
        }
        #expect(addresses[0] == addresses[1])
    }
}
