import DNSWire
import TestSupport

/// Takes a zone over by AXFR: all that the server read from the file, hidden names included.
enum ZoneTransfer {
    static func names(ofZone apex: DomainName, from server: DNSClient) throws -> Set<DomainName> {
        Set(try records(ofZone: apex, from: server).map(\.owner))
    }

    /// All records in the order in which they came, the SOA first and last.
    static func records(
        ofZone apex: DomainName,
        from server: DNSClient
    ) throws -> [ResourceRecord] {
        let socket = try NetworkSocket(.tcp, port: server.port)
        let query = Message.query(id: 1, name: apex, type: .axfr)
        try socket.send(DNSClient.framed(query.encoded()))
        var records: [ResourceRecord] = []
        var soaCount = 0
        // RFC 5936 §2.2: the SOA opens and ends the transfer.
        while soaCount < 2 {
            let message = try Message(decoding: try DNSClient.receiveFramed(from: socket))
            guard message.responseCode == .noError, !message.answer.isEmpty else {
                throw UnexpectedAnswer(description: "AXFR of \(apex): \(message.responseCodeValue)")
            }
            records += message.answer
            soaCount += message.answer.count { $0.type == .soa }
        }
        return records
    }
}
