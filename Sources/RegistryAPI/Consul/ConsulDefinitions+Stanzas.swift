package import ServiceCatalog

/// Why a `service` or `check` of a configuration file cannot be registered; the text is for people.
package struct ConsulDefinitionError: Error, Hashable, Sendable, CustomStringConvertible {
    package var description: String
}

/// Services and checks of Consul's configuration files: the same fields as in the bodies of
/// `agent/service/register` and `agent/check/register`.
extension ConsulDefinitions {
    /// The registration that one `service` object, as JSON, stands for.
    ///
    /// What the service had before and the file does not name goes, checks included.
    package func registration(
        serviceStanza json: [UInt8]
    ) throws(ConsulDefinitionError) -> Registration {
        try worded { try registration(of: ServiceBody(body: json), replacesChecks: true) }
    }

    /// The registration that one `check` object, as JSON, stands for.
    package func registration(
        checkStanza json: [UInt8]
    ) throws(ConsulDefinitionError) -> Registration {
        try worded { try registration(of: CheckBody(body: json)) }
    }

    private func worded(
        _ make: () throws -> Registration
    ) throws(ConsulDefinitionError) -> Registration {
        do {
            return try make()
        } catch let error as APIError {
            throw ConsulDefinitionError(description: error.message)
        } catch {
            throw ConsulDefinitionError(description: "\(error)")
        }
    }
}
