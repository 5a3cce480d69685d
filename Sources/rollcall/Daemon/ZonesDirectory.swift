internal import DNSWire
internal import DNSZones
internal import Foundation

/// The folder of static zones: every `*.zone` in it is a master file.
struct ZonesDirectory {
    var path: String
    /// A folder that somebody asked for must be there; the default one may be missing.
    let isRequired: Bool
    /// Apexes of the service catalog, which no file may claim.
    let otherApexes: Set<DomainName>

    /// The zones of all files, and what is doubtful in them; all or nothing.
    func load() throws(StartError) -> (zones: StaticZoneSet, warnings: [ZoneFileWarning]) {
        var zones: [DomainName: (zone: StaticZone, path: String)] = [:]
        var warnings: [ZoneFileWarning] = []
        for path in try files() {
            let file: ZoneFile
            do {
                file = try ZoneFile.load(path: path)
            } catch {
                throw StartError(error)
            }
            if let first = zones[file.apex] {
                throw StartError("\(path): zone \(file.apex) is already defined by \(first.path)")
            }
            guard !otherApexes.contains(file.apex) else {
                throw StartError(
                    "\(path): zone \(file.apex) is a domain of the service catalog; "
                        + "use a name below it or remove the domain"
                )
            }
            zones[file.apex] = (StaticZone(file), path)
            warnings += file.warnings
        }
        return (StaticZoneSet(zones.values.map(\.zone), otherApexes: otherApexes), warnings)
    }

    private func files() throws(StartError) -> [String] {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: path)
        } catch {
            if !isRequired, !FileManager.default.fileExists(atPath: path) { return [] }
            throw StartError("\(path): the zones folder cannot be read; expected a folder")
        }
        let folder = path.hasSuffix("/") ? String(path.dropLast()) : path
        return names.filter { $0.hasSuffix(".zone") }.sorted().map { "\(folder)/\($0)" }
    }
}
