internal import DNSResponder
internal import DNSWire
internal import Logging

/// How a value of one kind is read and shown.
struct SettingForm<Value: Sendable>: Sendable {
    /// Continues the sentence "expected …".
    var expected: String
    var parse: @Sendable (String) -> Value?
    var show: @Sendable (Value) -> ShownValue

    /// The same form, which reads `auto` as nil: Rollcall finds the value itself.
    var orAutomatic: SettingForm<Value?> {
        let form = self
        return SettingForm<Value?>(
            expected: "\(expected), or auto",
            parse: { text in
                if text == "auto" { return .some(nil) }
                return form.parse(text).map { $0 }
            },
            show: { value in value.map(form.show) ?? .text("auto") }
        )
    }
}

extension SettingForm where Value == String {
    /// Any text but the empty one.
    static func text(_ expected: String) -> SettingForm {
        SettingForm(expected: expected, parse: { $0.isEmpty ? nil : $0 }, show: { .text($0) })
    }

    /// A label of a domain name: letters, digits, `-` and, as Consul allows it, `_`.
    static func label(_ expected: String) -> SettingForm {
        SettingForm(
            expected: expected,
            parse: { HostFacts.isLabel($0) ? $0.lowercased() : nil },
            show: { .text($0) }
        )
    }
}

extension SettingForm where Value == Bool {
    static var flag: SettingForm {
        SettingForm(expected: "true or false", parse: { Bool($0) }, show: { .flag($0) })
    }
}

extension SettingForm where Value == Int {
    static func number(_ range: ClosedRange<Int>) -> SettingForm {
        SettingForm(
            expected: "a number from \(range.lowerBound) to \(range.upperBound)",
            parse: { text in Int(text).flatMap { range.contains($0) ? $0 : nil } },
            show: { .number($0) }
        )
    }

    static func bytes(_ range: ClosedRange<Int>) -> SettingForm {
        let texts = (ByteCountText.text(range.lowerBound), ByteCountText.text(range.upperBound))
        return SettingForm(
            expected: "a size from \(texts.0) to \(texts.1)",
            parse: { ByteCountText.parse($0).flatMap { range.contains($0) ? $0 : nil } },
            show: { .text(ByteCountText.text($0)) }
        )
    }
}

extension SettingForm where Value == Duration {
    static func duration(such example: String, _ range: ClosedRange<Duration>) -> SettingForm {
        let texts = (DurationText.text(range.lowerBound), DurationText.text(range.upperBound))
        return SettingForm(
            expected: "a duration such as \(example), from \(texts.0) to \(texts.1)",
            parse: { DurationText.parse($0).flatMap { range.contains($0) ? $0 : nil } },
            show: { .text(DurationText.text($0)) }
        )
    }
}

extension SettingForm where Value == UInt32 {
    /// A time to live: whole seconds, never 0, because resolvers treat 0 in different ways.
    static func ttl(such example: String) -> SettingForm {
        SettingForm(
            expected: "a duration such as \(example), in whole seconds from 1s to 7d",
            parse: { text in
                guard let milliseconds = DurationText.parse(text)?.wholeMilliseconds,
                    milliseconds % 1000 == 0, (1...604_800).contains(milliseconds / 1000)
                else { return nil }
                return UInt32(milliseconds / 1000)
            },
            show: { .text(DurationText.text(.seconds(Int64($0)))) }
        )
    }
}

extension SettingForm where Value == ListenAddress {
    static func listenAddress(such example: String) -> SettingForm {
        SettingForm(
            expected: "an address and port such as \(example)",
            parse: { try? ListenAddress($0) },
            show: { .text("\($0)") }
        )
    }
}

extension SettingForm where Value == IPAddress {
    static var address: SettingForm {
        SettingForm(
            expected: "an IP address such as 10.0.0.5 that others can reach",
            parse: { text in IPAddress(text).flatMap { $0.isUnspecified ? nil : $0 } },
            show: { .text("\($0)") }
        )
    }
}

extension SettingForm where Value == NetworkPrefix {
    static var network: SettingForm {
        SettingForm(
            expected: "a network such as 10.0.0.0/8",
            parse: { NetworkPrefix($0) },
            show: { .text("\($0)") }
        )
    }

    /// A network whose addresses have a reverse zone of their own.
    static var reverseZone: SettingForm {
        SettingForm(
            expected:
                "a network such as 10.0.0.0/8, from /8 to /24 for IPv4 or /4 to /128 for IPv6",
            parse: { text in NetworkPrefix(text).flatMap { $0.hasReverseZone ? $0 : nil } },
            show: { .text("\($0)") }
        )
    }
}

extension SettingForm where Value == DomainName {
    static var domain: SettingForm {
        SettingForm(
            expected: "a domain name such as consul or svc.example.com",
            parse: { text in
                guard let name = try? DomainName(text), !name.isRoot, name.wire.count <= 128,
                    name.labels.allSatisfy({
                        HostFacts.isLabel(String(decoding: $0, as: UTF8.self))
                    })
                else { return nil }
                return name.lowercased
            },
            show: { .text("\($0)") }
        )
    }
}

extension SettingForm where Value == Logger.Level {
    static var logLevel: SettingForm {
        let names = Logger.Level.allCases.map(\.rawValue)
        return SettingForm(
            expected: "one of " + names.joined(separator: ", "),
            parse: { Logger.Level(rawValue: $0) },
            show: { .text($0.rawValue) }
        )
    }
}

extension SettingForm where Value == LogFormat {
    static var logFormat: SettingForm {
        SettingForm(
            expected: "text or json",
            parse: { LogFormat(rawValue: $0) },
            show: { .text($0.rawValue) }
        )
    }
}
