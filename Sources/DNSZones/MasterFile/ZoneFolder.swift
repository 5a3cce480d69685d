package import DNSWire

#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// A folder of master files; those called `*.zone` are served.
package struct ZoneFolder: Sendable {
    package let zones: StaticZoneSet
    package let warnings: [ZoneFileWarning]

    /// No folder at all.
    package static let empty = ZoneFolder(zones: StaticZoneSet(), warnings: [])

    /// Reads all zone files in `path`, none of them or all: the first fault is thrown.
    ///
    /// `otherApexes` are those of the service catalog; a file for one of them is a fault.
    package static func load(
        path: String,
        otherApexes: Set<DomainName> = []
    ) throws(ZoneFileError) -> ZoneFolder {
        var zones: [DomainName: StaticZone] = [:]
        var warnings: [ZoneFileWarning] = []
        for name in try names(in: path) where name.hasSuffix(".zone") && !name.hasPrefix(".") {
            let file = try ZoneFile.load(
                path: path.hasSuffix("/") ? path + name : "\(path)/\(name)"
            )
            if let other = zones[file.apex] {
                let message = "the zone \(file.apex) is already in \(other.path); expected it once"
                throw ZoneFileError(file: file.path, line: nil, message: message)
            }
            guard !otherApexes.contains(file.apex) else {
                let message =
                    "the zone \(file.apex) is served from the catalog; expected another apex"
                throw ZoneFileError(file: file.path, line: nil, message: message)
            }
            zones[file.apex] = StaticZone(file)
            warnings += file.warnings
        }
        return ZoneFolder(
            zones: StaticZoneSet(zones.values, otherApexes: otherApexes),
            warnings: warnings
        )
    }

    private static func names(in path: String) throws(ZoneFileError) -> [String] {
        guard let folder = unsafe opendir(path) else {
            let reason = unsafe String(cString: strerror(errno))
            throw ZoneFileError(file: path, line: nil, message: "cannot read the folder: \(reason)")
        }
        defer { unsafe closedir(folder) }
        var names: [String] = []
        while let entry = unsafe readdir(folder) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { bytes in
                unsafe bytes.withMemoryRebound(to: CChar.self, capacity: 256) { text in
                    unsafe String(cString: text)
                }
            }
            names.append(name)
        }
        return names.sorted()
    }
}
