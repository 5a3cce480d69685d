import Foundation
import TestSupport
import Testing

extension RealClients {
    /// The files themselves are run by `ResolverTests`.
    @Suite("Resolvers' settings on the page for users of other programs")
    struct DocumentedForwarderTests {
        @Test(
            "each line stands in the file that is run by a test",
            arguments: [("dnsmasq", "dnsmasq.conf"), ("unbound", "unbound.conf")]
        )
        func linesAreTested(heading: String, file: String) throws {
            let tested = try String(
                contentsOf: Fixtures.repository.appending(path: "Config/resolvers/\(file)"),
                encoding: .utf8
            ).components(separatedBy: "\n")
            let documented = try documented(heading).split(separator: "\n").map(String.init)
            #expect(documented.count > 1)
            for line in documented {
                #expect(tested.contains(line), "\(line) is not in \(file)")
            }
        }
    }
}
