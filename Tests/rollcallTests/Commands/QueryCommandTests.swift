import ArgumentParser
import DNSWire
import RollcallClient
import Testing

@testable import rollcall

@Suite("rollcall query")
struct QueryCommandTests {
    private func query(_ arguments: [String]) throws -> Message {
        try QueryCommand.parse(arguments).query()
    }

    @Test("a name is asked for A, an address for its PTR record")
    func types() throws {
        #expect(try query(["web.service.consul"]).questions.map(\.type) == [.a])
        #expect(try query(["web.service.consul", "srv"]).questions.map(\.type) == [.srv])
        let reverse = try query(["10.0.1.2"]).questions
        #expect(reverse.map(\.type) == [.ptr])
        #expect(reverse.map(\.name.description) == ["2.1.0.10.in-addr.arpa."])
    }

    @Test("EDNS asks for the server's name, and can be left out")
    func edns() throws {
        let with = try query(["web.service.consul", "--buffer-size", "4096"])
        #expect(with.edns?.udpPayloadBytes == 4096)
        #expect(with.edns?.options.map(\.code) == [EDNS.Option.nameServerIdentifier])
        #expect(try query(["web.service.consul", "--no-edns"]).edns == nil)
    }

    @Test(
        "what cannot be asked is wrong usage",
        arguments: [["a..b"], [String(repeating: "a", count: 64)], ["a", "NOTYPE"]]
    )
    func wrong(arguments: [String]) throws {
        let failure = try #require(throws: CommandFailure.self) { try query(arguments) }
        #expect(failure.exitStatus == 2)
    }

    @Test("the report shows records as lines of a master file, the rest as comments")
    func report() throws {
        let query = try query(["web.service.consul"])
        var header = query.header
        header.isResponse = true
        header.isAuthoritative = true
        let name = try DomainName("web.service.consul")
        let options = [
            EDNS.Option(code: EDNS.Option.nameServerIdentifier, payload: Array("n\u{1B}1".utf8)),
            ExtendedError(infoCode: 0, extraText: "2/3 unhealthy").option,
        ]
        let response = Message(
            header: header,
            questions: query.questions,
            answer: [ResourceRecord(owner: name, type: .a, ttlSeconds: 5, rdata: [10, 0, 0, 1])],
            edns: EDNS(udpPayloadBytes: 1232, options: options)
        )
        let exchange = DNSExchange(
            query: query,
            response: response,
            responseBytes: 77,
            overTCP: false,
            elapsed: .microseconds(1500),
            server: "127.0.0.1:8600"
        )
        #expect(
            QueryReport(exchange).text == """
                ;; NOERROR, flags: qr aa rd; 77 bytes from 127.0.0.1:8600 over udp in 1.5 ms
                ;; edns version 0, udp 1232 bytes, nsid "n 1"
                ;; note 0 (other error): 2/3 unhealthy
                ;; question: web.service.consul. IN A
                web.service.consul. 5 IN A 10.0.0.1
                """
        )
        let json = try TextOutput.json(QueryReport(exchange).output, inOneLine: true)
        #expect(
            json == """
                {"additional":[],"answer":[{"data":"10.0.0.1","name":"web.service.consul.","ttl":5,\
                "type":"A"}],"authority":[],"bytes":77,"flags":["qr","aa","rd"],"milliseconds":1.5,\
                "notes":[{"code":0,"text":"2/3 unhealthy"}],"nsid":"n 1","server":"127.0.0.1:8600",\
                "status":"NOERROR","transport":"udp"}
                """
        )
    }
}
