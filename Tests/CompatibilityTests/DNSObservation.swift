import DNSWire
import TestSupport

/// What an answer to a DNS question shows, aspect by aspect.
struct DNSObservation {
    let server: ServerUnderTest
    let question: Scenario.Case

    private var isTCP: Bool { question["via"].text == "tcp" }

    func observe() throws -> [String: JSON] {
        guard let bytes = try exchange() else { return ["reply": .bool(false)] }
        guard let message = try? Message(decoding: bytes) else {
            return ["reply": .text("unparsable")]
        }
        var aspects = aspects(of: message)
        let offered = question["edns"].number ?? 512
        let bytesMax = isTCP ? 65_535 : max(512, offered)
        aspects["size"] = .text(bytes.count <= bytesMax ? "within limit" : "too big")
        if question["sample"].isTrue { try describeSample(in: &aspects) }
        if let count = question["rotates"].number { aspects["order"] = try rotation(count) }
        return aspects
    }

    private func aspects(of message: Message) -> [String: JSON] {
        let answer = message.answer.map(line)
        let additional = message.additional.map(line).filter {
            // Meta that Consul puts on its own node.
            !$0.hasSuffix("TXT \"consul-network-segment=\"")
        }
        let ttls = Set(
            message.answer.map { record -> JSON in
                .list([.text("\(record.type)"), .number(Double(record.ttlSeconds))])
            }
        )
        return [
            "reply": .bool(true),
            "rcode": .text(message.responseCode?.mnemonic ?? "\(message.responseCodeValue)"),
            "aa": .bool(message.header.isAuthoritative),
            "tc": .bool(message.header.isTruncated),
            "ra": .bool(message.header.recursionAvailable),
            "rd": .bool(message.header.recursionDesired),
            "question": echo(message),
            "answer": .list(answer.map { .text($0) }),
            "ttl": .list(Array(ttls)),
            "authority": .list(Set(message.authority.map(line)).map { .text($0) }),
            "additional": .list(Set(additional).map { .text($0) }),
            "edns": message.edns.map(options) ?? .null,
            "ednssize": message.edns.map { .number(Double($0.udpPayloadBytes)) } ?? .null,
        ]
    }

    private func echo(_ message: Message) -> JSON {
        guard let question = message.questions.first else { return .list([.null, .null]) }
        let name = "\(question.name)".replacing(ServerUnderTest.nodeName, with: "@self")
            .replacing(".\(ServerUnderTest.datacenter).", with: ".@dc.")
        return .list([.text(name), .text("\(question.type)")])
    }

    /// A record as `owner IN type rdata`, the serial of SOA as a word.
    private func line(_ record: ResourceRecord) -> String {
        var text = RData.text(type: record.type, rdata: record.rdata)
        if record.type == .soa {
            var words = text.split(separator: " ").map(String.init)
            words[2] = "serial"
            text = words.joined(separator: " ")
        }
        if record.type != .txt { text = server.folded(text) }
        if [.a, .aaaa].contains(record.type), text == server.address { text = "@selfaddr" }
        return "\(server.folded("\(record.owner)")) IN \(record.type) \(text)"
    }

    private func options(_ edns: EDNS) -> JSON {
        let texts = edns.options.map { option -> JSON in
            if option.code == ClientSubnet.code {
                return .text(ClientSubnet(option.payload)?.description ?? "ECS broken")
            }
            if let error = EDNS(udpPayloadBytes: 0, options: [option]).extendedErrors.first {
                return .text("EDE \(error.infoCode): \(error.extraText)")
            }
            return .text("option \(option.code)")
        }
        return .object(["options": .list(texts)])
    }
}

// MARK: - Asking

extension DNSObservation {
    private func exchange() throws -> [UInt8]? {
        let query = try query().encoded()
        return isTCP
            ? try server.process.dns.exchangeTCP(query) : try server.process.dns.exchangeUDP(query)
    }

    private func query() throws -> Message {
        let words = question["q"].list.compactMap(\.text)
        guard words.count >= 2, let type = RecordType(words[1]) else {
            throw UnexpectedAnswer(description: "\(question.id): what question is \(words)?")
        }
        var message = Message.query(
            id: .random(in: 0...(.max)),
            name: try DomainName(server.filled(words[0])),
            type: type,
            edns: try edns()
        )
        message.header.recursionDesired = question["rd"] != .bool(false)
        message.header.checkingDisabled = question["cd"].isTrue
        let classes: [String: UInt16] = ["CH": 3, "HS": 4, "NONE": 254, "ANY": 255]
        if words.count > 2 { message.questions[0].recordClass = classes[words[2]] ?? 1 }
        return message
    }

    private func edns() throws -> EDNS? {
        guard
            question.has("edns") || question.has("ecs") || question.has("do")
                || question.has("ednsver") || question.has("options")
        else { return nil }
        var edns = EDNS(
            udpPayloadBytes: UInt16(question["edns"].number ?? 1_232),
            version: UInt8(question["ednsver"].number ?? 0),
            dnssecOK: question["do"].isTrue
        )
        if let subnet = question["ecs"].text {
            edns.options.append(try ClientSubnet.option(subnet))
        }
        for code in question["options"].list.compactMap(\.number) {
            edns.options.append(EDNS.Option(code: UInt16(code), payload: []))
        }
        return edns
    }

    /// A shuffled, possibly cut answer: how many, and whether all belong to what TCP gives.
    private func describeSample(in aspects: inout [String: JSON]) throws {
        let answer = (aspects["answer"]?.list ?? []).compactMap(\.text)
        let additional = (aspects["additional"]?.list ?? []).compactMap(\.text)
        var whole = question.fields.members
        whole["sample"] = nil
        whole["edns"] = nil
        whole["via"] = .text("tcp")
        let full =
            try DNSObservation(
                server: server,
                question: Scenario.Case(id: question.id, fields: .object(whole))
            ).observe()["answer"]?.list.compactMap(\.text) ?? []
        let isDistinct = Set(answer).count == answer.count && Set(answer).isSubset(of: full)
        aspects["answer"] = .object([
            "count": .number(Double(answer.count)),
            "whole": .number(Double(full.count)),
            "distinct members of the whole set": .bool(isDistinct),
        ])
        let owners = Set(additional.map { $0.prefix { $0 != " " } })
        let targets = Set(
            answer.filter { $0.contains(" SRV ") }.compactMap { $0.split(separator: " ").last }
        )
        aspects["additional"] = .object([
            "owners are targets": .bool(owners.isSubset(of: targets)),
            "all targets covered": .bool(targets.isSubset(of: owners)),
        ])
    }

    /// Whether the first record changes between queries.
    private func rotation(_ count: Int) throws -> JSON {
        var firsts: Set<[UInt8]> = []
        for _ in 0..<count {
            guard let bytes = try exchange() else { continue }
            if let first = try Message(decoding: bytes).answer.first { firsts.insert(first.rdata) }
        }
        return .object(["first answer varies": .bool(firsts.count > 1)])
    }
}
