extension Setting {
    /// What the server gives up after its start, and what it keeps a record of.
    static let confinement: [Setting] = [
        .one("user", \.user, .textOrNothing("a user of this system")),
        .one("group", \.group, .textOrNothing("a group of this system")),
        .one("sandbox", \.sandbox, .sandbox),
        .one("audit_log", \.auditLog, .auditDestination),
    ]
}

extension SettingForm where Value == String {
    /// Any text; the empty one stands for none.
    static func textOrNothing(_ expected: String) -> SettingForm {
        SettingForm(expected: expected, parse: { $0 }, show: { .text($0) })
    }
}
