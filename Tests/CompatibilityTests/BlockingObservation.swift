import Foundation
import TestSupport

/// How a read that waits for a change ends, and what it then answers.
struct BlockingObservation {
    let server: ServerUnderTest
    let question: Scenario.Case

    /// Waits of the observed cases that end by themselves are cut to this part.
    private static let patience = 0.2
    /// How long a read is left alone before something changes.
    private static let restMilliseconds = 100

    func observe() throws -> [String: JSON] {
        let block = question["block"]
        let path = server.filled(block["path"].text ?? "")
        try run(block["before"])
        let http = HTTPObservation(server: server, question: question)
        let before = try server.send(Operation.Request(method: "GET", path: path))
        guard let index = http.index(of: before) else {
            return ["reply": .bool(true), "block": .text("no X-Consul-Index")]
        }
        let changes = block["do"]
        let wait = try seconds(block["wait"].text ?? "4s") * (changes == .null ? Self.patience : 1)
        let separator = path.contains("?") ? "&" : "?"
        let asked = self.index(block, index)
        let milliseconds = Int(wait * 1_000)
        let connection = try HTTPClientConnection(
            port: server.process.httpPort,
            timeoutMilliseconds: milliseconds + 15_000
        )
        let start = ContinuousClock.now
        try connection.send("GET", "\(path)\(separator)index=\(asked)&wait=\(milliseconds)ms")
        var isAtOnce = false
        if changes != .null {
            isAtOnce = connection.socket.isReadable(within: Self.restMilliseconds)
            try run(changes)
        }
        let reply = try connection.receiveReply()
        let waited = (ContinuousClock.now - start) / .seconds(1)
        let isWhole = waited >= wait * 0.95 && waited <= wait * 1.0625 + 5
        var aspects = http.aspects(of: reply)
        switch (isAtOnce, changes == .null, isWhole) {
        case (true, _, _), (false, true, false): aspects["block"] = .text("at once")
        case (false, _, true): aspects["block"] = .text("after the wait")
        case (false, false, false): aspects["block"] = .text("on the change")
        }
        aspects["indexmove"] = http.index(of: reply).map {
            .text($0 == index ? "same" : $0 > index ? "up" : "down")
        }
        if block["timing_only"].isTrue { aspects["body"] = nil }
        try run(block["finally"])
        return aspects
    }

    private func index(_ block: JSON, _ current: UInt64) -> String {
        if let ahead = block["ahead"].number { return "\(current + UInt64(ahead))" }
        return block["index"].number.map(String.init) ?? "\(current)"
    }

    private func run(_ operations: JSON) throws {
        for operation in Operation.expanded(operations.list) {
            guard let request = Operation.request(operation) else { continue }
            let reply = try server.send(request)
            guard reply.status == 200 else {
                throw UnexpectedAnswer(
                    description: "\(question.id): \(request.path) answered \(reply)"
                )
            }
        }
    }

    private func seconds(_ text: String) throws -> Double {
        guard let match = text.wholeMatch(of: /([\d.]+)(ms|s)/), let number = Double(match.1) else {
            throw UnexpectedAnswer(description: "\(question.id): what wait is \(text)?")
        }
        return match.2 == "ms" ? number / 1_000 : number
    }
}
