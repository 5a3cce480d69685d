internal import DNSResponder
internal import DNSWire

extension StaticZoneSet {
    /// Zones whose serial hides a change since `old`: secondaries would keep old data.
    package func serialWarnings(since old: StaticZoneSet) -> [ZoneFileWarning] {
        zones.values.compactMap { zone -> ZoneFileWarning? in
            guard let before = old.zones[zone.apex] else { return nil }
            let (from, to) = (before.soa.serial, zone.soa.serial)
            let message: String
            if from == to, before.contents != zone.contents {
                message =
                    "the records changed, but the serial is still \(to); expected a greater one"
            } else if from != to, !Self.isNewer(to, than: from) {
                message = "the serial went back from \(from) to \(to); expected a greater one"
            } else {
                return nil
            }
            return ZoneFileWarning(file: zone.path, line: nil, message: message)
        }.sorted { $0.file < $1.file }
    }

    /// Serials count in a circle (RFC 1982 §3.2).
    private static func isNewer(_ serial: UInt32, than old: UInt32) -> Bool {
        Int32(bitPattern: serial &- old) > 0
    }
}
