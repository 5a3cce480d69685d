/// The characters that one place of a pattern accepts.
struct ScalarSet: Sendable {
    /// A general category of Unicode, by the letters of its name, such as `Lu` or `L`.
    typealias Category = String

    private var ranges: [ClosedRange<UInt32>] = []
    /// Sets that are not merely ranges and categories, such as `\\D` in brackets.
    private var others: [ScalarSet] = []
    private var categories: [Category] = []
    private var isNegated = false
    private var ignoresCase = false

    init(_ ranges: [ClosedRange<UInt32>] = []) { self.ranges = ranges }

    init(_ scalar: Unicode.Scalar) { ranges = [scalar.value...scalar.value] }

    /// Takes a category; nil when there is no such category.
    init?(category: Category) {
        let all = [
            "L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No", "P",
            "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "S", "Sm", "Sc", "Sk", "So", "Z", "Zs", "Zl",
            "Zp", "C", "Cc", "Cf", "Co", "Cs",
        ]
        guard all.contains(category) else { return nil }
        categories = [category]
    }

    static let digits = ScalarSet([0x30...0x39])
    static let spaces = ScalarSet([0x09...0x0A, 0x0C...0x0D, 0x20...0x20])
    static let wordCharacters = ScalarSet([0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
    static let all = ScalarSet([0...0x10_FFFF])
    static let allButLineFeed = ScalarSet([0...0x09, 0x0B...0x10_FFFF])

    /// A class of POSIX by its name, such as `alpha`; nil when there is no such class.
    init?(named name: String) {
        switch name {
        case "alnum": ranges = [0x30...0x39, 0x41...0x5A, 0x61...0x7A]
        case "alpha": ranges = [0x41...0x5A, 0x61...0x7A]
        case "ascii": ranges = [0...0x7F]
        case "blank": ranges = [0x09...0x09, 0x20...0x20]
        case "cntrl": ranges = [0...0x1F, 0x7F...0x7F]
        case "digit": ranges = [0x30...0x39]
        case "graph": ranges = [0x21...0x7E]
        case "lower": ranges = [0x61...0x7A]
        case "print": ranges = [0x20...0x7E]
        case "punct": ranges = [0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E]
        case "space": ranges = [0x09...0x0D, 0x20...0x20]
        case "upper": ranges = [0x41...0x5A]
        case "word": self = .wordCharacters
        case "xdigit": ranges = [0x30...0x39, 0x41...0x46, 0x61...0x66]
        default: return nil
        }
    }

    /// Everything else.
    var inverted: ScalarSet {
        var set = self
        set.isNegated.toggle()
        return set
    }

    /// The same with other letter cases of its members.
    var ignoringCase: ScalarSet {
        var set = self
        set.ignoresCase = true
        return set
    }

    mutating func insert(_ range: ClosedRange<UInt32>) { ranges.append(range) }

    mutating func insert(_ set: ScalarSet) {
        if set.isNegated || set.ignoresCase {
            others.append(set)
        } else {
            ranges += set.ranges
            categories += set.categories
            others += set.others
        }
    }

    /// What it costs to ask whether a character is in it.
    var weight: Int {
        (1 + ranges.count + 4 * categories.count + others.reduce(0) { $0 + $1.weight })
            * (ignoresCase ? 4 : 1)
    }

    func contains(_ value: UInt32) -> Bool {
        var isMember = holds(value)
        if !isMember, ignoresCase {
            isMember = Self.otherCases(of: value).contains { holds($0) }
        }
        return isMember != isNegated
    }

    private func holds(_ value: UInt32) -> Bool {
        for range in ranges where range.contains(value) { return true }
        for set in others where set.contains(value) { return true }
        guard !categories.isEmpty, let scalar = Unicode.Scalar(value) else { return false }
        let category = scalar.properties.generalCategory.letters
        return categories.contains { category.hasPrefix($0) }
    }

    private static func otherCases(of value: UInt32) -> [UInt32] {
        switch value {
        case 0x41...0x5A: return [value + 0x20]
        case 0x61...0x7A: return [value - 0x20]
        case ..<0x80: return []
        default:
            guard let properties = Unicode.Scalar(value)?.properties else { return [] }
            let mappings = [properties.lowercaseMapping, properties.uppercaseMapping]
            return mappings.compactMap { mapping in
                let scalars = mapping.unicodeScalars
                return scalars.count == 1 ? scalars.first?.value : nil
            }
        }
    }
}

extension Unicode.GeneralCategory {
    /// The two letters that Unicode gives the category.
    fileprivate var letters: String {
        switch self {
        case .uppercaseLetter: "Lu"
        case .lowercaseLetter: "Ll"
        case .titlecaseLetter: "Lt"
        case .modifierLetter: "Lm"
        case .otherLetter: "Lo"
        case .nonspacingMark: "Mn"
        case .spacingMark: "Mc"
        case .enclosingMark: "Me"
        case .decimalNumber: "Nd"
        case .letterNumber: "Nl"
        case .otherNumber: "No"
        case .connectorPunctuation: "Pc"
        case .dashPunctuation: "Pd"
        case .openPunctuation: "Ps"
        case .closePunctuation: "Pe"
        case .initialPunctuation: "Pi"
        case .finalPunctuation: "Pf"
        case .otherPunctuation: "Po"
        case .mathSymbol: "Sm"
        case .currencySymbol: "Sc"
        case .modifierSymbol: "Sk"
        case .otherSymbol: "So"
        case .spaceSeparator: "Zs"
        case .lineSeparator: "Zl"
        case .paragraphSeparator: "Zp"
        case .control: "Cc"
        case .format: "Cf"
        case .surrogate: "Cs"
        case .privateUse: "Co"
        case .unassigned: "Cn"
        @unknown default: "Cn"
        }
    }
}
