internal import ServiceCatalog
internal import Testing

@testable internal import HealthProber

@Suite("Lease schedule")
struct LeaseScheduleTests {
    private let instance = InstanceKey(node: "n", id: "web-1")
    private let check = CheckKey(node: "n", id: "alive")

    private func at(_ seconds: Double) -> ProbeInstant {
        ProbeInstant(nanoseconds: Int64(seconds * 1e9))
    }

    @Test("A lease runs out once, with its id")
    func expiry() {
        var leases = LeaseSchedule()
        leases.set(.lease(instance), length: .seconds(10), leaseID: "a", now: at(0))
        #expect(leases.nextDeadline == at(10))
        #expect(leases.takeExpired(now: at(9.9)).isEmpty)
        let expired = leases.takeExpired(now: at(10))
        #expect(expired.map(\.key) == [.lease(instance)])
        #expect(expired.map(\.leaseID) == ["a"])
        #expect(leases.takeExpired(now: at(99)).isEmpty)
    }

    @Test("A renewal gives a whole new term and says the lease")
    func renewal() {
        var leases = LeaseSchedule()
        leases.set(.lease(instance), length: .seconds(10), leaseID: "a", now: at(0))
        let lease = leases.renewLease(of: instance, now: at(9))
        #expect(lease == Lease(id: "a", ttlMilliseconds: 10_000))
        #expect(leases.takeExpired(now: at(18.9)).isEmpty)
        #expect(leases.takeExpired(now: at(19)).count == 1)
    }

    @Test("A lease that has run out is not renewed: the owner must register again")
    func tooLate() {
        var leases = LeaseSchedule()
        leases.set(.lease(instance), length: .seconds(10), leaseID: "a", now: at(0))
        _ = leases.takeExpired(now: at(10))
        #expect(leases.renewLease(of: instance, now: at(10.1)) == nil)
        leases.set(.lease(instance), length: .seconds(10), leaseID: "b", now: at(11))
        #expect(leases.renewLease(of: instance, now: at(12))?.id == "b")
        #expect(leases.renewLease(of: InstanceKey(node: "n", id: "?"), now: at(12)) == nil)
    }

    @Test("A shorter term takes effect at once")
    func shorterTerm() {
        var leases = LeaseSchedule()
        leases.set(.lease(instance), length: .seconds(100), leaseID: "a", now: at(0))
        leases.set(.lease(instance), length: .seconds(5), leaseID: "a", now: at(1))
        #expect(leases.takeExpired(now: at(6)).count == 1)
    }

    @Test("A TTL check that has run out lives again with the next report")
    func ttlRevives() {
        var leases = LeaseSchedule()
        leases.set(.ttl(check), length: .seconds(3), now: at(0))
        #expect(leases.takeExpired(now: at(3)).count == 1)
        let isKnown = leases.renewTTL(of: check, now: at(5))
        #expect(isKnown)
        #expect(leases.takeExpired(now: at(7.9)).isEmpty)
        #expect(leases.takeExpired(now: at(8)).count == 1)
        let isStranger = !leases.renewTTL(of: CheckKey(node: "n", id: "?"), now: at(5))
        #expect(isStranger)
    }

    @Test("All deadlines move by the time that the process did not run")
    func extension_() {
        var leases = LeaseSchedule()
        leases.set(.lease(instance), length: .seconds(10), leaseID: "a", now: at(0))
        leases.set(.ttl(check), length: .seconds(10), now: at(5))
        leases.extendAll(by: .seconds(60))
        #expect(leases.nextDeadline == at(70))
        #expect(leases.takeExpired(now: at(69)).isEmpty)
        #expect(leases.takeExpired(now: at(75)).count == 2)
        leases.set(.ttl(check), length: .seconds(10), now: at(80))
        #expect(leases.nextDeadline == at(90), "terms that begin later are not longer")
    }

    @Test("What was removed does not run out")
    func removal() {
        var leases = LeaseSchedule()
        leases.set(.lease(instance), length: .seconds(10), leaseID: "a", now: at(0))
        leases.remove(.lease(instance))
        #expect(leases.leaseCount == 0)
        #expect(leases.takeExpired(now: at(20)).isEmpty)
    }

    @Test("A hundred thousand heartbeats leave one turn for each lease")
    func heartbeatsAreLazy() {
        var leases = LeaseSchedule()
        leases.set(.lease(instance), length: .seconds(10), leaseID: "a", now: at(0))
        for beat in 0..<100_000 {
            _ = leases.renewLease(of: instance, now: at(Double(beat) / 1e5))
        }
        #expect(leases.turnCount == 1)
    }

    @Test("Leases that come and go leave nothing behind")
    func churn() {
        var leases = LeaseSchedule()
        for number in 0..<10_000 {
            let key = LeaseSchedule.Key.lease(InstanceKey(node: "n", id: "\(number)"))
            leases.set(key, length: .seconds(1_000), leaseID: "a", now: at(0))
            leases.remove(key)
        }
        #expect(leases.turnCount <= 65)
    }
}
