import Foundation
import TestSupport
import Testing

extension RealClients {
    /// A language's own resolver, and the program that uses it.
    enum Language: String, CaseIterable, CustomTestStringConvertible {
        case python = "dnspython"
        case node = "Node"
        case java = "Java"
        case go = "Go"

        var testDescription: String { rawValue }

        func command() throws -> [String] {
            switch self {
            case .python: [try RealClients.python("py-consul"), script("resolve.py")]
            case .node: ["node", script("resolve.mjs")]
            case .java: ["java", script("Resolve.java")]
            case .go: Peers.run + ["go", "run", script("resolve.go")]
            }
        }

        /// Where the unpacked Go is, and where it keeps what it has built; its own resolver, not
        /// glibc's.
        var environment: [String: String] {
            guard self == .go else { return [:] }
            let build = Fixtures.repository.appending(path: ".build").path(percentEncoded: false)
            return [
                "GOROOT": "\(build)/peers/usr/lib/go-1.19", "GOCACHE": "\(build)/go-cache",
                "GOPATH": "\(build)/go-path", "GO111MODULE": "off", "CGO_ENABLED": "0",
                "GODEBUG": "netdns=go",
            ]
        }
    }

    @Suite("Resolvers of languages, set up by resolv.conf")
    struct LanguageTests {
        @Test(
            "addresses, SRV, reverse names, long answers, and what is missing",
            arguments: Language.allCases
        )
        func finds(language: Language) async throws {
            let host = try await ResolvingHost.start()
            for number in 1...2 {
                let body = """
                    {"service": "payment", "host": "10.0.1.\(number)", "port": 808\(number),
                     "metadata": {"version": "7"}}
                    """
                try await host.curl("POST", "/register", body)
            }
            try await host.curl(
                "PUT",
                "/v1/catalog/register",
                """
                {"Node": "six", "Address": "fd00::6", "Service": {"Service": "six", "Port": 80}}
                """
            )
            let many = (1...100).map {
                #"{"service": "fleet", "host": "10.0.2.\#($0)", "port": 80}"# + "\n"
            }
            try await host.curl("POST", "/import", many.joined())

            let result = try await host.run(
                language.command(),
                environment: ProcessInfo.processInfo.environment.merging(language.environment) {
                    $1
                },
                within: .seconds(90)
            )
            #expect(result.succeeded, "\(result)")
            let expected = [
                "a 10.0.1.1 10.0.1.2",
                "aaaa fd00:0:0:0:0:0:0:6",
                "srv 8081 0a000101.addr.dc1.consul 8082 0a000102.addr.dc1.consul",
                "target 10.0.1.1",
                "reverse payment.service.dc1.consul",
                "upper 10.0.1.1 10.0.1.2",
                "search 10.0.1.1 10.0.1.2",
                "many 100",
                "no name",
                "no type",
            ]
            #expect(result.lines == expected, "\(result)")
        }
    }
}
