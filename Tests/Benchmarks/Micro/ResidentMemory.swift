import Glibc

/// What the process takes of the machine's memory.
enum ResidentMemory {
    static func bytes() -> Int {
        var text = [CChar](repeating: 0, count: 256)
        guard let file = unsafe fopen("/proc/self/statm", "r") else { return 0 }
        defer { unsafe fclose(file) }
        guard unsafe fgets(&text, 255, file) != nil else { return 0 }
        let fields = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            .split(separator: UInt8(ascii: " "))
        guard fields.count > 1, let pages = Int(String(decoding: fields[1], as: UTF8.self)) else {
            return 0
        }
        return pages * 4096
    }
}
