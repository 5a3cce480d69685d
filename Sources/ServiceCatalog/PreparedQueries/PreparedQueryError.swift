/// What is wrong with a prepared query, in Consul's words.
package enum PreparedQueryError: Error, Hashable, Sendable {
    /// Neither a name nor a template nor a session: it would never be found and never end.
    case unbound
    case missingService
    /// The token's place has what is shown instead of tokens.
    case hiddenToken(String)
    case badNearestN(Int)
    case targetsBesideDatacenters
    case badNodeMeta(String)
    case badServiceMeta(String)
    case badTTL(String)
    case negativeTTL(String)
    case badTemplateType(String)
    case badTemplateField(field: String, text: String, reason: String)
    case badRegexp(PatternError)
    case tooLarge(what: String, limit: Int)
    /// A template was asked for by its id, which says nothing about what to put into it.
    case templateAskedByID
}

extension PreparedQueryError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unbound: "Must be bound to a session"
        case .missingService: "Must provide a Service name to query"
        case .hiddenToken(let token):
            "Bad Token '\(token)', it looks like a query definition with a redacted token was submitted"
        case .badNearestN(let count): "Bad NearestN '\(count)', must be >= 0"
        case .targetsBesideDatacenters: "Targets cannot be populated with NearestN or Datacenters"
        case .badNodeMeta(let reason): "Invalid NodeMeta filter: \(reason)"
        case .badServiceMeta(let reason): "Invalid ServiceMeta filter: \(reason)"
        case .badTTL(let text): "Bad DNS TTL '\(text)': time: invalid duration \"\(text)\""
        case .negativeTTL(let text): "DNS TTL '\(text)', must be >=0"
        case .badTemplateType(let type): "Bad Template.Type '\(type)'"
        case .badTemplateField(let field, let text, let reason):
            "Bad format '\(text)' in Service\(field): \(reason)"
        case .badRegexp(let error): "Bad Regexp: \(error)"
        case .tooLarge(let what, let limit): "\(what) must not have more than \(limit)"
        case .templateAskedByID:
            "prepared query templates can only be resolved up by name, not by ID"
        }
    }
}
