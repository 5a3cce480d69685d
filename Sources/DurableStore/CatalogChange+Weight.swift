internal import ServiceCatalog

extension CatalogChange {
    /// About how many bytes of values it carries.
    var valueBytes: Int {
        switch self {
        case .keyValue(let change): change.valueBytes
        case .transaction(let operations):
            operations.reduce(0) { sum, operation in
                if case .keyValue(.change(let change)) = operation {
                    sum + change.valueBytes
                } else {
                    sum
                }
            }
        case .replaceAll(let contents):
            contents.entries.reduce(0) { $0 + $1.value.bytes.count }
        default: 0
        }
    }
}

extension KeyValueChange {
    fileprivate var valueBytes: Int {
        switch self {
        case .set(let write), .compareAndSet(let write, _), .acquire(let write, _),
            .release(let write, _):
            write.value.bytes.count
        case .delete, .compareAndDelete, .deleteTree: 0
        }
    }
}
