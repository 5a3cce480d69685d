internal import DNSWire

/// Networks as sorted ranges of addresses, in memory that nobody counts references to.
///
/// An IPv4 address inside an IPv6 one counts as IPv4. Cost: a search by halves, no allocation;
/// `deallocate` ends it.
@unsafe struct NetworkSet {
    private let ranges4: UnsafeMutableBufferPointer<ClosedRange<UInt32>>
    private let ranges6: UnsafeMutableBufferPointer<ClosedRange<UInt128>>

    init(_ networks: [NetworkPrefix]) {
        var four: [ClosedRange<UInt32>] = []
        var six: [ClosedRange<UInt128>] = []
        for network in networks {
            switch network.address {
            case .v4(let value):
                unsafe four.append(Self.range(value, freeBits: 32 - network.bits))
            case .v6(let value) where value >> 32 == 0xFFFF && network.bits >= 96:
                let inner = UInt32(truncatingIfNeeded: value)
                unsafe four.append(Self.range(inner, freeBits: 128 - network.bits))
            case .v6(let value):
                unsafe six.append(Self.range(value, freeBits: 128 - network.bits))
            }
        }
        unsafe ranges4 = Self.copy(Self.merged(four))
        unsafe ranges6 = Self.copy(Self.merged(six))
    }

    func deallocate() {
        unsafe ranges4.deallocate()
        unsafe ranges6.deallocate()
    }

    func contains(_ address: IPAddress) -> Bool {
        switch address {
        case .v4(let value):
            return unsafe Self.find(value, in: ranges4)
        case .v6(let value):
            if value >> 32 == 0xFFFF {
                return unsafe Self.find(UInt32(truncatingIfNeeded: value), in: ranges4)
            }
            return unsafe Self.find(value, in: ranges6)
        }
    }

    private static func range<Value: FixedWidthInteger>(
        _ value: Value,
        freeBits: Int
    ) -> ClosedRange<Value> {
        // A shift by the whole width gives 0.
        let mask: Value = (1 << Value(freeBits)) &- 1
        return value & ~mask...value | mask
    }

    /// Sorted, and none touches the next but at its end.
    private static func merged<Value: FixedWidthInteger>(
        _ ranges: [ClosedRange<Value>]
    ) -> [ClosedRange<Value>] {
        var result: [ClosedRange<Value>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = result.last, range.lowerBound <= last.upperBound {
                let end = max(last.upperBound, range.upperBound)
                result[result.count - 1] = last.lowerBound...end
            } else {
                result.append(range)
            }
        }
        return result
    }

    private static func copy<Value: FixedWidthInteger>(
        _ ranges: [ClosedRange<Value>]
    ) -> UnsafeMutableBufferPointer<ClosedRange<Value>> {
        let copy = UnsafeMutableBufferPointer<ClosedRange<Value>>.allocate(capacity: ranges.count)
        _ = unsafe copy.initialize(fromContentsOf: ranges)
        return unsafe copy
    }

    @inline(__always)
    private static func find<Value: FixedWidthInteger>(
        _ value: Value,
        in ranges: UnsafeMutableBufferPointer<ClosedRange<Value>>
    ) -> Bool {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if unsafe ranges[middle].upperBound < value { low = middle + 1 } else { high = middle }
        }
        guard low < ranges.count else { return false }
        return unsafe ranges[low].lowerBound <= value
    }
}
