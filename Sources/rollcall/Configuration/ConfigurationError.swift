/// A setting that cannot be used: one line that says where it stands and what was expected there.
struct ConfigurationError: Error, Hashable, Sendable {
    /// Where a value was given.
    enum Place: Hashable, Sendable {
        case file(path: String, line: Int?)
        case environment(variable: String)
        case flag(name: String)
        /// Nowhere: the default.
        case builtIn
    }

    var place: Place
    /// The key with its sections, such as `dns.ttl.services`; nil when the file as a whole is
    /// wrong.
    var key: String?
    var problem: String

    init(_ place: Place, key: String? = nil, _ problem: String) {
        self.place = place
        self.key = key
        self.problem = problem
    }
}

extension ConfigurationError: CustomStringConvertible {
    var description: String {
        var parts: [String] = []
        switch place {
        case .file(let path, let line):
            parts.append(line.map { "\(path):\($0)" } ?? path)
            if let key { parts.append(key) }
        case .environment(let variable):
            parts.append(variable)
        case .flag(let name):
            parts.append(name)
        case .builtIn:
            if let key { parts.append(key) }
        }
        parts.append(problem)
        return parts.joined(separator: ": ")
    }
}
