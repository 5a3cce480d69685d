internal import ServiceCatalog

/// What is known of each check with a definition.
///
/// Why not a dictionary of records: its slots are as large as a record, and up to three in five of
/// them are empty. Here an empty one takes 40 bytes.
struct CheckRecords: Sendable {
    private var numbers: [CheckKey: UInt32] = [:]
    private var rows: [Prober.Record?] = []
    private var free: [UInt32] = []

    /// By key with the node's name folded.
    subscript(key: CheckKey) -> Prober.Record? {
        get { numbers[key].flatMap { rows[Int($0)] } }
        set {
            guard let newValue else {
                removeValue(forKey: key)
                return
            }
            if let number = numbers[key] {
                rows[Int(number)] = newValue
            } else if let number = free.popLast() {
                numbers[key] = number
                rows[Int(number)] = newValue
            } else {
                numbers[key] = UInt32(rows.count)
                rows.append(newValue)
            }
        }
    }

    var keys: some Collection<CheckKey> { numbers.keys }

    @discardableResult
    mutating func removeValue(forKey key: CheckKey) -> Prober.Record? {
        guard let number = numbers.removeValue(forKey: key) else { return nil }
        defer { rows[Int(number)] = nil }
        free.append(number)
        return rows[Int(number)]
    }
}
