internal import ArgumentParser
internal import Foundation
internal import RollcallClient

/// Where the registry is; shared by the subcommands that call it.
struct RegistryOptions: ParsableArguments {
    @Option(
        help: "The registry's address (ROLLCALL_HTTP_ADDR, else \(RegistryServer.defaultAddress))."
    )
    var httpAddress: String?

    @Option(
        help: "The secret of a token (better in ROLLCALL_TOKEN: others see a command's arguments)."
    )
    var token: String?

    @Flag(help: "Print JSON.")
    var json = false

    /// The server that was named, else the environment's, else the default.
    func server(
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> RegistryServer {
        let given = environment["ROLLCALL_HTTP_ADDR"].flatMap { $0.isEmpty ? nil : $0 }
        do {
            var server = try RegistryServer(httpAddress ?? given ?? RegistryServer.defaultAddress)
            let secret = token ?? environment["ROLLCALL_TOKEN"] ?? ""
            server.token = secret.isEmpty ? nil : secret
            return server
        } catch {
            let source = httpAddress != nil ? "--http-address" : "ROLLCALL_HTTP_ADDR"
            throw CommandFailure.wrongUsage("\(source): \(error.message)")
        }
    }
}
