package import DNSResponder
internal import DNSWire
internal import Synchronization

/// The slow path: answers any question about any zone served here, chains of aliases included.
///
/// Cost: one short lock to take the zones, then allocations in proportion to the answer.
/// RFC 1034 §4.3.2.
package final class AuthoritativeFallback: QueryFallback {
    /// Aliases that one reply follows; a resolver goes on from there by itself.
    package static let aliasesMax = 16

    private let zones: Mutex<StaticZoneSet>
    private let others: any InZoneLookup

    package init(
        zones: StaticZoneSet = StaticZoneSet(),
        others: any InZoneLookup = NoOtherZones()
    ) {
        self.zones = Mutex(zones)
        self.others = others
    }

    /// Serves `zones` from the next query on.
    package func replace(_ zones: StaticZoneSet) {
        // The old zones are freed after unlocking.
        let old = self.zones.withLock { current in
            let old = current
            current = zones
            return old
        }
        _ = old
    }

    /// The zones that are served now.
    package var current: StaticZoneSet {
        zones.withLock { $0 }
    }

    package func answer(_ query: FallbackQuery) -> FallbackReply {
        if query.type == .axfr || query.type == .ixfr {
            let text = "zone transfer is not allowed"
            let note = ExtendedError(infoCode: ExtendedError.prohibited, extraText: text)
            return FallbackReply(responseCode: .refused, isAuthoritative: false, note: note)
        }
        var chase = AliasChase(query, zones: current, others: others)
        return chase.run(from: query.name)
    }
}
