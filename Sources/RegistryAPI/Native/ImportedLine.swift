internal import Logging
internal import ServiceCatalog

/// A line of an import that was found to be a registration.
struct ImportedLine: Sendable {
    /// From 1.
    var number: Int
    var request: RegistrationRequest
}

extension NativeAPI {
    /// Writes the registrations of several lines; returns when each is in answers or refused.
    func write(
        _ lines: [ImportedLine],
        as authorizer: Authorizer,
        logger: Logger
    ) async -> ImportRun.Outcome {
        var outcome = ImportRun.Outcome()
        let registrations = api.keeper.read { catalog in
            lines.map { registration($0.request, in: catalog) }
        }
        var changes: [CatalogChange] = []
        changes.reserveCapacity(lines.count)
        var written: [ImportedLine] = []
        written.reserveCapacity(lines.count)
        for (line, registration) in zip(lines, registrations) {
            let change = CatalogChange.register(registration)
            do {
                try api.require(change, of: authorizer)
                changes.append(change)
                written.append(line)
            } catch {
                outcome.failures.append((line.number, error))
            }
        }
        for (line, result) in zip(written, await api.log.append(contentsOf: changes)) {
            switch result {
            case .success:
                outcome.imported += 1
                guard line.request.leaseMilliseconds != nil else { continue }
                _ = api.heartbeats.renewLease(of: line.request.instance.key)
            case .failure(let error):
                outcome.failures.append((line.number, ImportRun.failure(error, logger)))
            }
        }
        return outcome
    }
}
