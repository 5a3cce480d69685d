internal import DNSWire
internal import RollcallClient

/// An answered query as `query` prints it.
struct QueryReport {
    private let exchange: DNSExchange
    private var response: Message { exchange.response }

    private let explanation: AnswerExplanation?

    init(_ exchange: DNSExchange, _ explanation: AnswerExplanation? = nil) {
        self.exchange = exchange
        self.explanation = explanation
    }

    /// What `query --json` prints.
    struct Output: Encodable {
        struct Record: Encodable {
            var name: String
            var type: String
            var ttl: UInt32
            var data: String

            init(_ record: ResourceRecord) {
                name = record.owner.description
                type = record.type.description
                ttl = record.ttlSeconds
                data = RData.text(type: record.type, rdata: record.rdata)
            }
        }

        struct Note: Encodable {
            var code: UInt16
            var text: String
        }

        var server: String
        var transport: String
        var milliseconds: Double
        var bytes: Int
        var status: String
        var flags: [String]
        var answer: [Record]
        var authority: [Record]
        var additional: [Record]
        var notes: [Note]
        var nsid: String?
        var explanation: AnswerExplanation?
    }

    var output: Output {
        Output(
            server: exchange.server,
            transport: exchange.overTCP ? "tcp" : "udp",
            milliseconds: milliseconds,
            bytes: exchange.responseBytes,
            status: status,
            flags: flags,
            answer: response.answer.map(Output.Record.init),
            authority: response.authority.map(Output.Record.init),
            additional: response.additional.map(Output.Record.init),
            notes: notes.map { .init(code: $0.infoCode, text: $0.extraText) },
            nsid: nsid,
            explanation: explanation
        )
    }

    /// For people; the records are lines of a master file, the rest are its comments.
    var text: String {
        var lines = [
            ";; \(status), flags: \(flags.joined(separator: " ")); \(exchange.responseBytes) bytes"
                + " from \(exchange.server) over \(exchange.overTCP ? "tcp" : "udp")"
                + " in \(milliseconds) ms"
        ]
        if let edns = response.edns {
            let name = nsid.map { ", nsid \"\($0)\"" } ?? ""
            lines.append(
                ";; edns version \(edns.version), udp \(edns.udpPayloadBytes) bytes\(name)"
            )
        }
        for note in notes {
            let text = note.extraText.isEmpty ? "" : ": \(RawValue.oneLine(note.extraText))"
            lines.append(";; note \(note.infoCode) (\(Self.title(of: note.infoCode)))\(text)")
        }
        for question in exchange.query.questions {
            lines.append(";; question: \(question.name) IN \(question.type)")
        }
        if response.answer.isEmpty { lines.append(";; no answer") }
        lines += response.answer.map(\.description)
        for (title, records) in [
            ("authority", response.authority), ("additional", response.additional),
        ] where !records.isEmpty {
            lines.append(";; \(title):")
            lines += records.map(\.description)
        }
        if let explanation { lines += Self.lines(explanation) }
        return lines.joined(separator: "\n")
    }

    /// The explanation as comments, one row an instance.
    private static func lines(_ explanation: AnswerExplanation) -> [String] {
        let about =
            [explanation.service.map { " \($0)" }, explanation.tag.map { ", tag \($0)" }]
            .compactMap { $0 }.joined()
        let head = ["\(explanation.kind)\(about): \(explanation.summary)"] + explanation.remarks
        let rows = explanation.instances.map { instance in
            [
                instance.answered ? "yes" : "no", instance.id, instance.node,
                InstancesCommand.address(instance.host, instance.port),
                instance.health.rawValue, RawValue.oneLine(instance.reason),
            ]
        }
        let table =
            rows.isEmpty
            ? []
            : TextOutput.table([["ANSWERED", "ID", "NODE", "ADDRESS", "HEALTH", "WHY"]] + rows)
                .split(separator: "\n").map(String.init)
        return (head.map { RawValue.oneLine($0) } + table).map { ";; \($0)" }
    }

    private var status: String {
        response.responseCode?.mnemonic ?? "RCODE\(response.responseCodeValue)"
    }

    private var flags: [String] {
        let header = response.header
        return [
            ("qr", header.isResponse), ("aa", header.isAuthoritative), ("tc", header.isTruncated),
            ("rd", header.recursionDesired), ("ra", header.recursionAvailable),
            ("ad", header.authenticData), ("cd", header.checkingDisabled),
        ].filter(\.1).map(\.0)
    }

    private var milliseconds: Double {
        Double(exchange.elapsed / .microseconds(1)).rounded() / 1000
    }

    private var notes: [ExtendedError] { response.edns?.extendedErrors ?? [] }

    private var nsid: String? {
        response.edns?.options.first { $0.code == EDNS.Option.nameServerIdentifier }
            .map { RawValue.oneLine(String(decoding: $0.payload, as: UTF8.self)) }
    }

    /// The names of IANA's registry for the codes that Rollcall sends.
    private static func title(of code: UInt16) -> String {
        switch code {
        case ExtendedError.other: "other error"
        case ExtendedError.staleAnswer: "stale answer"
        case ExtendedError.notReady: "not ready"
        case ExtendedError.prohibited: "prohibited"
        case ExtendedError.notAuthoritative: "not authoritative"
        default: "code \(code)"
        }
    }
}
