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

    @Flag(help: "Print JSON.")
    var json = false

    mutating func run() async throws {
        let exchange = try await lookup().exchange(try query(), overTCP: tcp)
        let report = QueryReport(exchange)
        TextOutput.printLine(json ? try TextOutput.json(report.output) : report.text)
        let response = exchange.response
        guard response.responseCode == .noError, !response.answer.isEmpty else {
            throw CommandFailure.unsuccessful(nil)
        }
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
        let address = type == nil ? IPAddress(name) : nil
        let domainName: DomainName
        do {
            domainName = try address?.reverseName ?? DomainName(name)
        } catch {
            throw CommandFailure.wrongUsage("\"\(name)\" is not a domain name: \(error)")
        }
        guard let type = RecordType(type ?? (address == nil ? "A" : "PTR")) else {
            throw CommandFailure.wrongUsage(
                "expected a record type such as A, SRV or TYPE65, found \"\(type ?? "")\""
            )
        }
        let options = [EDNS.Option(code: EDNS.Option.nameServerIdentifier, payload: [])]
        var message = Message.query(
            id: .random(in: .min ... .max),
            name: domainName,
            type: type,
            edns: edns ? EDNS(udpPayloadBytes: bufferSize, options: options) : nil
        )
        message.header.recursionDesired = true
        return message
    }
}
