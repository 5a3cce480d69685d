internal import ArgumentParser
internal import DNSWire
internal import Foundation
internal import RollcallClient

/// `rollcall query`: asks a DNS server one question and shows all that it says.
struct QueryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "query",
        abstract: "Ask a DNS server.",
        discussion: "An IP address in place of a name asks for its PTR record."
    )

    @Argument(help: "A domain name, such as web.service.consul, or an IP address.")
    var name: String

    @Argument(help: "A record type, such as A, AAAA, SRV, TXT or TYPE65.")
    var type: String?

    @Option(
        name: [.customLong("dns-address"), .customLong("server")],
        help: "The server's address (ROLLCALL_DNS_ADDR, else \(Lookup.defaultAddress))."
    )
    var dnsAddress: String?

    @Flag(help: "Ask over TCP.")
    var tcp = false

    @Flag(inversion: .prefixedNo, help: "Send EDNS, which asks for reasons and the server's name.")
    var edns = true

    @Option(help: "The largest UDP answer to ask for, in bytes.")
    var bufferSize: UInt16 = 1232

    @Option(help: "How long to wait for each of three attempts, such as 2s.")
    var timeout = "2s"

    @Flag(
        help: "Say why each instance is in the answer or not; asks the registry over HTTP too."
    )
    var explain = false

    @OptionGroup var registry: RegistryOptions

    mutating func run() async throws {
        let exchange = try await lookup().exchange(try query(), overTCP: tcp)
        do {
            let explanation =
                explain
                ? try await Discovery(try registry.server()).explanation(of: name, type: type)
                : nil
            try show(QueryReport(exchange, explanation))
        } catch let error as ClientError {
            // The answer is worth something also without the explanation.
            try show(QueryReport(exchange))
            throw error
        }
        let response = exchange.response
        guard response.responseCode == .noError, !response.answer.isEmpty else {
            throw CommandFailure.unsuccessful(nil)
        }
    }

    private func show(_ report: QueryReport) throws {
        TextOutput.printLine(registry.json ? try TextOutput.json(report.output) : report.text)
    }

    private func lookup() throws -> Lookup {
        let given = ProcessInfo.processInfo.environment["ROLLCALL_DNS_ADDR"]
        do {
            var lookup = try Lookup(dnsAddress ?? given ?? Lookup.defaultAddress)
            guard let timeout = DurationText.parse(timeout), timeout > .zero else {
                throw CommandFailure.wrongUsage(
                    "--timeout: expected a duration such as 2s, found \"\(timeout)\""
                )
            }
            lookup.timeout = timeout
            return lookup
        } catch let error as ClientError {
            let source = dnsAddress != nil ? "--dns-address" : "ROLLCALL_DNS_ADDR"
            throw CommandFailure.wrongUsage("\(source): \(error.message)")
        }
    }

    /// The message to send.
    func query() throws -> Message {
        let question: Question
        do {
            question = try Question(name: name, type: type)
        } catch {
            throw CommandFailure.wrongUsage("\(error)")
        }
        let options = [EDNS.Option(code: EDNS.Option.nameServerIdentifier, payload: [])]
        var message = Message.query(
            id: .random(in: .min ... .max),
            name: question.name,
            type: question.type,
            edns: edns ? EDNS(udpPayloadBytes: bufferSize, options: options) : nil
        )
        message.header.recursionDesired = true
        return message
    }
}
