/// The `leases` section: the terms that instances may ask for.
struct LeaseSettings: Hashable, Sendable {
    var ttlDefault = Duration.seconds(30)
    var ttlMin = Duration.seconds(5)
    var ttlMax = Duration.seconds(86_400)
}
