import DNSWire
import Foundation
import TestSupport
import Testing

@testable import DNSZones

@Suite("Damaged zone files")
struct DamagedZoneFileTests {
    @Test("a file with random damage is read, or refused in one line", arguments: 1...4)
    func damage(_ seed: UInt64) throws {
        var random = RandomZones.Random(state: seed)
        let path = Fixtures.repository.appending(path: "zones/example.org.zone")
        let whole = Array(try Data(contentsOf: path))
        let pieces = [
            "(", ")", "\"", "\\", ";", "\n", " ", "$ORIGIN ", "\\# ", "@", "\\255", "\u{0}",
        ]
        for _ in 0..<60 {
            var bytes = whole
            for _ in 0...Int.random(in: 0...4, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0...2, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.removeSubrange(place..<min(bytes.count, place + 9))
                default:
                    let piece = pieces.randomElement(using: &random) ?? " "
                    bytes.insert(contentsOf: Array(piece.utf8), at: place)
                }
            }
            do throws(ZoneFileError) {
                let file = try ZoneFile.parse(bytes, path: "example.org.zone")
                #expect(file.records.allSatisfy { $0.owner.isSubdomain(of: file.apex) })
            } catch {
                let lines = bytes.count { $0 == UInt8(ascii: "\n") } + 1
                #expect((1...lines).contains(error.line ?? 0), "\(error)")
                #expect(!error.description.contains("\n"))
            }
        }
    }
}
