package import DNSWire

/// No zones but the static ones.
package struct NoOtherZones: InZoneLookup {
    package init() {}

    package func apex(enclosing name: DomainName) -> DomainName? { nil }

    package func find(_ name: DomainName, _ type: RecordType) -> InZoneFinding {
        preconditionFailure("asked for \(name) \(type), though no apex encloses it")
    }
}
