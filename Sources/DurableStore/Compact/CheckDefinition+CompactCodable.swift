internal import ServiceCatalog

extension CheckDefinition: CompactCodable {
    func write(to writer: inout ByteWriter) {
        probe.write(to: &writer)
        writer.write(intervalMilliseconds)
        writer.write(timeoutMilliseconds)
        writer.write(successesBeforePassing)
        writer.write(failuresBeforeWarning)
        writer.write(failuresBeforeCritical)
        writer.write(outputBytesMax)
        writer.write(deregisterCriticalAfterMilliseconds != nil)
        if let deregisterCriticalAfterMilliseconds {
            writer.write(deregisterCriticalAfterMilliseconds)
        }
    }

    init(from reader: inout ByteReader) throws(CompactFormError) {
        self.init(probe: try Probe(from: &reader))
        intervalMilliseconds = try reader.number()
        timeoutMilliseconds = try reader.number()
        successesBeforePassing = try reader.number()
        failuresBeforeWarning = try reader.number()
        failuresBeforeCritical = try reader.number()
        outputBytesMax = try reader.number()
        if try reader.flag() { deregisterCriticalAfterMilliseconds = try reader.number() }
    }
}

extension CheckDefinition.Probe: CompactCodable {
    func write(to writer: inout ByteWriter) {
        switch self {
        case .http(let probe):
            writer.write(0 as UInt8)
            probe.write(to: &writer)
        case .tcp(let host, let port, let tls):
            writer.write(1, host, port)
            tls.write(to: &writer)
        case .udp(let host, let port):
            writer.write(2, host, port)
        case .grpc(let host, let port, let service, let tls):
            writer.write(3, host, port)
            writer.write(service)
            tls.write(to: &writer)
        case .http2Ping(let host, let port, let tls):
            writer.write(4, host, port)
            tls.write(to: &writer)
        case .dns(let host, let port, let name, let type):
            writer.write(5, host, port)
            writer.write(name)
            writer.write(type)
        case .ttl(let milliseconds):
            writer.write(6 as UInt8)
            writer.write(milliseconds)
        case .alias(let node, let serviceID):
            writer.write(7 as UInt8)
            writer.write(node)
            writer.write(serviceID)
        }
    }

    init(from reader: inout ByteReader) throws(CompactFormError) {
        let kind = try reader.byte()
        switch kind {
        case 0: self = .http(try HTTPProbe(from: &reader))
        case 1...5: self = try Self.hosted(kind, from: &reader)
        case 6: self = .ttl(milliseconds: try reader.number())
        case 7: self = .alias(node: try reader.sharedText(), serviceID: try reader.text())
        default: throw reader.invalid("probe")
        }
    }

    private static func hosted(
        _ kind: UInt8,
        from reader: inout ByteReader
    ) throws(CompactFormError) -> Self {
        let host = try reader.text()
        let port = try reader.number()
        switch kind {
        case 1: return .tcp(host: host, port: port, tls: try TLSExpectation?(from: &reader))
        case 2: return .udp(host: host, port: port)
        case 3:
            let service = try reader.sharedText()
            let tls = try TLSExpectation?(from: &reader)
            return .grpc(host: host, port: port, service: service, tls: tls)
        case 4: return .http2Ping(host: host, port: port, tls: try TLSExpectation?(from: &reader))
        default:
            let name = try reader.sharedText()
            return .dns(host: host, port: port, name: name, type: try reader.sharedText())
        }
    }
}

extension ByteWriter {
    fileprivate mutating func write(_ kind: UInt8, _ host: String, _ port: Int) {
        write(kind)
        write(host)
        write(port)
    }
}

extension HTTPProbe: CompactCodable {
    func write(to writer: inout ByteWriter) {
        writer.write(url)
        writer.write(method)
        writer.write(unsigned: UInt64(headers.count))
        for (name, values) in headers {
            writer.write(name)
            writer.write(values)
        }
        writer.write(body)
        writer.write(followsRedirects)
        tls.write(to: &writer)
    }

    init(from reader: inout ByteReader) throws(CompactFormError) {
        self.init(url: try reader.text(), method: try reader.sharedText())
        for _ in 0..<(try reader.count()) {
            let name = try reader.sharedText()
            headers[name] = try reader.sharedTexts()
        }
        body = try reader.sharedText()
        followsRedirects = try reader.flag()
        tls = try TLSExpectation?(from: &reader)
    }
}

extension TLSExpectation? {
    fileprivate func write(to writer: inout ByteWriter) {
        writer.write(self != nil)
        guard let self else { return }
        writer.write(self.serverName)
        writer.write(self.verifies)
    }

    fileprivate init(from reader: inout ByteReader) throws(CompactFormError) {
        guard try reader.flag() else {
            self = nil
            return
        }
        self = TLSExpectation(serverName: try reader.sharedText(), verifies: try reader.flag())
    }
}
