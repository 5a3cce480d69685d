/// An address and port for one role of an instance.
package struct ServiceAddress: Codable, Hashable, Sendable {
    package var address: String
    package var port: Int

    package init(address: String, port: Int) {
        self.address = address
        self.port = port
    }
}
