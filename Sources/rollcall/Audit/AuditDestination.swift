/// Where the record of writes goes.
enum AuditDestination: Hashable, Sendable {
    case off
    /// The program's own log.
    case log
    case file(String)
}

extension SettingForm where Value == AuditDestination {
    static var auditDestination: SettingForm {
        SettingForm(
            expected: "off, log or the path of a file",
            parse: { text in
                switch text {
                case "": nil
                case "off": .off
                case "log": .log
                default: .file(text)
                }
            },
            show: { destination in
                switch destination {
                case .off: .text("off")
                case .log: .text("log")
                case .file(let path): .text(path)
                }
            }
        )
    }
}
