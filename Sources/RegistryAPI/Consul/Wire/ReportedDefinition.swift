internal import ServiceCatalog

/// The `Definition` of a check of `catalog/register`: a note to a prober of external nodes.
///
/// It is checked and brought into Consul's form, in which empty fields are left out; nobody here
/// acts on it.
enum ReportedDefinition {
    private static let texts = [
        "HTTP", "TLSServerName", "Method", "Body", "TCP", "UDP", "GRPC", "H2PING", "OSService",
        "DockerContainerID", "Shell", "AliasNode", "AliasService",
    ]
    private static let flags = [
        "TLSSkipVerify", "DisableRedirects", "TCPUseTLS", "GRPCUseTLS", "H2PingUseTLS",
    ]
    private static let times = ["Interval", "Timeout", "TTL", "DeregisterCriticalServiceAfter"]

    /// Reads the definition that stands next; nil when it says nothing.
    static func read(_ reader: inout JSONReader) throws(JSONReadError) -> String? {
        var writer = JSONWriter()
        writer.beginObject()
        let emptyCount = writer.bytes.count
        var toldTimes: Set<String> = []
        try reader.readFields { reader, folded, name throws(JSONReadError) in
            if let field = texts.first(where: { $0.lowercased() == folded }) {
                let text = try reader.readString()
                if !text.isEmpty { writer.field(field, text) }
            } else if let field = flags.first(where: { $0.lowercased() == folded }) {
                if try reader.readBool() { writer.field(field, true) }
            } else if let field = times.first(where: {
                // Go's client sends each time twice, once as a number.
                [$0.lowercased(), "\($0.lowercased())duration"].contains(folded)
            }) {
                let milliseconds = try reader.readMilliseconds()
                guard milliseconds > 0, toldTimes.insert(field).inserted else { return }
                writer.field(field, GoDuration.format(milliseconds: milliseconds))
            } else {
                try readOther(&reader, folded, name, &writer)
            }
        }
        guard writer.bytes.count > emptyCount else { return nil }
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private static func readOther(
        _ reader: inout JSONReader,
        _ folded: String,
        _ name: String,
        _ writer: inout JSONWriter
    ) throws(JSONReadError) {
        switch folded {
        case "header":
            let header = try reader.readStringListMap()
            guard !header.isEmpty else { return }
            writer.key("Header")
            writer.beginObject()
            for (name, values) in header.sorted(by: { $0.key < $1.key }) {
                writer.field(name, values)
            }
            writer.endObject()
        case "scriptargs", "args":
            let arguments = try reader.readStrings()
            if !arguments.isEmpty { writer.field("ScriptArgs", arguments) }
        case "outputmaxsize":
            let size = try reader.readInt()
            if size > 0 { writer.field("OutputMaxSize", size) }
        default: throw .unknownField(name)
        }
    }
}
