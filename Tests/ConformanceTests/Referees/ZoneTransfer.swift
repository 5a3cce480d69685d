import DNSWire
import TestSupport

/// Takes a zone over by AXFR: every name that the referee read from the file, hidden ones included.
enum ZoneTransfer {
    static func names(ofZone apex: DomainName, from server: DNSClient) throws -> Set<DomainName> {
        let socket = try NetworkSocket(.tcp, port: server.port)
        let query = Message.query(id: 1, name: apex, type: .axfr)
        try socket.send(DNSClient.framed(query.encoded()))
        var names: Set<DomainName> = []
        var soaCount = 0
        // RFC 5936 §2.2: the SOA opens and ends the transfer.
        while soaCount < 2 {
            let message = try Message(decoding: try DNSClient.receiveFramed(from: socket))
            guard message.responseCode == .noError, !message.answer.isEmpty else {
                throw UnexpectedAnswer(description: "AXFR of \(apex): \(message.responseCodeValue)")
            }
            for record in message.answer {
                names.insert(record.owner)
                if record.type == .soa { soaCount += 1 }
            }
        }
        return names
    }
}
