@testable import ServiceCatalog

/// Rules of policies, in HCL or JSON: joined with themselves they grant the same.
final class AccessRulesFuzzer: Fuzzer {
    init() {}

    func run(_ bytes: [UInt8]) {
        let rules: AccessRules
        do throws(AccessRulesError) {
            rules = try AccessRulesReader.read(String(bytes))
        } catch {
            expect(error.line >= 1, "a fault before line 1")
            return
        }
        var twice = rules
        twice.join(rules)
        expect(twice == rules, "rules joined with themselves are others")
    }
}
