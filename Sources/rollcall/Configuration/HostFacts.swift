internal import Foundation

/// What the defaults take from the machine.
struct HostFacts: Hashable, Sendable {
    /// One label, made from the host's name.
    var nodeName: String
    var cores: Int

    init(hostName: String, cores: Int) {
        self.nodeName = Self.cleaned(hostName)
        self.cores = min(max(cores, 1), 1024)
    }

    /// The machine this program runs on.
    static var current: HostFacts {
        HostFacts(
            hostName: ProcessInfo.processInfo.hostName,
            cores: ProcessInfo.processInfo.activeProcessorCount
        )
    }

    /// The first label of a host name with what a label may not hold replaced by `-`.
    static func cleaned(_ hostName: String) -> String {
        let first = hostName.lowercased().prefix { $0 != "." }
        let bytes = first.utf8.map { isLabelByte($0) ? $0 : UInt8(ascii: "-") }
        let label = bytes.drop { $0 == UInt8(ascii: "-") }.prefix(63)
        let end = label.lastIndex { $0 != UInt8(ascii: "-") }
        guard let end else { return "localhost" }
        return String(decoding: label[...end], as: UTF8.self)
    }

    /// True for 1 to 63 letters, digits, `_` and `-`, with no `-` at the ends.
    static func isLabel(_ text: String) -> Bool {
        (1...63).contains(text.utf8.count) && text.utf8.allSatisfy(isLabelByte)
            && text.first != "-" && text.last != "-"
    }

    private static func isLabelByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
