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

    @Option(help: "PEM: who must have signed the server's certificate (ROLLCALL_CA_FILE).")
    var caFile: String?

    @Option(help: "PEM: the certificate to show to the server (ROLLCALL_CLIENT_CERT).")
    var clientCert: String?

    @Option(help: "PEM: the key of that certificate (ROLLCALL_CLIENT_KEY).")
    var clientKey: String?

    @Flag(help: "Print JSON.")
    var json = false

    /// The server that was named, else the environment's, else the default.
    func server(
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> RegistryServer {
        let given = environment["ROLLCALL_HTTP_ADDR"].flatMap { $0.isEmpty ? nil : $0 }
        do throws(ClientError) {
            var server = try RegistryServer(httpAddress ?? given ?? RegistryServer.defaultAddress)
            let secret = token ?? environment["ROLLCALL_TOKEN"] ?? ""
            server.token = secret.isEmpty ? nil : secret
            server.tls = try tls(environment)
            return server
        } catch let error where error.code == .badCertificate {
            throw CommandFailure.wrongUsage(error.message)
        } catch {
            let source = httpAddress != nil ? "--http-address" : "ROLLCALL_HTTP_ADDR"
            throw CommandFailure.wrongUsage("\(source): \(error.message)")
        }
    }

    /// Whom to trust and what to show, if anything is said about it.
    private func tls(_ environment: [String: String]) throws(ClientError) -> ClientTLS? {
        func given(_ option: String?, _ variable: String) -> String? {
            (option ?? environment[variable]).flatMap { $0.isEmpty ? nil : $0 }
        }
        let authority = given(caFile, "ROLLCALL_CA_FILE")
        let certificate = given(clientCert, "ROLLCALL_CLIENT_CERT")
        let key = given(clientKey, "ROLLCALL_CLIENT_KEY")
        guard authority != nil || certificate != nil || key != nil else { return nil }
        return try ClientTLS(
            authorityFile: authority,
            certificateFile: certificate,
            keyFile: key
        )
    }
}
