/// What a comparison does with the field that its selector names.
enum FilterOperator: String, CaseIterable, Hashable {
    // The raw values are the names in Consul's errors.
    case equal = "Equal"
    case notEqual = "Not Equal"
    /// The value is an element, a key or a part of the field: `in` and `contains` are the same.
    case holds = "In"
    case holdsNot = "Not In"
    case isEmpty = "Is Empty"
    case isNotEmpty = "Is Not Empty"
    case matches = "Matches"
    case matchesNot = "Not Matches"

    /// What the comparison says of a key that a map does not have.
    ///
    /// A pattern matches what is not there: Consul has it so, and clients see it.
    var holdsForMissing: Bool {
        switch self {
        case .equal, .isNotEmpty, .holds: false
        case .notEqual, .isEmpty, .holdsNot, .matches, .matchesNot: true
        }
    }

    /// As it is written between a selector and a value.
    var spelling: String {
        switch self {
        case .equal: "=="
        case .notEqual: "!="
        case .holds: "contains"
        case .holdsNot: "not contains"
        case .isEmpty: "is empty"
        case .isNotEmpty: "is not empty"
        case .matches: "matches"
        case .matchesNot: "not matches"
        }
    }
}
