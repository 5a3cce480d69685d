/// One key: how its value is read into a configuration and shown from it.
struct Setting: Sendable {
    /// With its sections, such as `dns.ttl.services`.
    let key: String
    let store: @Sendable (RawValue, inout Configuration) throws(ConfigurationError) -> Void
    let show: @Sendable (Configuration) -> ShownValue

    typealias Place<Value> = any WritableKeyPath<Configuration, Value> & Sendable

    /// A key with one value.
    static func one<Value>(
        _ key: String,
        _ place: Place<Value>,
        _ form: SettingForm<Value>
    ) -> Setting {
        Setting(
            key: key,
            store: { (raw, configuration) throws(ConfigurationError) in
                configuration[keyPath: place] = try parse(raw, key, form)
            },
            show: { form.show($0[keyPath: place]) }
        )
    }

    /// A key with one value, or `auto` when Rollcall is to find it.
    static func oneOrAutomatic<Value>(
        _ key: String,
        _ place: Place<Value?>,
        _ form: SettingForm<Value>
    ) -> Setting {
        one(key, place, form.orAutomatic)
    }

    /// A key with a list, in which no value may come twice; one value alone is a list of one.
    static func list<Value: Hashable>(
        _ key: String,
        _ place: Place<[Value]>,
        _ form: SettingForm<Value>,
        mayBeEmpty: Bool = false
    ) -> Setting {
        Setting(
            key: key,
            store: { (raw, configuration) throws(ConfigurationError) in
                let items: [RawValue]
                switch raw.content {
                case .list(let elements): items = elements
                default: items = [raw]
                }
                var values: [Value] = []
                for item in items {
                    let value = try parse(item, key, form)
                    guard !values.contains(value) else {
                        throw ConfigurationError(
                            item.place,
                            key: key,
                            "\(item.found) is given twice"
                        )
                    }
                    values.append(value)
                }
                guard mayBeEmpty || !values.isEmpty else {
                    throw ConfigurationError(
                        raw.place,
                        key: key,
                        "expected \(form.expected), found an empty list"
                    )
                }
                configuration[keyPath: place] = values
            },
            show: { .list($0[keyPath: place].map(form.show)) }
        )
    }

    /// A key with a mapping from names to values.
    static func map<Value>(
        _ key: String,
        _ place: Place<[String: Value]>,
        name: SettingForm<String>,
        value form: SettingForm<Value>
    ) -> Setting {
        Setting(
            key: key,
            store: { (raw, configuration) throws(ConfigurationError) in
                guard case .map(let pairs) = raw.content else {
                    throw ConfigurationError(
                        raw.place,
                        key: key,
                        "expected a mapping, found \(raw.found)"
                    )
                }
                var values: [String: Value] = [:]
                for pair in pairs {
                    let name = try parse(pair.key, key, name)
                    guard values[name] == nil else {
                        throw ConfigurationError(
                            pair.key.place,
                            key: key,
                            "\(pair.key.found) is given twice"
                        )
                    }
                    values[name] = try parse(pair.value, "\(key).\(name)", form)
                }
                configuration[keyPath: place] = values
            },
            show: { .map($0[keyPath: place].mapValues(form.show)) }
        )
    }

    private static func parse<Value>(
        _ raw: RawValue,
        _ key: String,
        _ form: SettingForm<Value>
    ) throws(ConfigurationError) -> Value {
        guard case .scalar(let text) = raw.content, let value = form.parse(text) else {
            throw ConfigurationError(
                raw.place,
                key: key,
                "expected \(form.expected), found \(raw.found)"
            )
        }
        return value
    }
}
